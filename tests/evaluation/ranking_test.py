"""The best, the median and the worst of many, against sorting all of them."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.evaluation import ranking


def cells(strip, count):
    """Returns the grey levels of a strip's columns: 96 pixels and margins of 4, one row."""
    return [int(strip[-60, 4 + 100 * i + 50, 0]) for i in range(count)]


class RankingTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(("lower", 1), ("lower", 7), ("higher", 50))
    def test_equals_sorting(self, better, size):
        scores = np.random.default_rng(0).permutation(51) / 4
        images = np.broadcast_to(
            (4 * scores).astype(np.uint8)[:, None, None, None, None], (51, 1, 96, 96, 3)
        )
        ranked = ranking.Ranking(better)
        for i in range(0, 51, size):  # some at a time
            ranked.add(scores[i : i + size], images[i : i + size])
        ordered = [0, 1, 2, 25, 48, 49, 50]
        strip = ranked.strip(".2f", ("output",))
        self.assertEqual(strip.shape[1], 7 * 100 + 4)
        self.assertEqual(cells(strip, 7), ordered if better == "lower" else ordered[::-1])

    def test_few_and_equal_scores(self):
        ranked = ranking.Ranking("lower")
        ranked.add(np.zeros(2), np.full((2, 1, 96, 96, 3), 9, np.uint8))
        self.assertEqual(cells(ranked.strip(".1f", ("output",)), 5), [9] * 5)


if __name__ == "__main__":
    tf.test.main()
