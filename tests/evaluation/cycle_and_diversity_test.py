"""The small metrics against NumPy, whatever the batches."""

import itertools

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.evaluation import options, subject
from stargan_tf.evaluation.metrics import cycle, diversity

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (7, 8, 8, 3), np.uint8)
OUTPUTS = RANDOM.integers(0, 256, (7, 3, 8, 8, 3), np.uint8)
DIRECTIONS = [subject.Direction("a2b", "b"), subject.Direction("b2a", "a")]
SIZES = {"a2b": slice(0, 5), "b2a": slice(5, 7)}


class Back(subject.Subject):
    """Translates back by inverting the colours."""

    outputs = 3

    def batches(self, mode, draw=0):
        raise NotImplementedError

    def translated_back(self, batch):
        return 255 - batch.outputs


def measured(kind, size):
    """Returns the rows of a metric that is given batches of `size` inputs."""
    one = kind(Back(), options.MetricOptions(), "")
    for direction in DIRECTIONS:
        part = SIZES[direction.name]
        for i in range(part.start, part.stop, size):
            some = slice(i, min(i + size, part.stop))
            one.add(subject.Batch(direction, OUTPUTS[some], IMAGES[some]))
    return one.result().rows


@parameterized.parameters(1, 2, 7)
class MetricsTest(tf.test.TestCase, parameterized.TestCase):
    def test_cycle(self, size):
        rows = measured(cycle.Cycle, size)
        for name, part in SIZES.items():
            back = 255.0 - OUTPUTS[part]
            expected = np.abs(back - IMAGES[part][:, None]).mean()
            self.assertAllClose(rows[name]["l1"], expected, rtol=1e-12)

    def test_diversity(self, size):
        rows = measured(diversity.Diversity, size)
        for name, part in SIZES.items():
            distances = [
                np.abs(one[i].astype(float) - one[j]).mean()
                for one in OUTPUTS[part]
                for i, j in itertools.combinations(range(3), 2)
            ]
            self.assertAllClose(rows[name]["pixels"], np.mean(distances), rtol=1e-12)


if __name__ == "__main__":
    tf.test.main()
