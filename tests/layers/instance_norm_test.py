"""Instance normalization against NumPy, in all the types it computes in."""

import contextlib

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.layers import instance_norm, modulation, portability


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def normalized(x, gamma=1.0, beta=0.0, epsilon=1e-5):
    x = np.asarray(x, np.float64)
    y = np.empty_like(x)
    for n in range(x.shape[0]):
        for c in range(x.shape[3]):
            pixels = x[n, :, :, c]
            y[n, :, :, c] = (pixels - np.mean(pixels)) / np.sqrt(np.var(pixels) + epsilon)
    return gamma * y + beta


def made(channels, dtype="float64", **kwargs):
    """Returns a layer whose weights all differ, and these."""
    layer = instance_norm.InstanceNorm(dtype=dtype, **kwargs)
    layer.build((None, None, None, channels))
    gamma, beta = 1.5 - 0.4 * np.arange(channels), 0.25 * np.arange(channels) - 1
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)
    return layer, gamma, beta


class InstanceNormTest(tf.test.TestCase, parameterized.TestCase):
    def test_starts_as_the_plain_normalization(self):
        x = 3 + 2 * normal(2, 4, 5, 3)
        layer = instance_norm.InstanceNorm(dtype="float64")
        self.assertAllClose(layer(tf.constant(x)), normalized(x), rtol=0, atol=1e-12)
        self.assertAllEqual(layer.gamma.numpy(), [1, 1, 1])
        self.assertAllEqual(layer.beta.numpy(), [0, 0, 0])

    @parameterized.parameters(1e-5, 0.3)
    def test_equals_the_definition(self, epsilon):
        x = normal(3, 4, 5, 4) * np.array([0.01, 1.0, 5.0, 100.0]) + 7
        layer, gamma, beta = made(4, epsilon=epsilon)
        expected = normalized(x, gamma, beta, epsilon)
        self.assertAllClose(layer(tf.constant(x)), expected, rtol=1e-10, atol=1e-10)

    def test_images_of_a_batch_do_not_see_each_other(self):
        x = normal(3, 4, 4, 2) * np.array([1.0, 10.0, 100.0])[:, None, None, None]
        layer, _, _ = made(2)
        alone = [layer(tf.constant(x[i : i + 1]))[0] for i in range(3)]
        self.assertAllClose(layer(tf.constant(x)), tf.stack(alone), rtol=0, atol=1e-12)

    def test_training_and_inference_are_the_same(self):
        x = tf.constant(5 + normal(2, 4, 4, 2))
        layer, gamma, beta = made(2)
        for _ in range(3):  # Running statistics, if there were any, would move.
            layer(x + 10)
        self.assertAllClose(layer(x), normalized(x.numpy(), gamma, beta), rtol=0, atol=1e-12)
        self.assertLen(layer.variables, 2)

    def test_a_constant_image_becomes_beta(self):
        layer, _, beta = made(3, "float32")
        y = layer(tf.fill([2, 4, 4, 3], 0.1))
        self.assertAllClose(y, np.broadcast_to(beta, [2, 4, 4, 3]), rtol=0, atol=1e-5)

    def test_a_large_mean_does_not_hide_a_small_deviation(self):
        # With mean(x^2) - mean(x)^2 the variance, 1e-4, would drown in the rounding of 1e4.
        x = (100 + 0.01 * normal(2, 16, 16, 2)).astype(np.float32)
        y = instance_norm.InstanceNorm()(tf.constant(x))
        self.assertAllClose(y, normalized(x), rtol=0, atol=5e-3)

    def test_bfloat16_is_normalized_with_float32_statistics(self):
        # Neighbouring bfloat16 numbers are 0.5 apart at 100: statistics in that type would be far
        # off, and a sum of 1024 pixels farther still.
        x = tf.cast(100 + normal(2, 32, 32, 3), tf.bfloat16)
        layer, gamma, beta = made(3, "mixed_bfloat16")
        y = layer(x)
        self.assertEqual(y.dtype, tf.bfloat16)
        self.assertEqual(layer.gamma.numpy().dtype, np.float32)
        expected = normalized(tf.cast(x, tf.float64).numpy(), gamma, beta)
        self.assertAllClose(tf.cast(y, tf.float64), expected, rtol=2**-8, atol=2**-9)

    @parameterized.parameters(False, True)
    def test_without_gamma_and_beta_it_is_the_plain_normalization(self, exported):
        x = normal(3, 4, 5, 4) * np.array([0.01, 1.0, 5.0, 100.0]) + 7
        layer = instance_norm.InstanceNorm(affine=False, dtype="float64")
        with portability.portable() if exported else contextlib.nullcontext():
            y = layer(tf.constant(x))
        self.assertAllClose(y, normalized(x), rtol=1e-10, atol=1e-10)
        self.assertEmpty(layer.variables)
        clone = keras.layers.deserialize(keras.layers.serialize(layer))
        self.assertEqual(clone.get_config(), layer.get_config())
        self.assertAllEqual(clone(tf.constant(x)), layer(tf.constant(x)))

    def test_without_gamma_and_beta_statistics_of_bfloat16_are_float32(self):
        x = tf.cast(100 + normal(2, 32, 32, 3), tf.bfloat16)
        y = instance_norm.InstanceNorm(affine=False, dtype="mixed_bfloat16")(x)
        self.assertEqual(y.dtype, tf.bfloat16)
        expected = normalized(tf.cast(x, tf.float64).numpy())
        self.assertAllClose(tf.cast(y, tf.float64), expected, rtol=2**-8, atol=2**-9)

    def test_without_gamma_and_beta_derivatives_are_those_of_the_other_form(self):
        x, weight = tf.constant(2 + normal(2, 3, 4, 2)), normal(2, 3, 4, 2, seed=1)

        def derivatives(function):
            with tf.GradientTape() as outer:
                outer.watch(x)
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    value = tf.reduce_sum(weight * function(x) ** 2)
                first = tape.gradient(value, x)
                square = tf.reduce_sum(first**2)
            return first, outer.gradient(square, x)

        found = derivatives(lambda x: modulation.normalized(x, 1e-5))
        ones = tf.ones(2, tf.float64)
        expected = derivatives(lambda x: plain(x, ones, 0 * ones))
        self.assertGreater(np.abs(expected[1]).max(), 0.1)
        for one, other in zip(found, expected, strict=True):
            self.assertAllClose(one, other, rtol=1e-9, atol=1e-9)

    def test_input_gradient_equals_finite_differences(self):
        layer, _, _ = made(2)
        weight = normal(2, 3, 3, 2, seed=1)
        theoretical, numerical = tf.test.compute_gradient(
            lambda x: tf.reduce_sum(weight * layer(x)), [tf.constant(normal(2, 3, 3, 2))]
        )
        self.assertGreater(np.abs(theoretical[0]).max(), 0.1)
        self.assertAllClose(theoretical, numerical, rtol=0, atol=1e-5)

    def test_weight_gradients_equal_finite_differences(self):
        layer, _, _ = made(2)
        x, weight = tf.constant(normal(2, 3, 3, 2)), normal(2, 3, 3, 2, seed=1)

        def loss():
            return tf.reduce_sum(weight * tf.square(layer(x)))

        with tf.GradientTape() as tape:
            value = loss()
        gradients = tape.gradient(value, layer.trainable_variables)
        for variable, gradient in zip((layer.gamma, layer.beta), gradients, strict=True):
            start = variable.numpy()
            for c in range(2):
                step = 1e-5 * np.eye(2)[c]
                variable.assign(start + step)
                above = loss()
                variable.assign(start - step)
                slope = (above - loss()) / 2e-5
                variable.assign(start)
                self.assertAllClose(gradient[c], slope, rtol=1e-7, atol=1e-7)

    def test_config_round_trip(self):
        layer = instance_norm.InstanceNorm(0.5, name="norm", dtype="float64")
        clone = keras.layers.deserialize(keras.layers.serialize(layer))
        self.assertEqual(clone.get_config(), layer.get_config())
        x = normal(1, 4, 4, 2)
        self.assertAllClose(clone(tf.constant(x)), normalized(x, epsilon=0.5), atol=1e-12)


def plain(x, gamma, beta, epsilon=1e-5):
    """Returns `modulated`, of operations of which TensorFlow derives the gradients."""
    # Not tf.nn.moments, which stops the gradient at the mean: its second derivatives are wrong.
    centred = x - tf.reduce_mean(x, axis=(1, 2), keepdims=True)
    variance = tf.reduce_mean(centred**2, axis=(1, 2), keepdims=True)
    return gamma * centred / tf.sqrt(variance + epsilon) + beta


class ModulatedTest(tf.test.TestCase, parameterized.TestCase):
    def _arguments(self, each, dtype=tf.float64):
        """Returns x and, for all images together or for each, gamma and beta."""
        shape = (3, 1, 1, 2) if each else (2,)
        arrays = 3 + 2 * normal(3, 4, 5, 2), normal(*shape, seed=1), normal(*shape, seed=2)
        return [tf.constant(arrays[0], dtype), *(tf.constant(a) for a in arrays[1:])]

    @parameterized.product(each=(False, True), graph=(False, True))
    def test_gradients_are_those_that_tensorflow_derives(self, each, graph):
        arguments = self._arguments(each)
        weight = normal(3, 4, 5, 2, seed=3)
        seconds = [normal(*a.shape, seed=4) for a in arguments]

        def derivatives(normalize):
            with tf.GradientTape() as outer:
                outer.watch(arguments)
                with tf.GradientTape() as inner:
                    inner.watch(arguments)
                    # The square makes what arrives at the layer depend on what left it.
                    loss = tf.reduce_sum(weight * tf.square(normalize(*arguments, 1e-5)))
                first = inner.gradient(loss, arguments)
                pairs = zip(seconds, first, strict=True)
                total = sum(tf.reduce_sum(w * tf.square(g)) for w, g in pairs)
            return first, outer.gradient(total, arguments)

        call = tf.function(derivatives) if graph else derivatives
        expected, found = derivatives(plain), call(modulation.modulated)
        for order in range(2):
            rows = zip(arguments, expected[order], found[order], strict=True)
            for argument, wanted, got in rows:
                self.assertEqual(got.shape, argument.shape)
                self.assertGreater(np.abs(wanted).max(), 0.1)
                scale = np.abs(wanted).max()
                self.assertAllClose(got / scale, wanted / scale, rtol=0, atol=1e-11)

    @parameterized.parameters(False, True)
    def test_second_derivatives_equal_finite_differences(self, each):
        arguments = self._arguments(each)
        weight, direction = normal(3, 4, 5, 2, seed=3), normal(3, 4, 5, 2, seed=4)

        def slope(*arguments):
            with tf.GradientTape() as tape:
                tape.watch(arguments[0])
                y = modulation.modulated(*arguments, 1e-5)
                loss = tf.reduce_sum(weight * tf.square(y))
            return tf.reduce_sum(direction * tape.gradient(loss, arguments[0]))

        with tf.GradientTape() as tape:
            tape.watch(arguments)
            value = slope(*arguments)
        for number, gradient in enumerate(tape.gradient(value, arguments)):
            way = normal(*gradient.shape, seed=5 + number)  # Every entry counts.
            ends = []
            for sign in (1, -1):
                moved = list(arguments)
                moved[number] += sign * 1e-5 * way
                ends.append(slope(*moved))
            expected = (ends[0] - ends[1]) / 2e-5
            self.assertGreater(np.abs(expected), 0.1)
            self.assertAllClose(np.sum(gradient * way), expected, rtol=1e-7)

    @parameterized.parameters(False, True)
    def test_gradients_of_bfloat16_maps_are_summed_in_float32(self, each):
        x, gamma, beta = self._arguments(each, tf.bfloat16)
        gamma, beta = tf.cast(gamma, tf.float32), tf.cast(beta, tf.float32)
        weight = tf.cast(normal(3, 4, 5, 2, seed=3), tf.bfloat16)

        def gradients(normalize, *arguments):
            with tf.GradientTape() as tape:
                tape.watch(arguments)
                loss = tf.reduce_sum(tf.cast(weight, arguments[0].dtype) * normalize(*arguments))
            return tape.gradient(loss, arguments)

        found = gradients(lambda *a: modulation.modulated(*a, 1e-5), x, gamma, beta)
        self.assertEqual([g.dtype for g in found], [tf.bfloat16, tf.float32, tf.float32])
        expected = gradients(plain, *(tf.cast(a, tf.float64) for a in (x, gamma, beta)))
        self.assertAllClose(tf.cast(found[0], tf.float64), expected[0], rtol=2**-8, atol=2**-8)
        self.assertAllClose(found[1:], expected[1:], rtol=1e-5, atol=1e-5)


if __name__ == "__main__":
    tf.test.main()
