"""Image files of every kind, and the pixels that each of them shows, derived with NumPy."""

import dataclasses
import io
import struct
import zlib

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 46, 60
ORIENTATIONS = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a),
}


@dataclasses.dataclass(frozen=True)
class Picture:
    """An image file.

    Attributes:
      contents: The bytes of the file.
      pixels: (H, W, 3) uint8, what it shows.
      suffix: Of its name.
      values: (H, W) uint16, what it holds, where that is of 12 bits.
    """

    contents: bytes
    pixels: np.ndarray
    suffix: str
    values: np.ndarray | None = None

    @property
    def is_jpeg_or_png(self):
        return self.contents.startswith((b"\xff\xd8", b"\x89PNG"))


def scene(channels=3, seed=0):
    """Returns (HEIGHT, WIDTH, channels) uint8 without any symmetry: soft shapes, and some noise."""
    random = np.random.default_rng(seed)
    layers = []
    for _ in range(channels):
        small = Image.fromarray(random.integers(0, 256, (6, 5), dtype=np.uint8))
        layers.append(np.asarray(small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)))
    noise = random.integers(-3, 4, (HEIGHT, WIDTH, channels))
    return np.clip(np.stack(layers, -1).astype(int) + noise, 0, 255).astype(np.uint8)


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def exif(orientation, order="<", kind="H"):
    """Returns EXIF data, as of a camera: the orientation stands between other entries."""
    value = struct.pack(order + kind, orientation).ljust(4, b"\0")
    entries = [
        struct.pack(order + "HHI", 0x010F, 2, 4) + b"abc\0",  # the maker
        struct.pack(order + "HHI", 0x0112, {"H": 3, "I": 4}[kind], 1) + value,
        struct.pack(order + "HHIHH", 0x0128, 3, 1, 2, 0),  # inches
    ]
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(entries))
    return b"Exif\0\0" + head + b"".join(entries) + bytes(4)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(values, colour_type, *, before=b"", after=b"", interlaced=False):
    """Returns a PNG file that Pillow can't write: of 16 bits, interlaced, or with other chunks.

    Args:
      values: (H, W, channels) uint8 or uint16.
      colour_type: 0: grey, 2: RGB, 4: grey and alpha, 6: RGBA.
      before: Chunks before the pixels.
      after: Chunks after them.
      interlaced: Whether in the seven passes of Adam7.
    """
    height, width = values.shape[:2]
    big = values.astype(values.dtype.newbyteorder(">"))
    passes = [(0, 0, 1, 1)]
    if interlaced:  # the first row and column of each pass, and the steps
        passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2),
                  (0, 1, 2, 2), (1, 0, 2, 1)]  # fmt: skip
    parts = [big[top::down, left::right] for top, left, down, right in passes]
    rows = b"".join(b"\0" + row.tobytes() for part in parts for row in part)
    depth = 8 * values.dtype.itemsize
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlaced)
    data = chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(rows)) + after
    return b"\x89PNG\r\n\x1a\n" + data + chunk(b"IEND", b"")


def on_white(colour, alpha):
    """Returns colours on white, rounded; alpha (H, W) from 0 to 255."""
    weight = alpha[..., None] / 255
    return np.floor(weight * colour + (1 - weight) * 255 + 0.5).astype(np.uint8)


def grey_of(levels):
    return np.stack([np.asarray(levels, np.uint8)] * 3, -1)


def _decoded(contents):
    """What Pillow makes of a plain file."""
    with Image.open(io.BytesIO(contents)) as image:
        return np.asarray(image.convert("RGB"))


def _jpegs():
    image = Image.fromarray(scene())
    plain = encoded(image, "JPEG", quality=92)
    pixels = _decoded(plain)
    yield "jpeg", Picture(plain, pixels, ".jpg")
    yield "jfif", Picture(plain, pixels, ".jfif")
    progressive = encoded(image, "JPEG", progressive=True)
    yield "progressive", Picture(progressive, _decoded(progressive), ".jpeg")
    for mode in ("L", "CMYK"):
        contents = encoded(image.convert(mode), "JPEG")
        yield mode, Picture(contents, _decoded(contents), ".jpe")
    several = encoded(image, "MPO", quality=92, save_all=True, append_images=[image])
    yield "several", Picture(several, pixels, ".jpg")
    for orientation, turned in ORIENTATIONS.items():
        for order, name in (("<", "little"), (">", "big")):
            kind = "I" if orientation == 8 else "H"
            data = exif(orientation, order, kind)
            contents = encoded(image, "JPEG", quality=92, exif=data)
            yield f"turned_{orientation}_{name}", Picture(contents, turned(pixels), ".jpg")
    # A segment before, whose text looks like EXIF, and one that fills up.
    decoy = b"\xff\xfe" + struct.pack(">H", 2 + 26) + exif(3)[:26]
    contents = plain[:2] + decoy + b"\xff" + encoded(image, "JPEG", quality=92, exif=exif(6))[2:]
    yield "decoy", Picture(contents, np.rot90(pixels, -1), ".jpg")
    contents = plain[:2] + decoy + plain[2:]
    yield "decoy_alone", Picture(contents, pixels, ".jpg")
    for name, data in (("garbage", b"Exif\0\0garbage"), ("of_nothing", exif(9)),
                       ("cut_short", exif(6)[:20])):  # fmt: skip
        contents = encoded(image, "JPEG", quality=92, exif=data)
        yield f"exif_{name}", Picture(contents, pixels, ".jpg")


def _pngs():
    colour, alpha = scene(), scene(1, seed=1)[..., 0]
    alpha[:9] = np.linspace(0, 255, 9 * WIDTH).reshape(9, WIDTH).astype(np.uint8)
    image = Image.fromarray(colour)
    yield "rgb", encoded(image, "PNG"), colour
    yield "interlaced", png(colour, 2, interlaced=True), colour
    grey = colour[..., 0]
    yield "grey", encoded(Image.fromarray(grey), "PNG"), grey_of(grey)
    bits = Image.fromarray(grey).convert("1")
    yield "one_bit", encoded(bits, "PNG"), grey_of(np.asarray(bits) * 255)
    clear = encoded(bits, "PNG", transparency=0)
    yield "one_bit_clear", clear, np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    rgba = np.concatenate([colour, alpha[..., None]], -1)
    yield "rgba", encoded(Image.fromarray(rgba), "PNG"), on_white(colour, alpha)
    opaque = np.concatenate([colour, np.full_like(alpha, 255)[..., None]], -1)
    yield "opaque", encoded(Image.fromarray(opaque), "PNG"), colour
    la = np.stack([grey, alpha], -1)
    yield "la", encoded(Image.fromarray(la), "PNG"), on_white(grey_of(grey), alpha)
    palette = image.quantize(16)
    table = np.array(palette.getpalette()[:48], int).reshape(16, 3)
    index = np.asarray(palette)
    yield "palette", encoded(palette, "PNG"), table[index].astype(np.uint8)
    weights = np.linspace(0, 255, 16).astype(np.uint8)
    contents = encoded(palette, "PNG", transparency=weights.tobytes())
    yield "palette_alpha", contents, on_white(table[index], weights[index])
    clear = (colour == colour[3, 5]).all(-1)
    contents = encoded(image, "PNG", transparency=tuple(colour[3, 5].tolist()))
    yield "clear_colour", contents, np.where(clear[..., None], 255, colour).astype(np.uint8)
    for name, place in (("before", "before"), ("after", "after")):
        tag = chunk(b"eXIf", exif(6)[6:])
        yield f"turned_{name}", png(colour, 2, **{place: tag}), np.rot90(colour, -1)
    deep = (rgba.astype(np.uint16) << 8) | 0x80
    yield "deep_rgb", png(deep[..., :3], 2), colour
    yield "deep_rgba", png(deep, 6), on_white(colour, alpha)
    yield "deep_la", png(deep[..., [0, 3]], 4), on_white(grey_of(grey), alpha)
    values = np.linspace(0, 65535, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)
    levels = np.floor(values / 257 + 0.5)
    yield "deep_grey", encoded(Image.fromarray(values), "PNG"), grey_of(levels)
    levels = np.where(values == values[7, 7], 255, levels)
    tag = chunk(b"tRNS", struct.pack(">H", values[7, 7]))
    yield "deep_grey_clear", png(values[..., None], 0, before=tag), grey_of(levels)


def _others():
    colour, alpha = scene(), scene(1, seed=1)[..., 0]
    image = Image.fromarray(colour)
    rgba = Image.fromarray(np.concatenate([colour, alpha[..., None]], -1))
    lossy = encoded(image, "WEBP", quality=90)
    pixels = _decoded(lossy)
    yield "webp", lossy, pixels, ".webp"
    contents = encoded(image, "WEBP", quality=90, exif=exif(6)[6:])
    yield "webp_turned", contents, np.rot90(pixels, -1), ".webp"
    contents = encoded(rgba, "WEBP", lossless=True, exact=True)
    yield "webp_alpha", contents, on_white(colour, alpha), ".webp"
    palette = image.quantize(16)
    index = np.asarray(palette)
    pixels = np.array(palette.getpalette()[:48], np.uint8).reshape(16, 3)[index]
    next_frame = Image.fromarray(colour[::-1]).quantize(16)
    contents = encoded(palette, "GIF", save_all=True, append_images=[next_frame])
    yield "gif", contents, pixels, ".gif"
    contents = encoded(palette, "GIF", transparency=int(index[2, 3]))
    clear = (index == index[2, 3])[..., None]
    yield "gif_clear", contents, np.where(clear, 255, pixels).astype(np.uint8), ".gif"
    yield "bmp", encoded(image, "BMP"), colour, ".bmp"
    yield "bmp_palette", encoded(palette, "BMP"), pixels, ".bmp"
    yield "tiff", encoded(image, "TIFF", compression="tiff_lzw"), colour, ".tif"
    for orientation, turned in ORIENTATIONS.items():
        contents = encoded(image, "TIFF", tiffinfo={0x0112: orientation})
        yield f"tiff_turned_{orientation}", contents, turned(colour), ".tiff"
    yield "tiff_alpha", encoded(rgba, "TIFF"), on_white(colour, alpha), ".tiff"
    values = np.linspace(0, 65535, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)
    levels = np.floor(values / 257 + 0.5)
    yield "tiff_deep_grey", encoded(Image.fromarray(values), "TIFF"), grey_of(levels), ".tif"


def every():
    """Returns all pictures by name."""
    found = {f"jpeg_{name}": picture for name, picture in _jpegs()}
    found |= {f"png_{name}": Picture(c, p, ".png") for name, c, p in _pngs()}
    return found | {name: Picture(*rest) for name, *rest in _others()}


def square(pixels, size, crop_size=0):
    """Returns the centred square of pixels (H, W, 3), resized by Pillow to (size, size, 3)."""
    height, width = pixels.shape[:2]
    side = min(height, width, crop_size or height)
    top, left = (height - side) // 2, (width - side) // 2
    part = Image.fromarray(np.ascontiguousarray(pixels[top : top + side, left : left + side]))
    return np.asarray(part.resize((size, size), Image.Resampling.BILINEAR))


def with_12_bits():
    """Returns a grey PNG of 16 bits whose values fill 12, and the levels it shows at 4095."""
    values = np.linspace(0, 4095, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)
    levels = np.floor(values / 4095 * 255 + 0.5)
    return Picture(encoded(Image.fromarray(values), "PNG"), grey_of(levels), ".png", values)
