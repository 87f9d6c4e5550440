"""What all data sets of voices have in common: utterances of speakers as sequences of features."""

import abc
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.data import labels as labels_lib
from stargan_tf.data import source


class Voices(source.Source):
    """Utterances, each of one speaker; a speaker is a domain.

    An example is a window of `frames` frames of an utterance's features, as they are: what
    normalizes them is in `statistics`, as `audio.statistics.of_speakers` has it. An utterance that
    is shorter is said again and again.

    Attributes:
      frames: How many frames a window has.
      coefficients: F, how many features a frame has.
      rate: Sampling rate of the sound in Hz.
      kind: What the features are: "mcep" or "mel".
    """

    noun = "recording"
    sample_name = "features"
    in_memory = True

    def __init__(
        self,
        speakers: Sequence[str],
        spoken_by: np.ndarray,
        frames: int,
        coefficients: int,
        rate: int,
        kind: str = "mcep",
    ):
        """Labels utterances, whose speakers have the numbers `spoken_by` (size,)."""
        self.label_space = labels_lib.LabelSpace("domains", tuple(speakers))
        self.labels = np.eye(len(speakers), dtype=np.float32)[spoken_by]
        self.frames, self.coefficients, self.rate, self.kind = frames, coefficients, rate, kind
        self.sample_spec = tf.TensorSpec((frames, coefficients), tf.float32)

    @abc.abstractmethod
    def whole(self, index: int) -> np.ndarray:
        """Returns the features (T, F) float32 of utterance `index`."""

    @abc.abstractmethod
    def f0(self, index: int) -> np.ndarray:
        """Returns the pitch (T,) float64 of utterance `index` in Hz, 0 where there is no voice.

        Of features that are no mel-cepstra its frames, 5 ms apart, are not those of the features.
        """

    @abc.abstractmethod
    def sound(self, index: int) -> np.ndarray:
        """Returns the sound (N,) float64 of utterance `index` at `rate`, about in [-1, 1]."""

    def speaker(self, index: int) -> int:
        """Returns the number of the speaker of utterance `index`."""
        return int(self.labels[index].argmax())

    def load(self, index: tf.Tensor) -> tf.Tensor:
        """Returns the middle window (frames, F) of utterance `index`; a graph function."""
        return self._window(index, tf.constant(-1.0))

    def load_part(self, index: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
        """Returns the window that `start` in [0, 1) decides: each is equally likely."""
        return self._window(index, start)

    def _window(self, index: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
        def taken(index: np.int64, start: np.float32) -> np.ndarray:
            return window(self.whole(int(index)), self.frames, float(start) if start >= 0 else None)

        part = tf.numpy_function(taken, [index, start], tf.float32, stateful=False)
        return tf.ensure_shape(part, self.sample_spec.shape)


def window(features: np.ndarray, frames: int, start: float | None = None) -> np.ndarray:
    """Returns `frames` frames (frames, F) of features (T, F), which are repeated if T is smaller.

    Args:
      features: Of a whole utterance.
      frames: How many to take.
      start: Uniform in [0, 1): decides where; None: from the middle.
    """
    if len(features) < frames:
        return np.resize(features, (frames, features.shape[1]))
    places = len(features) - frames + 1
    first = (places - 1) // 2 if start is None else min(int(start * places), places - 1)
    return features[first : first + frames]
