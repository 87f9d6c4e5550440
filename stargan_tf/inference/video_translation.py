"""Translates videos: frames in batches, one translation for all of a face's frames."""

import collections
import itertools
import pathlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.inference import batches
from stargan_tf.pictures import face_framing, framed, transcoding

# Shows how far it is while it yields the frames, such as `progress.counted`.
Shown = Callable[[Iterable[np.ndarray]], Iterable[np.ndarray]]


class TranslatesSquares(Protocol):
    """A translator of `translation`."""

    def outputs(self, squares: np.ndarray, who: Sequence[int]) -> np.ndarray:
        """Translates squares (N, S, S, 3); `who` numbers what each of them shows.

        What a number shows is decided when it comes first, and kept.
        """


class Video:
    """Translates the frames of a video.

    Args:
      translator: Translates the squares.
      framer: Finds the squares in each frame. A frame in which `face_framing.Faces` finds nothing
        stays as it is.
      boxes: How squares follow faces; see `face_framing.Tracks`.
    """

    def __init__(
        self,
        translator: TranslatesSquares,
        framer: framed.Framer,
        boxes: face_framing.Boxes = "smooth",
    ):
        self._translator, self._framer = translator, framer
        self._tracks = face_framing.Tracks(boxes)

    def translate(
        self, source: pathlib.Path, path: pathlib.Path, shown: Shown, *, sound: bool = True
    ) -> int:
        """Writes the translation of a video; see `transcoding.transcode`.

        Returns:
          The number of frames.

        Raises:
          UserError: As of `transcode`; or if no frame shows a face.
        """
        return transcoding.transcode(
            source, path, lambda frames: shown(self.frames(frames)), sound=sound
        )

    def frames(self, pictures: Iterable[Image.Image]) -> Iterator[np.ndarray]:
        """Yields the translation of each frame, (H, W, 3) uint8, in batches.

        Raises:
          UserError: No frame shows a face.
        """
        pictures, any_square, any_picture = iter(pictures), False, False
        while batch := list(itertools.islice(pictures, batches.BATCH)):
            frames, who = zip(*map(self._framed, batch), strict=True)
            squares = np.concatenate([frame.squares for frame in frames])
            outputs = squares
            if len(squares):
                outputs = self._translator.outputs(squares, [*itertools.chain(*who)])
            start = 0
            for frame in frames:
                yield frame.result(outputs[start : start + len(frame.regions)])
                start += len(frame.regions)
            any_square, any_picture = any_square or len(squares) > 0, True
        if any_picture and not any_square:
            raise errors.UserError(
                "No frame of the video shows a face; name another, or leave out `faces`."
            )

    def _framed(self, picture: Image.Image) -> tuple[framed.Framed, list[int]]:
        """Returns a frame with its squares, and the number of what each shows."""
        if not isinstance(self._framer, face_framing.Faces):
            return self._framer.frame(picture), [0]
        tracks = self._tracks.update(self._framer.places(picture))
        return self._framer.framed(picture, [place for _, place in tracks]), [n for n, _ in tracks]


def most_frequent(labels: np.ndarray) -> np.ndarray:
    """Returns the row of labels (N, width) that comes most often; of equals, the first."""
    rows = collections.Counter(map(bytes, np.ascontiguousarray(labels)))
    return np.frombuffer(rows.most_common(1)[0][0], labels.dtype)
