"""Reads users' photographs safely, fits them to a network, and saves results."""

import dataclasses
import os
import pathlib
import stat
from typing import Literal

import numpy as np
from PIL import Image

from stargan_tf.base import errors, files
from stargan_tf.data.images import reading

MAX_BYTES = 256 * 2**20


def read_photo(path: str, max_grey: int = reading.MAX_GREY) -> Image.Image:
    """Reads a photograph like training reads images; see `reading` for the rules.

    Args:
      path: A JPEG, PNG, WebP, GIF, BMP or TIFF file, or AVIF if Pillow supports it.
      max_grey: The value that becomes white in grey images of 16 bits.

    Returns:
      An image of mode RGB, independent of the file.

    Raises:
      UserError: The file is missing, empty, a folder, no image, damaged, larger than MAX_BYTES or,
        according to its header, than `reading.MAX_PIXELS`.
    """
    _check_file(path)
    return _decoded(path, path, max_grey)


def read_photo_bytes(
    contents: bytes, name: str = "photo", max_grey: int = reading.MAX_GREY
) -> Image.Image:
    """Reads a photograph from the contents of a file, like `read_photo`; `name` is for messages."""
    _check_size(name, len(contents))
    return _decoded(contents, name, max_grey)


def _decoded(file: str | bytes, name: str, max_grey: int) -> Image.Image:
    try:
        return reading.decoded(file, max_grey)
    except reading.UnreadableError as error:
        raise _refusal(name, f"{error}; {error.advice}") from error


def fit(
    image: Image.Image,
    size: int,
    how: Literal["crop", "pad", "stretch"] = "crop",
    crop_size: int = 0,
) -> Image.Image:
    """Makes an RGB image square, with antialiased bilinear resampling.

    Args:
      image: RGB, any size.
      size: The side of the result in pixels.
      how: "crop" takes the centred square; "pad" keeps the whole image between two bars in the mean
        colour of the adjoining edges (black bars would be strong edges for a network); "stretch"
        changes the proportions.
      crop_size: For "crop", the side of the square in pixels; 0, or too large: the largest square.

    Returns:
      (size, size) RGB.
    """
    if size < 1:
        raise ValueError(f"size must be at least 1. Received: {size}")
    if how == "pad":
        return _pad(image, size)
    if how not in ("crop", "stretch"):
        raise ValueError(f"how must be 'crop', 'pad' or 'stretch'. Received: {how!r}")
    width, height = image.size
    box = (0, 0, height, width)
    if how == "crop":
        box = reading.centre_box(height, width, crop_size)
    return reading.resized(image, box, size)


@dataclasses.dataclass(frozen=True)
class Framing:
    """How photos are turned into images for a network.

    Attributes:
      size: The side of the network's images in pixels.
      fit: "crop", "pad" or "stretch"; see the function `fit`.
      crop_size: For "crop", the side of the centred square to cut out; 0: the largest.
      max_grey: The value that becomes white in grey images of 16 bits.
    """

    size: int
    fit: Literal["crop", "pad", "stretch"] = "crop"
    crop_size: int = 0
    max_grey: int = reading.MAX_GREY

    def read(self, path: os.PathLike[str]) -> tuple[Image.Image, str]:
        """Reads a photo and makes it square.

        Returns:
          The (size, size) RGB image; and a clause that says so if `crop_size` cut off more than the
          largest square would have, else "".

        Raises:
          UserError: As in `read_photo`.
        """
        return self.square(read_photo(os.fspath(path), self.max_grey))

    def square(self, photo: Image.Image) -> tuple[Image.Image, str]:
        """Makes an RGB image square; returns what `read` returns."""
        square, side = fit(photo, self.size, self.fit, self.crop_size), self.crop_size
        note = f"; cut to its central {side} x {side} px (crop_size=0: the largest square)"
        return square, note if self.fit == "crop" and 0 < side < min(photo.size) else ""


def to_array(image: Image.Image) -> np.ndarray:
    """Returns an RGB image as (height, width, 3) float32 in [-1, 1]."""
    return from_uint8(np.asarray(image.convert("RGB")))


def from_uint8(array: np.ndarray) -> np.ndarray:
    """Returns grey levels 0 to 255, of any shape, as float32 in [-1, 1]; inverts `to_uint8`."""
    return np.asarray(array, np.float32) / np.float32(127.5) - np.float32(1)


def to_uint8(array: np.ndarray) -> np.ndarray:
    """Returns an array in [-1, 1], of any shape, as uint8 from 0 to 255; clips values outside.

    Raises:
      ValueError: An entry is NaN.
    """
    array = np.asarray(array, np.float32)
    if np.isnan(array).any():
        raise ValueError("The image holds NaN; the network that made it has diverged.")
    return np.round((np.clip(array, -1, 1) + 1) * 127.5).astype(np.uint8)


def save_png(path: str | os.PathLike[str], array: np.ndarray) -> None:
    """Writes a PNG in one step: on any error, the previous contents of `path` remain.

    Args:
      path: The file to write or replace, in an existing folder.
      array: (height, width, 3) uint8.

    Raises:
      UserError: The file can't be written, or the disk is full.
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


def padded_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Returns width and height that "pad" gives an image of `size` in a square of `side` pixels."""
    scale = side / max(size)
    return tuple(max(1, round(edge * scale)) for edge in size)


def _pad(image: Image.Image, size: int) -> Image.Image:
    width, height = padded_size(image.size, size)
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    edges = pixels[[0, -1]] if height < width else pixels[:, [0, -1]]
    colour = tuple(int(c) for c in edges.reshape(-1, 3).mean(axis=0).round())
    canvas = Image.new("RGB", (size, size), colour)
    canvas.paste(image, ((size - width) // 2, (size - height) // 2))
    return canvas
