"""Reads image files by the one rule that training and every use of a run share.

The rule: take the first frame, turn it upright by its EXIF orientation, convert it to 8-bit RGB,
and put transparent pixels on white. Imports no TensorFlow. `decoding` uses it in graphs;
`serving.image_bytes` and the script in `export.on_device` repeat it where this package can't run.
"""

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

MAX_PIXELS = 64_000_000  # 8000 x 8000: 192 MB once decoded; a 2 MB file can unpack to that.
MAX_GREY = 65_535  # White in a 16-bit grey image, unless the user chooses another value.

# Not everything that Pillow opens: its rarer parsers are old, and the EPS parser runs a program.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")

Box = tuple[int, int, int, int]  # top, left, height, width in pixels

GREY_16_BITS = ("I;16", "I;16L", "I;16B", "I;16N", "I")  # Pillow's modes
WITH_ALPHA = ("RGBA", "RGBa", "LA", "PA")
_ORIENTATION = 0x0112  # EXIF's tag
_UPRIGHT = 1  # the orientation of a picture that is stored as it is shown
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

# Pillow warns about odd metadata and about large images, which MAX_PIXELS bounds. Set once and not
# around each call: many threads decode images, and warning filters belong to the process.
warnings.filterwarnings("ignore", module=r"PIL\.")


class UnreadableError(Exception):
    """An image file can't be read. The message is a clause that begins with "it" or "its".

    Attributes:
      short: The problem in a few words, for a list of files.
      advice: What to do.
    """

    def __init__(self, short: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.short, self.advice = short, advice


def decoded(file: bytes | str | BinaryIO, max_grey: int = MAX_GREY) -> Image.Image:
    """Reads an image file by the rule above.

    CMYK is converted without a colour profile, and embedded profiles are ignored. If colours or
    alpha have 16 bits, Pillow keeps the upper 8.

    Args:
      file: The bytes of the file, its path, or the open file.
      max_grey: The value that becomes white in 16-bit grey images; values from 0 to `max_grey` are
        scaled to 8 bits, higher ones become white.

    Returns:
      An image of mode RGB that no longer depends on the file.

    Raises:
      UnreadableError: The file is no image of `FORMATS`, is damaged or cut short, holds floats, or
        has more than MAX_PIXELS by its header (checked before decoding).
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
      choose_box: Maps height and width of the upright image to the box.
      image_size: S, the height and width of the result in pixels.
      fast: Whether to decode a JPEG file at a half, a quarter or an eighth of its size if the box
        stays at least as large as the result. The decoder's scaling is not the average that
        resizing takes: values differ by a grey level or two on average, by tens at edges.
      max_grey: See `decoded`.

    Returns:
      (S, S, 3) uint8.

    Raises:
      UnreadableError: See `decoded`.
    """
    with _explained(), opened(contents) as image:
        box = choose_box(*_upright_size(image, contents))
        divisor = next(n for n in (8, 4, 2, 1) if n == 1 or min(box[2:]) // n >= image_size)
        if fast and divisor > 1 and is_jpeg(image):
            image.draft(None, (image.width // divisor, image.height // divisor))
            top, left, height, width = (edge / divisor for edge in box)
            size, part = (image_size, image_size), (left, top, left + width, top + height)
            return np.asarray(rgb(image).resize(size, Image.Resampling.BILINEAR, part))
        return np.asarray(resized(rgb(image, max_grey), box, image_size))


def upright_size(contents: bytes) -> tuple[int, int]:
    """Returns height and width of the upright image in pixels; decodes it only if it must.

    Raises:
      UnreadableError: See `decoded`.
    """
    with _explained(), opened(contents) as image:
        return _upright_size(image, contents)


def centre_box(height: int, width: int, crop_size: int = 0) -> Box:
    """Returns the centred square of an image; `transforms.centre_box` is the same in a graph.

    `crop_size` is its side in pixels, at most the largest that fits; 0: that one.
    """
    side = min(crop_size or height, height, width)
    return (height - side) // 2, (width - side) // 2, side, side


def resized(image: Image.Image, box: Box, image_size: int) -> Image.Image:
    """Crops an image to a box and resizes it to a square, antialiased."""
    top, left, height, width = box
    part = (left, top, left + width, top + height)
    if part != (0, 0, *image.size):  # not resize(box=...), which reads beyond the box
        image = image.crop(part)
    return image.resize((image_size, image_size), Image.Resampling.BILINEAR)


def opened(file: bytes | str | BinaryIO) -> Image.Image:
    """Opens an image file and reads its header only.

    Raises:
      UnreadableError: The image has more than MAX_PIXELS, or the file is no image of `FORMATS`.
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
    return image.format in ("JPEG", "MPO")  # MPO: a JPEG file that holds several pictures


def rgb(image: Image.Image, max_grey: int = MAX_GREY) -> Image.Image:
    """Decodes an opened image, turns it upright and converts it to RGB; see `decoded`."""
    image.load()
    turn = _TURNS.get(orientation(image))
    image = _to_rgb(image, max_grey)
    return image if turn is None else image.transpose(turn)


def orientation(image: Image.Image) -> int:
    """Returns the EXIF orientation of an opened image, 1 to 8; 1 if missing or invalid.

    Like viewers, it ignores an orientation in XMP. A PNG file may store it after the pixels, so
    load the image first.
    """
    try:
        if image.format == "TIFF":  # Pillow turns it on loading.
            exif = image.getexif()
        else:
            exif = Image.Exif()
            exif.load(image.info.get("exif", b""))
        value = exif.get(_ORIENTATION, _UPRIGHT)
    except Exception:  # The metadata are damaged; the picture may be intact.
        return _UPRIGHT
    return value if value in _TURNS else _UPRIGHT


def _upright_size(image: Image.Image, contents: bytes) -> tuple[int, int]:
    if image.format == "TIFF" or (image.format == "PNG" and b"eXIf" in contents):
        image.load()  # In other formats the header holds the orientation.
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
    """Turns Pillow's exceptions into an UnreadableError."""
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
        reason = isinstance(error, OSError) and error.strerror  # set for errors of the disk
        message = f"it is damaged or not supported ({str(error)[:200]})"
        raise UnreadableError(reason or "cut short or damaged", message, "replace it") from error


def _too_large(size: str = "") -> UnreadableError:
    most = f"more than {MAX_PIXELS:,} pixels"
    return UnreadableError(f"{size}{most}", f"it has {most}", "make it smaller first")
