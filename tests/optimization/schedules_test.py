"""The schedules against the straight lines they consist of."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.optimization import schedules


def rates(schedule, updates):
    return np.array([float(schedule(tf.constant(u, tf.int64))) for u in updates])


class LinearDecayTest(tf.test.TestCase, parameterized.TestCase):
    def test_is_constant_for_the_first_half_and_then_falls_to_zero(self):
        found = rates(schedules.LinearDecay(2.0, 10), range(11))
        expected = [2.0] * 6 + [1.6, 1.2, 0.8, 0.4, 0.0]
        self.assertAllClose(found, expected, rtol=1e-6)

    @parameterized.parameters(0.0, 0.25, 0.7)
    def test_is_the_lower_of_the_two_lines(self, start):
        steps = np.arange(41)
        found = rates(schedules.LinearDecay(1e-4, 40, start), steps)
        line = np.interp(steps, [0, 40 * start, 40], [1e-4, 1e-4, 0.0])
        self.assertAllClose(found, line, rtol=1e-5, atol=1e-10)

    def test_falls_from_the_first_step_where_decay_starts_at_zero(self):
        found = rates(schedules.LinearDecay(1.0, 4, 0.0), range(4))
        self.assertAllClose(found, [1.0, 0.75, 0.5, 0.25])

    def test_never_falls_where_decay_starts_at_one(self):
        found = rates(schedules.LinearDecay(3.0, 10, 1.0), range(10))
        self.assertAllEqual(found, [3.0] * 10)

    def test_stays_at_zero_after_the_end(self):
        self.assertAllEqual(rates(schedules.LinearDecay(3.0, 10), [10, 11, 1000]), [0, 0, 0])

    def test_is_constant_within_the_updates_of_a_step(self):
        each = rates(schedules.LinearDecay(1.0, 8, 0.25), range(8))
        repeated = rates(schedules.LinearDecay(1.0, 8, 0.25, updates_per_step=5), range(40))
        self.assertAllEqual(repeated, np.repeat(each, 5))
        self.assertLen(set(each), 6)

    def test_is_exact_where_the_count_of_steps_has_many_digits(self):
        total = 1_000_000_007  # float32 is 64 apart here: the difference is taken before it.
        found = rates(schedules.LinearDecay(1.0, total, 0.0), [total - 1, total - 3])
        self.assertAllClose(found, [1 / total, 3 / total], rtol=1e-6, atol=0)

    @parameterized.parameters(tf.int32, tf.int64)
    def test_follows_a_variable_inside_a_graph(self, dtype):
        schedule = schedules.LinearDecay(1.0, 4, 0.0, updates_per_step=2)
        update = tf.Variable(0, dtype=dtype)
        call = tf.function(lambda: schedule(update))
        for value, expected in ((0, 1.0), (7, 0.25), (3, 0.75), (0, 1.0)):
            update.assign(value)
            self.assertAllClose(call(), expected)
        self.assertEqual(call().dtype, tf.float32)

    def test_drives_an_optimizer(self):
        # SGD moves by the rate times the gradient, which is 1.
        w = tf.Variable(0.0)
        optimizer = keras.optimizers.SGD(schedules.LinearDecay(1.0, 2, 0.0, updates_per_step=2))
        moved = []
        for _ in range(4):
            before = float(w)
            optimizer.apply_gradients([(tf.constant(1.0), w)])
            moved.append(before - float(w))
        self.assertAllClose(moved, [1.0, 1.0, 0.5, 0.5])

    def test_config_round_trip(self):
        schedule = schedules.LinearDecay(0.5, 12, 0.75, 3)
        serialized = keras.optimizers.schedules.serialize(schedule)
        clone = keras.optimizers.schedules.deserialize(serialized)
        self.assertIsInstance(clone, schedules.LinearDecay)
        self.assertAllEqual(rates(clone, range(40)), rates(schedule, range(40)))


class FadingTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(tf.int32, tf.int64)
    def test_falls_to_zero_and_stays(self, dtype):
        # (step, weight) for lambda_ds = 2 over 100,000 iterations.
        expected = ((0, 2.0), (1, 1.99998), (25_000, 1.5), (50_000, 1.0), (99_999, 2e-5),
                    (100_000, 0.0), (100_001, 0.0), (1_000_000, 0.0))  # fmt: skip
        call = tf.function(lambda step: schedules.fading(2.0, 100_000, step))
        for step, weight in expected:
            found = call(tf.constant(step, dtype))
            self.assertEqual(found.dtype, tf.float32)
            self.assertAllClose(found, weight, rtol=1e-6, atol=2e-7)

    def test_loses_its_share_after_every_step(self):
        weight = 3.0
        for step in range(8):
            self.assertAllClose(schedules.fading(3.0, 5, tf.constant(step)), weight, atol=1e-6)
            weight = max(weight - 3.0 / 5, 0.0)

    def test_of_nothing_is_nothing(self):
        self.assertEqual(float(schedules.fading(0.0, 5, tf.constant(2))), 0.0)


if __name__ == "__main__":
    tf.test.main()
