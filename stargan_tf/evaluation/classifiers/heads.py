"""Logits and labels: which entries of a label vector exclude each other, and what follows.

Of a group of labels of which an image shows at most one (hair colours), the logits l have the
probabilities exp(l_i) / (1 + sum_j exp(l_j)): a softmax in which showing none has the logit 0. Of a
group of one this is the sigmoid. Domains exclude each other, too, but one of them is always shown:
the plain softmax.
"""

import numpy as np
import tensorflow as tf

from stargan_tf.data import labels as labels_lib


class Heads:
    """The groups of a label space, each of which is decided for itself.

    Attributes:
      space: What the labels mean: attributes or domains of one data set.
      groups: The positions of the labels of each group. Labels of exclusive groups that overlap
        stand alone, as two of them may well be shown together.
    """

    def __init__(self, space: labels_lib.LabelSpace):
        if space.kind == "joint":
            raise ValueError("Each data set needs a classifier of its own. Received: joint labels")
        self.space = space
        self._one_is_shown = space.kind == "domains"
        if self._one_is_shown:
            self.groups = [list(range(space.width))]
            return
        named = [[space.index(name) for name in group] for group in space.exclusive]
        flat = [i for group in named for i in group]
        whole = [group for group in named if all(flat.count(i) == 1 for i in group)]
        grouped = {i for group in whole for i in group}
        self.groups = [*whole, *([i] for i in range(space.width) if i not in grouped)]

    def group_of(self, index: int) -> list[int]:
        """Returns the group of the label at a position: the positions of its labels."""
        return next(group for group in self.groups if index in group)

    def losses(self, logits: tf.Tensor, labels: tf.Tensor, smoothing: float = 0.0) -> tf.Tensor:
        """Returns the cross-entropies (N,), summed over the groups.

        Args:
          logits: (N, width).
          labels: (N, width) of 0 and 1. Where data show two labels of a group, each counts half.
          smoothing: The share of each true answer that is dealt out to all answers evenly.
        """
        total = tf.zeros(tf.shape(logits)[0])
        for group in self.groups:
            own, wanted = tf.gather(logits, group, axis=1), tf.gather(labels, group, axis=1)
            shown = tf.reduce_sum(wanted, axis=1, keepdims=True)
            wanted /= tf.maximum(shown, 1.0)
            if not self._one_is_shown:
                own = tf.concat([tf.zeros_like(shown), own], axis=1)
                wanted = tf.concat([tf.maximum(1.0 - shown, 0.0), wanted], axis=1)
            wanted = (1.0 - smoothing) * wanted + smoothing / own.shape[1]
            total += tf.nn.softmax_cross_entropy_with_logits(wanted, own)
        return total

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Returns the probability of every label, (N, width) float32."""
        result = np.empty(logits.shape, np.float32)
        for group in self.groups:
            own = self._with_none(np.asarray(logits, np.float64)[:, group], 0.0)
            powers = np.exp(own - own.max(axis=1, keepdims=True))
            shares = powers / powers.sum(axis=1, keepdims=True)
            result[:, group] = shares[:, -len(group) :]
        return result

    def decided(self, probabilities: np.ndarray) -> np.ndarray:
        """Returns labels (N, width) float32 of 0 and 1: of each group the likeliest answer."""
        result = np.zeros(probabilities.shape, np.float32)
        for group in self.groups:
            own = probabilities[:, group]
            own = self._with_none(own, 1.0 - own.sum(axis=1, keepdims=True))
            answers = own.argmax(axis=1) - (own.shape[1] - len(group))  # -1: none of them
            for row in np.flatnonzero(answers >= 0):
                result[row, group[answers[row]]] = 1.0
        return result

    def _with_none(self, columns: np.ndarray, none: np.ndarray | float) -> np.ndarray:
        """Puts the answer "none" in front, where that is one."""
        if self._one_is_shown:
            return columns
        return np.concatenate([np.zeros_like(columns[:, :1]) + none, columns], axis=1)
