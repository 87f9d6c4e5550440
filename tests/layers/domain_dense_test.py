"""The domains' own linear layers against one product for each of them, in NumPy."""

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.layers import domain_dense

DOMAINS = 3
DRAWN = np.array([2, 0, 2, 2])  # domain 1 is not
ONE_HOT = np.eye(DOMAINS)[DRAWN]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def made(inputs, units, dtype="float64"):
    """Returns a layer with random weights, and these."""
    layer = domain_dense.DomainDense(DOMAINS, units, dtype=dtype)
    layer.build((None, inputs))
    weights = normal(DOMAINS, inputs, units, seed=1), normal(DOMAINS, 1, units, seed=2)
    layer.set_weights(weights)
    return layer, weights


class DomainDenseTest(tf.test.TestCase):
    def test_every_domain_maps_the_same_input(self):
        x = normal(4, 5)
        layer, (kernel, bias) = made(5, 2)
        expected = [x @ kernel[k] + bias[k] for k in range(DOMAINS)]
        self.assertAllClose(layer(tf.constant(x)), expected, rtol=0, atol=1e-13)

    def test_every_domain_maps_its_own_row(self):
        x = normal(DOMAINS, 4, 5)
        layer, (kernel, bias) = made(5, 2)
        expected = [x[k] @ kernel[k] + bias[k] for k in range(DOMAINS)]
        self.assertAllClose(layer(tf.constant(x)), expected, rtol=0, atol=1e-13)

    def test_select_domain_picks_the_row_of_each_sample(self):
        x = normal(DOMAINS, 4, 2)
        expected = [x[k, n] for n, k in enumerate(DRAWN)]
        for y in (ONE_HOT, ONE_HOT.astype(np.float32), ONE_HOT.astype(np.int32)):
            self.assertAllEqual(
                domain_dense.select_domain(tf.constant(x), tf.constant(y)), expected
            )

    def test_a_stack_is_a_network_for_each_domain(self):
        x = normal(4, 5)
        (first, (w, b)), (second, (v, c)) = made(5, 6), made(6, 2)
        hidden = tf.nn.relu(first(tf.constant(x)))
        found = domain_dense.select_domain(second(hidden), tf.constant(ONE_HOT))
        for n, k in enumerate(DRAWN):
            expected = np.maximum(x[n] @ w[k] + b[k, 0], 0) @ v[k] + c[k, 0]
            self.assertAllClose(found[n], expected, rtol=0, atol=1e-12)

    def test_the_samples_of_a_domain_alone_move_its_weights(self):
        x, arriving = normal(4, 5), normal(4, 2, seed=3)
        layer, _ = made(5, 2)
        with tf.GradientTape() as tape:
            found = domain_dense.select_domain(layer(tf.constant(x)), tf.constant(ONE_HOT))
            loss = tf.reduce_sum(arriving * found)
        d_kernel, d_bias = tape.gradient(loss, layer.trainable_variables)
        for k in range(DOMAINS):
            own = k == DRAWN
            self.assertAllClose(d_kernel[k], x[own].T @ arriving[own], rtol=0, atol=1e-13)
            self.assertAllClose(d_bias[k, 0], arriving[own].sum(axis=0), rtol=0, atol=1e-13)
        self.assertAllEqual(d_kernel[1], np.zeros((5, 2)))

    def test_starts_he_normal_by_the_fan_in_of_one_domain(self):
        layer = domain_dense.DomainDense(DOMAINS, 100)
        layer.build((None, 200))
        for kernel in layer.kernel.numpy():
            self.assertAllClose(kernel.std(), np.sqrt(2 / 200), rtol=0.03)  # 4 standard errors
        self.assertAllEqual(layer.bias.numpy(), np.zeros((DOMAINS, 1, 100)))

    def test_computes_in_bfloat16_and_stores_float32(self):
        x = normal(4, 5)
        layer, (kernel, bias) = made(5, 2, "mixed_bfloat16")
        y = layer(tf.constant(x, tf.float32))
        self.assertEqual(y.dtype, tf.bfloat16)
        self.assertEqual(layer.kernel.numpy().dtype, np.float32)
        self.assertAllClose(tf.cast(y, tf.float64), x @ kernel + bias, rtol=0, atol=0.06)

    def test_config_round_trip(self):
        layer, weights = made(5, 2)
        clone = keras.layers.deserialize(keras.layers.serialize(layer))
        self.assertEqual(clone.get_config(), layer.get_config())
        x = tf.constant(normal(4, 5))
        clone(x)
        clone.set_weights(weights)
        self.assertAllEqual(clone(x), layer(x))


if __name__ == "__main__":
    tf.test.main()
