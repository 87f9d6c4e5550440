"""A data set without some of its images."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.data import source


def subset(images: source.Source, kept: Sequence[int]) -> source.Source:
    """Returns the data set of the images number `kept`, in that order."""
    kind = _EncodedSubset if isinstance(images, source.EncodedSource) else _Subset
    return kind(images, kept)


class _Subset(source.Source):
    def __init__(self, images: source.Source, kept: Sequence[int]):
        self._images, self._kept = images, np.asarray(kept, np.int64)
        self.label_space, self.crop_size = images.label_space, images.crop_size
        self.labels = images.labels[self._kept]

    def load(self, index: tf.Tensor) -> tf.Tensor:
        return self._images.load(self._inner(index))

    def problems(self, *, thorough: bool = False) -> dict[int, str]:
        found = self._images.problems(thorough=thorough)
        return {i: found[k] for i, k in enumerate(self._kept.tolist()) if k in found}

    def describe(self, index: int) -> str:
        return self._images.describe(int(self._kept[index]))

    def key(self, index: int) -> bytes:
        return self._images.key(int(self._kept[index]))

    def _inner(self, index: tf.Tensor) -> tf.Tensor:
        return tf.gather(tf.constant(self._kept), index)


class _EncodedSubset(_Subset, source.EncodedSource):
    def read(self, index: tf.Tensor) -> tf.Tensor:
        return self._images.read(self._inner(index))
