"""Photos with the squares in them that networks see, and photos with translations put back."""

import dataclasses
import os
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.pictures import photos, regions


@dataclasses.dataclass(frozen=True)
class Framed:
    """A photo, and what networks see of it.

    Attributes:
      photo: RGB, upright, in full.
      regions: Where the N squares lie in it.
      squares: (N, S, S, 3) float32 in [-1, 1].
      note: A clause about how the photo was cut, beginning with "; ", or "".
      paste: How translations are put back; None: they are not, and N is 1.
    """

    photo: Image.Image
    regions: tuple[regions.Region, ...]
    squares: np.ndarray
    note: str = ""
    paste: regions.Paste | None = None

    def result(self, outputs: Sequence[np.ndarray]) -> np.ndarray:
        """Returns what the user gets of outputs (N, S, S, 3): (H, W, 3) uint8.

        It is the photo with all of them put back, or the one output itself.
        """
        if self.paste is None:
            return photos.to_uint8(outputs[0])
        placed = zip(self.regions, self.squares, outputs, strict=True)
        return np.asarray(regions.paste_all(self.photo, list(placed), self.paste))


class Framer(Protocol):
    """Finds the squares of photos."""

    max_grey: int

    def frame(self, photo: Image.Image) -> Framed:
        """Frames an RGB photo; raises a UserError if it shows nothing to frame."""


def read(path: os.PathLike[str], framer: Framer) -> Framed:
    """Reads a photo and frames it.

    Raises:
      UserError: As in `photos.read_photo`, and as `framer` raises it, with the photo's name.
    """
    photo = photos.read_photo(os.fspath(path), framer.max_grey)
    try:
        return framer.frame(photo)
    except errors.UserError as error:
        raise errors.UserError(f"{path}: {error}") from error


def counted(line: str, squares: int) -> str:
    """Returns a line about a photo that begins with its number of squares, if that is not one."""
    return line if squares == 1 else f"{squares} faces: {line}"


@dataclasses.dataclass(frozen=True)
class Whole:
    """Frames a photo as `framing` does: one square.

    Attributes:
      framing: How photos become square.
      paste: See `Framed`.
    """

    framing: photos.Framing
    paste: regions.Paste | None = None

    @property
    def max_grey(self) -> int:
        """The value that becomes white in grey images of 16 bits."""
        return self.framing.max_grey

    def frame(self, photo: Image.Image) -> Framed:
        """Frames an RGB photo."""
        square, note = self.framing.square(photo)
        where = regions.of_framing(self.framing, photo.size)
        return Framed(photo, (where,), photos.to_array(square)[np.newaxis], note, self.paste)
