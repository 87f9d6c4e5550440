"""An algorithm without networks, to try what the loop does around its steps."""

from unittest import mock

import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.runs import runs
from stargan_tf.training import loop, supervision
from tests import tiny


class Stub(algorithm_lib.Previews):
    """Its losses are given to it; its one variable counts the steps."""

    batches_per_step = 1

    def __init__(self, losses=lambda step: {"G/x": tf.constant(1.0)}):
        self.losses, self.count = losses, tf.Variable(0.0)

    def inputs(self, sampler, slices, first_step):
        return tf.data.Dataset.from_tensors(0).repeat()

    def train_step(self, batch, step):
        self.count.assign_add(1.0)
        return self.losses(step)

    def sample_sheets(self, images, labels):
        return {}

    def state(self):
        return {"count": self.count}

    weights = state


def run_of(directory, **changes) -> runs.Run:
    """Returns what `train` trains."""
    return runs.Run(directory, tiny.config(directory, **changes), tiny.LABELS["stargan_v1"])


def train(directory, algorithm, means=supervision.UNWATCHED, **changes) -> int:
    """Trains the algorithm with the options of a tiny run; returns the exit status.

    `means` are what to watch it with.

    An error in its place is raised where the algorithm would be built.
    """
    run, nothing = run_of(directory, **changes), (None, None)
    with mock.patch.object(runs.Run, "build", side_effect=[algorithm]):
        return loop.train(run, tf.distribute.get_strategy(), None, nothing, means)
