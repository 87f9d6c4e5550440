"""The squares of a photo, or of a video's frames, that show its faces."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import numpy as np
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data.images import reading
from stargan_tf.pictures import faces, framed, photos, regions

# Maps a photo and a face's region to the region as the face is turned; None: it is no face.
Align = Callable[[Image.Image, regions.Region], regions.Region | None]
Boxes = Literal["smooth", "fixed", "each"]
BOXES: tuple[Boxes, ...] = ("smooth", "fixed", "each")

MAX_MARGIN = 4.0
_SMOOTHING = 0.3  # the share of a new place in the smoothed one
_MISSED = 15  # frames for which a face stays that is not found again
_NEAR = 0.5  # of its side: how far a face may move from one frame to the next


class FindsFaces(Protocol):
    """What finds faces: `faces.Detector`, or another."""

    def find(self, photo: Image.Image) -> list[faces.Face]:
        """Returns the faces in an RGB photo."""


def around(face: faces.Face, margin: float) -> regions.Region:
    """Returns the square around a face.

    `margin` is a share of the face's side: so much is added on the left and on the right, half as
    much again above, where the hair is, and half of it below.
    """
    side = max(face.width, face.height)
    x, y = face.left + face.width / 2, face.top + face.height / 2 - margin * side / 2
    side *= 1 + 2 * margin
    return regions.Region(x - side / 2, y - side / 2, side, side)


@dataclasses.dataclass(frozen=True)
class Faces:
    """Frames the faces of a photo, each as a square.

    Attributes:
      detector: Finds them.
      size: The side of the network's images in pixels.
      margin: As of `around`.
      align: Turns and scales regions; None: they stay as `around` gives them.
      paste: How translations are put back.
      max_grey: The value that becomes white in grey images of 16 bits.
    """

    detector: FindsFaces
    size: int
    margin: float = 0.5
    align: Align | None = None
    paste: regions.Paste = "difference"
    max_grey: int = reading.MAX_GREY

    def frame(self, photo: Image.Image) -> framed.Framed:
        """Frames an RGB photo.

        Raises:
          UserError: No face was found.
        """
        places = self.places(photo)
        if not places:
            raise errors.UserError(
                "No face was found; name a photo that shows one from the front, or leave out "
                "`faces`."
            )
        return self.framed(photo, places)

    def places(self, photo: Image.Image) -> list[regions.Region]:
        """Returns the regions of a photo's faces, from the left; maybe none."""
        found = [around(face, self.margin) for face in self.detector.find(photo)]
        if self.align is None:
            return found
        aligned = (self.align(photo, place) for place in found)
        return [place for place in aligned if place is not None]

    def framed(self, photo: Image.Image, places: Sequence[regions.Region]) -> framed.Framed:
        """Returns a photo with the squares at some places; there may be none."""
        squares = np.zeros((len(places), self.size, self.size, 3), np.float32)
        for square, place in zip(squares, places, strict=True):
            square[:] = photos.to_array(regions.cut(photo, place, self.size))
        return framed.Framed(photo, tuple(places), squares, paste=self.paste)


@dataclasses.dataclass
class _Track:
    """A face in a video.

    Attributes:
      number: Its number.
      found: Where it was found last.
      shown: Its square.
      missed: For how many frames it has not been found.
    """

    number: int
    found: regions.Region
    shown: regions.Region
    missed: int = 0


class Tracks:
    """Follows faces from frame to frame, so that squares don't tremble and keep their numbers.

    Args:
      boxes: "smooth": a square follows its face slowly; "fixed": it stays where the face was found
        first; "each": it is where the face was found in each frame.
    """

    def __init__(self, boxes: Boxes = "smooth"):
        if boxes not in BOXES:
            raise ValueError(f"boxes must be one of {BOXES}. Received: {boxes!r}")
        self._boxes = boxes
        self._tracks: list[_Track] = []
        self._next = 0

    def update(self, places: Sequence[regions.Region]) -> list[tuple[int, regions.Region]]:
        """Takes the faces found in the next frame; returns each face's number and its region.

        A face that is not found again for some frames stays where it was.
        """
        missing = list(self._tracks)
        for place in places:
            nearest = min(missing, key=lambda track: _distance(track.found, place), default=None)
            if nearest is None or _distance(nearest.found, place) > _NEAR:
                self._tracks.append(_Track(self._next, place, place))
                self._next += 1
                continue
            missing.remove(nearest)
            nearest.found, nearest.missed = place, 0
            nearest.shown = self._moved(nearest.shown, place)
        for track in missing:
            track.missed += 1
        self._tracks = [track for track in self._tracks if track.missed <= _MISSED]
        return [(track.number, track.shown) for track in self._tracks]

    def _moved(self, shown: regions.Region, place: regions.Region) -> regions.Region:
        if self._boxes == "fixed":
            return shown
        if self._boxes == "each":
            return place
        old, new = np.array(dataclasses.astuple(shown)), np.array(dataclasses.astuple(place))
        change = new - old
        change[-1] = (change[-1] + np.pi) % (2 * np.pi) - np.pi  # the shorter way round
        return regions.Region(*(old + _SMOOTHING * change).tolist())


def _distance(one: regions.Region, other: regions.Region) -> float:
    """Returns the distance of two regions' centres, as a share of the smaller side."""
    between = np.subtract(one.centre, other.centre)
    return float(np.hypot(*between)) / max(1.0, min(one.width, other.width))
