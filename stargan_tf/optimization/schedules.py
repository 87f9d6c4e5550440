"""Schedules: pure functions of the step or update number, so that a resumed run continues them."""

import keras
import tensorflow as tf


@keras.utils.register_keras_serializable("stargan_tf")
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A constant learning rate, then a linear fall to 0 (StarGAN v1, section 5).

    Args:
      initial: The constant learning rate.
      total_steps: Number of steps; the rate would reach 0 in the step after the last one.
      decay_start: Share of total_steps after which the rate falls, from 0 to 1 (1: never).
      updates_per_step: Updates that this optimizer makes in a step, all with the same rate.
    """

    def __init__(
        self, initial: float, total_steps: int, decay_start: float = 0.5, updates_per_step: int = 1
    ):
        self.initial = initial
        self.total_steps = total_steps
        self.decay_start = decay_start
        self.updates_per_step = updates_per_step

    def __call__(self, update):
        """Returns the float32 learning rate of update number `update`, counted from 0."""
        step = tf.cast(update, tf.int64) // self.updates_per_step
        left = tf.cast(self.total_steps - step, tf.float32)
        falling = max(self.total_steps * (1 - self.decay_start), 1e-9)
        return self.initial * tf.clip_by_value(left / falling, 0.0, 1.0)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        names = ("initial", "total_steps", "decay_start", "updates_per_step")
        return {name: getattr(self, name) for name in names}


@keras.utils.register_keras_serializable("stargan_tf")
class EpochDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A constant learning rate, then one that falls after every epoch and never reaches 0.

    Of n constant and d falling epochs, epoch e (counted from 1) has the rate
    initial (1 - max(0, e - n) / (d + 1)): what the program of CycleGAN's authors does.

    Args:
      initial: The constant learning rate.
      total_steps: Number of steps; the last epoch may be cut short.
      epoch_steps: Number of steps of an epoch.
      decay_start: Share of the epochs after which the rate falls, from 0 to 1 (1: never).
    """

    def __init__(
        self, initial: float, total_steps: int, epoch_steps: int, decay_start: float = 0.5
    ):
        self.initial = initial
        self.total_steps = total_steps
        self.epoch_steps = epoch_steps
        self.decay_start = decay_start

    def __call__(self, update):
        """Returns the float32 learning rate of update number `update`, counted from 0."""
        epochs = -(-self.total_steps // self.epoch_steps)
        constant = round(epochs * self.decay_start)
        epoch = 1 + tf.cast(update, tf.int64) // self.epoch_steps
        over = tf.cast(tf.maximum(epoch - constant, 0), tf.float32)
        return self.initial * tf.maximum(1 - over / (epochs - constant + 1), 0.0)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        names = ("initial", "total_steps", "epoch_steps", "decay_start")
        return {name: getattr(self, name) for name in names}


def decay(
    initial: float, total_steps: int, epoch_steps: int, decay_start: float
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Returns `EpochDecay`, or `LinearDecay` if `epoch_steps` is 0; see there."""
    if epoch_steps:
        return EpochDecay(initial, total_steps, epoch_steps, decay_start)
    return LinearDecay(initial, total_steps, decay_start)


def fading(initial: float, steps: int, step: tf.Tensor) -> tf.Tensor:
    """Returns a float32 weight that falls linearly from `initial` to 0 at `steps`, then stays 0.

    StarGAN v2's lambda_ds (section 3) loses initial / steps after every step until it is 0.
    """
    left = 1.0 - tf.cast(step, tf.float32) / steps
    return initial * tf.maximum(left, 0.0)
