"""Conditional instance normalization against its definition."""

import numpy as np
import tensorflow as tf

from stargan_tf.layers import conditional_norm


class ConditionalInstanceNormTest(tf.test.TestCase):
    def test_equals_the_definition(self):
        random = np.random.default_rng(0)
        x, code = random.normal(2, 3, (2, 1, 7, 3)), random.normal(size=(2, 4))
        layer = conditional_norm.ConditionalInstanceNorm(4, dtype="float64")
        normalized = x - x.mean(axis=(1, 2), keepdims=True)
        normalized /= np.sqrt(x.var(axis=(1, 2), keepdims=True) + 1e-5)
        # At first no code changes anything.
        self.assertAllClose(layer(tf.constant(x), tf.constant(code)), normalized, atol=1e-12)
        values = {
            name: random.normal(size=getattr(layer, name).shape)
            for name in ("gamma_kernel", "gamma_bias", "beta_kernel", "beta_bias")
        }
        for name, value in values.items():
            getattr(layer, name).assign(value)
        gamma = code @ values["gamma_kernel"] + values["gamma_bias"]
        beta = code @ values["beta_kernel"] + values["beta_bias"]
        expected = gamma[:, None, None] * normalized + beta[:, None, None]
        self.assertAllClose(layer(tf.constant(x), tf.constant(code)), expected, atol=1e-12)

    def test_computes_statistics_in_float32(self):
        x = np.random.default_rng(0).normal(100, 1, (1, 1, 50, 2)).astype(np.float32)
        layer = conditional_norm.ConditionalInstanceNorm(2, dtype="mixed_bfloat16")
        found = layer(tf.cast(x, tf.bfloat16), tf.zeros((1, 2)))
        self.assertEqual(found.dtype, tf.bfloat16)
        rounded = tf.cast(tf.cast(x, tf.bfloat16), tf.float64).numpy()
        expected = (rounded - rounded.mean(axis=2)) / np.sqrt(rounded.var(axis=2) + 1e-5)
        self.assertAllClose(tf.cast(found, tf.float64), expected, atol=0.02)

    def test_config_is_kept(self):
        layer = conditional_norm.ConditionalInstanceNorm(4, 1e-3)
        again = conditional_norm.ConditionalInstanceNorm.from_config(layer.get_config())
        self.assertEqual((again.code_length, again.epsilon), (4, 1e-3))


if __name__ == "__main__":
    tf.test.main()
