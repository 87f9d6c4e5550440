"""The kernel distance against its definition in loops, and where its value is known."""

import itertools

import numpy as np
import tensorflow as tf

from stargan_tf.evaluation.distances import kernel


def _kernel(x, y):
    return (sum(a * b for a, b in zip(x, y, strict=True)) / len(x) + 1) ** 3


def _by_loops(first, second):
    within = [
        np.mean([_kernel(x, y) for x, y in itertools.permutations(one, 2)])
        for one in (first, second)
    ]
    between = np.mean([_kernel(x, y) for x, y in itertools.product(first, second)])
    return sum(within) - 2 * between


class KernelTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.random = np.random.default_rng(0)

    def test_the_definition(self):
        first, second = self.random.standard_normal((7, 3)), self.random.standard_normal((5, 3)) + 1
        self.assertAllClose(kernel.discrepancy(first, second), _by_loops(first, second), rtol=1e-12)

    def test_two_kinds_of_points(self):
        # All of one set at a, all of the other at b, in one dimension: k(a,a) + k(b,b) - 2 k(a,b).
        first, second = np.full((6, 1), 2.0), np.full((4, 1), -1.0)
        self.assertAllClose(kernel.discrepancy(first, second), 5**3 + 2**3 - 2 * (-1) ** 3)

    def test_the_mean_over_all_subsets_is_that_of_the_whole_sets(self):
        first, second = self.random.standard_normal((8, 3)), self.random.standard_normal((9, 3)) + 1
        found = kernel.estimate(first, second, seed=0, subset=4, subsets=4000)
        whole = kernel.discrepancy(first, second)
        self.assertAllClose(found.mean, whole, atol=5 * found.deviation / np.sqrt(4000))
        again = kernel.estimate(first, second, seed=1, subset=4, subsets=4000)
        self.assertNotEqual(found.mean, again.mean)

    def test_halves_of_one_set_are_around_0_and_another_set_is_not(self):
        one = self.random.standard_normal((400, 16)).astype(np.float32)
        estimates = []
        for _ in range(30):
            order = self.random.permutation(400)
            estimates.append(kernel.discrepancy(one[order[:200]], one[order[200:]]))
        spread = np.std(estimates)
        self.assertLess(abs(np.mean(estimates)), 3 * spread / np.sqrt(30))  # and some are below 0
        self.assertLess(min(estimates), 0)
        other = self.random.standard_normal((200, 16)).astype(np.float32) * 2
        self.assertGreater(kernel.discrepancy(one[:200], other), 20 * spread)

    def test_subsets_have_at_most_half_of_a_set(self):
        few = self.random.standard_normal((9, 3))
        found = kernel.estimate(few, few, seed=0, subsets=5)
        self.assertGreater(found.deviation, 0)
        with self.assertRaisesRegex(ValueError, "3 and 9"):
            kernel.estimate(few[:3], few, seed=0)


if __name__ == "__main__":
    tf.test.main()
