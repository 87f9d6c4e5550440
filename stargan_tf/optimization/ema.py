"""Exponential moving averages of weights."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from stargan_tf.base import keras_versions


def update(averages: Sequence[tf.Variable], variables: Sequence[tf.Variable], decay: float) -> None:
    """Moves every average by (1 - decay) of the way to its variable. Runs in replica context.

    Under a strategy the variables are updated outside of the replicas, once for all of them, so
    that every copy stays equal.

    Args:
      averages: Updated in place.
      variables: In the same order, of the same shapes.
      decay: In [0, 1): average = decay * average + (1 - decay) * variable.
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
    """Gives `target` the weights of `source`, a network of the same shape."""
    for average, variable in zip(target.variables, source.variables, strict=True):
        average.assign(variable)
