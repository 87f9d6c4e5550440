"""A compiled step that remembers the first losses that were not finite."""

from typing import Any, NamedTuple

import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib


class NotFinite(NamedTuple):
    """A loss that was not finite, and how many steps had been taken then."""

    step: int
    name: str
    value: float


class GuardedStep:
    """(batch, step) -> losses, averaged over the replicas: one graph for a whole step.

    A GPU is given a step and works while Python goes on, until Python asks for a number. Whether
    the losses were finite is therefore noted on the device, and read when it suits. The note goes
    from call to call as a tensor; it is no variable, and so in no checkpoint.
    """

    def __init__(self, strategy: tf.distribute.Strategy, algorithm: algorithm_lib.Algorithm):
        self._strategy, self._algorithm = strategy, algorithm
        self._take = tf.function(self._taken)
        self._note = tf.zeros([3], tf.float64)  # step (0: there is none), number of the loss, value
        self._names: tuple[str, ...] = ()

    def __call__(self, batch: Any, step: tf.Tensor) -> dict[str, tf.Tensor]:
        """Takes a step; returns its losses, which a GPU may not have computed yet."""
        losses, self._note = self._take(batch, step, self._note)
        return losses

    def first_not_finite(self) -> NotFinite | None:
        """Waits for the steps taken so far; returns their first loss that was not finite.

        Of a step with several it is the first of the losses.
        """
        step, number, value = self._note.numpy()
        return NotFinite(int(step), self._names[int(number)], float(value)) if step else None

    def get_concrete_function(self, batch: Any, step: tf.Tensor) -> Any:
        """Returns what is called for such a batch, as that of a tf.function."""
        return self._take.get_concrete_function(batch, step, self._note)

    def _taken(self, batch, step, note):
        losses = self._strategy.run(self._algorithm.train_step, args=(batch, step))
        # Else TensorFlow brings the mean of several GPUs to the CPU, and the call waits for it.
        devices = self._strategy.extended.worker_devices if self._several() else (None,)
        with tf.device(devices[0]):
            mean = tf.distribute.ReduceOp.MEAN
            losses = {k: self._strategy.reduce(mean, v, axis=None) for k, v in losses.items()}
            self._names = tuple(losses)
            return losses, _noted(list(losses.values()), step, note)

    def _several(self) -> bool:
        return self._strategy.num_replicas_in_sync > 1


def _noted(losses: list[tf.Tensor], step: tf.Tensor, note: tf.Tensor) -> tf.Tensor:
    """Returns the note, or what is to be noted where it is empty and a loss is not finite."""
    values = tf.stack([tf.cast(loss, tf.float64) for loss in losses])
    bad = ~tf.math.is_finite(values)
    number = tf.argmax(tf.cast(bad, tf.float32))  # the first of them
    new = tf.stack(
        [tf.cast(step + 1, tf.float64), tf.cast(number, tf.float64), tf.gather(values, number)]
    )
    return tf.where((note[0] == 0) & tf.reduce_any(bad), new, note)
