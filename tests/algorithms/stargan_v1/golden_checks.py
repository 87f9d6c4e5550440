"""What the golden tests of StarGAN v1 compare, and how nearly."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import keras_versions


class GoldenTestCase(tf.test.TestCase, parameterized.TestCase):
    def check_losses(self, found, expected, tolerance):
        self.assertCountEqual(found, expected)
        for name, value in expected.items():
            self.assertAllClose(found[name], value, rtol=tolerance, atol=tolerance, msg=name)

    def check_gradients(self, tape, loss, named, expected, median_tol, worst_tol):
        gradients = tape.gradient(
            loss,
            [keras_versions.tf_variable(v) for v in named.values()],
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        errors = []
        for name, gradient in zip(named, gradients, strict=True):
            gradient = np.asarray(gradient, np.float64)
            if name not in expected:  # the loss does not reach this tensor
                self.assertAllEqual(gradient, np.zeros_like(gradient))
                continue
            found = np.array([gradient.sum(), np.abs(gradient).sum()])
            scale = max(expected[name][1], 1e-5 * gradient.size)
            errors.append(np.abs(found - expected[name]) / scale)
        self.assertLen(errors, len(expected))
        self.assertLess(np.max(errors), worst_tol)
        self.assertLess(np.median(errors), median_tol)
