"""The optimizer against the reference's five updates, and the algorithm written out in NumPy."""

import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.optimization import adam
from tests.golden import rule

GOLDEN = np.load(pathlib.Path(__file__).parents[1] / "golden" / "adam.npz")
SETTINGS = {
    "v1": {"beta_1": 0.5, "beta_2": 0.999},
    "v2": {"beta_1": 0.0, "beta_2": 0.99, "l2": 1e-4},
}


class AdamTest(tf.test.TestCase, parameterized.TestCase):
    def _run(self, dtype, **kwargs):
        variable = tf.Variable(rule.normal("opt.w", (5, 7)), dtype=dtype)
        optimizer = adam.Adam(1e-3, **kwargs)
        optimizer.build([variable])
        for t in range(5):
            gradient = rule.normal(f"opt.g{t}", (5, 7)).astype(np.float64) * 10.0 ** (-2 * t)
            optimizer.apply_gradients([(tf.constant(gradient, dtype), variable)])
            yield variable.numpy()

    @parameterized.product(paper=("v1", "v2"), precision=(("float64", 1e-7), ("float32", 1e-6)))
    def test_equals_the_reference(self, paper, precision):
        dtype, tolerance = precision
        for t, w in enumerate(self._run(dtype, **SETTINGS[paper]), 1):
            self.assertAllClose(w, GOLDEN[f"{paper}_step{t}"], rtol=0, atol=tolerance)

    def test_the_defaults_are_those_of_the_first_paper(self):
        for t, w in enumerate(self._run("float64"), 1):
            self.assertAllClose(w, GOLDEN[f"v1_step{t}"], rtol=0, atol=1e-7)

    def test_l2_is_the_weight_added_to_its_gradient(self):
        start = [1.0, -2.0, 0.5]
        decayed, by_hand = tf.Variable(start), tf.Variable(start)
        optimizers = adam.Adam(0.1, l2=0.3), adam.Adam(0.1)
        for t in range(4):
            gradient = tf.constant([0.01, 0.2, -0.1]) * (-1.0) ** t
            optimizers[0].apply_gradients([(gradient, decayed)])
            optimizers[1].apply_gradients([(gradient + 0.3 * by_hand, by_hand)])
            self.assertAllClose(decayed, by_hand, rtol=0, atol=1e-6)
        for slot in ("m/w", "v/w"):
            state = [optimizer.named_state(["w"])[slot] for optimizer in optimizers]
            self.assertAllClose(*state, rtol=1e-5, atol=1e-7)

    def test_l2_decays_what_has_a_gradient_of_zero_and_leaves_what_has_none(self):
        # The parameters of a domain that was not drawn decay; those outside of the graph don't.
        zero, none = tf.Variable([1.0, -2.0]), tf.Variable([3.0, -4.0])
        optimizer = adam.Adam(0.1, beta_1=0.0, beta_2=0.99, l2=0.5)
        optimizer.build([zero, none])
        optimizer.apply_gradients([(tf.zeros(2), zero), (None, none)])
        # The first step of Adam is the rate times the sign of its gradient, l2 times the weight.
        self.assertAllClose(zero, [0.9, -1.9])
        self.assertAllEqual(none, [3.0, -4.0])
        state = optimizer.named_state(["zero", "none"])
        self.assertAllClose(state["m/zero"], [0.5, -1.0])
        self.assertAllEqual(state["m/none"], [0.0, 0.0])
        self.assertAllEqual(state["v/none"], [0.0, 0.0])

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
        optimizer = adam.Adam.from_config(adam.Adam(epsilon=1e-3, beta_1=0.25, l2=0.5).get_config())
        self.assertEqual(optimizer.epsilon, 1e-3)
        self.assertEqual(optimizer.beta_1, 0.25)
        self.assertEqual(optimizer.l2, 0.5)


if __name__ == "__main__":
    tf.test.main()
