"""Faces as networks for aligned faces were trained on: turned and scaled by their landmarks."""

import math

import numpy as np
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.landmarks import aligner as aligner_lib
from stargan_tf.landmarks import alignment
from stargan_tf.pictures import regions


class Alignment:
    """Turns the region around a face into that which `stargan_tf.align` would cut out.

    Args:
      aligner: Finds the landmarks.
    """

    def __init__(self, aligner: aligner_lib.Aligner):
        self._aligner = aligner

    def __call__(self, photo: Image.Image, region: regions.Region) -> regions.Region | None:
        """Returns the region of the aligned face; None: its landmarks say that it is no face."""
        try:
            matrix, _ = self._aligner.locate(regions.cut(photo, region, alignment.SIZE))
        except errors.UserError:
            return None
        return aligned(region, matrix)


def aligned(region: regions.Region, matrix: np.ndarray) -> regions.Region:
    """Returns where the aligned face lies in a photo.

    Args:
      region: The square, not turned, in which the landmarks were found.
      matrix: (3, 3), the similarity of `alignment.matrix`, which maps that square to the aligned
        one; both have 256 pixels.
    """
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    centre = np.linalg.solve(matrix, [alignment.SIZE / 2, alignment.SIZE / 2, 1])[:2]
    x = region.left + centre[0] * region.width / alignment.SIZE
    y = region.top + centre[1] * region.height / alignment.SIZE
    side = region.width / scale
    turn = -math.atan2(matrix[1, 0], matrix[0, 0])
    return regions.Region(x - side / 2, y - side / 2, side, side, turn)
