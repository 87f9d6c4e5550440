"""The input pipeline, on images whose pixels tell which image it is and whether it is mirrored."""

import collections
import dataclasses
import functools

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.stargan_v1 import inputs as inputs_lib
from stargan_tf.base import errors
from stargan_tf.data import joint, labels, source, subset
from stargan_tf.data.pipeline import caching, draws, samplers

SIZE = 4  # of the images, in pixels
BITS = tuple(f"bit{k}" for k in range(6))


class Numbered(source.Source):
    """Image i: red is 3 i everywhere, green is 200 in the left column and 0 elsewhere.

    Its label is i in binary.
    """

    def __init__(self, size):
        self.label_space = labels.LabelSpace("attributes", BITS)
        self.labels = (np.arange(size)[:, None] >> np.arange(len(BITS)) & 1).astype(np.float32)

    def load(self, index):
        red = tf.fill([SIZE, SIZE], 3 * index)
        green = tf.tile(tf.constant([[200, 0, 0, 0]], tf.int64), [SIZE, 1])
        return tf.cast(tf.stack([red, green, tf.zeros_like(red)], axis=2), tf.uint8)

    def describe(self, index):
        return f"number {index}"


def numbers(images):
    """Returns which images these are, (..., S, S, 3) uint8."""
    red = images[..., 0].astype(int)
    assert np.ptp(red, axis=(-1, -2)).max() < 1e-3
    return np.rint(red[..., 0, 0] / 3).astype(int)


def mirrored(images):
    """Returns where images are mirrored: their bright column is the last one."""
    left, right = images[..., 0, 0, 1] == 200, images[..., 0, -1, 1] == 200
    assert (left != right).all()
    return right


def coded(label):
    return (label @ 2 ** np.arange(len(BITS))).astype(int)


def collect(slices, count, first_step=0, n_critic=1, images=None):
    """Returns the first `count` elements, as one dictionary of stacked arrays."""
    return _collect(slices, count, first_step, n_critic, images or sampler())


@functools.cache
def sampler(size=23, seed=5, **kwargs):
    return samplers.Sampler(Numbered(size), seed, SIZE, **kwargs)


@functools.cache
def _collect(slices, count, first_step, n_critic, images):
    dataset = inputs_lib.inputs(images, slices, first_step, n_critic)
    found = list(dataset.take(count).as_numpy_iterator())
    return {name: np.stack([element[name] for element in found]) for name in found[0]}


def indices(images, positions):
    """Returns the image numbers at these positions."""

    @tf.function
    def found(positions):
        return tf.map_fn(lambda p: images.index(p[tf.newaxis])[0], positions)

    return found(tf.constant(positions, tf.int64)).numpy()


class DrawTest(tf.test.TestCase, parameterized.TestCase):
    def _draws(self, function, count, dtype):
        graph = tf.function(lambda n: tf.map_fn(function, n, fn_output_signature=dtype))
        return graph(tf.range(count, dtype=tf.int64)).numpy()

    def test_uniform_is_flat_and_neighbours_are_independent(self):
        found = self._draws(lambda n: draws.uniform(3, draws.Draw.PENALTY, n), 4000, tf.float32)
        self.assertGreaterEqual(found.min(), 0)
        self.assertLess(found.max(), 1)
        shares = np.histogram(found, 10, (0, 1))[0] / 4000
        self.assertAllClose(shares, [0.1] * 10, atol=0.02)  # 4 standard deviations
        self.assertLess(abs(np.corrcoef(found[1:], found[:-1])[0, 1]), 0.06)

    def test_uniform_has_a_stream_for_every_seed_and_purpose(self):
        keys = [(seed, draw) for seed in (0, 1, 2**31 - 1) for draw in draws.Draw]
        found = {float(draws.uniform(*key, tf.constant(9, tf.int64))) for key in keys}
        self.assertLen(found, len(keys))

    @parameterized.parameters((0, 9), (2**31 - 1, 10**12))
    def test_the_numbers_are_those_of_philox(self, seed, n):
        """A run has the same numbers wherever it is continued."""
        draw, n = draws.Draw.CROP, tf.constant(n, tf.int64)
        own = draws.key(seed, draw, n)
        expected = tf.random.stateless_uniform((5,), own, alg="philox")
        self.assertAllEqual(draws.uniform(seed, draw, n, (5,)), expected)
        expected = tf.random.stateless_normal((5,), own, alg="philox")
        self.assertAllEqual(draws.normal(seed, draw, n, (5,)), expected)
        expected = tf.random.stateless_uniform([5], own, None, None, tf.int64, alg="philox")
        self.assertAllEqual(draws.integers(seed, draw, n, 5), expected)

    def test_normal_is_normal_and_pure(self):
        def draw(n):
            return draws.normal(3, draws.Draw.LATENT, n, (16,))

        found = self._draws(draw, 500, tf.float32)
        self.assertAllEqual(draw(tf.constant(321, tf.int64)), found[321])
        self.assertAllClose([found.mean(), found.std()], [0, 1], atol=0.04)
        self.assertAllClose((found**4).mean(), 3, atol=0.45)  # 4 standard deviations
        self.assertLess(abs(np.corrcoef(found[1:].ravel(), found[:-1].ravel())[0, 1]), 0.045)
        other = draws.normal(3, draws.Draw.LATENT_2, tf.constant(321, tf.int64), (16,))
        self.assertNotAllClose(other, found[321])

    def test_integers_modulo_a_large_number_reach_odd_and_even_ones(self):
        # float32 numbers times 2^27 would all be even.
        found = self._draws(lambda n: draws.integers(3, draws.Draw.SOURCE, n, 4), 200, tf.int64)
        places = np.mod(found, 2**27)
        self.assertLen(set(places.ravel()), 800)
        self.assertAllClose((places % 2).mean(), 0.5, atol=0.08)
        self.assertAllClose((places / 2**27).mean(), 0.5, atol=0.05)

    def test_permutation_holds_every_number_once(self):
        for size in (1, 2, 16, 101):
            order = draws.permutation(
                3, draws.Draw.TARGET, tf.constant(size, tf.int64), size
            ).numpy()
            self.assertAllEqual(np.sort(order), np.arange(size))

    def test_all_permutations_are_equally_likely(self):
        count = 4800
        found = self._draws(
            lambda n: draws.permutation(3, draws.Draw.TARGET, n, 4), count, tf.int32
        )
        counts = collections.Counter(map(tuple, found.tolist()))
        self.assertLen(counts, 24)
        chi_squared = sum((c - count / 24) ** 2 / (count / 24) for c in counts.values())
        self.assertLess(chi_squared, 49.7)  # 0.1 % of the distribution with 23 degrees lie above


class OrderTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(1, 2, 7, 12, 64)
    def test_every_epoch_is_a_permutation_of_all_images(self, size):
        epochs = indices(sampler(size), np.arange(5 * size)).reshape(5, size)
        self.assertAllEqual(np.sort(epochs, axis=1), np.tile(np.arange(size), (5, 1)))

    def test_batches_run_on_over_the_end_of_an_epoch(self):
        images = sampler(12, seed=1, flip=False)
        found = collect(samplers.Slices(8), 6, images=images)
        seen = numbers(found["image"]).reshape(4, 12)
        self.assertAllEqual(np.sort(seen, axis=1), np.tile(np.arange(12), (4, 1)))
        self.assertLen({tuple(row) for row in seen.tolist()}, 4)

    def test_every_epoch_has_an_order_of_its_own(self):
        # Eight images of 40 tell two orders apart: chance makes them equal once in 3e12 times.
        epochs, size = 400, 40
        positions = np.arange(epochs)[:, None] * size + np.arange(8)
        found = indices(sampler(size), positions.ravel()).reshape(epochs, 8)
        self.assertGreaterEqual(len({tuple(row) for row in found.tolist()}), 0.98 * epochs)

    def test_every_seed_has_an_order_of_its_own(self):
        starts = {tuple(indices(sampler(40, seed), np.arange(8)).tolist()) for seed in range(30)}
        self.assertGreaterEqual(len(starts), 29)

    def test_every_image_is_as_likely_at_every_place(self):
        epochs, size = 200, 6
        found = indices(sampler(size), np.arange(epochs * size)).reshape(epochs, size)
        counts = np.stack([(found == k).sum(axis=0) for k in range(size)])
        chi_squared = ((counts - epochs / size) ** 2).sum() / (epochs / size)
        self.assertLess(chi_squared, 52.6)  # 0.1 % of the distribution with 25 degrees lie above

    def test_labels_are_those_of_the_images(self):
        found = collect(samplers.Slices(6), 7)
        self.assertAllEqual(coded(found["label"]), numbers(found["image"]))


class BatchTest(tf.test.TestCase, parameterized.TestCase):
    def assertSameBatches(self, first, second):
        self.assertEqual(first.keys(), second.keys())
        for name in first:
            self.assertAllEqual(first[name], second[name])

    @parameterized.parameters((1, 1), (3, 1), (4, 3))
    def test_a_resumed_run_sees_what_the_whole_one_would(self, first_step, n_critic):
        slices = samplers.Slices(6)
        whole = collect(slices, 7, n_critic=n_critic)
        resumed = collect(slices, 3, first_step, n_critic)
        expected = {k: v[first_step : first_step + 3] for k, v in whole.items()}
        self.assertSameBatches(resumed, expected)

    @parameterized.parameters((2, 1), (4, 1), (2, 2), (4, 2), (4, 4))
    def test_replicas_see_together_what_one_sees_alone(self, replicas, workers):
        steps, n_critic, first_step = 3, 2, 5
        alone = collect(samplers.Slices(8), steps, first_step, n_critic)
        local = replicas // workers
        parts = []
        for worker in range(workers):
            slices = samplers.Slices(8, replicas, worker * local, local)
            self.assertEqual(slices.replica_batch_size, 8 // replicas)
            parts.append(collect(slices, steps * local, first_step, n_critic))
        together = {}
        for name in alone:
            # A worker's elements are its replicas of one step, then those of the next.
            at_step = [p[name].reshape(steps, local, *p[name].shape[1:]) for p in parts]
            dealt = np.concatenate(at_step, axis=1)  # (steps, replicas, n_critic, slice, ...)
            together[name] = np.concatenate(np.moveaxis(dealt, 1, 0), axis=2)
        self.assertSameBatches(together, alone)

    def test_rounds_of_a_step_are_consecutive_global_batches(self):
        by_three = collect(samplers.Slices(6), 7, n_critic=3)
        by_one = collect(samplers.Slices(6), 7, n_critic=1)
        self.assertSameBatches(
            {k: v.reshape(21, 1, *v.shape[2:])[:7] for k, v in by_three.items()}, by_one
        )

    def test_half_of_the_images_are_mirrored(self):
        flips = mirrored(collect(samplers.Slices(50), 20)["image"]).ravel()
        self.assertAllClose(flips.mean(), 0.5, atol=0.06)  # 4 standard deviations of 1000 coins
        self.assertLess(abs(np.corrcoef(flips[1:], flips[:-1])[0, 1]), 0.13)
        # An image is not mirrored for ever: its next epoch has another coin.
        self.assertBetween(np.mean(flips[23:46] == flips[:23]), 0.1, 0.9)

    def test_without_flip_no_image_is_mirrored_and_the_order_stays(self):
        plain = collect(samplers.Slices(6), 7, images=sampler(flip=False))
        self.assertFalse(mirrored(plain["image"]).any())
        flipped = collect(samplers.Slices(6), 7)
        self.assertAllEqual(numbers(plain["image"]), numbers(flipped["image"]))

    def test_another_seed_draws_everything_anew(self):
        first = collect(samplers.Slices(6), 7)
        other = collect(samplers.Slices(6), 7, images=sampler(seed=2))
        self.assertNotAllEqual(numbers(first["image"]), numbers(other["image"]))
        self.assertNotAllEqual(mirrored(first["image"]), mirrored(other["image"]))
        self.assertNotAllEqual(first["target_label"], other["target_label"])
        self.assertEmpty(set(first["alpha"].ravel()) & set(other["alpha"].ravel()))

    def test_images_are_cropped_resized_and_mapped_to_the_unit_range(self):
        images = samplers.Sampler(Numbered(3), 0, 6, crop_size=2, flip=False)
        found = images.plain(tf.constant(2, tf.int64)).numpy()
        # The bright column lies outside the central two: all pixels are (6, 0, 0).
        expected = np.broadcast_to(np.array([6, 0, 0]) / 127.5 - 1, [6, 6, 3])
        self.assertAllClose(found, expected, atol=1e-6)


class Coordinates(source.Source):
    """Images 8 x 8: red is 10 times the row and green 10 times the column of a pixel."""

    def __init__(self):
        self.label_space = labels.LabelSpace("attributes", BITS)
        self.labels = np.zeros((3, len(BITS)), np.float32)

    def load(self, index):
        row, column = np.mgrid[:8, :8] * 10
        image = np.stack([row, column, np.zeros_like(row)], axis=2).astype(np.uint8)
        return tf.constant(image) + tf.cast(index, tf.uint8)

    def describe(self, index):
        return f"number {index}"


class LoadSizeTest(tf.test.TestCase, parameterized.TestCase):
    """An image is resized to `load_size`, then a square of `image_size` is cut out of it."""

    def _offsets(self, images):
        """Returns the first rows and columns of images (N, S, S, 3), and which are mirrored."""
        levels = images.astype(int)
        steps = levels[:, 0, 1, 1] - levels[:, 0, 0, 1]
        mirrored = steps < 0
        self.assertAllInSet(steps, [-10, 10])
        # Neighbouring pixels stay neighbours, in both directions: nothing is resized any more.
        self.assertAllEqual(np.unique(np.diff(levels[..., 0], axis=1)), [10])
        first = levels[np.arange(len(levels)), 0, np.where(mirrored, -1, 0)]
        return first[:, :2] // 10, mirrored

    @parameterized.parameters("off", "memory")
    def test_v1_sees_every_offset_equally_often(self, where):
        images = samplers.Sampler(Coordinates(), 5, 5, load_size=8, cache=caching.Budget(where))
        found = collect(samplers.Slices(60), 8, images=images)["image"][:, 0]
        offsets, mirrored = self._offsets(found.reshape(-1, 5, 5, 3))
        counts = np.zeros((4, 4))
        np.add.at(counts, tuple(offsets.T), 1)  # fails if an offset is not 0, 1, 2 or 3
        chi_squared = ((counts - 30) ** 2 / 30).sum()
        self.assertLess(chi_squared, 37.7)  # 0.1 % of the distribution with 15 degrees lie above
        self.assertLess(abs(np.corrcoef(mirrored, offsets[:, 1])[0, 1]), 0.18)
        # A resumed run and two replicas see the same.
        later = collect(samplers.Slices(60), 2, first_step=6, images=images)["image"][:, 0]
        self.assertAllEqual(later, found[6:])
        half = collect(samplers.Slices(60, 2, 1, 1), 3, images=images)["image"][:, 0]
        self.assertAllEqual(half, found[:3, 30:])

    def test_views_of_single_images_are_shifted_too(self):
        images = samplers.Sampler(Coordinates(), 5, 6, load_size=8)

        @tf.function
        def load(position):
            view = images.view(position % 3, position, draws.Draw.SOURCE, 0.0)
            return images.load(view), view.offset

        loaded, expected = zip(*(load(tf.constant(p, tf.int64)) for p in range(40)), strict=True)
        offsets, mirrored = self._offsets(np.stack(loaded))
        self.assertAllEqual(offsets, np.stack(expected))
        self.assertAllEqual(np.unique(offsets), [0, 1, 2])
        self.assertLen(np.unique(mirrored), 2)

    def test_without_chance_an_image_is_resized_and_nothing_is_cut_off(self):
        images = samplers.Sampler(Coordinates(), 5, 4, load_size=8)
        index = tf.constant(1, tf.int64)
        expected = samplers.Sampler(Coordinates(), 5, 4).plain(index)
        self.assertAllEqual(images.plain(index), expected)

    def test_a_random_box_is_shifted_after_it(self):
        images = samplers.Sampler(Coordinates(), 5, 5, load_size=8, flip=False)
        index = position = tf.constant(2, tf.int64)
        view = images.view(index, position, draws.Draw.SOURCE, 1.0)
        whole = dataclasses.replace(images, image_size=8, load_size=0)
        boxed = whole.load(view._replace(offset=()))
        top, left = view.offset.numpy()
        self.assertAllEqual(images.load(view), boxed[top : top + 5, left : left + 5])

    def test_the_offsets_of_runs_without_it_are_none(self):
        self.assertEqual(sampler().offsets(tf.constant(0, tf.int64), 4), ())


class InputsTest(tf.test.TestCase, parameterized.TestCase):
    def test_shapes_and_ranges(self):
        dataset = inputs_lib.inputs(sampler(), samplers.Slices(12, 4, 1, 2), 0, 5)
        shapes = {name: tuple(spec.shape) for name, spec in dataset.element_spec.items()}
        found = next(iter(dataset.as_numpy_iterator()))
        expected = {"image": (5, 3, 4, 4, 3), "label": (5, 3, 6)}
        expected |= {"target_label": (5, 3, 6), "alpha": (5, 3)}
        self.assertEqual({name: value.shape for name, value in found.items()}, expected)
        self.assertEqual(
            {name: shape[2:] for name, shape in shapes.items()},
            {name: shape[2:] for name, shape in expected.items()},
        )
        self.assertEqual(found.pop("image").dtype, np.uint8)
        self.assertEqual({value.dtype for value in found.values()}, {np.dtype(np.float32)})

    def test_target_labels_are_a_permutation_of_the_labels_of_the_batch(self):
        found = collect(samplers.Slices(6), 7, n_critic=3)
        own, target = (coded(found[name]).reshape(21, 6) for name in ("label", "target_label"))
        self.assertAllEqual(np.sort(own, axis=1), np.sort(target, axis=1))

    def test_every_batch_has_its_own_permutation_of_targets(self):
        # Batches of 16 from 64 images hold no image twice: labels tell the permutation.
        found = collect(samplers.Slices(16), 40, images=sampler(64))
        own, target = (coded(found[name])[:, 0] for name in ("label", "target_label"))
        orders = [tuple(list(o).index(t) for t in row) for o, row in zip(own, target, strict=True)]
        self.assertLen(set(orders), 40)
        # On average one sample of a batch keeps its own label; 4 standard deviations either way.
        self.assertAllClose(np.mean(own == target) * 16, 1.0, atol=4 / np.sqrt(40))

    def test_targets_of_a_replica_come_from_the_whole_global_batch(self):
        images = sampler(64)
        found = [
            collect(samplers.Slices(16, 4, replica, 1), 5, images=images) for replica in range(4)
        ]
        own, target = (
            np.concatenate([coded(part[name]) for part in found], axis=2)[:, 0]
            for name in ("label", "target_label")
        )
        self.assertAllEqual(np.sort(own, axis=1), np.sort(target, axis=1))
        first_own, first_target = (
            coded(found[0][name])[:, 0] for name in ("label", "target_label")
        )
        self.assertNotAllEqual(np.sort(first_own, axis=1), np.sort(first_target, axis=1))

    def test_alpha_is_uniform_and_new_for_every_sample(self):
        alpha = collect(samplers.Slices(50), 20)["alpha"].ravel()
        self.assertGreaterEqual(alpha.min(), 0)
        self.assertLess(alpha.max(), 1)
        self.assertGreaterEqual(len(set(alpha)), 999)
        shares = np.histogram(alpha, 5, (0, 1))[0] / 1000
        self.assertAllClose(shares, [0.2] * 5, atol=0.05)

    def test_alpha_does_not_tell_whether_the_image_is_mirrored(self):
        found = collect(samplers.Slices(50), 20)
        flips, alpha = mirrored(found["image"]).ravel(), found["alpha"].ravel()
        self.assertLess(abs(np.corrcoef(flips, alpha)[0, 1]), 0.13)


class Voices(source.Source):
    """Examples that are not images: row t of voice i is 100 i + t, in two columns."""

    sample_name = "features"
    sample_spec = tf.TensorSpec((3, 2), tf.float32)

    def __init__(self, size=5):
        self.label_space = labels.LabelSpace("attributes", BITS)
        self.labels = (np.arange(size)[:, None] >> np.arange(len(BITS)) & 1).astype(np.float32)
        self.loads = 0

    def load(self, index):
        def rows(index):
            self.loads += 1
            return np.tile(100 * index + np.arange(3)[:, None], (1, 2)).astype(np.float32)

        return tf.ensure_shape(tf.numpy_function(rows, [index], tf.float32), (3, 2))

    def describe(self, index):
        return f"voice {index}"


class Parted(Voices):
    """Of which every part begins with one of the first five rows."""

    def load_part(self, index, start):
        return self.load(index) + tf.floor(5 * start)


class ByDomainTest(tf.test.TestCase):
    def test_examples_are_sorted_and_a_domain_without_any_is_named(self):
        source = Numbered(4)
        source.label_space = labels.LabelSpace("domains", ("a", "b"))
        source.labels = np.array([[0, 1], [1, 0], [0, 1], [0, 1]], np.float32)
        numbers = samplers.Sampler(source, 5, SIZE).by_domain()
        self.assertEqual([one.tolist() for one in numbers], [[1], [0, 2, 3]])
        source.labels = source.labels[[0, 2]]
        with self.assertRaisesRegex(errors.UserError, "at least one image, but a has none among"):
            samplers.Sampler(source, 5, SIZE).by_domain()


class FeaturesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters("off", "memory")
    def test_examples_that_are_not_images_take_the_same_route(self, where):
        voices = Voices()
        self.assertEqual(voices.sample_shape, (3, 2))
        self.assertEqual(list(voices.example_spec), ["features", "label"])
        images = samplers.Sampler(voices, 5, SIZE, cache=caching.Budget(where))

        def describe(positions):
            index = images.index(positions)
            return {"features": samplers.View(index), "label": images.label(index)}

        described = samplers.Slices(4).positions(2, 1).unbatch().map(describe)
        spec = images.load_batches(described).element_spec
        self.assertEqual(spec["features"], tf.TensorSpec((4, 3, 2), tf.float32))
        batches = list(images.load_batches(described).take(5).as_numpy_iterator())
        expected = indices(sampler(5), np.arange(8, 28))
        rows = 100 * expected[:, None] + np.arange(3)
        found = np.concatenate([batch["features"] for batch in batches])
        self.assertAllEqual(found, np.stack([rows, rows], axis=2))
        self.assertAllEqual(coded(np.concatenate([batch["label"] for batch in batches])), expected)
        if where == "memory":  # two threads may load one at the same time
            loads = voices.loads
            self.assertAllEqual(images.plain(tf.constant(2, tf.int64)), voices.load(2))
            self.assertEqual(voices.loads, loads + 1)

    def test_views_take_parts_that_chance_chooses(self):
        images = samplers.Sampler(Parted(), 5, SIZE, cache=caching.Budget("memory"))

        def describe(position):
            index = images.index(position[tf.newaxis])[0]
            return {"x": images.view(index, position, draws.Draw.SOURCE, 0.5), "index": index}

        positions = samplers.Slices(4).positions(0, 1)
        described = samplers.batches(positions, describe)
        batches = list(images.load_batches(described).take(50).as_numpy_iterator())
        again = next(iter(images.load_batches(described).skip(7)))
        self.assertAllEqual(again["x"], batches[7]["x"])
        rows = np.concatenate([batch["x"] for batch in batches])
        index = np.concatenate([batch["index"] for batch in batches])
        start = rows[:, 0, 0] - 100 * index
        self.assertAllEqual(rows[..., 0], 100 * index[:, None] + start[:, None] + np.arange(3))
        self.assertAllClose(np.bincount(start.astype(int)) / 200, [0.2] * 5, atol=0.11)
        self.assertAllEqual(images.plain(tf.constant(2, tf.int64))[:, 0], [200, 201, 202])

    def test_views_and_unions_keep_the_kind_of_examples(self):
        part = subset.subset(Voices(), [3, 1])
        self.assertEqual(part.example_spec, Voices().example_spec)
        self.assertEqual(part.sample_shape, (3, 2))
        found, own = samplers.spread_out(samplers.Sampler(part, 0, SIZE), 2)
        self.assertAllEqual(found[:, 0, 0], [300, 100])
        self.assertAllEqual(coded(own), [3, 1])
        both = joint.Joint([Voices(), Voices()], ("a", "b"))
        self.assertEqual(both.sample_shape, (3, 2))
        self.assertAllEqual(both.load(tf.constant(7, tf.int64)), Voices().load(2))
        self.assertEqual(sampler().source.sample_shape, ())


class SpreadOutTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        (4, 10, [0, 3, 6, 9]), (1, 10, [0]), (10, 10, range(10)), (99, 5, range(5)), (3, 1, [0])
    )
    def test_returns_evenly_spaced_images_and_their_labels(self, count, size, expected):
        found, own = samplers.spread_out(sampler(size), count)
        found = np.rint((found + 1) * 127.5)
        self.assertAllEqual(numbers(found), list(expected))
        self.assertAllEqual(coded(own), list(expected))
        self.assertFalse(mirrored(found).any())


if __name__ == "__main__":
    tf.test.main()
