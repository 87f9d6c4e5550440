"""Pictures as clients have them, as signatures take them, and back."""

import io
import os
import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.pictures import photos

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


def packed(pictures: Pictures, framing: photos.Framing, what: str) -> np.ndarray:
    """Returns pictures as a signature takes them.

    Args:
      pictures: Arrays as they are; photos are read, bounded by their headers, as training reads
        images, and made square here, so that what is sent is small and of a known kind.
      framing: How photos become what the model takes.
      what: What to call them in messages: "image" or "reference".

    Returns:
      (N, size, size, 3) float32 in [-1, 1] for arrays; (N,) object of PNG `bytes` for files.

    Raises:
      UserError: If there is none, one can't be read, or an array is of another type or size; or
        what is padded or stretched would be cut by the model afterwards.
    """
    number = count(pictures, framing.size, what)
    if not are_files(pictures):
        return photos.from_uint8(pictures)
    packed_files = np.empty(number, object)
    packed_files[:] = [_png(picture, framing, what, n) for n, picture in enumerate(pictures)]
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


def _png(
    picture: bytes | os.PathLike[str], framing: photos.Framing, what: str, number: int
) -> bytes:
    if isinstance(picture, (bytes, bytearray, memoryview)):
        name = f"{what} {number + 1}"
        photo = photos.read_photo_bytes(bytes(picture), name, framing.max_grey)
    else:
        photo = photos.read_photo(str(pathlib.Path(picture)), framing.max_grey)
    file = io.BytesIO()
    _square(photo, framing).save(file, "PNG")
    return file.getvalue()


def _square(photo: Image.Image, framing: photos.Framing) -> Image.Image:
    """Returns a photo made square so that the model, which cuts `crop_size` out, loses nothing."""
    size, side = framing.size, framing.crop_size
    if not 0 < side < size:
        return photos.fit(photo, size, framing.fit, side)
    if framing.fit != "crop":
        raise errors.UserError(
            f"The model cuts {side} x {side} px out of every photo and enlarges them, also out of "
            f"what --fit={framing.fit} makes; pass --fit=crop."
        )
    side = min(side, *photo.size)
    return photos.fit(photo, side, "crop", side)  # It is left to the model to enlarge this.
