"""The residual blocks against their compositions, written out in NumPy in the papers' order."""

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


def pooled(x):
    """Returns the means over 2x2 pixels."""
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


def doubled(x):
    """Returns every pixel four times."""
    return np.kron(x, np.ones((1, 2, 2, 1)))


def act(x):
    return np.maximum(x, 0.2 * x)


def normalized(x, gamma, beta):
    mean, variance = x.mean(axis=(1, 2), keepdims=True), x.var(axis=(1, 2), keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta


def made(channels, dtype="float64"):
    """Returns a block, and its weights, which all differ."""
    block = residual_blocks.ResidualBlock(channels, dtype=dtype)
    block(tf.zeros([1, 4, 4, channels], dtype if dtype == "float64" else "float32"))
    return block, randomized(block)


def randomized(block):
    """Gives the sublayers weights that all differ, and returns them by the sublayer's name."""
    weights = {}
    for number, name in enumerate(("conv1", "norm1", "conv2", "norm2", "skip")):
        layer = getattr(block, name, None)
        if layer is not None:
            shapes = [v.shape for v in layer.get_weights()]
            weights[name] = [normal(*shape, seed=10 * number + k) for k, shape in enumerate(shapes)]
            layer.set_weights(weights[name])
    return weights


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

    def test_cycle_gans_form_has_biases_and_mirrored_borders_and_no_gamma(self):
        x = normal(2, 5, 6, 3, seed=99)
        block = residual_blocks.ResidualBlock(3, plain=True, dtype="float64")
        block(tf.constant(x))
        self.assertEqual([v.shape for v in block.get_weights()], 2 * [(3, 3, 3, 3), (3,)])
        for layer in (block.conv1, block.conv2):
            self.assertAllEqual(layer.bias.numpy(), np.zeros(3))
            self.assertLess(np.abs(layer.kernel.numpy()).max(), 0.1)
        weights = randomized(block)

        def convolved(x, kernel, bias):
            x = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], "reflect")
            return conv3x3(x, kernel)[:, 1:-1, 1:-1] + bias

        residual = normalized(convolved(x, *weights["conv1"]), 1, 0)
        residual = normalized(convolved(np.maximum(residual, 0), *weights["conv2"]), 1, 0)
        self.assertAllClose(block(tf.constant(x)), x + residual, rtol=0, atol=1e-11)
        clone = keras.layers.deserialize(keras.layers.serialize(block))
        self.assertEqual(clone.get_config(), block.get_config())

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


def affine(x, kernel, bias):
    return conv3x3(x, kernel) + bias


def res_blk(x, weights, downsample):
    """Returns ResBlk(x): conv and then pool, the skip's 1x1 convolution and then pool."""
    residual = act(normalized(x, *weights["norm1"]) if "norm1" in weights else x)
    residual = affine(residual, *weights["conv1"])
    residual = pooled(residual) if downsample else residual
    residual = act(normalized(residual, *weights["norm2"]) if "norm2" in weights else residual)
    residual = affine(residual, *weights["conv2"])
    x = x @ weights["skip"][0][0, 0] if "skip" in weights else x
    return ((pooled(x) if downsample else x) + residual) / np.sqrt(2)


def adain_res_blk(x, s, weights, upsample, skip=True):
    """Returns AdainResBlk(x, s): up before the convolutions of the residual and of the skip."""

    def styled(x, kernel, bias):
        gamma, beta = np.split((s @ kernel + bias)[:, None, None], 2, axis=3)
        return normalized(x, 1 + gamma, beta)

    residual = act(styled(x, *weights["norm1"]))
    residual = affine(doubled(residual) if upsample else residual, *weights["conv1"])
    residual = affine(act(styled(residual, *weights["norm2"])), *weights["conv2"])
    if not skip:
        return residual
    x = doubled(x) if upsample else x
    return ((x @ weights["skip"][0][0, 0] if "skip" in weights else x) + residual) / np.sqrt(2)


class ResBlkTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(filters=(3, 5), normalize=(False, True), downsample=(False, True))
    def test_equals_the_composition(self, filters, normalize, downsample):
        x = normal(2, 4, 6, 3, seed=99)
        block = residual_blocks.ResBlk(3, filters, normalize, downsample, dtype="float64")
        block(tf.constant(x))
        weights = randomized(block)
        self.assertEqual({"norm1", "norm2"} <= weights.keys(), normalize)
        self.assertEqual("skip" in weights, filters != 3)
        self.assertLen(block.weights, sum(len(w) for w in weights.values()))
        self.assertAllClose(
            block(tf.constant(x)), res_blk(x, weights, downsample), rtol=1e-11, atol=1e-11
        )

    def test_keeps_the_variance_at_first(self):
        # A leaky ReLU of slope 0.2 leaves 1.04 / 2 of the squares, which He-normal kernels double.
        # Skip and residual are independent: their sum's variance, the sum of theirs, is halved.
        keras.utils.set_random_seed(0)
        x = normal(2, 20, 20, 64)
        y = residual_blocks.ResBlk(64, 64)(tf.constant(x, tf.float32)).numpy()
        self.assertAllClose(y[:, 2:-2, 2:-2].var(), (1 + 1.04**2) / 2, rtol=0.2)

    def test_sublayers_compute_in_the_type_of_the_block(self):
        x = tf.cast(normal(2, 4, 4, 3, seed=99), tf.bfloat16)
        block = residual_blocks.ResBlk(3, 5, True, True, dtype="mixed_bfloat16")
        block(x)
        weights = randomized(block)
        y = block(x)
        self.assertEqual(y.dtype, tf.bfloat16)
        self.assertEqual({v.dtype for v in block.get_weights()}, {np.dtype(np.float32)})
        expected = res_blk(tf.cast(x, tf.float64).numpy(), weights, True)
        self.assertAllClose(tf.cast(y, tf.float64), expected, rtol=0, atol=0.15)

    def test_config_round_trip(self):
        block = residual_blocks.ResBlk(3, 5, True, True, name="down", dtype="float64")
        clone = keras.layers.deserialize(keras.layers.serialize(block))
        self.assertEqual(clone.get_config(), block.get_config())
        x = tf.constant(normal(1, 4, 4, 3))
        block(x), clone(x)
        clone.set_weights(block.get_weights())
        self.assertAllEqual(clone(x), block(x))


class AdainResBlkTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(filters=(3, 5), upsample=(False, True), skip=(False, True))
    def test_equals_the_composition(self, filters, upsample, skip):
        x, s = normal(2, 3, 4, 3, seed=99), normal(2, 6, seed=98)
        block = residual_blocks.AdainResBlk(3, filters, 6, upsample, skip, dtype="float64")
        block(tf.constant(x), tf.constant(s))
        weights = randomized(block)
        self.assertEqual("skip" in weights, skip and filters != 3)
        self.assertLen(block.weights, sum(len(w) for w in weights.values()))
        expected = adain_res_blk(x, s, weights, upsample, skip)
        self.assertAllClose(block(tf.constant(x), tf.constant(s)), expected, rtol=1e-11, atol=1e-11)

    def test_keeps_the_variance_at_first(self):
        # As ResBlk does, but for the second normalization. A style of zeros leaves them plain.
        keras.utils.set_random_seed(0)
        x = normal(2, 20, 20, 64)
        block = residual_blocks.AdainResBlk(64, 64, 8)
        y = block(tf.constant(x, tf.float32), tf.zeros([2, 8])).numpy()
        self.assertAllClose(y[:, 2:-2, 2:-2].var(), (1 + 1.04) / 2, rtol=0.2)

    def test_sublayers_compute_in_the_type_of_the_block(self):
        x, s = tf.cast(normal(2, 4, 4, 3, seed=99), tf.bfloat16), normal(2, 6, seed=98)
        block = residual_blocks.AdainResBlk(3, 5, 6, True, dtype="mixed_bfloat16")
        block(x, tf.constant(s, tf.float32))
        weights = randomized(block)
        y = block(x, tf.constant(s, tf.float32))
        self.assertEqual(y.dtype, tf.bfloat16)
        self.assertEqual({v.dtype for v in block.get_weights()}, {np.dtype(np.float32)})
        expected = adain_res_blk(tf.cast(x, tf.float64).numpy(), s, weights, True)
        scale = np.abs(expected).max()
        self.assertAllClose(tf.cast(y, tf.float64) / scale, expected / scale, rtol=0, atol=0.02)

    def test_styles_keep_their_digits_beside_bfloat16_maps(self):
        # 1 + 2^-12 is 1 in bfloat16. The last beta, 4096 s - 4096, is 1; and so is the output, of a
        # first convolution that lets nothing pass and a last one that passes the middle pixel on.
        block = residual_blocks.AdainResBlk(1, 1, 1, skip=False, dtype="mixed_bfloat16")
        x, s = tf.zeros([1, 2, 2, 1]), tf.constant([[1 + 2.0**-12]])
        block(x, s)
        block.conv1.set_weights([np.zeros((3, 3, 1, 1)), np.zeros(1)])
        block.norm2.set_weights([np.array([[0, 4096]]), np.array([0, -4096])])
        middle = np.zeros((3, 3, 1, 1))
        middle[1, 1] = 1
        block.conv2.set_weights([middle, np.zeros(1)])
        self.assertAllEqual(block(x, s), tf.ones([1, 2, 2, 1], tf.bfloat16))

    def test_config_round_trip(self):
        block = residual_blocks.AdainResBlk(3, 5, 6, True, False, name="up", dtype="float64")
        clone = keras.layers.deserialize(keras.layers.serialize(block))
        self.assertEqual(clone.get_config(), block.get_config())
        x, s = tf.constant(normal(1, 4, 4, 3)), tf.constant(normal(1, 6, seed=1))
        block(x, s), clone(x, s)
        clone.set_weights(block.get_weights())
        self.assertAllEqual(clone(x, s), block(x, s))


if __name__ == "__main__":
    tf.test.main()
