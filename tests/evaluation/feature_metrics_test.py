"""Metrics on features: what they compare with what, caches, and what a user is told."""

import dataclasses
import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.data import labels
from stargan_tf.evaluation import measuring, options, subject
from stargan_tf.evaluation.distances import frechet, kernel, neighbours
from stargan_tf.evaluation.features import (
    efficientnet_lite0,
    inception_files,
    lpips,
    network,
    real_features,
)
from tests.evaluation.features import golden

_SIZE = 8
_KERNEL = np.random.default_rng(0).standard_normal((3, 5)).astype(np.float32)
LITE0 = ("kid_lite0", "frechet_lite0", "prdc_lite0")


def _compute(images):
    x = tf.nn.relu(tf.einsum("nhwc,cd->nhwd", images / 128 - 1, _KERNEL))
    return tf.reduce_mean(x, (1, 2))


def _by_numpy(images):
    x = np.maximum((images.astype(np.float64) / 128 - 1) @ _KERNEL.astype(np.float64), 0)
    return x.mean((1, 2))


def _network():
    """A network of one layer in the place of EfficientNet-Lite0."""
    return network.FeatureNetwork("toy", "00ff", _SIZE, "antialiased bilinear, 8 bits", _compute)


def _pictures(count, seed, level):
    random = np.random.default_rng(seed)
    colours = random.normal(level, 40, (count, 1, 1, 3)) + random.normal(0, 9, (count, 8, 8, 3))
    return np.clip(colours, 0, 255).astype(np.uint8)


class Pixels:
    """Stands in for a data set's images."""

    key = "pixels"

    def __init__(self, pixels, space, own):
        self.pixels, self.space, self.labels, self.read = pixels, space, own, 0

    @property
    def size(self):
        return len(self.pixels)

    def numbers_showing(self, name, present):
        return np.flatnonzero((self.labels[:, self.space.index(name)] == 1) == present)

    def batches(self):
        for start in range(0, self.size, 7):
            self.read += 1
            yield self.pixels[start : start + 7]


class Copies(subject.Subject):
    """Of 24 inputs of each of two domains two outputs each, some at a time."""

    image_size = _SIZE
    outputs = 2
    offers = frozenset({subject.Need.INPUTS, subject.Need.REAL})
    about = {}

    def __init__(self, size=5):
        super().__init__()
        space = labels.LabelSpace("domains", ("a", "b"))
        own = np.repeat(np.eye(2, dtype=np.float32), [30, 20], axis=0)
        self.real_pixels = {"a": _pictures(30, 1, 90), "b": _pictures(20, 2, 160)}
        training = Pixels(np.concatenate([*self.real_pixels.values()]), space, own)
        self.members = (subject.Member("", space, training),)
        self.directions = (subject.Direction("a2b", "b"), subject.Direction("b2a", "a"))
        self.made = {"a2b": _pictures(48, 3, 130), "b2a": _pictures(48, 4, 90)}
        self._size = size

    def batches(self, mode, draw=0):
        for direction in self.directions:
            pairs = self.made[direction.name].reshape(24, 2, 8, 8, 3)
            for start in range(0, 24, self._size):
                part = pairs[start : start + self._size]
                yield subject.Batch(direction, part, part[:, 0])


class SetMetricsTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.options = options.MetricOptions(metrics_cache=self.create_tempdir().full_path)
        self.enter_context(mock.patch.object(efficientnet_lite0, "missing", lambda: ""))
        self.enter_context(mock.patch.object(efficientnet_lite0, "load", _network))

    def test_outputs_are_compared_with_the_real_images_of_their_target(self):
        one = Copies()
        found = measuring.measure(one, LITE0, self.options).scalars()
        for direction, target in (("a2b", "b"), ("b2a", "a")):
            real, made = _by_numpy(one.real_pixels[target]), _by_numpy(one.made[direction])
            moments = [
                frechet.Moments(len(x), x.mean(0), np.cov(x.T) * (len(x) - 1)) for x in (real, made)
            ]
            self.assertAllClose(
                found[f"frechet_lite0/{direction}"].value, frechet.distance(*moments), rtol=1e-4
            )
            wanted = kernel.discrepancy(real, made) * 1000
            kid = found[f"kid_lite0/x1000/{direction}"].value
            deviation = found[f"kid_lite0/x1000_deviation/{direction}"].value
            self.assertAllClose(kid, wanted, rtol=0, atol=deviation / 2)  # of 100 subsets
            unchanged = kernel.discrepancy(real, made[::2]) * 1000  # the inputs
            figure = found[f"kid_lite0/x1000_input/{direction}"].value
            self.assertAllClose(figure, unchanged, rtol=0, atol=deviation / 2)
            for name, value in vars(neighbours.measure(real, made, 5)).items():
                self.assertAllClose(found[f"prdc_lite0/{name}_5/{direction}"].value, value)
        # The outputs of b2a are like the real images of a, those of a2b unlike those of b.
        self.assertLess(found["kid_lite0/x1000/b2a"].value, found["kid_lite0/x1000/a2b"].value / 3)

    def test_the_size_of_batches_changes_nothing(self):
        found = [
            measuring.measure(Copies(size), LITE0, self.options).scalars() for size in (1, 5, 24)
        ]
        for other in found[1:]:
            for name, value in other.items():
                self.assertAllClose(value.value, found[0][name].value, rtol=1e-5, msg=name)

    def test_few_images_are_pointed_out_where_it_matters(self):
        report = measuring.measure(Copies(), LITE0, self.options)
        notes = {one.name: one.notes for one in report.measured}
        self.assertRegex(notes["frechet_lite0"][0], "fewer than 2,048 images .here 20.")
        self.assertEqual(notes["kid_lite0"] + notes["prdc_lite0"], ())
        about = report.measured[0].about
        self.assertEqual(about["real_images"], {"a2b": 20, "b2a": 30})
        self.assertEqual(about["generated_images"], {"a2b": 48, "b2a": 48})
        self.assertEqual((about["network"], about["sha256"]), ("toy", "00ff"))

    def test_a_direction_without_enough_images_is_left_out(self):
        one = Copies()
        one.members[0].training.labels[:48] = (1, 0)  # of b two images are left
        report = measuring.measure(one, ["prdc_lite0"], self.options)
        self.assertEqual(set(report.measured[0].rows), {"b2a", "mean"})
        self.assertIn("a2b has 2 images, and prdc_lite0 needs 6.", report.measured[0].notes)

    def test_of_very_many_images_some_are_compared(self):
        with mock.patch.object(neighbours, "MOST", 12):
            report = measuring.measure(Copies(), ["prdc_lite0"], self.options)
        self.assertIn("among 12 random ones", report.measured[0].notes[0])
        self.assertAllClose(report.scalars()["prdc_lite0/precision_3/b2a"].value * 12 % 1, 0)

    def test_features_of_real_images_are_kept_by_content(self):
        one = Copies()
        training = one.members[0].training
        measuring.measure(one, LITE0, self.options)
        reads = training.read
        self.assertEqual(reads, 8)  # once for all metrics and directions
        measuring.measure(one, LITE0, self.options)  # in memory
        folder = pathlib.Path(self.options.metrics_cache, "features")
        self.assertLen(list(folder.iterdir()), 1)
        first = real_features.cached(training, _network(), folder)
        self.assertEqual(training.read, reads)
        self.assertAllClose(first, _by_numpy(training.pixels), rtol=1e-4)
        others = (
            dataclasses.replace(_network(), sha256="11"),
            dataclasses.replace(_network(), resize="antialiased bicubic"),
        )
        for count, other in enumerate(others, start=2):
            real_features.cached(training, other, folder)
            self.assertLen(list(folder.iterdir()), count)
        training.key = "changed"
        real_features.cached(training, _network(), folder)
        self.assertLen(list(folder.iterdir()), 4)

    def test_a_damaged_file_is_made_anew_and_no_folder_is_no_error(self):
        training = Copies().members[0].training
        folder = pathlib.Path(self.options.metrics_cache, "features")
        wanted = real_features.cached(training, _network(), folder)
        (path,) = folder.iterdir()
        path.write_bytes(path.read_bytes()[:200])
        self.assertAllEqual(real_features.cached(training, _network(), folder), wanted)
        self.assertAllEqual(np.load(path), wanted)
        self.assertAllEqual(real_features.cached(training, _network(), path / "below"), wanted)


class WeightsTest(tf.test.TestCase):
    def test_metrics_without_weights_say_where_to_get_them(self):
        with mock.patch.object(efficientnet_lite0, "missing", lambda: "it is not installed"):
            chosen, left_out = measuring.choose(Copies(), ["default"], options.MetricOptions())
        self.assertNotIn("kid_lite0", [kind.name for kind in chosen])
        self.assertIn("it is not installed", left_out["kid_lite0"])
        for name in ("kid", "frechet", "prdc"):
            self.assertIn("inception_weights=FILE", left_out[name])
        self.assertIn("alexnet-owt-7be5be79.pth", left_out["lpips"])

    def test_inception_names_the_protocol(self):
        made = inception_files.Inception(_network(), "clean", "It is not the published file.")
        given = options.MetricOptions(
            inception_weights="x.pb", metrics_cache=self.create_tempdir().full_path
        )
        with mock.patch.object(inception_files, "load", lambda path, protocol: made):
            report = measuring.measure(Copies(), ["frechet"], given)
        self.assertIn("frechet_clean/a2b", report.scalars())
        self.assertIn("It is not the published file.", report.measured[0].notes)
        self.assertEqual(report.measured[0].about["protocol"], "clean")

    def test_files_are_looked_at_before_work(self):
        one = Copies()
        one.image_size = 64
        for given in (
            options.MetricOptions(inception_weights="nowhere.pth"),
            options.MetricOptions(lpips_weights="nowhere.pth"),
        ):
            with self.assertRaisesRegex(errors.UserError, "nowhere.pth"):
                measuring.measure(one, ["frechet" if given.inception_weights else "lpips"], given)
        self.assertEqual(one.members[0].training.read, 0)


class LpipsMetricTest(tf.test.TestCase):
    def test_between_outputs_and_to_the_input(self):
        trunk, heads = golden.lpips()
        made = lpips.Lpips(
            {name.removeprefix("features."): value for name, value in trunk.items()},
            {name[3]: value for name, value in heads.items()},
        )
        direction = subject.Direction("a2b", "b")
        images = golden.images("lpips", 3, 64)
        outputs = np.stack([images, images[[1, 2, 0]]], axis=1)

        class Three(Copies):
            image_size = 64
            directions = (direction,)

            def batches(self, mode, draw=0):
                yield subject.Batch(direction, outputs[:2], images[:2])
                yield subject.Batch(direction, outputs[2:], images[2:])

        with mock.patch.object(lpips, "load", lambda paths: made):
            report = measuring.measure(Three(), ["lpips"], options.MetricOptions(lpips_weights="x"))
        wanted = golden.outputs("lpips_64").mean()  # each pair of the three once
        found = report.scalars()
        self.assertAllClose(found["lpips/outputs/a2b"].value, wanted, rtol=1e-5)
        self.assertAllClose(found["lpips/input/a2b"].value, wanted / 2, rtol=1e-5)  # and 0

    def test_small_images_are_refused(self):
        with self.assertRaisesRegex(errors.UserError, "images of 8 px are smaller than its 31 px"):
            measuring.measure(Copies(), ["lpips"], options.MetricOptions(lpips_weights="x"))


if __name__ == "__main__":
    tf.test.main()
