"""From an image file to pixels: the one rule that training and every use of a run share.

The first frame, turned upright as its EXIF orientation says, as RGB of 8 bits, on white where it is
transparent. Imports no TensorFlow; `decoding` brings it into graphs, and `serving.image_bytes` and
the script of `export.on_device` repeat it where Python or this package can't be.
"""

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

MAX_PIXELS = 64_000_000  # 8000 x 8000: 192 MB once decoded; a file of 2 MB can unpack to that.
MAX_GREY = 65_535  # The value of a 16-bit grey image that is white, unless the user says another.

# Not whatever Pillow can open: its rarer parsers are old, and that of EPS starts a program.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")

Box = tuple[int, int, int, int]  # top, left, height, width in pixels

GREY_16_BITS = ("I;16", "I;16L", "I;16B", "I;16N", "I")  # of Pillow's modes
WITH_ALPHA = ("RGBA", "RGBa", "LA", "PA")
_ORIENTATION = 0x0112  # EXIF's tag
_UPRIGHT = 1  # Its value for a picture that is stored as it is shown.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,  # Pillow counts anticlockwise.
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)  # orientations that swap height and width

# Pillow warns about odd metadata and large images, whose bound is ours. Here and not around each
# call: images are decoded in many threads, and filters belong to the process.
warnings.filterwarnings("ignore", module=r"PIL\.")


class UnreadableError(Exception):
    """An image file that is not read.

    Attributes:
      short: What is wrong with it in a few words, for a list of files.
      advice: What to do. The message itself is a clause that begins with "it" or "its".
    """

    def __init__(self, short: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.short, self.advice = short, advice


def decoded(file: bytes | str | BinaryIO, max_grey: int = MAX_GREY) -> Image.Image:
    """Reads an image file by the rule above.

    CMYK is converted without a colour profile, and embedded profiles are ignored. Of colour images
    and of images with alpha that have 16 bits, the upper 8 count, as Pillow reads them.

    Args:
      file: What the file holds, its path, or the open file.
      max_grey: The value that becomes white in grey images of 16 bits; from 0 to it values are
        scaled to 8 bits, and those above are white, too.

    Returns:
      An image of mode RGB that no longer depends on the file.

    Raises:
      UnreadableError: It is no image of `FORMATS`, damaged, cut short, of floats, or above
        MAX_PIXELS according to its header (known before anything is decoded).
    """
    with _explained(), opened(file) as image:
        return rgb(image, max_grey)


def boxed(
    contents: bytes,
    choose_box: Callable[[int, int], Box],
    image_size: int,
    *,
    fast: bool = False,
    max_grey: int = MAX_GREY,
) -> np.ndarray:
    """Reads an image file by the rule above, cuts out a box and resizes it to a square.

    Args:
      contents: The bytes of the file.
      choose_box: From the height and the width of the upright image to the box.
      image_size: S, the height and width of the result in pixels.
      fast: Whether a JPEG file is decoded at a half, a quarter or an eighth of its size where the
        box is still as large as the result then. What the decoder leaves out so is not what
        resizing would average: values differ by a grey level or two in the mean, by tens at edges.
      max_grey: As of `decoded`.

    Returns:
      (S, S, 3) uint8.

    Raises:
      UnreadableError: As of `decoded`.
    """
    with _explained(), opened(contents) as image:
        box = choose_box(*_upright_size(image, contents))
        divisor = next(n for n in (8, 4, 2, 1) if n == 1 or min(box[2:]) // n >= image_size)
        if fast and divisor > 1 and is_jpeg(image):
            image.draft(None, (image.width // divisor, image.height // divisor))
            top, left, height, width = (edge / divisor for edge in box)
            size, part = (image_size, image_size), (left, top, left + width, top + height)
            found = rgb(image).resize(size, Image.Resampling.BILINEAR, part)
        else:
            found = resized(rgb(image, max_grey), box, image_size)
        return np.asarray(found)


def upright_size(contents: bytes) -> tuple[int, int]:
    """Returns the height and the width of the upright image in pixels; decodes few files for it.

    Raises:
      UnreadableError: As of `decoded`.
    """
    with _explained(), opened(contents) as image:
        return _upright_size(image, contents)


def centre_box(height: int, width: int, crop_size: int = 0) -> Box:
    """Returns the centred square of an image; `transforms.centre_box` is the same in a graph.

    Args:
      height: Of the image in pixels.
      width: Of the image in pixels.
      crop_size: Side of the square in pixels, at most that of the largest; 0: just that.
    """
    side = min(crop_size or height, height, width)
    return (height - side) // 2, (width - side) // 2, side, side


def resized(image: Image.Image, box: Box, image_size: int) -> Image.Image:
    """Returns a box of an image, resized to a square, antialiased."""
    top, left, height, width = box
    part = (left, top, left + width, top + height)
    if part != (0, 0, *image.size):  # Not resize(box=...), which reads beyond the box.
        image = image.crop(part)
    return image.resize((image_size, image_size), Image.Resampling.BILINEAR)


def opened(file: bytes | str | BinaryIO) -> Image.Image:
    """Opens an image file, reading no more than its header.

    Raises:
      UnreadableError: It has more than MAX_PIXELS, or is no image of `FORMATS`.
    """
    with _explained():
        Image.init()
        formats = [name for name in FORMATS if name in Image.OPEN]  # AVIF is optional in Pillow.
        image = Image.open(io.BytesIO(file) if isinstance(file, bytes) else file, formats=formats)
        if image.width * image.height > MAX_PIXELS:
            raise _too_large(f"{image.width} x {image.height}, ")
        return image


def is_jpeg(image: Image.Image) -> bool:
    """Returns whether an opened image is a JPEG file."""
    return image.format in ("JPEG", "MPO")  # What Pillow calls one of several pictures.


def rgb(image: Image.Image, max_grey: int = MAX_GREY) -> Image.Image:
    """Returns an opened image decoded, upright, as RGB, on white; see `decoded`."""
    image.load()
    turn = _TURNS.get(orientation(image))
    image = _to_rgb(image, max_grey)
    return image if turn is None else image.transpose(turn)


def orientation(image: Image.Image) -> int:
    """Returns the EXIF orientation of an opened image, 1 to 8; 1 where it is none of these.

    That of a file's XMP is not looked at: viewers do not, either. A PNG file may tell it after its
    pixels, so that it has to be loaded before.
    """
    try:
        if image.format == "TIFF":  # Pillow turns it as it loads it.
            exif = image.getexif()
        else:
            exif = Image.Exif()
            exif.load(image.info.get("exif", b""))
        value = exif.get(_ORIENTATION, _UPRIGHT)
    except Exception:  # Damaged metadata; the picture itself may be whole.
        return _UPRIGHT
    return value if value in _TURNS else _UPRIGHT


def _upright_size(image: Image.Image, contents: bytes) -> tuple[int, int]:
    if image.format == "TIFF" or (image.format == "PNG" and b"eXIf" in contents):
        image.load()  # Of others the header has told the orientation by now.
    sideways = orientation(image) in _SIDEWAYS
    return image.size if sideways else (image.height, image.width)


def _to_rgb(image: Image.Image, max_grey: int) -> Image.Image:
    transparency = image.info.get("transparency")
    if image.mode in GREY_16_BITS:  # Pillow's convert() clips these to 255.
        values = np.asarray(image)
        scaled = np.clip(values, 0, max_grey).astype(np.uint32)
        scaled = (scaled * 510 + max_grey) // (2 * max_grey)  # to the nearest of 0 to 255
        if transparency is not None:
            scaled[values == transparency] = 255
        return Image.fromarray(scaled.astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        what = "its pixels are 32-bit floats of unknown range"
        raise UnreadableError("32-bit floats", what, "convert it to 8 bits")
    if image.mode in WITH_ALPHA or transparency is not None:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image if image.mode == "RGB" else image.convert("RGB")  # which would copy it


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Turns what Pillow raises into an UnreadableError."""
    try:
        yield
    except UnreadableError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except UnidentifiedImageError as error:
        kinds = ", ".join(name for name in FORMATS if name in Image.OPEN)
        message = f"it is not an image of a known kind ({kinds})"
        advice = "convert it to JPEG or PNG"
        raise UnreadableError("not an image of a known kind", message, advice) from error
    except Exception as error:  # Pillow's parsers raise many kinds on damaged files.
        reason = isinstance(error, OSError) and error.strerror  # of the disk
        message = f"it is damaged or not supported ({str(error)[:200]})"
        raise UnreadableError(reason or "cut short or damaged", message, "replace it") from error


def _too_large(size: str = "") -> UnreadableError:
    most = f"more than {MAX_PIXELS:,} pixels"
    return UnreadableError(f"{size}{most}", f"it has {most}", "make it smaller first")
