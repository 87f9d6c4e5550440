"""The residual block against its composition, written out in NumPy."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.layers import residual_blocks


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def conv3x3(x, kernel):
    """The sum of nine shifted images, each with the weights of its shift."""
    height, width = x.shape[1:3]
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    return sum(
        padded[:, a : a + height, b : b + width] @ kernel[a, b] for a in range(3) for b in range(3)
    )


def normalized(x, gamma, beta):
    mean, variance = x.mean(axis=(1, 2), keepdims=True), x.var(axis=(1, 2), keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta


def made(channels, dtype="float64"):
    """Returns a block, and its weights, which all differ."""
    block = residual_blocks.ResidualBlock(channels, dtype=dtype)
    block(tf.zeros([1, 4, 4, channels], dtype if dtype == "float64" else "float32"))
    layers = {name: getattr(block, name) for name in ("conv1", "norm1", "conv2", "norm2")}
    weights = {}
    for number, (name, layer) in enumerate(layers.items()):
        shapes = [v.shape for v in layer.get_weights()]
        weights[name] = [normal(*shape, seed=10 * number + k) for k, shape in enumerate(shapes)]
        layer.set_weights(weights[name])
    return block, weights


def composed(x, weights):
    residual = normalized(conv3x3(x, *weights["conv1"]), *weights["norm1"])
    residual = conv3x3(np.maximum(residual, 0), *weights["conv2"])
    return x + normalized(residual, *weights["norm2"])


class ResidualBlockTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(((4, 4),), ((5, 7),))
    def test_equals_the_composition(self, size):
        x = normal(2, *size, 3, seed=99)
        block, weights = made(3)
        self.assertAllClose(block(tf.constant(x)), composed(x, weights), rtol=0, atol=1e-11)

    def test_nothing_but_the_input_passes_where_the_last_gamma_and_beta_are_zero(self):
        block, _ = made(3)
        block.norm2.set_weights([np.zeros(3), np.zeros(3)])
        x = -np.abs(normal(1, 4, 4, 3))  # No ReLU after the sum: negative values pass.
        self.assertAllEqual(block(tf.constant(x)), x)

    def test_the_convolutions_have_no_bias(self):
        block, weights = made(3)
        self.assertEqual([len(w) for w in weights.values()], [1, 2, 1, 2])
        self.assertLen(block.trainable_variables, 6)

    def test_sublayers_compute_in_the_type_of_the_block(self):
        block, weights = made(3, "mixed_bfloat16")
        x = tf.cast(normal(2, 4, 4, 3, seed=99), tf.bfloat16)
        y = block(x)
        self.assertEqual(y.dtype, tf.bfloat16)
        self.assertEqual({v.dtype for v in block.get_weights()}, {np.dtype(np.float32)})
        expected = composed(tf.cast(x, tf.float64).numpy(), weights)
        self.assertAllClose(tf.cast(y, tf.float64), expected, rtol=0, atol=0.1)

    def test_config_round_trip(self):
        block, _ = made(3)
        clone = keras.layers.deserialize(keras.layers.serialize(block))
        self.assertEqual(clone.get_config(), block.get_config())
        x = tf.constant(normal(1, 4, 4, 3))
        clone(x)
        clone.set_weights(block.get_weights())
        self.assertAllEqual(clone(x), block(x))


if __name__ == "__main__":
    tf.test.main()
