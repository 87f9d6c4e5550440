"""Finds the face in a photograph and aligns it."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.landmarks import alignment, masks

MAX_SIDE = 2048  # side of the picture to be warped, in pixels; with its margin, 48 MB


class Aligner:
    """Aligns photographs to mean landmarks.

    Args:
      network: A `LandmarkNetwork` whose weights are loaded.
      mean_landmarks: (98, 2), from `weights.load_mean`.
      size: Side of the results in pixels, at most MAX_SIDE.
      min_confidence: A photo has no face if the mean of the heatmaps' peaks is lower.
    """

    def __init__(
        self,
        network: Callable[[tf.Tensor], tf.Tensor],
        mean_landmarks: np.ndarray,
        size: int = 256,
        min_confidence: float = 0.2,
    ):
        self._heatmaps = tf.function(lambda x: masks.heatmaps(network, x))
        self._mean = mean_landmarks
        self._size = size
        self._min_confidence = min_confidence

    def align(self, photo: Image.Image) -> tuple[np.ndarray, float]:
        """Returns the aligned face, (size, size, 3) uint8, of a square RGB photo; the confidence.

        Raises:
          UserError: If no face is found.
        """
        matrix, confidence = self.locate(photo)
        # Resized first, so that the warp leaves the scale as it is: shrinking in the warp would
        # cause aliasing, and enlarging would blur.
        scale = float(np.hypot(*matrix[0, :2]))
        side = max(32, min(round(self._size * scale), photo.width, MAX_SIDE))
        fitted = photo.resize((side, side), Image.Resampling.LANCZOS)
        return alignment.warp(np.asarray(fitted), matrix, self._size), confidence

    def locate(self, photo: Image.Image) -> tuple[np.ndarray, float]:
        """Returns the matrix of `alignment.matrix` for a square RGB photo; and the confidence.

        Raises:
          UserError: If no face is found.
        """
        small = photo.resize((alignment.SIZE, alignment.SIZE), Image.Resampling.BILINEAR)
        x = np.asarray(small, np.float32)[np.newaxis] / 127.5 - 1
        heatmaps = self._heatmaps(tf.constant(x)).numpy()
        confidence = float(alignment.confidence(heatmaps)[0])
        if not confidence >= self._min_confidence:  # true for NaN
            raise _no_face(f"confidence {confidence:.2f}, below {self._min_confidence:g}")
        matrix = alignment.matrix(alignment.landmarks(heatmaps)[0], self._mean)
        if not np.isfinite(matrix).all():
            raise _no_face("its landmarks fall onto one point")
        return matrix, confidence


def _no_face(reason: str) -> errors.UserError:
    return errors.UserError(
        f"No face was found ({reason}); use a photo in which one face is large and in the middle."
    )
