"""The stateless input pipeline: global batch n is a pure function of (seed, n).

Every draw of a step is keyed by the seed, by what it is for and by the position in the endless
sequence of samples, never by what came before. So a run resumes at any step without replay, and
replicas and workers that take slices of a batch see together what one would see alone.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.data import source as source_lib
from stargan_tf.data.images import decoding, reading, transforms
from stargan_tf.data.pipeline import caching, draws


class View(NamedTuple):
    """Which example to load, and how it is seen: all draws are made before anything is loaded.

    Attributes:
      index: Its number, int64.
      mirrored: Whether to mirror the image, bool; (): examples that are not images.
      crop: Whether to cut out a random box, bool, and the uniforms (TRIES, 4) for
        `transforms.random_box`; (): the centred square.
      offset: The first row and column of what is cut out of the image at `load_size`, (2,) int32;
        (): the image is resized to `image_size`, and nothing is cut off.
      start: Where the part begins that is taken of an example that is not an image: float32,
        uniform in [0, 1), for `Source.load_part`; (): what `Source.load` returns.
    """

    index: tf.Tensor
    mirrored: tf.Tensor | tuple[()] = ()
    crop: tuple[tf.Tensor, tf.Tensor] | tuple[()] = ()
    offset: tf.Tensor | tuple[()] = ()
    start: tf.Tensor | tuple[()] = ()


@dataclasses.dataclass(frozen=True)
class Sampler:
    """Maps positions in the endless sequence of samples to examples.

    Sample p is example `order[p % size]` of epoch p // size, each epoch in an order of its own.
    Papers describe batches, with labels and a `View` for each image, and `load_batches` loads them.
    Images are uint8 until a step takes them: a quarter of the bytes to move.

    Attributes:
      source: The data set.
      seed: Of all chance.
      image_size: S, height and width of the samples in pixels.
      crop_size: Side of the centred square that is cut out first; 0: the largest.
      load_size: Height and width in pixels to which an image is resized before a random square of
        `image_size` is cut out, at least that; 0: nothing is cut out.
      flip: Whether half of the samples are mirrored.
      cache: What is kept of images that were read.
      fast_decode: Whether large JPEG files are decoded at a fraction of their size.
      max_grey: The value that becomes white in grey images of 16 bits.
    """

    source: source_lib.Source
    seed: int
    image_size: int
    crop_size: int = 0
    load_size: int = 0
    flip: bool = True
    cache: caching.Budget = caching.Budget()
    fast_decode: bool = False
    max_grey: int = reading.MAX_GREY

    @property
    def members(self) -> tuple["Sampler", ...]:
        """The samplers of the data sets that are trained on: this one alone."""
        return (self,)

    def index(self, positions: tf.Tensor) -> tf.Tensor:
        """Returns the numbers (P,) int64 of the images at `positions` (P,) int64, consecutive."""
        return self.in_order(positions, self.source.size)

    def pair(self, positions: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the numbers of the images of the pairs at `positions` (P,) int64, consecutive.

        Each epoch has every pair once, in an order of its own.

        Returns:
          (P,) int64 each: what is translated, and its true translation.

        Raises:
          UserError: The data set has no pair.
        """
        if self.source.pairs is None or not len(self.source.pairs):
            raise errors.UserError(
                f"None of the {self.source.size} images has a partner; pass dataset=pairs."
            )
        numbers = self.in_order(positions, len(self.source.pairs))
        return tuple(tf.unstack(tf.gather(tf.constant(self.source.pairs), numbers), axis=1))

    def in_order(self, positions: tf.Tensor, size: int) -> tf.Tensor:
        """Returns which of `size` things are at consecutive positions (P,): all in each epoch."""
        epochs, places = positions // size, positions % size
        numbers = places
        # P places reach so many further epochs at most.
        for epoch in [epochs[0] + e for e in range((positions.shape[0] + size - 2) // size + 1)]:
            numbers = tf.where(epochs == epoch, self._shuffled(places, epoch, size), numbers)
        return numbers

    def _shuffled(self, places: tf.Tensor, epoch: tf.Tensor, size: int) -> tf.Tensor:
        """Returns what the order of an epoch has at these places (P,)."""
        # index_shuffle reads only the lowest bits of its key, 8 of each word for up to 65,536
        # images: the key must be random in these, and one shuffle knows too few orders.
        order = draws.key(self.seed, draws.Draw.ORDER, epoch)
        keys = tf.random.stateless_uniform([2, 2], order, None, None, tf.int64)
        for k in range(2):
            last = tf.constant(size - 1, tf.int64)
            places = tf.random.experimental.index_shuffle(places, keys[k], last)
        return places

    def label(self, index: tf.Tensor) -> tf.Tensor:
        """Returns the labels (..., width) float32 of images `index` (...)."""
        return tf.gather(tf.constant(self.source.labels), index)

    def by_domain(self) -> list[np.ndarray]:
        """Returns the numbers (int64) of the examples of each domain.

        Raises:
          UserError: A domain has no example.
        """
        source = self.source
        found = [np.flatnonzero(column == 1).astype(np.int64) for column in source.labels.T]
        names = source.label_space.names
        empty = [name for name, own in zip(names, found, strict=True) if not len(own)]
        if empty:
            raise errors.UserError(
                f"Every domain needs at least one {source.noun}, but {', '.join(empty)} has none "
                f"among the {source.size} {source.noun}s of {', '.join(names)}; add "
                f"{source.noun}s or leave it out."
            )
        return found

    def mirrored(self, n: tf.Tensor, batch_size: int) -> tf.Tensor:
        """Returns which samples of global batch n are mirrored, (batch_size,) bool."""
        coins = draws.uniform(self.seed, draws.Draw.FLIP, n, (batch_size,)) < 0.5
        return coins if self.flip else tf.zeros_like(coins)

    def offsets(self, n: tf.Tensor, batch_size: int) -> tf.Tensor | tuple[()]:
        """Returns `View.offset` for the samples of global batch n: (batch_size, 2) int32, or ()."""
        if not self._shifts:
            return ()
        return self._offset(draws.uniform(self.seed, draws.Draw.OFFSET, n, (batch_size, 2)))

    @property
    def _shifts(self) -> bool:
        return bool(self.load_size) and not self.source.sample_shape

    def _offset(self, uniforms: tf.Tensor) -> tf.Tensor:
        """Returns offsets of uniforms (..., 2): each that fits is equally likely."""
        return tf.cast(uniforms * (self.load_size - self.image_size + 1), tf.int32)

    def view(
        self, index: tf.Tensor, position: tf.Tensor, stream: draws.Draw, crop_probability: float
    ) -> View:
        """Draws how an image is seen: perhaps cropped at random, shifted, or mirrored.

        Of an example that is not an image it draws which part of it is taken.

        Args:
          index: Number of the image (int64 scalar).
          position: In the endless sequence of samples (int64 scalar).
          stream: What the image is for: with the seed and the position it decides all chance.
          crop_probability: That a box of `transforms.random_box` is cut out, not the square.
        """
        if self.source.sample_shape:
            start = draws.nested_uniform(self.seed, stream, position, draws.Draw.START)
            return View(index, start=start)
        crop, mirrored, offset = (), tf.constant(False), ()
        if crop_probability:
            shape = (transforms.TRIES + 1, 4)
            uniforms = draws.nested_uniform(self.seed, stream, position, draws.Draw.CROP, shape)
            crop = (uniforms[-1, 0] < crop_probability, uniforms[:-1])
        if self.flip:
            mirrored = draws.nested_uniform(self.seed, stream, position, draws.Draw.FLIP) < 0.5
        if self._shifts:
            purpose = draws.Draw.OFFSET
            offset = self._offset(draws.nested_uniform(self.seed, stream, position, purpose, (2,)))
        return View(index, mirrored, crop, offset)

    def load_batches(self, described: tf.data.Dataset) -> tf.data.Dataset:
        """Loads what views describe, in parallel and in order.

        Args:
          described: Dictionaries of tensors, or `View`s of tensors, with a leading axis (batch,).

        Returns:
          A dataset of the same dictionaries, with what `load` returns in place of the views.
        """
        parallel = {"num_parallel_calls": tf.data.AUTOTUNE, "deterministic": True}
        views = {n: view for n, view in described.element_spec.items() if isinstance(view, View)}

        def one(row: dict[str, Any]) -> dict[str, tf.Tensor]:
            return row | {name: self.load(row[name]) for name in views}

        def cached(batch: dict[str, Any]) -> dict[str, tf.Tensor]:
            take = functools.partial(caching.cached_batch, self._plain, self.load, self.image_size)
            return batch | {name: take(batch[name]) for name in views}

        uncut = all(
            isinstance(v.mirrored, tf.TensorSpec) and v.crop == v.offset == v.start == ()
            for v in views.values()
        )
        if self._plain and uncut:  # Taking a whole batch at once is three times as fast.
            return described.map(cached, **parallel)
        size = next(iter(views.values())).index.shape[0]
        return described.unbatch().map(one, **parallel).batch(size, drop_remainder=True)

    def load(self, view: View) -> tf.Tensor:
        """Loads what a view of scalars describes; a graph function.

        A random crop lies within the square that `plain` shows, so that nothing is stretched by
        more than the crop's own ratio. What is cut out at an offset comes after both.

        Returns:
          An image (S, S, 3) uint8; of a source without images what it loads.
        """
        index, mirrored, crop, offset, start = view
        if not isinstance(start, tuple):  # no cache: the next epoch takes another part
            return self.source.load_part(index, start)
        shifted = not isinstance(offset, tuple)
        size = self.load_size if shifted else self.image_size
        if crop:
            sample = self._boxed(index, size, crop)
        else:
            spec = tf.TensorSpec(
                self.source.sample_shape or (size, size, 3), self.source.sample_spec.dtype
            )
            store = self._large if shifted else self._plain
            sample = caching.cached(store, index, lambda: self._make_plain(index, size), spec)
        if shifted:
            box = tf.concat([offset, [self.image_size] * 2], axis=0)
            sample = tf.ensure_shape(
                transforms.cut(sample, box), (self.image_size, self.image_size, 3)
            )
        return sample if isinstance(mirrored, tuple) else transforms.flip_if(sample, mirrored)

    def plain(self, index: tf.Tensor) -> tf.Tensor:
        """Returns example `index` (int64 scalar) without any chance.

        Returns:
          An image (S, S, 3) float32 in [-1, 1]; of a source without images what it loads.
        """
        sample = self.load(View(index))
        return sample if self.source.sample_shape else transforms.to_unit_range(sample)

    def _make_plain(self, index: tf.Tensor, size: int) -> tf.Tensor:
        images = self.source
        if images.sample_shape:
            return images.load(index)
        if not isinstance(images, source_lib.EncodedSource):
            return self._boxed(index, size)
        return decoding.square(images.read(index), size, self.crop_size, **self._decoding)

    def _boxed(self, index: tf.Tensor, size: int, crop: tuple[tf.Tensor, ...] = ()) -> tf.Tensor:
        """Returns a box of an image, resized; its file comes from the cache if it is there."""
        images = self.source

        def choose_box(size: tf.Tensor) -> tf.Tensor:
            centre = transforms.centre_box(size, self.crop_size)
            if not crop:
                return centre
            inner = transforms.random_box(centre[2:], crop[1])
            return tf.where(crop[0], inner + tf.concat([centre[:2], [0, 0]], axis=0), centre)

        if not isinstance(images, source_lib.EncodedSource):
            image = images.load(index)
            return transforms.resized_box(image, choose_box(tf.shape(image)[:2]), size)
        spec = tf.TensorSpec((), tf.string)
        contents = caching.cached(self._files, index, lambda: images.read(index), spec)
        return decoding.resized(contents, choose_box, size, **self._decoding)

    @property
    def _decoding(self) -> dict[str, Any]:
        return {"fast": self.fast_decode, "max_grey": self.max_grey}

    @functools.cached_property
    def _plain(self) -> caching.Store | None:
        """Keeps centred squares, or what a source without images loads."""
        return self._store()

    @functools.cached_property
    def _large(self) -> caching.Store | None:
        """Keeps centred squares at `load_size`."""
        return self._store()

    @functools.cached_property
    def _files(self) -> caching.Store | None:
        """Keeps encoded files."""
        return self._store()

    def _store(self) -> caching.Store | None:
        return None if self.source.in_memory else self.cache.store()


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
    several data sets each gives its share. Of pairs, half as many give both of their images: first
    all that are translated, then, in the same order, their true translations.

    Raises:
      UserError: If one of them can't be read.
    """
    images, labels = [], []
    sets = len(sampler.members)
    for k, member in enumerate(sampler.members):
        size, share = member.source.size, count // sets + (k < count % sets)
        indices = _evenly(size, share)
        if member.source.pairs is not None and len(member.source.pairs):
            pairs = member.source.pairs
            indices = pairs[_evenly(len(pairs), max(1, share // 2))].T.ravel()
        load = tf.function(member.plain)
        for i in indices:
            try:
                images.append(load(tf.constant(i)).numpy())
            except (tf.errors.InvalidArgumentError, tf.errors.NotFoundError) as error:
                raise errors.UserError(
                    f"{member.source.describe(i)} is damaged or gone; replace or remove it."
                ) from error
        labels += list(member.source.labels[indices])
    return np.stack(images), np.stack(labels)


def _evenly(size: int, count: int) -> np.ndarray:
    """Returns `count` numbers below `size`, evenly spaced, or all: int64, ascending."""
    return np.unique(np.linspace(0, size - 1, min(count, size)).round().astype(np.int64))


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
    return samples.batch(batch, drop_remainder=True)


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
    if rounds * len(datasets) == 1:  # nothing to copy
        steps = turns.map(lambda batch: {name: batch[name][tf.newaxis] for name in batch})
    else:
        steps = turns.batch(rounds * len(datasets), drop_remainder=True)
    return steps.prefetch(tf.data.AUTOTUNE)
