#include "common/wire/frame.h"

#include <boost/crc.hpp>
#include <cstring>

#include "common/base/error.h"

namespace cleave {
namespace {

constexpr std::uint32_t kMagic = 0x31564c43;  // "CLV1"
constexpr std::uint16_t kMaxRank = 3;
constexpr std::uint32_t kMaxDimension = 1 << 24;

// Offsets of the fields; bytes 16 to 23 are reserved and zero.
constexpr std::size_t kAtMagic = 0, kAtVersion = 4, kAtKind = 6, kAtPayload = 8, kAtReserved = 16,
                      kAtRound = 24, kAtStep = 28, kAtSequence = 32, kAtDtype = 36, kAtRank = 38,
                      kAtDims = 40, kAtCrc = 60;

template <class T>
void put(std::span<std::byte, kHeaderBytes> out, std::size_t at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out[at + i] = std::byte(value >> (8 * i) & 0xff);
}

template <class T>
T get(std::span<const std::byte, kHeaderBytes> in, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = sizeof(T); i > 0; --i) {
    value = value << 8 | std::to_integer<std::uint64_t>(in[at + i - 1]);
  }
  return static_cast<T>(value);
}

std::uint32_t crc32c(std::span<const std::byte> bytes) {
  boost::crc_optimal<32, 0x1edc6f41, 0xffffffff, 0xffffffff, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::string text(std::uint64_t value) { return std::to_string(value); }

std::uint16_t wire_code(Dtype dtype) {
  switch (dtype) {
    case Dtype::kU8:
      return 0;
    case Dtype::kF32:
      return 1;
    case Dtype::kBf16:
      return 3;
    default:
      break;
  }
  CLEAVE_CHECK(!"this dtype does not travel");
  return 0;
}

Dtype dtype_from_wire(std::uint16_t code) {
  switch (code) {
    case 0:
      return Dtype::kU8;
    case 1:
      return Dtype::kF32;
    case 3:
      return Dtype::kBf16;
    default:
      throw ProtocolError("frame header: unknown dtype code " + text(code));
  }
}

// Payload bytes that rank and dims call for: rank 2 is a tensor (rows, width); rank 3 adds one
// 4-byte length for each of dims[2] samples after it.
std::uint64_t tensor_bytes(const FrameHeader& header) {
  const std::uint64_t tensor = std::uint64_t{header.dims[0]} * header.dims[1];
  const std::uint64_t lengths = header.rank == 3 ? std::uint64_t{4} * header.dims[2] : 0;
  return tensor * dtype_size(header.dtype) + lengths;
}

}  // namespace

FrameLimits FrameLimits::control_only() {
  FrameLimits limits;
  for (const Kind kind : {Kind::kHello, Kind::kHelloOk, Kind::kReady, Kind::kError, Kind::kBye}) {
    limits[kind] = kMaxControlBytes;
  }
  return limits;
}

void check_header(const FrameHeader& header, const FrameLimits& limits) {
  const std::string name(kind_name(header.kind));
  const std::uint64_t limit = limits[header.kind];
  if (limit == 0 && header.kind != Kind::kPing) {
    throw ProtocolError("a " + name + " frame is not allowed at this point");
  }
  if (header.payload_bytes > limit) {
    throw ProtocolError("a " + name + " frame of " + text(header.payload_bytes) +
                        " bytes is above its limit of " + text(limit));
  }
  if (header.rank > kMaxRank || header.rank == 1) {
    throw ProtocolError("frame header: rank " + text(header.rank) + " is not 0, 2 or 3");
  }
  for (std::size_t i = 0; i < header.dims.size(); ++i) {
    if (i >= header.rank && header.dims[i] != 0) {
      throw ProtocolError("frame header: unused dimension " + text(i) + " is not 0");
    }
    if (header.dims[i] > kMaxDimension) {
      throw ProtocolError("frame header: dimension " + text(header.dims[i]) + " is above 2^24");
    }
  }
  if (header.rank != 0 && tensor_bytes(header) != header.payload_bytes) {
    throw ProtocolError("a " + name + " frame's shape calls for " + text(tensor_bytes(header)) +
                        " bytes but its payload has " + text(header.payload_bytes));
  }
}

void encode_header(const FrameHeader& header, std::span<std::byte, kHeaderBytes> out) {
  put(out, kAtMagic, kMagic);
  put(out, kAtVersion, kProtocolVersion);
  put(out, kAtKind, static_cast<std::uint16_t>(header.kind));
  put(out, kAtPayload, header.payload_bytes);
  put(out, kAtReserved, std::uint64_t{0});
  put(out, kAtRound, header.round);
  put(out, kAtStep, header.step);
  put(out, kAtSequence, header.sequence);
  put(out, kAtDtype, wire_code(header.dtype));
  put(out, kAtRank, header.rank);
  for (std::size_t i = 0; i < header.dims.size(); ++i) put(out, kAtDims + 4 * i, header.dims[i]);
  put(out, kAtCrc, crc32c(out.first<kAtCrc>()));
}

FrameHeader decode_header(std::span<const std::byte, kHeaderBytes> in, const FrameLimits& limits) {
  if (get<std::uint32_t>(in, kAtMagic) != kMagic) {
    throw ProtocolError("frame header: wrong magic number; the peer does not speak Cleave");
  }
  if (const auto version = get<std::uint16_t>(in, kAtVersion); version != kProtocolVersion) {
    throw ProtocolError("frame header: protocol version " + text(version) + ", this program has " +
                        text(kProtocolVersion) + "; install the same release on both sides");
  }
  if (get<std::uint32_t>(in, kAtCrc) != crc32c(in.first<kAtCrc>())) {
    throw ProtocolError("frame header: checksum mismatch");
  }
  const auto kind = kind_index(get<std::uint16_t>(in, kAtKind));
  if (!kind) {
    throw ProtocolError("frame header: unknown kind " + text(get<std::uint16_t>(in, kAtKind)));
  }
  if (get<std::uint64_t>(in, kAtReserved) != 0) {
    throw ProtocolError("frame header: reserved bytes are not 0");
  }
  FrameHeader header;
  header.kind = kKinds[*kind].kind;
  header.payload_bytes = get<std::uint64_t>(in, kAtPayload);
  header.round = get<std::uint32_t>(in, kAtRound);
  header.step = get<std::uint32_t>(in, kAtStep);
  header.sequence = get<std::uint32_t>(in, kAtSequence);
  header.dtype = dtype_from_wire(get<std::uint16_t>(in, kAtDtype));
  header.rank = get<std::uint16_t>(in, kAtRank);
  for (std::size_t i = 0; i < header.dims.size(); ++i) {
    header.dims[i] = get<std::uint32_t>(in, kAtDims + 4 * i);
  }
  check_header(header, limits);
  return header;
}

}  // namespace cleave
