"""Averages of weights against NumPy, on one device and on two."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import keras_versions
from stargan_tf.optimization import ema
from tests import tiny


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def network(*units):
    """Returns a built network of linear layers from 3 numbers."""
    return keras.Sequential([keras.Input((3,)), *(keras.layers.Dense(n) for n in units)])


class UpdateTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters("one", "two")
    def test_every_copy_moves_towards_the_variables(self, devices):
        strategy = tiny.two_devices() if devices == "two" else tf.distribute.get_strategy()
        with strategy.scope():
            source, average = network(4), network(4)
        expected = [np.zeros((3, 4)), np.ones(4)]
        average.set_weights(expected)

        @tf.function
        def step():
            pairs = average.trainable_variables, source.trainable_variables
            strategy.run(lambda: ema.update(*pairs, 0.75))

        for t in range(4):
            values = normal(3, 4, seed=2 * t), normal(4, seed=2 * t + 1)
            source.set_weights(values)
            step()
            expected = [0.75 * e + 0.25 * v for e, v in zip(expected, values, strict=True)]
            for variable, value in zip(average.trainable_variables, expected, strict=True):
                copies = strategy.experimental_local_results(keras_versions.tf_variable(variable))
                self.assertLen(copies, strategy.num_replicas_in_sync)
                for copy in copies:
                    self.assertAllClose(copy, value, rtol=0, atol=1e-6)
                self.assertAllEqual(copies[0], copies[-1])
            for variable, value in zip(source.trainable_variables, values, strict=True):
                self.assertAllEqual(variable, value)

    def test_a_constant_is_approached_geometrically(self):
        average, variable = tf.Variable(np.float64(5)), tf.Variable(np.float64(2))
        for t in range(1, 6):
            ema.update([average], [variable], 0.999)
            self.assertAllClose(average, 2 + 3 * 0.999**t, rtol=1e-14)

    def test_without_decay_it_is_the_variable(self):
        average, variable = tf.Variable([5.0, 1.0]), tf.Variable([2.0, -3.0])
        ema.update([average], [variable], 0.0)
        self.assertAllEqual(average, [2.0, -3.0])

    def test_lists_of_different_lengths_are_refused(self):
        a, b = tf.Variable(1.0), tf.Variable(2.0)
        with self.assertRaises(ValueError):
            ema.update([a], [a, b], 0.5)


class CopyTest(tf.test.TestCase):
    def test_gives_the_weights_that_the_source_has_now(self):
        source, target = network(4, 2), network(4, 2)
        values = [normal(3, 4), normal(4, seed=1), normal(4, 2, seed=2), normal(2, seed=3)]
        source.set_weights(values)
        ema.copy(source, target)
        source.set_weights([0 * v for v in values])
        for found, value in zip(target.get_weights(), values, strict=True):
            self.assertAllEqual(found, value)

    def test_reaches_every_copy(self):
        strategy = tiny.two_devices()
        with strategy.scope():
            source, target = network(4), network(4)
            ema.copy(source, target)
        for a, b in zip(source.variables, target.variables, strict=True):
            first, second = strategy.experimental_local_results(keras_versions.tf_variable(b))
            self.assertAllEqual(first, a)
            self.assertAllEqual(second, a)

    def test_networks_of_different_shapes_are_refused(self):
        with self.assertRaises(ValueError):
            ema.copy(network(4), network(4, 2))


if __name__ == "__main__":
    tf.test.main()
