"""Converting sequences and sound, with a run's model or a client of a server. No TensorFlow."""

import abc
import dataclasses
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import options
from stargan_tf.inference import sequence_files, sounds

# A path of a file of sound or features, sound (N,), or features (T, F).
Input = str | os.PathLike[str] | np.ndarray
Output = np.ndarray | sounds.Sound


@dataclasses.dataclass(frozen=True)
class About:
    """The facts about a model that converting with it needs.

    Attributes:
      name: What messages call it.
      labels: The meaning of its labels: domains.
      features: F, how many numbers a frame has.
      rule: How sound becomes features; None: its features are not of sound.
      statistics: What the run keeps of its training data; of sound "log_f0_mean" and
        "log_f0_deviation" (K,) are used.
    """

    name: str
    labels: labels_lib.LabelSpace
    features: int
    rule: sounds.Rule | None = None
    statistics: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Way:
    """How something is converted.

    Attributes:
      source: The domain of what is converted.
      target: The wanted domain.
      differential: Whether to keep the input and add what differs between the conversions to the
        target and to the source.
      spectral_gain: Of sound: whether its own spectrum is multiplied by the quotient of the spectra
        after and before the conversion, which keeps its fine structure.
    """

    source: str
    target: str
    differential: bool = False
    spectral_gain: bool = False


def way_of(source: str, target: str, differential: bool, spectral_gain: bool) -> Way:
    """Returns how to convert, of what a command's `from` and `to` hold, written in any spelling.

    Raises:
      UserError: One of them does not name one domain.
    """
    names = [options.split_names(text or "") for text in (source, target)]
    if any(len(one) != 1 for one in names):
        raise errors.UserError(
            "Pass one domain with `from`, whose voice it is, and one with `to`; received "
            f"from={source} and to={target}."
        )
    return Way(names[0][0], names[1][0], differential, spectral_gain)


class Converter(abc.ABC):
    """Converts sequences of features, and sound, from one domain to another.

    Mistakes in arguments raise `errors.UserError`.
    """

    # The method of `Converts`: features (N, T, F), sources and labels (N, K), differential.
    _convert: Callable[[np.ndarray, np.ndarray, np.ndarray, bool], np.ndarray]

    @property
    @abc.abstractmethod
    def about_conversions(self) -> About:
        """What the model is; a UserError where it does not convert sequences."""

    def convert(
        self,
        inputs: Input | Sequence[Input],
        *,
        source: str,
        target: str,
        rate: int | None = None,
        differential: bool = False,
        spectral_gain: bool = False,
    ) -> Output | list[Output]:
        """Converts features or sound, such as a voice, to another domain.

        Args:
          inputs: Features (T, F), raw, of any length; sound (N,) in [-1, 1]; the path of a file of
            sound (.wav, .flac) or of features (.npz); or a list of these.
          source: The domain of the inputs: whose voice it is.
          target: The wanted domain.
          rate: Of sound that is an array: its rate in Hz.
          differential: Whether to return x + G(x, target) - G(x, source) in place of G(x, target).
          spectral_gain: Of sound: whether to multiply its own spectrum by what the conversion
            changes, in place of making a new one.

        Returns:
          Of features: features (T, F) float32 in the target's scale. Of sound that is an array:
          sound (N',) float32 at the same rate. Of a file of sound: a `sounds.Sound`, which has
          `save`.
        """
        way = Way(source, target, differential, spectral_gain)
        self.check(way)
        if isinstance(inputs, list | tuple):
            if not inputs:
                raise errors.UserError("There is nothing to convert: the list is empty.")
            return [self._one(entry, way, rate) for entry in inputs]
        return self._one(inputs, way, rate)

    def check(self, way: Way) -> None:
        """Raises a UserError unless the model can convert so."""
        about = self.about_conversions
        for name in (way.source, way.target):
            about.labels.index(name)
        if way.spectral_gain:
            sounds.check_gain(about.rule, about.name)

    def sequence(self, given: sequence_files.Sequence, way: Way) -> sequence_files.Sequence:
        """Returns a sequence of features converted, with its pitch if that is known."""
        about = self.about_conversions
        places = [about.labels.index(name) for name in (way.source, way.target)]
        features = sequence_files.checked(given.features, "the input", about.features)
        sources, labels = np.eye(about.labels.width, dtype=np.float32)[places][:, np.newaxis]
        made = self._convert(features[np.newaxis], sources, labels, way.differential)[0]
        if not np.isfinite(made).all():
            raise errors.UserError(
                f"The networks of {about.name} give features that are not finite: the training has "
                "diverged; choose an earlier `checkpoint`, or train again."
            )
        f0 = given.f0
        if f0 is not None:
            f0 = sounds.mapped_pitch(f0, about.statistics, *places)
        return sequence_files.Sequence(np.asarray(made, np.float32), f0)

    def sound(self, given: sounds.Sound, way: Way) -> sounds.Sound:
        """Returns sound converted, at the rate of the model."""
        about = self.about_conversions
        heard = sounds.analyzed(given, about.rule, about.name)
        before = sequence_files.Sequence(heard.features, heard.f0)
        return heard.with_features(self.sequence(before, way), way.spectral_gain)

    def _one(self, given: Input, way: Way, rate: int | None) -> Output:
        if isinstance(given, str | os.PathLike):
            path = pathlib.Path(given)
            if path.suffix.lower() == sequence_files.ENDING:
                return self.sequence(sequence_files.read(path), way).features
            return self.sound(sounds.read(path), way)
        if not isinstance(given, np.ndarray) or given.ndim not in (1, 2):
            raise errors.UserError(
                "What is converted is a path, features (frames, features) or sound (samples,), or "
                f"a list of these; received {type(given).__name__} {np.shape(given) or ''}."
            )
        if given.ndim == 2:
            return self.sequence(sequence_files.Sequence(given), way).features
        own = sounds.of_array(given, rate)
        return self.sound(own, way).at(own.rate).samples.astype(np.float32)
