"""Views of a data set: some of its images, or the same images with other labels."""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import source, splits


def subset(images: source.Source, kept: Sequence[int]) -> source.Source:
    """Returns a view of the images whose numbers are `kept`, in that order."""
    kept = np.asarray(kept, np.int64)
    restricted = images.restricted(kept)
    if restricted is not None:
        return restricted
    return _view(images)(images, kept, images.label_space, images.labels[kept])


def relabelled(
    images: source.Source, label_space: labels_lib.LabelSpace, labels: np.ndarray
) -> source.Source:
    """Returns a view of all images with other labels, (size, label_space.width)."""
    return _view(images)(images, np.arange(images.size), label_space, labels)


def thinned(images: source.Source, shares: Mapping[str, float]) -> source.Source:
    """Returns a view that has only a share of the images of some labels, and all others.

    Of a label with n images round(share * n) are left. A hash of each image's place among these n
    decides which, so the same data set always gives the same ones.

    Args:
      images: The data set.
      shares: By the name of a label, between 0 and 1.

    Raises:
      UserError: A label is unknown, or none of its images would be left.
    """
    kept = np.ones(images.size, bool)
    for name, share in shares.items():
        own = np.flatnonzero(images.labels[:, images.label_space.index(name)])
        count = round(share * len(own))
        if not count:
            raise errors.UserError(
                f"None of the {len(own)} training images of {name} would be left with "
                f"keep_share={name}:{share:g}; keep a larger share."
            )
        order = np.argsort([splits.hash_fraction(f"{name} {k}") for k in range(len(own))])
        kept[own[order[count:]]] = False
    return subset(images, np.flatnonzero(kept))


def _view(images: source.Source) -> type["_View"]:
    return _EncodedView if isinstance(images, source.EncodedSource) else _View


class _View(source.Source):
    def __init__(
        self,
        images: source.Source,
        kept: np.ndarray,
        label_space: labels_lib.LabelSpace,
        labels: np.ndarray,
    ):
        self._images, self._kept = images, kept
        self.label_space, self.labels = label_space, np.asarray(labels, np.float32)
        self.crop_size, self.in_memory = images.crop_size, images.in_memory
        self.sample_name, self.sample_spec = images.sample_name, images.sample_spec
        self.statistics, self.noun = images.statistics, images.noun
        if images.pairs is not None:  # those of which both images are here
            place = {number: i for i, number in enumerate(kept.tolist())}
            whole = [(a, b) for a, b in images.pairs.tolist() if a in place and b in place]
            numbers = [(place[a], place[b]) for a, b in whole]
            self.pairs = np.array(numbers, np.int64).reshape(-1, 2)

    def load(self, index: tf.Tensor) -> tf.Tensor:
        return self._images.load(self._inner(index))

    def load_part(self, index: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
        return self._images.load_part(self._inner(index), start)

    def whole(self, index: int) -> np.ndarray:
        return self._images.whole(int(self._kept[index]))

    def drawn_at(self, image_size: int) -> source.Source:
        drawn = self._images.drawn_at(image_size)
        same = drawn is self._images
        return self if same else type(self)(drawn, self._kept, self.label_space, self.labels)

    def problems(self, *, thorough: bool = False) -> dict[int, str]:
        problems = self._images.problems(thorough=thorough)
        return {i: problems[k] for i, k in enumerate(self._kept.tolist()) if k in problems}

    def describe(self, index: int) -> str:
        return self._images.describe(int(self._kept[index]))

    def key(self, index: int) -> bytes:
        return self._images.key(int(self._kept[index]))

    def _inner(self, index: tf.Tensor) -> tf.Tensor:
        return tf.gather(tf.constant(self._kept), index)


class _EncodedView(_View, source.EncodedSource):
    def read(self, index: tf.Tensor) -> tf.Tensor:
        return self._images.read(self._inner(index))
