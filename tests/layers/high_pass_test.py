"""The high-pass skip against its definition in NumPy."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.layers import high_pass


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def filtered(x):
    """Returns 8 x less its eight neighbours: 9 x less the sum over 3x3, zero outside."""
    height, width = x.shape[1:3]
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    window = [padded[:, a : a + height, b : b + width] for a in range(3) for b in range(3)]
    return 9 * x - sum(window)


def interpolation(old, new):
    """Returns the matrix (new, old) of linear interpolation between the centres of pixels."""
    place = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    return np.maximum(0, 1 - np.abs(place[:, None] - np.arange(old)))


def resized(mask, size):
    rows, columns = (interpolation(mask.shape[i + 1], size[i]) for i in range(2))
    return np.einsum("ih,jw,nhwc->nijc", rows, columns, mask)


class HighPassTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(1.0, 2.5)
    def test_is_the_laplacian_of_the_masked_map_over_w_hpf(self, w_hpf):
        x, mask = normal(2, 5, 6, 3), np.abs(normal(2, 5, 6, 1, seed=1))
        y = high_pass.HighPass(w_hpf, dtype="float64")(tf.constant(x), tf.constant(mask))
        self.assertAllClose(y, filtered(x * mask) / w_hpf, rtol=0, atol=1e-13)

    @parameterized.parameters(((3, 4),), ((16, 20),), ((11, 6),), ((1, 1),))
    def test_the_mask_is_resized_between_the_centres_of_pixels(self, size):
        x, mask = normal(2, 8, 6, 3), np.abs(normal(2, *size, 1, seed=1))
        y = high_pass.HighPass(1.0, dtype="float64")(tf.constant(x), tf.constant(mask))
        # TensorFlow resizes in float32.
        self.assertAllClose(y, filtered(x * resized(mask, (8, 6))), rtol=0, atol=2e-5)

    def test_what_is_flat_passes_at_the_border_alone(self):
        y = high_pass.HighPass(1.0)(tf.ones([1, 4, 4, 1]), tf.ones([1, 4, 4, 1]))
        border = [[5, 3, 3, 5], [3, 0, 0, 3], [3, 0, 0, 3], [5, 3, 3, 5]]  # zeros outside
        self.assertAllEqual(y[0, :, :, 0], border)

    def test_gradient_is_the_masked_filter_of_what_arrives(self):
        # The filter is symmetric, so it is its own transpose.
        x, mask, arriving = (
            normal(2, 4, 5, 3),
            normal(2, 4, 5, 1, seed=1),
            normal(2, 4, 5, 3, seed=2),
        )
        variable, layer = tf.Variable(x), high_pass.HighPass(2.0, dtype="float64")
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(arriving * layer(variable, tf.constant(mask)))
        found = tape.gradient(loss, variable)
        self.assertAllClose(found, mask * filtered(arriving) / 2, rtol=0, atol=1e-13)

    def test_bfloat16(self):
        x, mask = np.round(4 * normal(2, 4, 4, 3)), np.ones([2, 2, 2, 1], np.float32)
        layer = high_pass.HighPass(1.0, dtype="mixed_bfloat16")
        y = layer(tf.constant(x, tf.bfloat16), tf.constant(mask))
        self.assertEqual(y.dtype, tf.bfloat16)
        self.assertAllEqual(tf.cast(y, tf.float64), filtered(x))  # integers below 256: exact

    def test_config_round_trip(self):
        layer = high_pass.HighPass(2.5, name="hpf", dtype="float64")
        clone = keras.layers.deserialize(keras.layers.serialize(layer))
        self.assertEqual(clone.get_config(), layer.get_config())
        self.assertEqual(clone.w_hpf, 2.5)


if __name__ == "__main__":
    tf.test.main()
