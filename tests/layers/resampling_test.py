"""3x3 convolutions beside a change of resolution against the two operations one after the other."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.layers import resampling
from tests.layers.convolution_test import cross_correlation, normal, with_bias

SIZES = ((4, 4), (2, 2), (6, 10), (8, 2))


def pooled(x):
    """Returns the means over 2x2 pixels."""
    return (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) / 4


def doubled(x):
    """Returns every pixel four times, as the Kronecker product with 2x2 ones."""
    return np.kron(x, np.ones((1, 2, 2, 1)))


def plain(kind):
    """Returns what `kind` computes, of TensorFlow's plain operations, without a bias."""

    def down(x, kernel):
        return tf.nn.avg_pool2d(tf.nn.conv2d(x, kernel, 1, "SAME"), 2, 2, "SAME")

    def up(x, kernel):
        n, h, w, c = x.shape
        x = tf.broadcast_to(x[:, :, None, :, None], (n, h, 2, w, 2, c))
        return tf.nn.conv2d(tf.reshape(x, (n, 2 * h, 2 * w, c)), kernel, 1, "SAME")

    return down if kind is resampling.Conv3x3Down else up


def made(kind, filters, channels, **kwargs):
    layer = kind(filters, dtype="float64", **kwargs)
    layer.build((None, None, None, channels))
    return layer


class ResampledConvolutionTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(size=SIZES, channels=(1, 3))
    def test_down_is_the_convolution_and_then_the_mean(self, size, channels):
        x = normal(2, *size, channels)
        layer = made(resampling.Conv3x3Down, 5, channels)
        bias = with_bias(layer)
        expected = pooled(cross_correlation(x, layer.kernel.numpy(), 1, 1)) + bias
        self.assertAllClose(layer(tf.constant(x)), expected, rtol=0, atol=1e-13)

    @parameterized.product(size=(*SIZES, (3, 5), (1, 1)), channels=(1, 3))
    def test_up_is_the_nearest_pixel_and_then_the_convolution(self, size, channels):
        x = normal(2, *size, channels)
        layer = made(resampling.Conv3x3Up, 5, channels)
        bias = with_bias(layer)
        expected = cross_correlation(doubled(x), layer.kernel.numpy(), 1, 1) + bias
        self.assertAllClose(layer(tf.constant(x)), expected, rtol=0, atol=1e-13)

    def test_without_resampling_it_is_the_convolution(self):
        x = normal(2, 5, 4, 3)
        layer = made(resampling.Conv3x3, 2, 3)
        expected = cross_correlation(x, layer.kernel.numpy(), 1, 1) + with_bias(layer)
        self.assertAllClose(layer(tf.constant(x)), expected, rtol=0, atol=1e-13)

    @parameterized.parameters(resampling.Conv3x3Down, resampling.Conv3x3Up)
    def test_sizes_unknown_to_the_graph(self, kind):
        layer = made(kind, 2, 3)
        any_size = tf.TensorSpec([None, None, None, 3], tf.float64)
        call = tf.function(layer.__call__, input_signature=[any_size])
        for size in SIZES:
            x = tf.constant(normal(2, *size, 3))
            expected = plain(kind)(x, layer.kernel.numpy()) + layer.bias.numpy()
            self.assertAllClose(call(x), expected, rtol=0, atol=1e-13)

    @parameterized.product(
        kind=(resampling.Conv3x3Down, resampling.Conv3x3Up), jit_compile=(False, True)
    )
    def test_first_and_second_derivatives_are_those_of_the_plain_form(self, kind, jit_compile):
        # As R1 takes them: the derivatives of the squared gradient by x, by x and the kernel.
        x = tf.constant(normal(2, 4, 6, 3))
        layer = made(kind, 2, 3, use_bias=False)
        weight = tf.constant(normal(*layer(x).shape, seed=1))

        def derivatives(convolve, kernel):
            with tf.GradientTape() as outer:
                outer.watch(x)
                with tf.GradientTape() as inner:
                    inner.watch(x)
                    value = tf.reduce_sum(weight * tf.tanh(convolve(x)))
                first = inner.gradient(value, [x, kernel])
                squared = tf.reduce_sum(first[0] ** 2)
            return first + outer.gradient(squared, [x, kernel])

        found = tf.function(
            lambda: derivatives(layer, layer.trainable_variables[0]), jit_compile=jit_compile
        )()
        kernel = tf.Variable(layer.kernel.numpy())
        expected = derivatives(lambda x: plain(kind)(x, kernel), kernel)
        self.assertGreater(min(np.abs(d).max() for d in expected), 0.01)
        self.assertAllClose(found, expected, rtol=1e-11, atol=1e-12)

    @parameterized.parameters(resampling.Conv3x3Down, resampling.Conv3x3Up)
    def test_computes_in_the_type_of_its_input_and_stores_float32(self, kind):
        layer = kind(4, dtype="mixed_bfloat16")
        x = normal(2, 6, 4, 3)
        y = layer(tf.constant(x, tf.float32))
        self.assertEqual(y.dtype, tf.bfloat16)
        self.assertEqual(layer.kernel.numpy().dtype, np.float32)
        kernel = layer.kernel.numpy().astype(np.float64)
        expected = plain(kind)(tf.constant(x), kernel) + layer.bias.numpy()
        self.assertAllClose(tf.cast(y, tf.float64), expected, rtol=0, atol=0.05)

    @parameterized.product(
        kind=(resampling.Conv3x3, resampling.Conv3x3Down, resampling.Conv3x3Up),
        window=({"kernel_size": 4}, {"strides": 2}, {"padding": 0}),
    )
    def test_rejects_another_window_and_says_what_it_received(self, kind, window):
        ((name, value),) = window.items()
        with self.assertRaisesRegex(ValueError, f"Received: .*{name}.*{value}"):
            kind(5, **window)

    @parameterized.parameters(resampling.Conv3x3, resampling.Conv3x3Down, resampling.Conv3x3Up)
    def test_config_round_trip(self, kind):
        layer = made(kind, 5, 3, use_bias=False, init="he_normal", name="conv")
        clone = keras.layers.deserialize(keras.layers.serialize(layer))
        self.assertIs(type(clone), kind)
        self.assertEqual(clone.get_config(), layer.get_config())
        x = tf.constant(normal(1, 4, 4, 3))
        clone(x)
        clone.set_weights(layer.get_weights())
        self.assertAllEqual(clone(x), layer(x))


class PixelsTest(tf.test.TestCase):
    def test_nearest_gives_every_pixel_four_times(self):
        x = normal(2, 3, 5, 2)
        self.assertAllEqual(resampling.nearest(tf.constant(x)), doubled(x))

    def test_average_is_the_mean_over_four_pixels(self):
        x = normal(2, 4, 6, 3)
        self.assertAllClose(resampling.average(tf.constant(x)), pooled(x), rtol=0, atol=1e-15)

    def test_pixel_shuffle_puts_four_channels_into_a_block(self):
        x = normal(2, 3, 5, 8)
        expected = np.zeros((2, 6, 10, 2))
        for k in range(2):
            for row in range(2):
                for column in range(2):
                    expected[:, row::2, column::2, k] = x[..., 4 * k + 2 * row + column]
        self.assertAllEqual(resampling.pixel_shuffle(tf.constant(x)), expected)
        spec = tf.TensorSpec((None, None, None, 8), tf.float64)
        found = tf.function(resampling.pixel_shuffle).get_concrete_function(spec)(tf.constant(x))
        self.assertAllEqual(found, expected)


if __name__ == "__main__":
    tf.test.main()
