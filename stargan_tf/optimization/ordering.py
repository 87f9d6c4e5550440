"""Makes an update of weights wait for everything that still has to read them."""

from collections.abc import Iterable, Sequence

import tensorflow as tf


def after(losses: Iterable[tf.Tensor], gradients: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Returns the gradients, which become available only after the losses.

    In a graph, TensorFlow adds a control edge from each read of a weight to its next update. Its
    graph optimizer then drops some of these edges (in 2.21: for the biases that the gradient
    penalty reads). This does harm if the gradient doesn't depend on the read, and a penalty depends
    on a bias only through the signs before the leaky ReLUs. Now and then the read came after the
    update, and two runs with the same seed drifted apart. A loss depends on every read behind it,
    so an update that waits for the losses also waits for the reads.

    Args:
      losses: All results computed from the weights.
      gradients: The gradients to be applied by the optimizer.
    """
    with tf.control_dependencies(list(losses)):
        return [tf.identity(gradient) for gradient in gradients]
