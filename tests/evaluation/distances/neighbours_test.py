"""Precision, recall, density and coverage of points whose neighbourhoods can be drawn by hand."""

from unittest import mock

import numpy as np
import tensorflow as tf

from stargan_tf.evaluation.distances import neighbours


def _line(*places):
    return np.array(places, np.float32)[:, None]


class NeighboursTest(tf.test.TestCase):
    def test_points_on_a_line(self):
        # Radii to the nearest: of real 0, 1, 3, 10 they are 1, 1, 2, 7; of generated 0.5, 2.5, 30,
        # 32 they are 2, 2, 2, 2.
        found = neighbours.measure(_line(0, 1, 3, 10), _line(0.5, 2.5, 30, 32), k=1)
        # 0.5 lies in the balls of 0 and 1; 2.5 in those of 3 (1 to 5), not of 10 (3 to 17).
        self.assertEqual(found.precision, 2 / 4)
        self.assertEqual(found.density, 3 / 4)
        # 0, 1 and 3 lie within 2 of 0.5 or 2.5.
        self.assertEqual(found.recall, 3 / 4)
        self.assertEqual(found.coverage, 3 / 4)

    def test_more_neighbours(self):
        # The second neighbours of real 0, 1, 3, 10: 3, 2, 3, 9.
        found = neighbours.measure(_line(0, 1, 3, 10), _line(0.5, 2.5, 30), k=2)
        # 0.5 is in the balls of 0, 1 and 3; 2.5 in all (of 10: 1 to 19); 30 in none.
        self.assertEqual(found.precision, 2 / 3)
        self.assertAllClose(found.density, (3 + 4) / 2 / 3)
        self.assertEqual(found.coverage, 1.0)

    def test_the_same_set_and_one_far_away(self):
        real = np.random.default_rng(0).standard_normal((50, 4))
        same = neighbours.measure(real, real, k=5)
        self.assertEqual((same.precision, same.recall, same.coverage), (1, 1, 1))
        far = neighbours.measure(real, real + 100, k=5)
        self.assertEqual(vars(far), dict.fromkeys(vars(far), 0.0))

    def test_one_image_again_and_again(self):
        real = np.random.default_rng(0).standard_normal((40, 4))
        found = neighbours.measure(real, np.repeat(real[:1], 20, axis=0), k=3)
        self.assertEqual(found.precision, 1.0)  # it looks real
        self.assertEqual(found.recall, 0.0)  # and nothing else is made
        self.assertLess(found.coverage, 0.5)

    def test_parts_of_the_distances_give_the_same(self):
        real, generated = np.random.default_rng(1).standard_normal((2, 60, 3))
        whole = neighbours.measure(real, generated, k=3)
        with mock.patch.object(neighbours, "_ROWS", 7):
            self.assertEqual(neighbours.measure(real, generated, k=3), whole)
        self.assertBetween(whole.precision, 0.3, 0.99)

    def test_too_few(self):
        with self.assertRaisesRegex(ValueError, "more than 3"):
            neighbours.measure(_line(0, 1, 2), _line(0, 1, 2, 3), k=3)


if __name__ == "__main__":
    tf.test.main()
