"""Convolutions against their definitions, written out in NumPy."""

import itertools
import math

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.layers import convolution

# (kernel_size, strides, padding): all that the papers' networks use.
WINDOWS = ((7, 1, 3), (3, 1, 1), (4, 2, 1), (2, 1, 0))
SIZES = ((8, 8), (9, 11), (8, 9), (9, 8))
ANY_SIZE = tf.TensorSpec([None, None, None, 3], tf.float64)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def cross_correlation(x, kernel, strides, padding):
    """y[i, j] = sum of kernel * x's window at (i, j) * strides, between explicit zeros."""
    size = kernel.shape[0]
    n, height, width, _ = x.shape
    padded = np.zeros((n, height + 2 * padding, width + 2 * padding, x.shape[3]))
    padded[:, padding : padding + height, padding : padding + width] = x
    rows = range(0, padded.shape[1] - size + 1, strides)
    columns = range(0, padded.shape[2] - size + 1, strides)
    windows = [[padded[:, i : i + size, j : j + size] for j in columns] for i in rows]
    return np.array([[np.tensordot(w, kernel, 3) for w in row] for row in windows]).transpose(
        2, 0, 1, 3
    )


def scattered(x, kernel):
    """Every input pixel adds its kernel to the output at twice its place, less 1 of padding.

    A 3x3 kernel never reaches the last row and column, which the output padding adds.
    """
    n, height, width, _ = x.shape
    size = range(kernel.shape[0])
    y = np.zeros((n, 2 * height + 2, 2 * width + 2, kernel.shape[2]))
    for i, j, a, b in itertools.product(range(height), range(width), size, size):
        y[:, 2 * i + a, 2 * j + b] += x[:, i, j] @ kernel[a, b].T
    return y[:, 1:-1, 1:-1]


def with_bias(layer):
    """Gives the layer a bias whose entries all differ, and returns it."""
    bias = 0.5 + np.arange(layer.filters)
    layer.bias.assign(bias)
    return bias


class Conv2DTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(window=WINDOWS, size=SIZES)
    def test_equals_the_definition(self, window, size):
        x = normal(2, *size, 3)
        layer = convolution.Conv2D(5, *window, dtype="float64")
        y = layer(tf.constant(x))
        expected = cross_correlation(x, layer.kernel.numpy(), *window[1:]) + layer.bias.numpy()
        self.assertAllClose(y, expected, rtol=0, atol=1e-13)

    @parameterized.parameters(1, 2, 4)
    def test_a_kernel_as_large_as_the_image(self, size):
        x = normal(3, size, size, 2)
        layer = convolution.Conv2D(5, size, dtype="float64")
        y = layer(tf.constant(x))
        expected = cross_correlation(x, layer.kernel.numpy(), 1, 0) + layer.bias.numpy()
        self.assertAllClose(y, expected, rtol=0, atol=1e-13)

    @parameterized.parameters(*WINDOWS)
    def test_bias_is_added_to_its_own_filter(self, *window):
        x = normal(1, 6, 6, 2)
        layer = convolution.Conv2D(4, *window, dtype="float64")
        layer(tf.constant(x))
        bias = with_bias(layer)
        expected = cross_correlation(x, layer.kernel.numpy(), *window[1:]) + bias
        self.assertAllClose(layer(tf.constant(x)), expected, rtol=0, atol=1e-13)

    @parameterized.parameters(*WINDOWS)
    def test_without_bias_there_is_only_the_kernel(self, *window):
        x = normal(1, 6, 7, 2)
        layer = convolution.Conv2D(4, *window, use_bias=False, dtype="float64")
        y = layer(tf.constant(x))
        self.assertLen(layer.trainable_variables, 1)
        expected = cross_correlation(x, layer.kernel.numpy(), *window[1:])
        self.assertAllClose(y, expected, rtol=0, atol=1e-13)

    @parameterized.parameters(*WINDOWS)
    def test_sizes_unknown_to_the_graph(self, *window):
        layer = convolution.Conv2D(4, *window, dtype="float64")
        layer.build((None, None, None, 3))
        call = tf.function(layer.__call__, input_signature=[ANY_SIZE])
        for size in SIZES:
            x = normal(2, *size, 3)
            expected = cross_correlation(x, layer.kernel.numpy(), *window[1:])
            expected = expected + layer.bias.numpy()
            self.assertAllClose(call(tf.constant(x)), expected, rtol=0, atol=1e-13)

    @parameterized.parameters(((8, 8),), ((9, 8),))
    def test_kernel_gradient_equals_finite_differences(self, size):
        x = tf.constant(normal(2, *size, 2))
        layer = convolution.Conv2D(2, 4, 2, 1, dtype="float64")
        weight = normal(*layer(x).shape, seed=1)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(weight * layer(x))
        gradient = tape.gradient(loss, layer.trainable_variables)[0].numpy()
        start = layer.kernel.numpy()
        for place in ((0, 0, 0, 0), (3, 3, 1, 1), (1, 2, 0, 1)):
            step = np.zeros_like(start)
            step[place] = 1.0  # The loss is linear in the kernel: any step gives the derivative.
            layer.kernel.assign(start + step)
            above = np.sum(weight * layer(x).numpy())
            layer.kernel.assign(start)
            self.assertAllClose(above - np.sum(weight * layer(x).numpy()), gradient[place])

    def test_computes_in_the_type_of_its_input_and_stores_float32(self):
        layer = convolution.Conv2D(4, 3, padding=1, dtype="mixed_bfloat16")
        x = normal(2, 6, 6, 3)
        y = layer(tf.constant(x, tf.float32))
        self.assertEqual(y.dtype, tf.bfloat16)
        self.assertEqual(layer.kernel.numpy().dtype, np.float32)
        expected = cross_correlation(x, layer.kernel.numpy(), 1, 1) + layer.bias.numpy()
        self.assertAllClose(tf.cast(y, tf.float64), expected, rtol=0, atol=0.05)

    def test_config_round_trip(self):
        layer = convolution.Conv2D(5, 4, 2, 1, use_bias=False, name="down", dtype="float64")
        clone = keras.layers.deserialize(keras.layers.serialize(layer))
        self.assertEqual(clone.get_config(), layer.get_config())
        x = tf.constant(normal(1, 8, 8, 3))
        layer(x), clone(x)
        clone.set_weights(layer.get_weights())
        self.assertAllEqual(clone(x), layer(x))


class ReflectionTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(window=((7, 1, 3), (3, 1, 1), (4, 2, 1)), size=((8, 8), (5, 7)))
    def test_equals_the_definition_between_mirrored_pixels(self, window, size):
        x = normal(2, *size, 3)
        layer = convolution.Conv2D(5, *window, padding_mode="reflect", dtype="float64")
        y = layer(tf.constant(x))
        p = window[2]
        padded = np.pad(x, [(0, 0), (p, p), (p, p), (0, 0)], "reflect")
        expected = cross_correlation(padded, layer.kernel.numpy(), window[1], 0)
        self.assertAllClose(y, expected + layer.bias.numpy(), rtol=0, atol=1e-13)

    def test_config_round_trip(self):
        layer = convolution.Conv2D(5, 3, padding=1, padding_mode="reflect", dtype="float64")
        clone = keras.layers.deserialize(keras.layers.serialize(layer))
        self.assertEqual(clone.get_config(), layer.get_config())
        x = tf.constant(normal(1, 6, 6, 3))
        layer(x), clone(x)
        clone.set_weights(layer.get_weights())
        self.assertAllEqual(clone(x), layer(x))

    def test_another_mode_is_refused(self):
        with self.assertRaisesRegex(ValueError, "'zeros', 'reflect'.*Received: 'wrap'"):
            convolution.Conv2D(4, 3, padding_mode="wrap")


class Conv2DTransposeTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(size=((4, 4), (3, 5), (1, 1), (4, 3)), kernel_size=(3, 4))
    def test_equals_the_definition(self, size, kernel_size):
        x = normal(2, *size, 3)
        layer = convolution.Conv2DTranspose(5, kernel_size=kernel_size, dtype="float64")
        layer(tf.constant(x))
        bias = with_bias(layer)
        expected = scattered(x, layer.kernel.numpy()) + bias
        self.assertAllClose(layer(tf.constant(x)), expected, rtol=0, atol=1e-13)

    def test_without_bias_there_is_only_the_kernel(self):
        x = normal(2, 3, 4, 3)
        layer = convolution.Conv2DTranspose(5, use_bias=False, dtype="float64")
        y = layer(tf.constant(x))
        self.assertLen(layer.trainable_variables, 1)
        self.assertAllClose(y, scattered(x, layer.kernel.numpy()), rtol=0, atol=1e-13)

    def test_is_the_adjoint_of_the_convolution(self):
        down = convolution.Conv2D(2, 4, 2, 1, use_bias=False, dtype="float64")
        up = convolution.Conv2DTranspose(3, use_bias=False, dtype="float64")
        x, y = normal(2, 8, 6, 3), normal(2, 4, 3, 2, seed=1)
        down(tf.constant(x)), up(tf.constant(y))
        up.kernel.assign(down.kernel.numpy())  # (h, w, in, out) is (h, w, out, in) of the other.
        left = np.sum(down(tf.constant(x)).numpy() * y)
        self.assertAllClose(left, np.sum(x * up(tf.constant(y)).numpy()), rtol=1e-12)

    @parameterized.parameters(3, 4)
    def test_sizes_unknown_to_the_graph(self, kernel_size):
        layer = convolution.Conv2DTranspose(4, kernel_size=kernel_size, dtype="float64")
        layer.build((None, None, None, 3))
        call = tf.function(layer.__call__, input_signature=[ANY_SIZE])
        for size in ((4, 4), (3, 5)):
            x = normal(2, *size, 3)
            expected = scattered(x, layer.kernel.numpy()) + layer.bias.numpy()
            self.assertAllClose(call(tf.constant(x)), expected, rtol=0, atol=1e-13)

    @parameterized.parameters(3, 4)
    def test_config_round_trip(self, size):
        layer = convolution.Conv2DTranspose(
            5, use_bias=False, kernel_size=size, name="up", dtype="float64"
        )
        clone = keras.layers.deserialize(keras.layers.serialize(layer))
        self.assertEqual(clone.get_config(), layer.get_config())
        x = tf.constant(normal(1, 4, 4, 3))
        layer(x), clone(x)
        clone.set_weights(layer.get_weights())
        self.assertAllEqual(clone(x), layer(x))

    def test_rejects_another_kernel(self):
        with self.assertRaisesRegex(ValueError, "kernel_size must be 3 or 4. Received: 5"):
            convolution.Conv2DTranspose(5, kernel_size=5)

    @parameterized.parameters({"strides": 1}, {"padding": 0})
    def test_rejects_another_window_and_says_what_it_received(self, **window):
        ((name, value),) = window.items()
        with self.assertRaisesRegex(ValueError, f"Received: .*{name}.*{value}"):
            convolution.Conv2DTranspose(5, **window)


class InitialWeightsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        ("conv", lambda: convolution.Conv2D(4096, 3), 4, 3 * 3 * 4),
        ("transposed", convolution.Conv2DTranspose, 2, 4 * 4 * 2048),
    )
    def test_are_uniform_within_the_root_of_the_fan_in(self, make, channels, fan_in):
        keras.utils.set_random_seed(0)
        layer = make(2048) if make is convolution.Conv2DTranspose else make()
        layer.build((None, 8, 8, channels))
        limit = 1 / math.sqrt(fan_in)
        for variable in (layer.kernel, layer.bias):
            value = variable.numpy().astype(np.float64).ravel()
            self.assertLessEqual(np.abs(value).max(), limit * (1 + 1e-6))
            self.assertGreater(np.abs(value).max(), 0.99 * limit)
            self.assertAllClose(value.var(), limit**2 / 3, rtol=0.08)
            self.assertAllClose(value.mean(), 0, atol=4 * limit / math.sqrt(3 * value.size))

    def test_he_normal_kernels_have_its_deviation_and_biases_are_zero(self):
        keras.utils.set_random_seed(0)
        layer = convolution.Conv2D(256, 3, init="he_normal")
        layer.build((None, 8, 8, 32))
        kernel = layer.kernel.numpy().astype(np.float64)
        deviation = math.sqrt(2 / (3 * 3 * 32))
        self.assertAllClose(kernel.std(), deviation, rtol=4 / math.sqrt(2 * kernel.size))
        self.assertGreater(np.abs(kernel).max(), 3.5 * deviation)
        self.assertAllEqual(layer.bias.numpy(), np.zeros(256))
        clone = convolution.Conv2D.from_config(layer.get_config())
        self.assertEqual(clone.init, "he_normal")

    def test_normal_kernels_have_a_deviation_of_0_02_and_biases_are_zero(self):
        keras.utils.set_random_seed(0)
        for layer in (
            convolution.Conv2D(64, 4, init="normal"),
            convolution.Conv2DTranspose(64, kernel_size=3, init="normal"),
        ):
            layer.build((None, 8, 8, 64))
            kernel = layer.kernel.numpy().astype(np.float64)
            error = 0.02 / math.sqrt(kernel.size)
            self.assertAllClose(kernel.mean(), 0, atol=4 * error)
            self.assertAllClose(kernel.std(), 0.02, atol=4 * error / math.sqrt(2))
            self.assertGreater(np.abs(kernel).max(), 3.5 * 0.02)
            self.assertAllEqual(layer.bias.numpy(), np.zeros(64))
            clone = type(layer).from_config(layer.get_config())
            self.assertEqual(clone.init, "normal")

    def test_an_unknown_initialization_is_refused(self):
        with self.assertRaisesRegex(ValueError, "'fan_in_uniform', 'he_normal'.*: 'he_uniform'"):
            convolution.Conv2D(4, 3, init="he_uniform")

    @parameterized.parameters(
        lambda: convolution.Conv2D(4, 3), lambda: convolution.Conv2DTranspose(4)
    )
    def test_are_decided_by_the_seed_of_keras(self, make):
        def draw(seed):
            keras.utils.set_random_seed(seed)
            layers = make(), make()
            for layer in layers:
                layer.build((None, 8, 8, 2))
            return [layer.get_weights() for layer in layers]

        first, again, other = draw(3), draw(3), draw(4)
        self.assertAllEqual(first[0][0], again[0][0])
        self.assertAllEqual(first[1][1], again[1][1])
        for k in range(2):
            self.assertNotAllClose(first[0][k], other[0][k])
            self.assertNotAllClose(first[0][k], first[1][k])


if __name__ == "__main__":
    tf.test.main()
