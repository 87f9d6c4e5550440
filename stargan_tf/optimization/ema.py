"""Exponential moving averages of weights."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from stargan_tf.base import keras_versions


def update(averages: Sequence[tf.Variable], variables: Sequence[tf.Variable], decay: float) -> None:
    """Sets average = decay * average + (1 - decay) * variable. Call it in replica context.

    Under a strategy, one cross-replica call updates the copies on all replicas, so that they stay
    equal.

    Args:
      averages: Updated in place.
      variables: In the same order and of the same shapes.
      decay: In [0, 1).
    """
    raw = keras_versions.tf_variable
    pairs = [(raw(a), raw(v)) for a, v in zip(averages, variables, strict=True)]

    def move(average, variable):
        average.assign_add((1 - decay) * (variable - average))

    def across(strategy):
        for average, variable in pairs:
            strategy.extended.update(average, move, args=(variable,), group=False)

    tf.distribute.get_replica_context().merge_call(across)


def copy(source: keras.Model, target: keras.Model) -> None:
    """Copies the weights of `source` to `target`, a network of the same shape."""
    for average, variable in zip(target.variables, source.variables, strict=True):
        average.assign(variable)
