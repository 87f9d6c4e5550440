"""Adaptive instance normalization against its equation, written out in NumPy."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.layers import adain
from tests.layers.instance_norm_test import normal, normalized


def made(channels, style_dim, dtype="float64", **kwargs):
    """Returns a layer with random weights, and these."""
    layer = adain.AdaIN(style_dim, dtype=dtype, **kwargs)
    layer.build((None, None, None, channels))
    weights = normal(style_dim, 2 * channels, seed=1), normal(2 * channels, seed=2)
    layer.set_weights(weights)
    return layer, weights


def expected(x, s, kernel, bias, epsilon=1e-5):
    """Returns (1 + gamma(s)) IN(x) + beta(s); the first half of the linear layer is gamma."""
    gamma, beta = np.split((s @ kernel + bias)[:, None, None], 2, axis=3)
    return normalized(x, 1 + gamma, beta, epsilon)


class AdaINTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(1e-5, 0.3)
    def test_equals_the_equation(self, epsilon):
        x, s = 7 + 3 * normal(3, 4, 5, 2), normal(3, 6, seed=3)
        layer, weights = made(2, 6, epsilon=epsilon)
        y = layer(tf.constant(x), tf.constant(s))
        self.assertAllClose(y, expected(x, s, *weights, epsilon), rtol=0, atol=1e-10)

    def test_the_style_of_an_image_is_its_own(self):
        x, s = tf.constant(normal(3, 4, 4, 2)), normal(3, 6, seed=3)
        layer, _ = made(2, 6)
        before = layer(x, tf.constant(s))
        alone = [layer(x[i : i + 1], tf.constant(s[i : i + 1]))[0] for i in range(3)]
        self.assertAllClose(before, tf.stack(alone), rtol=0, atol=1e-12)
        s[1] += 1
        after = layer(x, tf.constant(s))
        self.assertAllEqual(after[0], before[0])
        self.assertAllEqual(after[2], before[2])
        self.assertGreater(np.abs(after[1] - before[1]).max(), 0.1)

    def test_starts_at_the_plain_normalization_for_a_style_of_zeros(self):
        x = 3 + 2 * normal(2, 4, 5, 3)
        layer = adain.AdaIN(8, dtype="float64")
        y = layer(tf.constant(x), tf.zeros([2, 8], tf.float64))
        self.assertAllClose(y, normalized(x), rtol=0, atol=1e-12)

    def test_gradients_equal_finite_differences(self):
        layer, _ = made(2, 3)
        weight = normal(2, 3, 3, 2, seed=4)
        theoretical, numerical = tf.test.compute_gradient(
            lambda x, s: tf.reduce_sum(weight * tf.tanh(layer(x, s))),
            [tf.constant(normal(2, 3, 3, 2)), tf.constant(normal(2, 3, seed=3))],
        )
        self.assertGreater(min(np.abs(g).max() for g in theoretical), 0.1)
        self.assertAllClose(theoretical, numerical, rtol=0, atol=1e-5)

    @parameterized.parameters("float32", "mixed_bfloat16")
    def test_bfloat16_maps_are_normalized_with_float32_statistics(self, dtype):
        # Neighbouring bfloat16 numbers are 0.5 apart at 100: statistics in that type would be far
        # off, and a sum of 1024 pixels farther still.
        x, s = tf.cast(100 + normal(2, 32, 32, 3), tf.bfloat16), np.eye(2)
        layer, _ = made(3, 2, dtype)
        weights = np.round(4 * normal(2, 6)) / 4, np.zeros(6)  # exact in bfloat16 too
        layer.set_weights(weights)
        y = layer(x, tf.constant(s, tf.float32))
        self.assertEqual(y.dtype, tf.bfloat16)
        wanted = expected(tf.cast(x, tf.float64).numpy(), s, *weights)
        self.assertAllClose(tf.cast(y, tf.float64), wanted, rtol=2**-7, atol=2**-7)

    def test_styles_keep_their_digits_beside_bfloat16_maps(self):
        # 1 + 2^-12 is 1 in bfloat16; and W s is 4096 s, of which b takes 4096 away again.
        layer, _ = made(1, 1, "float32")
        layer.set_weights([np.array([[0, 4096]]), np.array([0, -4096])])
        x = tf.zeros([1, 2, 2, 1], tf.bfloat16)
        self.assertAllEqual(layer(x, tf.constant([[1 + 2.0**-12]])), tf.ones_like(x))

    def test_config_round_trip(self):
        layer, weights = made(2, 6, epsilon=0.5, name="norm")
        clone = keras.layers.deserialize(keras.layers.serialize(layer))
        self.assertEqual(clone.get_config(), layer.get_config())
        x, s = tf.constant(normal(2, 4, 4, 2)), tf.constant(normal(2, 6, seed=3))
        clone(x, s)
        clone.set_weights(weights)
        self.assertAllEqual(clone(x, s), layer(x, s))


if __name__ == "__main__":
    tf.test.main()
