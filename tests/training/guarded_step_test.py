"""The note of the first losses that were not finite, kept while nobody reads it."""

import math

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.training import guarded_step
from tests import tiny

NAN, INF = math.nan, math.inf
# The losses z and a of each step.
SOUND = [(1.5, 2.0), (0.25, -1.0), (1e38, 0.0)]
NAMES = ("z", "a")


class Table:
    """Stands for an algorithm: its losses are in a table, and the batch is added to them."""

    def __init__(self, rows):
        self.rows = tf.constant(rows, tf.float32)

    def train_step(self, batch, step):
        row = tf.gather(self.rows, step)
        return {name: row[k] + batch for k, name in enumerate(NAMES)}


def taken(rows, strategy=None, batch=0.0):
    """Takes all steps of a table; returns the step function and the losses."""
    strategy = strategy or tf.distribute.get_strategy()
    take = guarded_step.GuardedStep(strategy, Table(rows))
    steps = [tf.constant(k, tf.int64) for k in range(len(rows))]
    return take, [take(tf.constant(batch), step) for step in steps]


class GuardedStepTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        ("sound", SOUND, None),
        ("none", [], None),
        ("first_step", [(NAN, 1.0), *SOUND], (1, "z", NAN)),
        ("last_loss", [*SOUND, (1.0, INF)], (4, "a", INF)),
        ("both", [*SOUND, (-INF, NAN), (NAN, 1.0)], (4, "z", -INF)),
        ("finite_again", [(1.0, -INF), (1.0, 1.0), (NAN, NAN)], (1, "a", -INF)),
    )
    def test_the_first_is_kept(self, rows, expected):
        take, _ = taken(rows or SOUND) if rows else (taken(SOUND)[0], None)
        found = take.first_not_finite()
        self.assertEqual(found and found[:2], expected and expected[:2])
        if expected:
            self.assertAllEqual(found.value, expected[2])

    def test_losses_are_what_the_step_returns(self):
        _, losses = taken(SOUND, batch=0.5)
        for row, found in zip(SOUND, losses, strict=True):
            self.assertEqual(list(found), ["z", "a"])
            expected = np.array(row, np.float32) + np.float32(0.5)
            self.assertAllEqual([float(found["z"]), float(found["a"])], expected)

    def test_several_devices(self):
        strategy = tiny.two_devices()
        parts = [tf.constant(0.0), tf.constant(1.0)]
        batch = strategy.experimental_distribute_values_from_function(
            lambda context: parts[context.replica_id_in_sync_group]
        )
        rows = [*SOUND, (1.0, NAN)]
        take = guarded_step.GuardedStep(strategy, Table(rows))
        losses = [take(batch, tf.constant(k, tf.int64)) for k in range(4)]
        self.assertEqual(float(losses[1]["z"]), (0.25 + 1.25) / 2)
        self.assertEqual(take.first_not_finite()[:2], (4, "a"))

    def test_one_graph_serves_all_steps(self):
        take, _ = taken([*SOUND, (NAN, NAN), (1.0, 1.0)])
        self.assertEqual(take._take.experimental_get_tracing_count(), 1)


if __name__ == "__main__":
    tf.test.main()
