"""The stateless input pipeline: global batch n is a pure function of (seed, n).

Every draw of a step is keyed by the seed, by what it is for and by the position in the endless
sequence of samples, never by what came before. So a run resumes at any step without replay, and
replicas and workers that take slices of a batch see together what one would see alone.
"""

import dataclasses
import enum
import functools
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from stargan_tf import errors
from stargan_tf.data import caching, decoding, transforms
from stargan_tf.data import source as source_lib


class Draw(enum.IntEnum):
    """What a random number is for: each purpose has a stream of its own."""

    ORDER = 1
    FLIP = 2
    TARGET = 3
    PENALTY = 4
    SOURCE = 5
    REFERENCE = 6
    REFERENCE_2 = 7
    CROP = 8
    LATENT = 9
    LATENT_2 = 10
    AUGMENT = 11


def uniform(seed: int, draw: Draw, n: tf.Tensor, shape: tuple[int, ...] = ()) -> tf.Tensor:
    """Returns float32 numbers in [0, 1), a pure function of the arguments; n is int64."""
    return tf.random.stateless_uniform(shape, _key(seed, draw, n), alg="philox")


def normal(seed: int, draw: Draw, n: tf.Tensor, shape: tuple[int, ...] = ()) -> tf.Tensor:
    """Returns float32 standard normal numbers, a pure function of the arguments; n is int64."""
    return tf.random.stateless_normal(shape, _key(seed, draw, n), alg="philox")


def integers(seed: int, draw: Draw, n: tf.Tensor, count: int) -> tf.Tensor:
    """Returns `count` int64 numbers, all 2^64 equally likely, a pure function of the arguments.

    Modulo m they are as good as uniform below m; floats would not reach every number above 2^24.
    """
    key = _key(seed, draw, n)
    return tf.random.stateless_uniform([count], key, None, None, tf.int64, alg="philox")


def permutation(seed: int, draw: Draw, n: tf.Tensor, size: int) -> tf.Tensor:
    """Returns a random order (size,) int32 of 0 ... size - 1, a pure function of the arguments."""
    return tf.argsort(uniform(seed, draw, n, (size,)), stable=True)


def _key(seed: int, draw: Draw, n: tf.Tensor) -> tf.Tensor:
    return tf.random.experimental.stateless_fold_in(tf.constant([seed, int(draw)], tf.int64), n)


def _nested_uniform(
    seed: int, stream: Draw, n: tf.Tensor, purpose: Draw, shape: tuple[int, ...] = ()
) -> tf.Tensor:
    """Returns numbers like `uniform`, independent for every purpose within a stream."""
    # Not under the stream's own key: the numbers there may have chosen the image.
    key = _key(seed, stream, n)
    key = tf.random.experimental.stateless_fold_in(key, tf.constant(int(purpose), tf.int64))
    return tf.random.stateless_uniform(shape, key, alg="philox")


@dataclasses.dataclass(frozen=True)
class Sampler:
    """Maps positions in the endless sequence of samples to images and labels.

    Sample p is image `order[p % size]` of epoch p // size, each epoch in an order of its own.

    Attributes:
      source: The data set.
      seed: Of all chance.
      image_size: S, height and width of the samples in pixels.
      crop_size: Side of the centred square that is cut out first; 0: the largest.
      flip: Whether half of the samples are mirrored.
      cache: What is kept of images that were read.
      fast_decode: Whether large JPEG files are decoded at a fraction of their size.
    """

    source: source_lib.Source
    seed: int
    image_size: int
    crop_size: int = 0
    flip: bool = True
    cache: caching.Budget = caching.Budget()
    fast_decode: bool = False

    @property
    def members(self) -> tuple["Sampler", ...]:
        """The samplers of the data sets that are trained on: this one alone."""
        return (self,)

    def index(self, position: tf.Tensor) -> tf.Tensor:
        """Returns the number (int64) of the image at `position` (int64 scalar)."""
        size = self.source.size
        epoch, place = position // size, position % size
        # index_shuffle reads only the lowest bits of its key, 8 of each word for up to 65,536
        # images: the key must be random in these, and one shuffle knows too few orders.
        order = _key(self.seed, Draw.ORDER, epoch)
        keys = tf.random.stateless_uniform([2, 2], order, None, None, tf.int64, alg="philox")
        for k in range(2):
            last = tf.constant(size - 1, tf.int64)
            place = tf.random.experimental.index_shuffle(place, keys[k], last)
        return place

    def label(self, position: tf.Tensor) -> tf.Tensor:
        """Returns the label (width,) float32 of the sample at `position`."""
        return tf.gather(tf.constant(self.source.labels), self.index(position))

    def image(self, position: tf.Tensor) -> tf.Tensor:
        """Returns the sample at `position`: (S, S, 3) uint8, perhaps mirrored."""
        image = self._square(self.index(position))
        if self.flip:
            image = transforms.maybe_flip(image, uniform(self.seed, Draw.FLIP, position))
        return image

    def augmented(
        self, index: tf.Tensor, position: tf.Tensor, stream: Draw, crop_probability: float
    ) -> tf.Tensor:
        """Returns an image as StarGAN v2 augments it: perhaps cropped at random, perhaps mirrored.

        The random crop lies within the square that `plain_image` shows, so that nothing is
        stretched by more than the crop's own ratio.

        Args:
          index: Number of the image (int64 scalar).
          position: In the endless sequence of samples (int64 scalar).
          stream: What the image is for: with the seed and the position it decides all chance.
          crop_probability: Of `transforms.random_resized_crop`; else the square is just resized.

        Returns:
          (S, S, 3) uint8.
        """
        if crop_probability:
            shape = (transforms.TRIES + 1, 4)
            uniforms = _nested_uniform(self.seed, stream, position, Draw.CROP, shape)

            def choose_box(size: tf.Tensor) -> tf.Tensor:
                centre = transforms.centre_box(size, self.crop_size)
                inner = transforms.random_box(centre[2:], uniforms[:-1])
                inner += tf.concat([centre[:2], [0, 0]], axis=0)
                return tf.where(uniforms[-1, 0] < crop_probability, inner, centre)

            image = self._resized(index, choose_box, self._files)
        else:
            image = self._square(index)
        if self.flip:
            coin = _nested_uniform(self.seed, stream, position, Draw.FLIP)
            image = transforms.maybe_flip(image, coin)
        return image

    def plain_image(self, index: tf.Tensor) -> tf.Tensor:
        """Returns image number `index` (int64 scalar): (S, S, 3) float32 in [-1, 1]."""
        return transforms.to_unit_range(self._square(index))

    def _square(self, index: tf.Tensor) -> tf.Tensor:
        """Returns an image without any chance: (S, S, 3) uint8, from the cache if it is there."""

        def make() -> tf.Tensor:
            return self._resized(
                index, lambda size: transforms.centre_box(size, self.crop_size), None
            )

        spec = tf.TensorSpec((self.image_size, self.image_size, 3), tf.uint8)
        return caching.cached(self._pixels, index, make, spec)

    def _resized(
        self,
        index: tf.Tensor,
        choose_box: Callable[[tf.Tensor], tf.Tensor],
        store: caching.Store | None,
    ) -> tf.Tensor:
        """Returns a box of an image, resized; its file comes from the store if it is there."""
        images = self.source
        if not isinstance(images, source_lib.EncodedSource):
            image = images.load(index)
            return transforms.resized_box(image, choose_box(tf.shape(image)[:2]), self.image_size)
        spec = tf.TensorSpec((), tf.string)
        contents = caching.cached(store, index, lambda: images.read(index), spec)
        return decoding.resized(contents, choose_box, self.image_size, fast=self.fast_decode)

    @functools.cached_property
    def _pixels(self) -> caching.Store | None:
        """Keeps squares."""
        quality = "fast" if self.fast_decode else "exact"
        return self._store(f"{self.image_size}px-crop{self.crop_size}-{quality}-1")

    @functools.cached_property
    def _files(self) -> caching.Store | None:
        """Keeps encoded files."""
        return self._store("files-1")

    def _store(self, variant: str) -> caching.Store | None:
        return None if self.source.in_memory else self.cache.store(variant, self.source.key)


@dataclasses.dataclass(frozen=True)
class JointSampler:
    """The samplers of several data sets that are trained on jointly, with unified labels."""

    members: tuple[Sampler, ...]


def fast_decode_error(sampler: Sampler, count: int = 16) -> tuple[float, float]:
    """Returns the mean and the largest error of `fast_decode` on some images, in grey levels."""
    images = dataclasses.replace(sampler, cache=caching.Budget(), fast_decode=True)
    found, _ = spread_out(images, count)
    expected, _ = spread_out(dataclasses.replace(images, fast_decode=False), count)
    difference = np.abs(found - expected) * 127.5
    return float(difference.mean()), float(difference.max())


AnySampler = Sampler | JointSampler


def spread_out(sampler: AnySampler, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns `count` images, evenly spaced over the source, and their labels, as arrays.

    Evenly spaced, since many data sets are sorted by domain. A smaller source gives all it has. Of
    several data sets each gives its share.

    Raises:
      UserError: If one of them can't be read.
    """
    images, labels = [], []
    sets = len(sampler.members)
    for k, member in enumerate(sampler.members):
        size, share = member.source.size, count // sets + (k < count % sets)
        indices = np.linspace(0, size - 1, min(share, size)).round().astype(np.int64)
        load = tf.function(member.plain_image)
        for i in np.unique(indices):
            try:
                images.append(load(tf.constant(i)).numpy())
            except (tf.errors.InvalidArgumentError, tf.errors.NotFoundError) as error:
                raise errors.UserError(
                    f"{member.source.describe(i)} is damaged or gone; replace or remove it."
                ) from error
        labels += list(member.source.labels[np.unique(indices)])
    return np.stack(images), np.stack(labels)


@dataclasses.dataclass(frozen=True)
class Slices:
    """How global batches are dealt to replicas.

    Attributes:
      batch_size: Of the global batch, over all replicas of all workers.
      replicas: All replicas.
      first: The first replica of this worker.
      local: How many replicas this worker has.
    """

    batch_size: int
    replicas: int = 1
    first: int = 0
    local: int = 1

    @property
    def replica_batch_size(self) -> int:
        """Samples of a global batch that one replica sees."""
        return self.batch_size // self.replicas

    def positions(self, first_step: int, rounds: int) -> tf.data.Dataset:
        """Returns the positions of every replica of every step, in order, without end.

        A step has `rounds` global batches; global batch n has the positions n * batch_size + j.

        Returns:
          A dataset of (rounds, replica_batch_size) int64: first the replicas of this worker at
          step `first_step`, then those at the next step.
        """
        size = self.replica_batch_size

        def positions(number):
            step = first_step + number // self.local
            replica = self.first + number % self.local
            n = step * rounds + tf.range(rounds, dtype=tf.int64)
            j = replica * size + tf.range(size, dtype=tf.int64)
            return n[:, tf.newaxis] * self.batch_size + j[tf.newaxis, :]

        return tf.data.Dataset.counter().map(positions)


def batches(
    positions: tf.data.Dataset, sample: Callable[[tf.Tensor], dict[str, tf.Tensor]]
) -> tf.data.Dataset:
    """Makes samples in parallel, in order, and batches them as their positions are.

    Args:
      positions: Of (rounds, batch) int64, as from `Slices.positions`.
      sample: A graph function from a position to a dictionary of tensors.

    Returns:
      A dataset of that dictionary, each tensor with a leading axis (batch,): the rounds of an
      element of `positions` one after the other. `in_turn` joins them again.
    """
    batch = positions.element_spec.shape[1]
    flat = positions.unbatch().unbatch()
    samples = flat.map(sample, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    # Images travel as bytes and become numbers in [-1, 1] when the batch is complete.
    return samples.batch(batch, drop_remainder=True).map(_to_unit_range)


def _to_unit_range(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return {
        name: transforms.to_unit_range(value) if value.dtype == tf.uint8 else value
        for name, value in batch.items()
    }


def in_turn(datasets: Sequence[tf.data.Dataset], rounds: int) -> tf.data.Dataset:
    """Returns the batches of a step as one element, with a further axis in front.

    Args:
      datasets: Each of batches, as from `batches`; they take turns.
      rounds: How many batches each gives to a step.

    Returns:
      A dataset of the same structure, each tensor with two leading axes,
      (rounds * len(datasets), batch).
    """
    turns = datasets[0]
    if len(datasets) > 1:
        # Each works ahead by itself, else a step would wait for one data set after the other.
        ahead = [dataset.prefetch(tf.data.AUTOTUNE) for dataset in datasets]
        order = tf.data.Dataset.range(len(datasets)).repeat()
        turns = tf.data.Dataset.choose_from_datasets(ahead, order)
    steps = turns.batch(rounds * len(datasets), drop_remainder=True)
    return steps.prefetch(tf.data.AUTOTUNE)
