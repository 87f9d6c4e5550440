"""What every data set offers to the pipeline: random access to images and their labels."""

import abc

import numpy as np
import tensorflow as tf

from stargan_tf.data import labels as labels_lib


class Source(abc.ABC):
    """One split of a data set, as a finite list of labelled images.

    Attributes:
      label_space: What the label vectors mean.
      labels: (size, width) float32 of 0 and 1, the label of every image.
    """

    label_space: labels_lib.LabelSpace
    labels: np.ndarray

    @property
    def size(self) -> int:
        """How many images there are."""
        return len(self.labels)

    @abc.abstractmethod
    def load(self, index: tf.Tensor) -> tf.Tensor:
        """Returns image `index` (int64 scalar) as (height, width, 3) uint8; a graph function."""

    def check(self) -> None:  # noqa: B027 - what is drawn or generated can't be broken
        """Looks at every image before training starts.

        Raises:
          UserError: Some can't be used; names them.
        """

    @abc.abstractmethod
    def describe(self, index: int) -> str:
        """Returns where image `index` comes from (a path), for messages."""
