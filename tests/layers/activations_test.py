"""Activations against their definitions, the leaky ReLU with its gradient, in every type."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.layers import activations


class LeakyReluTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(("bfloat16", 4e-3), ("float32", 1e-7), ("float64", 1e-16))
    def test_against_its_definition(self, dtype, tolerance):
        x = tf.constant([-3.0, -1.0, 0.0, 0.5, 2.0], dtype)
        for slope in (0.2, 0.01):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = activations.leaky_relu(x, slope)
            self.assertEqual(y.dtype, x.dtype)
            expected = np.array([-3 * slope, -slope, 0, 0.5, 2])
            self.assertAllClose(tf.cast(y, "float64"), expected, rtol=tolerance, atol=0)
            gradient = tf.cast(tape.gradient(y, x), "float64")
            self.assertAllClose(gradient, [slope, slope, slope, 1, 1], rtol=tolerance, atol=0)


class GatedLinearUnitTest(tf.test.TestCase):
    def test_the_second_half_opens_the_first(self):
        x = np.random.default_rng(0).normal(size=(2, 1, 3, 8))
        expected = x[..., :4] / (1 + np.exp(-x[..., 4:]))
        self.assertAllClose(activations.gated_linear_unit(tf.constant(x)), expected, rtol=1e-12)


if __name__ == "__main__":
    tf.test.main()
