"""The optimizer against the reference's five updates, and the algorithm written out in NumPy."""

import pathlib

import numpy as np
import tensorflow as tf

from stargan_tf.optimization import adam
from tests.golden import rule

GOLDEN = np.load(pathlib.Path(__file__).parents[1] / "golden" / "adam.npz")


class AdamTest(tf.test.TestCase):
    def _run(self, dtype, **kwargs):
        variable = tf.Variable(rule.normal("opt.w", (5, 7)), dtype=dtype)
        optimizer = adam.Adam(1e-3, **kwargs)
        optimizer.build([variable])
        for t in range(5):
            gradient = rule.normal(f"opt.g{t}", (5, 7)).astype(np.float64) * 10.0 ** (-2 * t)
            optimizer.apply_gradients([(tf.constant(gradient, dtype), variable)])
            yield variable.numpy()

    def test_equals_the_reference(self):
        for t, w in enumerate(self._run("float64"), 1):
            self.assertAllClose(w, GOLDEN[f"v1_step{t}"], rtol=0, atol=1e-7)

    def test_equals_the_reference_in_float32(self):
        for t, w in enumerate(self._run("float32"), 1):
            self.assertAllClose(w, GOLDEN[f"v1_step{t}"], rtol=0, atol=1e-6)

    def test_epsilon_is_added_after_the_bias_correction(self):
        # A gradient as small as epsilon shows where epsilon stands.
        variable = tf.Variable([0.0])
        optimizer = adam.Adam(1.0, beta_1=0.5, beta_2=0.999, epsilon=1e-8)
        optimizer.build([variable])
        optimizer.apply_gradients([(tf.constant([1e-8]), variable)])
        # m_hat = g, sqrt(v_hat) = |g|: the step is g / (|g| + epsilon) = 1 / 2.
        self.assertAllClose(variable, [-0.5], atol=1e-3)

    def test_named_state_holds_both_moments(self):
        variable = tf.Variable([1.0, 2.0])
        optimizer = adam.Adam(0.1, beta_1=0.5, beta_2=0.9)
        optimizer.build([variable])
        optimizer.apply_gradients([(tf.constant([2.0, 4.0]), variable)])
        state = optimizer.named_state(["w"])
        self.assertAllClose(state["m/w"], [1.0, 2.0])
        self.assertAllClose(state["v/w"], [0.4, 1.6])
        self.assertEqual(int(state["iterations"]), 1)

    def test_config_round_trip(self):
        optimizer = adam.Adam.from_config(adam.Adam(epsilon=1e-3, beta_1=0.25).get_config())
        self.assertEqual(optimizer.epsilon, 1e-3)
        self.assertEqual(optimizer.beta_1, 0.25)


if __name__ == "__main__":
    tf.test.main()
