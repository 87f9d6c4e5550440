"""The small metrics against NumPy, whatever the batches."""

import itertools
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.evaluation import options, subject
from stargan_tf.evaluation.features import lpips
from stargan_tf.evaluation.metrics import cycle, diversity

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (7, 8, 8, 3), np.uint8)
OUTPUTS = RANDOM.integers(0, 256, (7, 3, 8, 8, 3), np.uint8)
DIRECTIONS = [subject.Direction("a2b", "b"), subject.Direction("b2a", "a")]
SIZES = {"a2b": slice(0, 5), "b2a": slice(5, 7)}


class Back(subject.Subject):
    """Translates back by inverting the colours."""

    outputs, image_size = 3, 32

    def batches(self, mode, draw=0):
        raise NotImplementedError

    def translated_back(self, batch):
        return 255 - batch.outputs


class Reds:
    """Stands in for the perceptual distance."""

    sha256, remark = {"file": "00"}, "Not the published heads."

    def distances(self, first, second):
        return np.abs(first[:, 0, 0, 0].astype(np.float32) - second[:, 0, 0, 0])


def measured(kind, size, **given):
    """Returns a metric that has been given batches of `size` inputs."""
    one = kind(Back(), options.MetricOptions(**given), "")
    for direction in DIRECTIONS:
        part = SIZES[direction.name]
        for i in range(part.start, part.stop, size):
            some = slice(i, min(i + size, part.stop))
            one.add(subject.Batch(direction, OUTPUTS[some], IMAGES[some]))
    return one


@parameterized.parameters(1, 2, 7)
class MetricsTest(tf.test.TestCase, parameterized.TestCase):
    def test_cycle(self, size):
        rows = measured(cycle.Cycle, size).result().rows
        for name, part in SIZES.items():
            back = 255.0 - OUTPUTS[part]
            expected = np.abs(back - IMAGES[part][:, None]).mean()
            self.assertAllClose(rows[name], {"l1": expected}, rtol=1e-12)

    def test_cycle_with_the_perceptual_distance(self, size):
        with mock.patch.object(lpips, "load", lambda paths: Reds()):
            one = measured(cycle.Cycle, size, lpips_weights="file")
        found = one.result()
        for name, part in SIZES.items():
            reds = 255.0 - OUTPUTS[part][:, :, 0, 0, 0]
            expected = np.abs(reds - IMAGES[part][:, None, 0, 0, 0]).mean()
            self.assertAllClose(found.rows[name]["lpips"], expected, rtol=1e-6)
        self.assertEqual(found.notes, ("Not the published heads.",))
        self.assertEqual(one.about(), {"lpips_sha256": {"file": "00"}})

    def test_diversity(self, size):
        rows = measured(diversity.Diversity, size).result().rows
        for name, part in SIZES.items():
            distances = [
                np.abs(one[i].astype(float) - one[j]).mean()
                for one in OUTPUTS[part]
                for i, j in itertools.combinations(range(3), 2)
            ]
            self.assertAllClose(rows[name]["pixels"], np.mean(distances), rtol=1e-12)


class WeightsTest(tf.test.TestCase):
    def test_a_missing_file_is_found_before_work(self):
        given = options.MetricOptions(lpips_weights="gone.pth")
        with self.assertRaisesRegex(errors.UserError, "gone.pth: No such file"):
            cycle.Cycle.unsuitable(Back(), given)


if __name__ == "__main__":
    tf.test.main()
