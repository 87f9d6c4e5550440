"""Keeps an update of weights behind everything that still reads them."""

from collections.abc import Iterable, Sequence

import tensorflow as tf


def after(losses: Iterable[tf.Tensor], gradients: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Returns the gradients, available only once the losses are computed.

    In a graph, TensorFlow orders a read of a weight before its update by a control edge. Its graph
    optimizer then drops some of these edges (seen with 2.21: those of the biases that the gradient
    penalty reads), which matters where the gradient does not depend on the read: a penalty depends
    on a bias only through the signs before the leaky ReLUs. The read then saw the updated bias now
    and then, and two runs of one seed parted. A loss depends on all that it was computed from, so
    an update that waits for the losses waits for the reads.

    Args:
      losses: Everything that was computed from the weights.
      gradients: What the optimizer is going to apply.
    """
    with tf.control_dependencies(list(losses)):
        return [tf.identity(gradient) for gradient in gradients]
