"""Convolutions with different axes against their definitions, written out in NumPy."""

import itertools

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.layers import rectangular_convolution

# (kernel_size, strides) along height and width: those of the papers' networks.
WINDOWS = (((3, 9), (1, 1)), ((4, 8), (2, 2)), ((9, 5), (9, 1)), ((3, 6), (1, 2)), ((1, 4), (1, 2)))
SEQUENCES = ((9, 1), (8, 2), (5, 1))


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def cross_correlation(x, kernel, strides, padding):
    """y[i, j] = sum of kernel * x's window at (i, j) * strides, between explicit zeros."""
    (high, wide), (before, left) = strides, padding
    x = np.pad(x, [(0, 0), (before, before), (left, left), (0, 0)])
    rows, columns = kernel.shape[:2]
    return np.array(
        [
            [
                np.tensordot(x[:, i : i + rows, j : j + columns], kernel, 3)
                for j in range(0, x.shape[2] - columns + 1, wide)
            ]
            for i in range(0, x.shape[1] - rows + 1, high)
        ]
    ).transpose(2, 0, 1, 3)


def scattered(x, kernel, strides):
    """Every input pixel adds its kernel to the output at its place times the strides."""
    (n, height, width, _), (rows, columns) = x.shape, kernel.shape[:2]
    high, wide = strides
    y = np.zeros((n, high * height + rows - high, wide * width + columns - wide, kernel.shape[2]))
    for i, j, a, b in itertools.product(*map(range, (height, width, rows, columns))):
        y[:, high * i + a, wide * j + b] += x[:, i, j] @ kernel[a, b].T
    cut, left = (rows - high) // 2, (columns - wide) // 2
    return y[:, cut : cut + high * height, left : left + wide * width]


def made(kind, filters, window, strides, x, **options):
    """Returns a layer that was called once, with a bias whose entries all differ."""
    layer = kind(filters, window, strides, dtype="float64", **options)
    layer(tf.constant(x))
    layer.bias.assign(0.5 + np.arange(filters))
    return layer


class RectangularTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(*WINDOWS)
    def test_equals_the_definition(self, window, strides):
        x = normal(2, 18, 12, 3)
        layer = made(rectangular_convolution.RectangularConv2D, 4, window, strides, x)
        padding = [(k - s) // 2 for k, s in zip(window, strides, strict=True)]
        expected = cross_correlation(x, layer.kernel.numpy(), strides, padding)
        self.assertEqual(expected.shape[1:3], (18 // strides[0], 12 // strides[1]))
        self.assertAllClose(layer(tf.constant(x)), expected + layer.bias.numpy(), atol=1e-12)
        # With an open number of frames too.
        called = tf.function(layer.__call__).get_concrete_function(
            tf.TensorSpec((None, 18, None, 3), tf.float64)
        )
        self.assertAllClose(called(tf.constant(x)), expected + layer.bias.numpy(), atol=1e-12)

    @parameterized.product(window=((5, 5), (3, 3), (5, 15)), size=((8, 12), (9, 7)))
    def test_zeros_of_half_a_kernel_on_both_sides(self, window, size):
        x, padding = normal(2, *size, 3), tuple(k // 2 for k in window)
        kind = rectangular_convolution.RectangularConv2D
        layer = made(kind, 4, window, (2, 2), x, padding=padding)
        expected = cross_correlation(x, layer.kernel.numpy(), (2, 2), padding)
        self.assertAllClose(layer(tf.constant(x)), expected + layer.bias.numpy(), atol=1e-12)

    @parameterized.parameters(*WINDOWS)
    def test_transposed(self, window, strides):
        x = normal(2, 3, 4, 3)
        layer = made(rectangular_convolution.RectangularConv2DTranspose, 5, window, strides, x)
        expected = scattered(x, layer.kernel.numpy(), strides) + layer.bias.numpy()
        self.assertEqual(expected.shape[1:3], (3 * strides[0], 4 * strides[1]))
        self.assertAllClose(layer(tf.constant(x)), expected, atol=1e-12)


class SequenceTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(window=SEQUENCES, weight_normalized=(False, True))
    def test_equals_the_definition(self, window, weight_normalized):
        x = normal(2, 1, 12, 3)
        kind = rectangular_convolution.SequenceConv
        layer = made(kind, 4, *window, x, weight_normalized=weight_normalized)
        kernel = self._kernel(layer)[np.newaxis]
        padding = (0, (window[0] - window[1]) // 2)
        expected = cross_correlation(x, kernel, (1, window[1]), padding) + layer.bias.numpy()
        self.assertEqual(expected.shape, (2, 1, 12 // window[1], 4))
        self.assertAllClose(layer(tf.constant(x)), expected, atol=1e-12)

    @parameterized.product(window=SEQUENCES, weight_normalized=(False, True))
    def test_transposed(self, window, weight_normalized):
        x = normal(2, 1, 6, 3)
        kind = rectangular_convolution.SequenceConvTranspose
        layer = made(kind, 4, *window, x, weight_normalized=weight_normalized)
        kernel = self._kernel(layer)[np.newaxis]
        expected = scattered(x, kernel, (1, window[1])) + layer.bias.numpy()
        self.assertEqual(expected.shape, (2, 1, 6 * window[1], 4))
        self.assertAllClose(layer(tf.constant(x)), expected, atol=1e-12)

    def _kernel(self, layer):
        """Returns the kernel, with a length for each entry of its last axis."""
        kernel = layer.kernel.numpy()
        if layer.weight_normalized:
            length = np.linspace(-1, 2, kernel.shape[-1])
            layer.length.assign(length.reshape(1, 1, -1))
            kernel = kernel / np.sqrt((kernel**2).sum(axis=(0, 1))) * length
        return kernel

    def test_weights_start_as_the_authors_program_starts_them(self):
        options = {"weight_normalized": True, "init": "xavier_normal"}
        layer = rectangular_convolution.SequenceConv(400, 8, **options)
        layer(tf.zeros((1, 1, 8, 100)))
        kernel = layer.kernel.numpy()
        self.assertAllClose(kernel.std(), 0.1 * np.sqrt(2 / (8 * 500)), rtol=0.01)
        self.assertAllClose(layer.length[0, 0], np.sqrt((kernel**2).sum(axis=(0, 1))), rtol=1e-5)
        bound = 1 / np.sqrt(800)
        self.assertAllInRange(layer.bias, -bound, bound)
        self.assertGreater(np.abs(layer.bias).max(), 0.95 * bound)
        # PyTorch takes the outputs of a transposed convolution for its inputs.
        layer = rectangular_convolution.SequenceConvTranspose(100, 8, **options)
        layer(tf.zeros((1, 1, 8, 3)))
        bound = 1 / np.sqrt(800)
        self.assertAllInRange(layer.bias, -bound, bound)
        self.assertGreater(np.abs(layer.bias).max(), 0.9 * bound)

    def test_second_derivatives_are_those_of_differences(self):
        x, d = tf.constant(normal(1, 1, 6, 2)), normal(3, 2, 4, seed=1)
        layer = made(rectangular_convolution.SequenceConv, 4, 3, 1, x, weight_normalized=True)

        def slope(v):
            layer.kernel.assign(v)
            with tf.GradientTape() as tape:
                tape.watch(x)
                total = tf.reduce_sum(layer(x) ** 3)
            return tf.reduce_sum(tape.gradient(total, x) ** 2)

        start = layer.kernel.numpy()
        with tf.GradientTape() as tape:
            value = slope(start)
        found = tf.reduce_sum(tape.gradient(value, layer.trainable_variables[0]) * d)
        step = 1e-6
        expected = (slope(start + step * d) - slope(start - step * d)) / (2 * step)
        self.assertAllClose(found, expected, rtol=1e-6)


class ConfigTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        (rectangular_convolution.RectangularConv2D, ((3, 9), (1, 2), (1, 4))),
        (rectangular_convolution.RectangularConv2DTranspose, ((3, 9), (1, 2))),
        (rectangular_convolution.SequenceConv, (8, 2)),
        (rectangular_convolution.SequenceConvTranspose, (8, 2)),
    )
    def test_is_kept(self, kind, window):
        options = {"use_bias": False, "init": "xavier_normal", "weight_normalized": True}
        config = kind(4, *window, **options, name="x").get_config()
        again = kind.from_config(config)
        self.assertEqual(again.get_config(), config)
        self.assertEqual((again.filters, again.kernel_size, again.strides), (4, *window[:2]))
        self.assertFalse(again.use_bias)
        with self.assertRaisesRegex(ValueError, "init must be one of"):
            kind(4, *window, init="other")


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    tf.test.main()
