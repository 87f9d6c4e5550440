"""What a paper tells about its training, so that somebody can watch it who knows no paper."""

import abc
import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm


@dataclasses.dataclass(frozen=True)
class Watchlist:
    """Which numbers of a training show that it is sick, and what then usually helps.

    Attributes:
      chance: By its name, for every loss of a classification that is learnt: what it is on average
        when the classifier knows the labels' frequencies and nothing else.
      never_zero: Groups of losses, by their names, whose sum does not stay at 0 in a training that
        works; with what it means if it does, after "so".
      advice: By the name of an alert (a key of `stargan_tf.training.alerts.ALERTS`), what usually
        helps, as the end of a sentence; options are written as in a `UserError`.
    """

    chance: Mapping[str, float] = dataclasses.field(default_factory=dict)
    never_zero: Mapping[tuple[str, ...], str] = dataclasses.field(default_factory=dict)
    advice: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Watched(algorithm.Capability):
    """Says what to watch while it trains."""

    ability = "say what to watch while they train"

    @abc.abstractmethod
    def watchlist(self, labels: Sequence[np.ndarray]) -> Watchlist:
        """Returns what to watch.

        Args:
          labels: Of the training images of each data set, (size, width).
        """

    @abc.abstractmethod
    def units(self, images: tf.Tensor, labels: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the largest that each unit of networks that judge images gives for each image.

        Of layers in which units are known to die, which is nearly always in the last ones. A unit
        with a (leaky) ReLU is dead if this is positive for no image.

        Args:
          images: (N, S, S, 3) float32 in [-1, 1].
          labels: (N, width), theirs.

        Returns:
          By "network/layer", (N, units), over all places of an image.
        """
