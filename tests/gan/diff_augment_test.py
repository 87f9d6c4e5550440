"""Differentiable augmentation, against loops over images and pixels."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.gan import diff_augment


def images(count, size, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (count, size, size, 3))


def draws(count, seed=1):
    return np.random.default_rng(seed).random((count, diff_augment.DRAWS))


def by_loops(x, u):
    """Pixel by pixel."""
    size = x.shape[1]
    result = np.zeros_like(x)
    for n in range(len(x)):
        image = x[n] + (u[n, 0] - 0.5)
        for pixel in image.reshape(-1, 3):
            pixel[:] = pixel.mean() + 2 * u[n, 1] * (pixel - pixel.mean())
        image = image.mean() + (0.5 + u[n, 2]) * (image - image.mean())
        most = size // 8
        right, down = (int(u[n, k] * (2 * most + 1)) - most for k in (3, 4))
        cut_x, cut_y = (int(u[n, k] * (size + 1)) - size // 4 for k in (5, 6))
        for row in range(size):
            for column in range(size):
                hidden = 0 <= row - cut_y < size // 2 and 0 <= column - cut_x < size // 2
                inside = 0 <= row - down < size and 0 <= column - right < size
                if inside and not hidden:
                    result[n, row, column] = image[row - down, column - right]
    return result


def score(x, u):
    """Returns a critic's score of the augmented images."""
    weight = tf.constant(images(1, x.shape[1], 7), x.dtype)
    return tf.reduce_sum(weight * diff_augment.diff_augment(x, u) ** 3)


def penalty(x, u):
    """Returns a gradient penalty through the augmentation, as R1 is."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = score(x, u)
    return tf.reduce_sum(tape.gradient(value, x) ** 2)


def penalty_gradient(x, u):
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = penalty(x, u)
    return value, tape.gradient(value, x)


class DiffAugmentTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(16, 24)
    def test_equals_the_loops(self, size):
        x, u = images(12, size), draws(12)
        u[:4, 3:] = 0.0  # the extremes of shift and cutout
        u[4:8, 3:] = np.nextafter(np.float32(1), np.float32(0))
        found = diff_augment.diff_augment(tf.constant(x, tf.float32), tf.constant(u, tf.float32))
        self.assertEqual(found.dtype, tf.float32)
        self.assertAllClose(found, by_loops(x, u.astype(np.float32)), atol=2e-6)

    def test_the_middle_draw_changes_neither_colour_nor_place(self):
        x = images(2, 16)
        found = diff_augment.diff_augment(tf.constant(x), tf.fill([2, 7], 0.5)).numpy()
        x[:, 4:12, 4:12] = 0  # The cutout is in the middle.
        self.assertAllClose(found, x, atol=1e-12)

    def test_every_image_has_its_own_draws(self):
        x = tf.constant(np.repeat(images(1, 16), 3, axis=0))
        u = draws(3)
        together = diff_augment.diff_augment(x, tf.constant(u)).numpy()
        for n in (0, 1, 2):
            alone = diff_augment.diff_augment(x[n : n + 1], tf.constant(u[n : n + 1]))
            self.assertAllClose(together[n], alone[0], atol=1e-12)
        self.assertNotAllClose(together[0], together[1])

    def test_shifts_reach_an_eighth_each_way_evenly_and_the_cutout_the_borders(self):
        count, size = 1700, 64
        u = draws(count)
        u[:, :3] = 0.5
        x = np.zeros((count, size, size, 3), np.float32)
        x[:, 20, 40] = 1.0
        found = diff_augment.diff_augment(tf.constant(x), tf.constant(u)).numpy()[..., 0]
        n, rows, columns = np.nonzero(found)
        # Hidden by the cutout where both axes cover the pixel: half of the time each, about.
        self.assertBetween(len(n) / count, 0.65, 0.85)
        for moved, axis in ((rows - 20, "down"), (columns - 40, "right")):
            counts = np.bincount(moved + 8, minlength=17)
            self.assertLen(counts, 17, axis)
            self.assertGreater(counts.min(), 0.4 * len(n) / 17, axis)
        ones = diff_augment.diff_augment(tf.ones([200, 16, 16, 3]), tf.constant(draws(200)[:, :7]))
        hidden = (ones.numpy() == 0).all(axis=3).mean(axis=0)
        self.assertGreater(hidden[8, 8], 0.2)
        self.assertGreater(hidden[0, 15], 0.1)

    @parameterized.parameters("score", "penalty")
    def test_derivatives_are_those_of_finite_differences(self, what):
        x, u = tf.constant(images(2, 16)), tf.constant(draws(2))
        function = {"score": score, "penalty": penalty}[what]
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x, u)
        gradient = tape.gradient(value, x)
        self.assertIsNotNone(gradient)
        for seed in range(3):
            direction = tf.constant(images(2, 16, 10 + seed))
            step = 1e-5 * direction
            slope = (function(x + step, u) - function(x - step, u)) / 2e-5
            self.assertAllClose(tf.reduce_sum(gradient * direction), slope, rtol=1e-6)

    @parameterized.parameters("penalty", "image")
    def test_compiled_equals_not_compiled(self, what):
        x, u = tf.constant(images(3, 16), tf.float32), tf.constant(draws(3), tf.float32)
        function = penalty_gradient if what == "penalty" else diff_augment.diff_augment
        expected = tf.nest.flatten(function(x, u))
        for compiled in (False, True):
            found = tf.nest.flatten(tf.function(function, jit_compile=compiled)(x, u))
            for a, b in zip(found, expected, strict=True):
                self.assertAllClose(a, b, rtol=1e-4, atol=1e-4)


if __name__ == "__main__":
    tf.test.main()
