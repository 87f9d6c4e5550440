"""The forms for CPUs against the plain convolution: values, and first and second derivatives."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.layers import convolution, cpu_convolution, portability

# Height, width, channels, filters, kernel size, strides, padding.
FEW = (
    (8, 8, 16, 3, 7, 1, 3),
    (5, 12, 3, 16, 7, 1, 3),
    (4, 8, 8, 4, 5, 1, 2),
    (9, 8, 2, 2, 9, 1, 4),
)
TINY = ((4, 4, 6, 5, 4, 2, 1), (2, 2, 6, 1, 3, 1, 1), (4, 2, 3, 4, 4, 2, 1), (8, 8, 2, 3, 4, 2, 1),
        (3, 4, 3, 2, 3, 1, 0), (4, 4, 3, 2, 4, 1, 0))  # fmt: skip
PLAIN = ((8, 6, 16, 3, 7, 1, 3), (8, 8, 16, 8, 7, 1, 3), (8, 8, 16, 3, 3, 1, 1),
         (8, 8, 3, 4, 3, 1, 1), (16, 16, 3, 4, 4, 2, 1), (8, 8, 16, 3, 7, 1, 0),
         (4, 4, 3, 5, 1, 1, 0))  # fmt: skip


def normal(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=shape))


def plain(x, kernel, strides, padding):
    x = tf.pad(x, [[0, 0], [padding, padding], [padding, padding], [0, 0]])
    return tf.nn.conv2d(x, kernel, strides, "VALID")


def derivatives(convolved, x, kernel, *window):
    """Returns the result, its gradients, and the gradients of a function of these."""
    with tf.GradientTape() as outer:
        outer.watch([x, kernel])
        with tf.GradientTape() as inner:
            inner.watch([x, kernel])
            y = convolved(x, kernel, *window)
            loss = tf.reduce_sum(y**2 * normal(*y.shape, seed=2))
        first = inner.gradient(loss, [x, kernel])
        both = [tf.reduce_sum(d**2 * normal(*d.shape, seed=3)) for d in first]
        total = tf.add_n(both)
    return [y, *first, *outer.gradient(total, [x, kernel])]


class CpuConvolutionTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        if tf.config.list_logical_devices("GPU"):
            self.skipTest("these forms are not used beside a GPU")

    @parameterized.parameters(*FEW, *TINY)
    def test_equals_the_plain_form_with_first_and_second_derivatives(self, *case):
        height, width, channels, filters, size, *window = case
        x, kernel = normal(2, height, width, channels), normal(size, size, channels, filters)
        self.assertIsNotNone(cpu_convolution.convolved(x, kernel, *window))
        found = derivatives(cpu_convolution.convolved, x, kernel, *window)
        expected = derivatives(plain, x, kernel, *window)
        for one, other in zip(found, expected, strict=True):
            scale = np.abs(other).max()
            self.assertAllClose(one / scale, other / scale, rtol=0, atol=1e-12)

    @parameterized.parameters(*PLAIN)
    def test_leaves_others_plain(self, *case):
        height, width, channels, filters, size, *window = case
        x, kernel = normal(2, height, width, channels), normal(size, size, channels, filters)
        self.assertIsNone(cpu_convolution.convolved(x, kernel, *window))

    @parameterized.parameters(FEW[0], TINY[0])
    def test_any_number_of_images(self, *case):
        height, width, channels, filters, size, *window = case
        layer = convolution.Conv2D(filters, size, *window, dtype="float64")
        layer.build((None, height, width, channels))
        shape = tf.TensorSpec((None, height, width, channels), tf.float64)
        call = tf.function(layer.__call__, input_signature=[shape])
        for count in (1, 3):
            x = normal(count, height, width, channels)
            expected = plain(x, layer.kernel, *window) + layer.bias
            self.assertAllClose(call(x), expected, rtol=0, atol=1e-12)

    @parameterized.parameters(FEW[0], TINY[0])
    def test_exports_and_xla_get_the_plain_form(self, *case):
        height, width, channels, filters, size, *window = case
        x = normal(2, height, width, channels)
        layer = convolution.Conv2D(filters, size, *window, dtype="float64")
        layer(x)

        def operations(function):
            graph = function.get_concrete_function(x).graph
            shapes = [o.outputs[0].shape for o in graph.get_operations() if o.type == "Conv2D"]
            return [list(shape) for shape in shapes]

        expected = [list(plain(x, layer.kernel, *window).shape)]
        self.assertNotEqual(operations(tf.function(layer.__call__)), expected)
        with portability.portable():
            self.assertEqual(operations(tf.function(layer.__call__)), expected)
        self.assertEqual(operations(portability.compiled(layer.__call__)), expected)
        self.assertTrue(portability.are_for_cpus())


if __name__ == "__main__":
    tf.test.main()
