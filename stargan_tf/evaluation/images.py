"""Real images of a data set as metrics see them: uint8 squares of the networks' size."""

import dataclasses
import functools
import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import source as source_lib
from stargan_tf.data import subset as subset_lib
from stargan_tf.data.pipeline import samplers
from stargan_tf.inference import batches

BATCH = 50  # images at a time


class Images:
    """Some images of a data set, cut and resized as the run's training does it.

    Attributes:
      source: The data set that they are read from.
      space: What the labels mean.
      labels: (size, width) float32 of 0 and 1.
    """

    def __init__(
        self,
        sampler: samplers.Sampler,
        space: labels_lib.LabelSpace,
        labels: np.ndarray,
        numbers: Sequence[int] | None = None,
    ):
        """Takes images of a sampler's source.

        Args:
          sampler: Says how they are read; its `flip` only whether mirrored images have the same
            labels, as none is mirrored here.
          space: What the labels mean.
          labels: (source's size, width), of all images of the source.
          numbers: Which of them to take, in order; None: all.
        """
        self.source, self.space = sampler.source, space
        self._sampler, self._all_labels = sampler, np.asarray(labels, np.float32)
        self._numbers = np.arange(len(labels)) if numbers is None else np.asarray(numbers, np.int64)
        self.labels = self._all_labels[self._numbers]
        self._load = tf.function(lambda index: sampler.load(samplers.View(index)))

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self._numbers)

    @property
    def sampler(self) -> samplers.Sampler:
        """What trains on these images alone, with their labels in `space`."""
        part = subset_lib.subset(self.source, self._numbers)
        part = subset_lib.relabelled(part, self.space, self.labels)
        return dataclasses.replace(self._sampler, source=part)

    @functools.cached_property
    def key(self) -> str:
        """A checksum of the images in their order and of how they are read: for caches."""
        found = hashlib.blake2b(digest_size=16)
        how = self._sampler
        found.update(repr((how.image_size, how.crop_size, how.fast_decode, how.max_grey)).encode())
        if isinstance(self.source, source_lib.EncodedSource):
            for number in self._numbers:
                found.update(self.source.key(int(number)))
        else:  # drawn or decoded by others: only the pixels tell them apart
            for images in self.batches():
                found.update(images.tobytes())
        return found.hexdigest()

    def keys(self) -> list[bytes]:
        """Returns what tells each image from every other: of its file or, if drawn, its pixels."""
        if isinstance(self.source, source_lib.EncodedSource):
            return [self.source.key(int(number)) for number in self._numbers]
        pixels = (self._one(number).tobytes() for number in self._numbers)
        return [hashlib.blake2b(one, digest_size=16).digest() for one in pixels]

    def take(self, indices: Sequence[int]) -> np.ndarray:
        """Returns the images of these numbers, from 0 to size - 1: (N, S, S, 3) uint8.

        Raises:
          UserError: One of them can't be read any more.
        """
        return np.stack([self._one(number) for number in self._numbers[np.asarray(indices)]])

    def batches(self, size: int = BATCH) -> Iterator[np.ndarray]:
        """Yields all images in order, (N, S, S, 3) uint8, at most `size` at a time."""
        for part in batches.slices(self.size, size):
            yield self.take(np.arange(part.start, part.stop))

    def subset(self, indices: Sequence[int]) -> "Images":
        """Returns the images of these numbers alone, in their order."""
        chosen = self._numbers[np.asarray(indices, np.int64)]
        other = Images(self._sampler, self.space, self._all_labels, chosen)
        other._load = self._load  # which is traced already
        return other

    def of_domains(self, names: Sequence[str]) -> "Images":
        """Returns those of some domains alone, whose labels are then of these domains."""
        columns = [self.space.index(name) for name in names]
        labels = self._all_labels[:, columns]
        kept = self._numbers[labels[self._numbers].any(axis=1)]
        space = labels_lib.LabelSpace("domains", tuple(self.space.names[i] for i in columns))
        other = Images(self._sampler, space, labels, kept)
        other._load = self._load  # which is traced already
        return other

    def showing(self, name: str, present: bool = True) -> "Images":
        """Returns those that have a label; with `present` False, those that lack it."""
        return self.subset(self.numbers_showing(name, present))

    def numbers_showing(self, name: str, present: bool = True) -> np.ndarray:
        """Returns the numbers of those that have a label, or that lack it, ascending."""
        return np.flatnonzero((self.labels[:, self.space.index(name)] == 1) == present)

    def spread(self, most: int) -> "Images":
        """Returns at most `most` of them, evenly spaced; 0: all."""
        if not most or self.size <= most:
            return self
        return self.subset(np.linspace(0, self.size - 1, most).round().astype(np.int64))

    def _one(self, number: int) -> np.ndarray:
        try:
            return self._load(tf.constant(number, tf.int64)).numpy()
        except (tf.errors.InvalidArgumentError, tf.errors.NotFoundError) as error:
            raise errors.UserError(
                f"{self.source.describe(int(number))} is damaged or gone; replace or remove it."
            ) from error
