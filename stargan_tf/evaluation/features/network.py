"""A feature network with its weights: what metrics call."""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.evaluation.features import resizing

# Every call computes this many images, the last ones repeated if there are fewer: the features of
# an image then can't depend on how many others come with it.
BATCH = 16


@dataclasses.dataclass(frozen=True)
class FeatureNetwork:
    """Turns images into features.

    Attributes:
      name: Of the network and of whoever trained it, for reports.
      sha256: Of the file of its weights.
      size: Height and width in pixels of the images that it computes with.
      resize: The rule by which images get that size, of `resizing.RULES`.
      compute: Features (BATCH, width) float32 of (BATCH, size, size, 3) float32 from 0 to 255.
    """

    name: str
    sha256: str
    size: int
    resize: str
    compute: Callable[[tf.Tensor], tf.Tensor]

    @property
    def key(self) -> str:
        """Tells its features from those of other weights and of other rules of resizing."""
        return f"{self.sha256}, {self.size} px, {self.resize}"

    @functools.cached_property
    def _compiled(self) -> Callable[[tf.Tensor], tf.Tensor]:
        spec = tf.TensorSpec((BATCH, self.size, self.size, 3), tf.float32)
        # Without AutoGraph, which changes the errors of wrong weights.
        compiled = tf.function(self.compute, input_signature=[spec], autograph=False)
        return compiled.get_concrete_function()

    def check(self, path: str) -> None:
        """Traces the network, which takes a second or two and computes nothing.

        Raises:
          UserError: The weights, from the file `path`, are another network's.
        """
        try:
            _ = self._compiled
        except (KeyError, ValueError) as error:
            reason = f"no tensor {error}" if isinstance(error, KeyError) else "other shapes"
            raise errors.UserError(
                f"{path} does not hold the weights of {self.name}: it has {reason}; pass the file "
                "of that network."
            ) from error

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Returns the features of images.

        Args:
          images: (N, H, W, 3) uint8.

        Returns:
          (N, width) float32.
        """
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
            raise ValueError(
                f"images must be (N, H, W, 3) uint8. Received: {images.shape} {images.dtype}"
            )
        parts = [images[i : i + BATCH] for i in range(0, len(images), BATCH)]
        return np.concatenate([self._of_batch(part) for part in parts])

    def _of_batch(self, images: np.ndarray) -> np.ndarray:
        resized = resizing.RULES[self.resize](images, self.size).astype(np.float32)
        missing = BATCH - len(images)
        padded = np.pad(resized, ((0, missing), (0, 0), (0, 0), (0, 0)), "edge")
        return self._compiled(tf.constant(padded)).numpy()[: len(images)]
