"""Dropout whose chance a key decides, the same however a batch is dealt to replicas."""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf


class Chance(NamedTuple):
    """What decides which units of a batch are dropped.

    Attributes:
      key: (2,) int64, the key of stateless draws, as of `tf.random.stateless_uniform`.
      rows: (N,) int64, the places that the samples of this replica have in the whole batch.
      count: How many samples the whole batch has, over all replicas.
    """

    key: tf.Tensor
    rows: tf.Tensor
    count: int

    def part(self, number: int) -> "Chance":
        """Returns independent chance for another use of the same batch."""
        return self._replace(key=tf.random.experimental.stateless_fold_in(self.key, number))

    def kept(self, shape: Sequence[int], rate: float) -> tf.Tensor:
        """Returns which units are kept: (N, *shape) bool.

        Args:
          shape: Of one sample.
          rate: The share that is dropped.
        """
        drawn = tf.random.stateless_uniform((self.count, *shape), self.key)
        return tf.gather(drawn, self.rows) >= rate


def dropped(x: tf.Tensor, kept: tf.Tensor, rate: float) -> tf.Tensor:
    """Returns x / (1 - rate) where it is kept and 0 elsewhere (Srivastava et al. 2014).

    Args:
      x: Any shape.
      kept: The same shape, bool: `Chance.kept`.
      rate: The share that is dropped.
    """
    return tf.where(kept, x / (1 - rate), tf.zeros_like(x))
