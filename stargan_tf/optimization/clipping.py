"""Bounds the length of a gradient."""

from collections.abc import Sequence

import tensorflow as tf

_EPSILON = 1e-6  # added to the length, as PyTorch's clip_grad_norm_ does


def clipped(gradients: Sequence[tf.Tensor], longest: float, replicas: int = 1) -> list[tf.Tensor]:
    """Returns gradients that are together at most `longest` long: g min(1, longest / |g|).

    What counts is the whole gradient, the sum over all replicas: it is added up here, and each
    replica gets an equal share of it, which an optimizer may add up again.

    Args:
      gradients: Of one replica, its share.
      longest: The bound; 0: there is none, and nothing is changed.
      replicas: Replicas in sync. Must be called in replica context if there are several.
    """
    if not longest:
        return list(gradients)
    if replicas > 1:
        context = tf.distribute.get_replica_context()
        gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, list(gradients))
    length = tf.linalg.global_norm(list(gradients))
    factor = tf.minimum(longest / (length + _EPSILON), 1.0) / replicas
    return [gradient * tf.cast(factor, gradient.dtype) for gradient in gradients]
