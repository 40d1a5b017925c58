"""Pictures that readers disagree about: odd sizes, modes, turned by EXIF, and files of several kinds."""
import io
import random
import struct
import zlib

import numpy
import PIL.Image
import PIL.ImageFilter

SIZES = [(1, 1), (3, 2), (7, 61), (61, 7), (32, 32), (48, 48), (33, 47), (200, 31), (640, 481)]


class Picture:
    """`exact`: decoders have no freedom. `refused`: what Cleave must name; None: it must read the file. `white`:
    the same where what is clear becomes white."""

    def __init__(self, name, data, exact=True, refused=None, white=None):
        self.name, self.data, self.exact, self.refused, self.white = name, data, exact, refused, white


def noise(width, height, mode="RGB"):
    source = numpy.random.default_rng(width * 1000 + height)
    bands = len(PIL.Image.new(mode, (1, 1)).getbands())
    low = source.integers(0, 256, (height // 8 + 2, width // 8 + 2, bands), dtype=numpy.uint8)
    planes = [PIL.Image.fromarray(low[:, :, i]).resize((width, height), PIL.Image.BICUBIC) for i in range(bands)]
    smooth = numpy.stack([numpy.array(plane) for plane in planes], -1).astype(int)
    mixed = (smooth + source.integers(-20, 21, smooth.shape)).clip(0, 255).astype(numpy.uint8)
    return PIL.Image.merge(mode, [PIL.Image.fromarray(mixed[:, :, i]) for i in range(bands)])


def encoded(image, kind, **keys):
    out = io.BytesIO()
    image.save(out, kind, **keys)
    return out.getvalue()


def turned(image, kind, orientation, **keys):
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    return encoded(image, kind, exif=exif, **keys)


def deep_png(width, height):
    """16 bits a channel, which Pillow does not write."""
    source = random.Random(1)
    rows = b"".join(b"\0" + source.randbytes(width * 6) for _ in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def pictures():
    out = [Picture(f"{w}x{h}.png", encoded(noise(w, h), "PNG")) for w, h in SIZES]
    for mode in ("L", "LA", "RGBA"):
        out.append(Picture(f"{mode}.png", encoded(noise(48, 48, mode), "PNG")))
    palette = noise(48, 48).quantize(19)
    out += [
        Picture("palette.png", encoded(palette, "PNG")),
        Picture("palette-clear.png", encoded(palette, "PNG", transparency=3), white="transparent"),
        Picture("colour-clear.png", encoded(noise(48, 48), "PNG", transparency=(1, 2, 3)), white="transparent"),
        Picture("bits.png", encoded(noise(48, 48, "L").convert("1"), "PNG")),
        Picture("deep.png", deep_png(48, 48)),
        Picture("grey-deep.png", encoded(PIL.Image.fromarray(numpy.arange(2304, dtype=numpy.uint16).reshape(48, 48)), "PNG"),
                refused="16 bits"),
        Picture("colour.bmp", encoded(noise(48, 48), "BMP")),
        Picture("grey.bmp", encoded(noise(48, 48, "L"), "BMP")),
        Picture("palette.bmp", encoded(palette, "BMP")),
        Picture("colour.ppm", encoded(noise(48, 48), "PPM")),
        Picture("grey.pgm", encoded(noise(48, 48, "L"), "PPM")),
        Picture("lossless.webp", encoded(noise(48, 48), "WEBP", lossless=True)),
        Picture("clear.webp", encoded(noise(48, 48, "RGBA"), "WEBP", lossless=True, exact=True)),
        Picture("lossy.webp", encoded(noise(48, 48), "WEBP", quality=80), exact=False),
        Picture("grey.jpg", encoded(noise(48, 48, "L"), "JPEG"), exact=False),
        Picture("progressive.jpg", encoded(noise(48, 48), "JPEG", progressive=True), exact=False),
        Picture("fine.jpg", encoded(noise(49, 47), "JPEG", subsampling=0), exact=False),
        Picture("coarse.jpg", encoded(noise(49, 47), "JPEG", subsampling=2), exact=False),
        Picture("cmyk.jpg", encoded(noise(48, 48, "CMYK"), "JPEG"), exact=False),
    ]
    for orientation in range(1, 9):
        out.append(Picture(f"turned-{orientation}.jpg", turned(noise(48, 33), "JPEG", orientation), exact=False))
    out.append(Picture("turned.png", turned(noise(48, 33), "PNG", 6)))
    out.append(Picture("turned.webp", turned(noise(48, 33), "WEBP", 6, lossless=True), refused="EXIF"))
    return out
