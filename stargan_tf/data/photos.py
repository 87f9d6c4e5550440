"""Photographs that users bring: reading them safely, fitting them to a network, saving results."""

import io
import os
import pathlib
import stat
import warnings
from typing import Literal

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from stargan_tf import errors, files

MAX_PIXELS = 64_000_000  # 8000 x 8000: 192 MB once decoded; a file of 2 MB can unpack to that.
MAX_BYTES = 256 * 2**20

# Not whatever Pillow can open: its rarer parsers are old, and that of EPS starts a program.
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
_GREY_16_BITS = ("I;16", "I;16L", "I;16B", "I;16N", "I")


def read_photo(path: str) -> Image.Image:
    """Reads a photograph, the first frame if there are several, upright and as RGB.

    The EXIF orientation is applied. Transparency is blended with white. Grey of 16 bits is scaled
    to 8 (not clipped), CMYK converted without a colour profile; embedded profiles are ignored.

    Args:
      path: A JPEG, PNG, WebP, GIF, BMP or TIFF file, or AVIF where Pillow has it.

    Returns:
      An image of mode RGB that no longer depends on the file.

    Raises:
      UserError: The file is missing, empty, a folder, not an image, damaged, above MAX_BYTES, or
        above MAX_PIXELS according to its header (known before anything is decoded).
    """
    _check_file(path)
    return _decoded(path, path)


def read_photo_bytes(contents: bytes, name: str = "photo") -> Image.Image:
    """Reads a photograph from a file's contents, as `read_photo` does from the file.

    Args:
      contents: Of a file of a kind that `read_photo` takes.
      name: What messages call it.

    Raises:
      UserError: As of `read_photo`.
    """
    _check_size(name, len(contents))
    return _decoded(io.BytesIO(contents), name)


def _decoded(source: str | io.BytesIO, path: str) -> Image.Image:
    Image.init()
    formats = [name for name in _FORMATS if name in Image.OPEN]  # AVIF is optional in Pillow.
    too_many = f"it has more than {MAX_PIXELS:,} pixels; make it smaller first"
    try:
        with warnings.catch_warnings():
            # Pillow warns about large images, whose bound is ours, and about odd metadata.
            warnings.simplefilter("ignore")
            with Image.open(source, formats=formats) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise _refusal(path, too_many)
                image.load()
                return _to_rgb(_upright(image), path)
    except errors.UserError:
        raise
    except Image.DecompressionBombError as error:
        raise _refusal(path, too_many) from error
    except UnidentifiedImageError as error:
        kinds = ", ".join(formats)
        reason = f"it is not an image of a known kind ({kinds}); convert it to JPEG or PNG"
        raise _refusal(path, reason) from error
    except Exception as error:  # Pillow's parsers raise many kinds on damaged files.
        reason = f"it is damaged or not supported ({str(error)[:200]}); replace it"
        raise _refusal(path, reason) from error


def fit(
    image: Image.Image, size: int, how: Literal["crop", "pad", "stretch"] = "crop"
) -> Image.Image:
    """Makes an RGB image square, with antialiased bilinear resampling.

    Args:
      image: RGB, any size.
      size: The side of the result in pixels.
      how: "crop" takes the largest centred square, "pad" shows the whole image between two bars in
        the mean colour of the edges they touch (black bars would be strong edges to a network),
        "stretch" changes the proportions.

    Returns:
      (size, size) RGB.
    """
    if size < 1:
        raise ValueError(f"size must be at least 1. Received: {size}")
    if how == "pad":
        return _pad(image, size)
    if how not in ("crop", "stretch"):
        raise ValueError(f"how must be 'crop', 'pad' or 'stretch'. Received: {how!r}")
    if how == "crop":
        width, height = image.size
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        # Not resize(box=...): that reads beyond the box, and training does not.
        image = image.crop((left, top, left + side, top + side))
    return image.resize((size, size), Image.Resampling.BILINEAR)


def to_array(image: Image.Image) -> np.ndarray:
    """Returns an RGB image as (height, width, 3) float32 in [-1, 1]."""
    return from_uint8(np.asarray(image.convert("RGB")))


def from_uint8(array: np.ndarray) -> np.ndarray:
    """Returns grey levels 0 to 255, of any shape, as float32 in [-1, 1]: undoes `to_uint8`."""
    return np.asarray(array, np.float32) / np.float32(127.5) - np.float32(1)


def to_uint8(array: np.ndarray) -> np.ndarray:
    """Returns an array in [-1, 1], of any shape, as uint8 from 0 to 255; clips what lies outside.

    Raises:
      ValueError: An entry is NaN, which has no colour.
    """
    array = np.asarray(array, np.float32)
    if np.isnan(array).any():
        raise ValueError("The image holds NaN; the network that made it has diverged.")
    return np.round((np.clip(array, -1, 1) + 1) * 127.5).astype(np.uint8)


def save_png(path: str | os.PathLike[str], array: np.ndarray) -> None:
    """Writes a PNG in one step: `path` holds the whole image or, on any error, what it held before.

    Args:
      path: The file to write or replace, in a folder that exists.
      array: (height, width, 3) uint8.

    Raises:
      UserError: The file cannot be written, or the disk is full.
      ValueError: The array has another type or shape.
    """
    array = np.asarray(array)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(
            f"array must be (height, width, 3) uint8. Received: {array.shape} {array.dtype}"
        )
    with files.atomic(pathlib.Path(path)) as file:
        Image.fromarray(array).save(file, "PNG")


def _refusal(path: str, reason: str) -> errors.UserError:
    return errors.UserError(f"Cannot read the photo {path!r}: {reason}.")


def _check_file(path: str) -> None:
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name.
        reason = getattr(error, "strerror", None) or str(error)
        raise _refusal(path, f"{reason}; check the path") from error
    if stat.S_ISDIR(status.st_mode):
        raise _refusal(path, "it is a folder; name an image file")
    if not stat.S_ISREG(status.st_mode):  # Reading a pipe or device may never end.
        raise _refusal(path, "it is not a regular file; name an image file")
    _check_size(path, status.st_size)


def _check_size(path: str, size: int) -> None:
    if size == 0:
        raise _refusal(path, "it is empty (0 bytes); replace it")
    if size > MAX_BYTES:
        raise _refusal(
            path, f"it has {size:,} bytes, more than {MAX_BYTES:,}; make it smaller first"
        )


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # Damaged metadata; the picture itself was decoded.
        return image


def _to_rgb(image: Image.Image, path: str) -> Image.Image:
    if image.mode in _GREY_16_BITS:  # Pillow's convert() clips these to 255.
        values = np.clip(np.asarray(image), 0, 65535).astype(np.uint32)
        return Image.fromarray(((values + 128) // 257).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise _refusal(path, "its pixels are 32-bit floats of unknown range; convert it to 8 bits")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _pad(image: Image.Image, size: int) -> Image.Image:
    scale = size / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    edges = pixels[[0, -1]] if height < width else pixels[:, [0, -1]]
    colour = tuple(int(c) for c in edges.reshape(-1, 3).mean(axis=0).round())
    canvas = Image.new("RGB", (size, size), colour)
    canvas.paste(image, ((size - width) // 2, (size - height) // 2))
    return canvas
