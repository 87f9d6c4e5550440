"""The convolution of an image beside its label, against one that is given the label's planes."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import keras_versions
from stargan_tf.layers import labelled_convolution, portability

# Kernel size, strides, padding; the first two are computed apart on CPUs.
WINDOWS = ((7, 1, 3), (3, 1, 1), (4, 2, 1), (3, 1, 0))
LABELS = 3


def normal(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=shape))


def built(size, strides, padding, dtype="float64"):
    layer = labelled_convolution.LabelledConv2D(
        5, size, LABELS, strides=strides, padding=padding, dtype=dtype
    )
    layer(normal(1, 8, 8, 3), normal(1, LABELS))
    layer.bias.assign(np.arange(5.0))
    return layer


def of_planes(layer, x, c):
    """Computes what the layer should, from planes that are written out."""
    c = tf.tile(c[:, tf.newaxis, tf.newaxis, :], (1, *x.shape[1:3], 1))
    p = layer.padding
    x = tf.pad(tf.concat([x, c], axis=3), [[0, 0], [p, p], [p, p], [0, 0]])
    kernel = tf.convert_to_tensor(layer.kernel)
    return tf.nn.conv2d(x, kernel, layer.strides, "VALID") + tf.convert_to_tensor(layer.bias)


def derivatives(function, variables):
    """Returns the result, its gradients, and those of the sum of their squares."""
    with tf.GradientTape() as outer:
        outer.watch(variables)
        with tf.GradientTape() as inner:
            inner.watch(variables)
            y = function(*variables[:2])
            loss = tf.reduce_sum(y**2 * normal(*y.shape, seed=2))
        first = inner.gradient(loss, variables)
        total = tf.add_n([tf.reduce_sum(d**2) for d in first])
    return [y, *first, *outer.gradient(total, variables)]


class LabelledConv2DTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(window=WINDOWS, size=((8, 12), (6, 4)))
    def test_equals_the_planes_convolved_with_first_and_second_derivatives(self, window, size):
        layer = built(*window)
        self.assertEqual(layer.kernel.shape, (window[0], window[0], 3 + LABELS, 5))
        variables = [normal(2, *size, 3), normal(2, LABELS, seed=1)]
        variables += [keras_versions.tf_variable(v) for v in (layer.kernel, layer.bias)]
        found = derivatives(layer, variables)
        expected = derivatives(lambda x, c: of_planes(layer, x, c), variables)
        for one, other in zip(found, expected, strict=True):
            self.assertAllClose(one, other, rtol=0, atol=1e-11 * np.abs(other).max())

    @parameterized.parameters(*WINDOWS)
    def test_sizes_unknown_to_the_graph(self, *window):
        layer = built(*window)
        shapes = [tf.TensorSpec((None, None, None, 3), tf.float64), tf.TensorSpec((None, LABELS))]
        call = tf.function(layer.__call__, input_signature=shapes)
        for size in ((8, 8), (9, 7)):
            x, c = normal(2, *size, 3), normal(2, LABELS, seed=1)
            expected = of_planes(layer, x, c)
            self.assertAllClose(call(x, tf.cast(c, tf.float32)), expected, rtol=0, atol=1e-5)

    def test_exports_convolve_the_planes(self):
        layer = built(7, 1, 3)
        x, c = normal(2, 8, 8, 3), normal(2, LABELS, seed=1)
        with portability.portable():
            graph = tf.function(layer.__call__).get_concrete_function(x, c).graph
            self.assertAllClose(layer(x, c), of_planes(layer, x, c), rtol=0, atol=1e-12)
        found = [o.inputs[0].shape for o in graph.get_operations() if o.type == "Conv2D"]
        self.assertEqual([list(shape) for shape in found], [[2, 8, 8, 3 + LABELS]])

    def test_bfloat16_is_near(self):
        layer = built(7, 1, 3, dtype="mixed_bfloat16")
        x, c = normal(2, 8, 8, 3), normal(2, LABELS, seed=1)
        y = layer(tf.cast(x, tf.float32), tf.cast(c, tf.float32))
        self.assertEqual(y.dtype, tf.bfloat16)
        expected = of_planes(layer, *(tf.cast(v, tf.float32) for v in (x, c)))
        self.assertAllClose(tf.cast(y, tf.float32), expected, rtol=0.02, atol=0.05)

    def test_config_round_trip(self):
        layer = built(7, 1, 3)
        clone = keras.layers.deserialize(keras.layers.serialize(layer))
        self.assertEqual(clone.get_config(), layer.get_config())
        x, c = normal(1, 8, 8, 3), normal(1, LABELS)
        clone(x, c)
        clone.set_weights(layer.get_weights())
        self.assertAllEqual(clone(x, c), layer(x, c))


if __name__ == "__main__":
    tf.test.main()
