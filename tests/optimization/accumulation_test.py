"""Gradients that are computed part by part, against those of the whole batch."""

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.gan import losses
from stargan_tf.optimization import accumulation
from stargan_tf.training import devices
from tests import graphs, tiny


def _problem(weight):
    """Returns a loss with a penalty, and its gradient, as functions of a batch."""

    def of(batch):
        with tf.GradientTape() as tape:
            score, penalty = losses.r1(
                lambda x: tf.reduce_sum(tf.sin(x * weight), axis=(1, 2, 3)), batch["x"]
            )
            loss = tf.reduce_mean(score * batch["y"]) + penalty
        return {"loss": loss}, [tape.gradient(loss, weight)]

    return of


def _batch():
    random = np.random.default_rng(0)
    return {"x": random.normal(size=(6, 2, 2, 3)), "y": random.normal(size=6)}


class MeanTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(count=(1, 2, 3, 6), compiled=(False, True))
    def test_equals_the_whole_batch_with_a_penalty(self, count, compiled):
        weight = tf.Variable([0.3, -0.7, 1.1], dtype=tf.float64)
        batch = {name: tf.constant(values) for name, values in _batch().items()}
        expected = _problem(weight)(batch)

        def found():
            return accumulation.mean(_problem(weight), batch, count)

        for one, other in zip(
            tf.nest.flatten((tf.function(found) if compiled else found)()),
            tf.nest.flatten(expected),
            strict=True,
        ):
            self.assertAllClose(one, other, rtol=0, atol=1e-14)

    def test_each_part_sees_its_rows_once(self):
        batch = {"x": tf.reshape(tf.range(12.0), (6, 2))}
        found = accumulation.mean(lambda part: part["x"], batch, 3)
        self.assertAllClose(found, [[4.0, 5.0], [6.0, 7.0]])  # of rows (0, 2, 4) and (1, 3, 5)

    def test_parts_run_one_after_the_other(self):
        """In a graph one part alone is there, in a loop that makes one turn at a time."""
        weight = tf.Variable([0.3, -0.7, 1.1], dtype=tf.float64)
        batch = {name: tf.constant(values) for name, values in _batch().items()}
        take = tf.function(lambda: accumulation.mean(_problem(weight), batch, 3))
        loops = [op for op in take.get_concrete_function().graph.get_operations()
                 if "While" in op.type]  # fmt: skip
        self.assertLen(loops, 1)
        self.assertEqual(loops[0].get_attr("parallel_iterations"), 1)


class ShareTest(tf.test.TestCase):
    def test_a_batch_that_has_no_equal_parts(self):
        devices.check_shares(16, 2, 4)
        with self.assertRaisesRegex(
            errors.UserError,
            "With accumulate=4, `batch_size` must be a multiple of 4; received 10; pass "
            "batch_size=8 or 12, or another `accumulate`",
        ):
            devices.check_shares(10, 1, 4)
        with self.assertRaisesRegex(
            errors.UserError,
            "accumulate=4 on each of 2 replicas.* multiple of 8; received 4; pass batch_size=8, or",
        ):
            devices.check_shares(4, 2, 4)


class StepTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters("stargan_v1", "stargan_v2")
    @pytest.mark.slow
    def test_a_step_equals_that_of_the_whole_batch(self, name):
        whole = self._step(tiny.build(name, changes=tiny.FIRST_GRADIENTS[name]))
        algorithm = tiny.build(name, changes=tiny.FIRST_GRADIENTS[name], accumulate=2)
        with graphs.optimized() as found:
            self._check(whole, self._step(algorithm))
        [step] = [g for g in found if any(n.op == "ResourceApplyAdam" for n in g.node)]
        self.assertEmpty(graphs.races(step))

    # XLA takes too long for the other.
    @parameterized.parameters(("stargan_v1", True), ("stargan_v2", False))
    @pytest.mark.slow
    def test_so_does_one_of_two_devices(self, name, jit):
        changes, strategy = tiny.FIRST_GRADIENTS[name], tiny.two_devices()
        parts = tiny.build(name, strategy, changes=changes, accumulate=2, jit_compile=jit)
        self._check(self._step(tiny.build(name, changes=changes)), self._step(parts, strategy))

    def _step(self, algorithm, strategy=None):
        return tiny.steps(algorithm, 1, strategy), tiny.values(algorithm.state())

    def _check(self, whole, parts):
        for one, other in zip(whole[0], parts[0], strict=True):
            self.assertAllClose(one, other, rtol=1e-5, atol=1e-5)
        self._check_first_moments(whole[1], parts[1])

    def _check_first_moments(self, whole, parts):
        moments = {key: value for key, value in whole.items() if "/m/" in key}
        largest = max(np.abs(one).max() for one in moments.values())
        for key, one in moments.items():
            # The gradient of a bias before an instance normalization is 0 but for rounding.
            bound = 1e-5 * np.abs(one).max() + 5e-7 * largest
            self.assertLess(np.abs(one - parts[key]).max(), bound, key)

    def test_an_algorithm_that_has_no_parts_says_so(self):
        with self.assertRaisesRegex(
            errors.UserError, "^bicyclegan can't be trained on a batch part by part; received "
            "accumulate=2; leave it out",
        ):  # fmt: skip
            tiny.build("bicyclegan", accumulate=2)


if __name__ == "__main__":
    tf.test.main()
