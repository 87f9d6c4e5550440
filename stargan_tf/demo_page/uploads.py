"""Reads what users have uploaded; messages name it as the user does, not by where it lies here."""

import pathlib

from PIL import Image

from stargan_tf.base import errors
from stargan_tf.pictures import photos

MOST_MEGABYTES = 32  # of an uploaded file
MOST_SECONDS = 60.0  # of sound
MOST_FRAMES = 12_000  # of features: of sound a minute at 5 ms


def photo(path: str | None, max_grey: int, what: str = "photo") -> Image.Image:
    """Returns an uploaded photo as an RGB image, read as all commands read photos.

    Args:
      path: Of the file; None: there is none.
      max_grey: The value that becomes white in grey images of 16 bits.
      what: What messages call a photo.

    Raises:
      UserError: There is none, or it can't be read.
    """
    if path is None:
        raise errors.UserError(f"There is no {what} yet; drop one here, or click an example.")
    file = pathlib.Path(path)
    try:
        contents = file.read_bytes()
    except OSError as error:
        raise errors.UserError(
            f"The {what} {file.name} is no longer here; choose it again."
        ) from error
    return photos.read_photo_bytes(contents, file.name, max_grey)


def without_folders(message: str, folder: str) -> str:
    """Returns a message in which files below `folder`, the uploads', have their names alone."""
    words = []
    for word in message.split(" "):
        start = word.find(folder)
        if start >= 0:
            word = word[:start] + pathlib.PurePath(word[start:]).name
        words.append(word)
    return " ".join(words)
