"""A peer that speaks the protocol byte by byte (docs/protocol.md), so that it may also misbehave."""

import hashlib
import socket
import ssl
import struct

HELLO, HELLO_OK, PING, SMASHED, EVAL_SMASHED = 1, 2, 4, 32, 50
HEADER = struct.Struct("<4sHHQQIIIHH5I")


def _crc32c_table():
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        yield byte


TABLE = list(_crc32c_table())


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def field(number, value):
    """A length-delimited Protobuf field of at most 127 bytes; nothing when empty."""
    return bytes([number << 3 | 2, len(value)]) + value if value else b""


def varint(data, at):
    value, shift = 0, 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def job_hash(hello_ok):
    """SHA-256 of the first field of a HelloOk: the job."""
    size, begin = varint(hello_ok, 1)
    return hashlib.sha256(hello_ok[begin:begin + size]).digest()


class RawPeer:
    """One connection of one certificate; every wait ends after SECONDS."""

    def __init__(self, port, pki, name, model_hash, seconds=10):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(pki / "ca.pem")
        context.load_cert_chain(pki / f"{name}.pem", pki / f"{name}.key")
        context.set_alpn_protocols(["cleave/1"])
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that not reading shows soon
        plain.settimeout(seconds)
        plain.connect(("127.0.0.1", port))
        self.socket = context.wrap_socket(plain, server_hostname="127.0.0.1")
        self.model_hash, self.sequence = model_hash, 0

    def header(self, kind, size, round_number=0, element=0, dims=()):
        dims = [*dims, *[0] * (5 - len(dims))]
        rank = sum(1 for d in dims if d)
        head = HEADER.pack(b"CLV1", 1, kind, size, 0, round_number, 0, self.sequence, element, rank, *dims)
        self.sequence += 1
        return head + struct.pack("<I", crc32c(head))

    def hello(self, role, job=b""):
        """Says hello and returns the payload of the hello_ok."""
        payload = field(1, role) + field(2, b"raw peer") + field(3, self.model_hash) + field(4, job)
        self.socket.sendall(self.header(HELLO, len(payload)) + payload)
        while True:
            head = HEADER.unpack(self.read(64)[:60])
            answer = self.read(head[3])
            if head[2] == HELLO_OK:
                return answer
            if head[2] != PING:
                raise ConnectionError(answer[-200:].decode(errors="replace"))

    def read(self, size):
        out = b""
        while len(out) < size:
            part = self.socket.recv(size - len(out))
            if not part:
                raise ConnectionError("closed")
            out += part
        return out

    def rows(self, kind, lengths, prompt, width):
        """A frame of zeros: a batch of texts of these lengths, with a prompt's rows before each."""
        count = sum(lengths) + prompt * len(lengths)
        payload = bytes(4 * count * width) + struct.pack(f"<{len(lengths)}I", *lengths)
        head = self.header(kind, len(payload), 1, 1, (count, width, len(lengths)))
        return head + payload

    def ping(self):
        self.socket.sendall(self.header(PING, 0))

    def close(self):
        self.socket.close()
