"""A compiled training step that records the first loss that is not finite."""

from typing import Any, NamedTuple

import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib


class NotFinite(NamedTuple):
    """A loss that was not finite, and the number of steps up to it."""

    step: int
    name: str
    value: float


class GuardedStep:
    """Maps (batch, step) to losses, averaged over the replicas, in one graph for a whole step.

    Python queues steps on a GPU without waiting until it reads a number. The device therefore
    records whether the losses are finite, in a tensor that is read only when convenient. It is
    passed from call to call and is not a variable, so checkpoints don't contain it.
    """

    def __init__(self, strategy: tf.distribute.Strategy, algorithm: algorithm_lib.Algorithm):
        self._strategy, self._algorithm = strategy, algorithm
        self._take = tf.function(self._taken)
        self._note = tf.zeros([3], tf.float64)  # step (0: all finite), index of the loss, value
        self._names: tuple[str, ...] = ()

    def __call__(self, batch: Any, step: tf.Tensor) -> dict[str, tf.Tensor]:
        """Takes a step and returns its losses, which a GPU may not have computed yet."""
        losses, self._note = self._take(batch, step, self._note)
        return losses

    def first_not_finite(self) -> NotFinite | None:
        """Waits for all steps so far and returns the first loss that was not finite."""
        step, number, value = self._note.numpy()
        return NotFinite(int(step), self._names[int(number)], float(value)) if step else None

    def get_concrete_function(self, batch: Any, step: tf.Tensor) -> Any:
        """Returns the concrete function for a batch, like the method of a tf.function."""
        return self._take.get_concrete_function(batch, step, self._note)

    def _taken(self, batch, step, note):
        losses = self._strategy.run(self._algorithm.train_step, args=(batch, step))
        # TensorFlow would move the mean of several GPUs to the CPU, and the call would wait.
        devices = self._strategy.extended.worker_devices if self._several() else (None,)
        with tf.device(devices[0]):
            mean = tf.distribute.ReduceOp.MEAN
            losses = {k: self._strategy.reduce(mean, v, axis=None) for k, v in losses.items()}
            self._names = tuple(losses)
            return losses, _noted(list(losses.values()), step, note)

    def _several(self) -> bool:
        return self._strategy.num_replicas_in_sync > 1


def _noted(losses: list[tf.Tensor], step: tf.Tensor, note: tf.Tensor) -> tf.Tensor:
    """Returns the note; if it is empty and a loss is not finite, a new one."""
    values = tf.stack([tf.cast(loss, tf.float64) for loss in losses])
    bad = ~tf.math.is_finite(values)
    number = tf.argmax(tf.cast(bad, tf.float32))  # the first of them
    new = tf.stack(
        [tf.cast(step + 1, tf.float64), tf.cast(number, tf.float64), tf.gather(values, number)]
    )
    return tf.where((note[0] == 0) & tf.reduce_any(bad), new, note)
