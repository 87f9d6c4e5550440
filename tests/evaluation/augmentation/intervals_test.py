"""Quantiles of Student's distribution against their closed forms, and intervals by hand."""

import math

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.evaluation.augmentation import intervals


class IntervalsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(0.5, 0.9, 0.95, 0.99)
    def test_closed_forms(self, confidence):
        # The distribution functions of 1, 2 and 4 degrees of freedom can be inverted.
        one = math.tan(math.pi * confidence / 2)
        two = confidence * math.sqrt(2 / (1 - confidence**2))
        root = math.sqrt(1 - confidence**2)
        q = math.cos(math.acos(root) / 3) / root
        four = 2 * math.sqrt(q - 1)
        for degrees, expected in ((1, one), (2, two), (4, four)):
            found = intervals.two_sided_quantile(confidence, degrees)
            self.assertAlmostEqual(found / expected, 1, places=9)

    def test_many_degrees_are_normal(self):
        self.assertAlmostEqual(intervals.two_sided_quantile(0.95, 10**7), 1.959964, places=5)

    def test_mean_and_half_width(self):
        values = [0.8, 0.9, 0.85, 0.95, 0.7]
        found = intervals.mean(values)
        deviation = math.sqrt(sum((v - 0.84) ** 2 for v in values) / 4)
        self.assertAlmostEqual(found.mean, 0.84)
        self.assertAlmostEqual(found.half_width, 2.776445 * deviation / math.sqrt(5), places=6)

    def test_it_covers_the_mean_as_often_as_it_says(self):
        draws = np.random.default_rng(0).normal(3, 2, (4000, 3))
        t = intervals.two_sided_quantile(0.9, 2)
        covers = np.abs(draws.mean(axis=1) - 3) <= t * draws.std(axis=1, ddof=1) / math.sqrt(3)
        self.assertBetween(covers.mean(), 0.885, 0.915)  # three deviations
        found = intervals.mean(draws[0], 0.9)
        self.assertAlmostEqual(found.half_width, t * draws[0].std(ddof=1) / math.sqrt(3))

    def test_a_single_value_has_none(self):
        self.assertEqual(intervals.mean([0.5]), intervals.Interval(0.5, None))


if __name__ == "__main__":
    tf.test.main()
