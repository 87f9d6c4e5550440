"""Gated convolutions of sequences against their definition, written out in NumPy."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.layers import gated_convolution
from tests.layers import rectangular_convolution_test as plain


class GatedConvolutionTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(window=((9, 1), (8, 2), (5, 1)), transposed=(False, True))
    def test_equals_the_definition(self, window, transposed):
        x, (size, strides) = plain.normal(2, 1, 12, 3), window
        layer = gated_convolution.GatedSequenceConv(
            4, size, strides, transposed=transposed, dtype="float64"
        )
        layer(tf.constant(x))
        conv = layer.conv
        conv.kernel.assign(plain.normal(*conv.kernel.shape, seed=1))
        conv.length.assign(plain.normal(*conv.length.shape, seed=2))
        conv.bias.assign(plain.normal(8, seed=3))
        v = conv.kernel.numpy()
        # Of each entry of the last axis, which is an output or, transposed, an input.
        kernel = conv.length.numpy() * v / np.sqrt(np.square(v).sum(axis=(0, 1), keepdims=True))
        if transposed:
            y = plain.scattered(x, kernel[np.newaxis], (1, strides))
        else:
            padding = (0, (size - strides) // 2)
            y = plain.cross_correlation(x, kernel[np.newaxis], (1, strides), padding)
        y = y + conv.bias.numpy()
        y = y - y.mean(axis=2, keepdims=True)
        y = y / np.sqrt(np.square(y).mean(axis=2, keepdims=True) + 1e-5)
        value, gate = y[..., :4], y[..., 4:]
        found = layer(tf.constant(x))
        self.assertEqual(found.shape, (2, 1, 12 * strides if transposed else 12 // strides, 4))
        self.assertAllClose(found, value / (1 + np.exp(-gate)), atol=1e-11)

    def test_its_configuration_makes_it_again(self):
        layer = gated_convolution.GatedSequenceConv(4, 8, 2, transposed=True, name="le8")
        again = gated_convolution.GatedSequenceConv.from_config(layer.get_config())
        self.assertEqual(again.get_config(), layer.get_config())


if __name__ == "__main__":
    tf.test.main()
