"""Pictures as clients have them, as signatures take them, and back."""

import io
import os
import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from stargan_tf import errors
from stargan_tf.data import photos

# (N, size, size, 3) uint8, or photos: each a path, or what a file holds.
Pictures = np.ndarray | Sequence[bytes | os.PathLike[str]]

_PNG = b"\x89PNG\r\n\x1a\n"


def are_files(pictures: Pictures) -> bool:
    """Returns whether pictures are files, not arrays: then they go and come as PNG."""
    return not isinstance(pictures, np.ndarray)


def count(pictures: Pictures, size: int, what: str) -> int:
    """Returns how many pictures there are, without reading photos.

    Args:
      pictures: Arrays or photos.
      size: The model's image size in pixels.
      what: What to call them in messages: "image" or "reference".

    Raises:
      UserError: If there is none, or an array is of another type or size.
    """
    if isinstance(pictures, (bytes, bytearray, memoryview, str, os.PathLike)):
        raise errors.UserError(
            f"Pass {what}s as a list, of one where there is one; received a single "
            f"{type(pictures).__name__}."
        )
    if len(pictures) == 0:
        raise errors.UserError(f"There is no {what} to send; pass at least one.")
    if not are_files(pictures) and (
        pictures.dtype != np.uint8 or pictures.shape[1:] != (size, size, 3)
    ):
        raise errors.UserError(
            f"The model takes {what}s as uint8 arrays (N, {size}, {size}, 3); received "
            f"{pictures.dtype} {pictures.shape}; resize them, or pass files, which are fitted."
        )
    return len(pictures)


def packed(pictures: Pictures, size: int, fit: str, what: str) -> np.ndarray:
    """Returns pictures as a signature takes them.

    Args:
      pictures: Arrays as they are; photos are read, bounded by their headers, turned upright, and
        made square here, so that what is sent is small and of a known kind.
      size: The model's image size in pixels.
      fit: "crop", "pad" or "stretch", how photos become square.
      what: What to call them in messages: "image" or "reference".

    Returns:
      (N, size, size, 3) float32 in [-1, 1] for arrays; (N,) object of PNG `bytes` for files.

    Raises:
      UserError: If there is none, one can't be read, or an array is of another type or size.
    """
    number = count(pictures, size, what)
    if not are_files(pictures):
        return photos.from_uint8(pictures)
    packed_files = np.empty(number, object)
    packed_files[:] = [_png(picture, size, fit, what, n) for n, picture in enumerate(pictures)]
    return packed_files


def unpacked(answer: np.ndarray) -> np.ndarray | list[bytes]:
    """Returns a server's pictures: arrays as uint8 (N, size, size, 3), PNG files as `bytes`.

    Raises:
      UserError: If they hold NaN, or are no PNG files.
    """
    if answer.dtype != object:
        try:
            return photos.to_uint8(answer)
        except ValueError as error:
            raise errors.UserError(
                "The server's answer holds NaN; the served model's weights are broken: serve "
                "another version."
            ) from error
    for contents in answer:
        if not contents.startswith(_PNG):
            raise errors.UserError(
                f"The server's answer is no PNG file (it begins with {contents[:8]!r}); serve a "
                "model that this program exported."
            )
    return list(answer)


def _png(picture: bytes | os.PathLike[str], size: int, fit: str, what: str, number: int) -> bytes:
    if isinstance(picture, (bytes, bytearray, memoryview)):
        photo = photos.read_photo_bytes(bytes(picture), f"{what} {number + 1}")
    else:
        photo = photos.read_photo(str(pathlib.Path(picture)))
    file = io.BytesIO()
    square: Image.Image = photos.fit(photo, size, fit)
    square.save(file, "PNG")
    return file.getvalue()
