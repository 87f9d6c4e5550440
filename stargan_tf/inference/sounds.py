"""Sound to features and back, for models whose features are of sound. Imports no TensorFlow."""

import dataclasses
import os
import pathlib
from collections.abc import Mapping

import numpy as np

from stargan_tf.audio import cepstrum, minimum_phase, pitch, resampling, world
from stargan_tf.audio import files as audio_files
from stargan_tf.base import errors
from stargan_tf.data import options, sequence_options
from stargan_tf.inference import sequence_files

ENDINGS = audio_files.ENDINGS
PITCH_STATISTICS = ("log_f0_mean", "log_f0_deviation")  # (K,) each, of `Source.statistics`
BINS = world.FFT // 2 + 1


@dataclasses.dataclass(frozen=True)
class Rule:
    """How the data of a run made features of sound.

    Attributes:
      kind: "mcep", mel-cepstra of a vocoder's envelopes every 5 ms, or "mel", log mel spectra.
      rate: Of the sound, in Hz.
      coefficients: F, how many numbers a frame has.
    """

    kind: str
    rate: int
    coefficients: int

    @property
    def alpha(self) -> float:
        """The warping factor of mel-cepstra."""
        return cepstrum.ALPHAS[self.rate]


@dataclasses.dataclass(frozen=True)
class Sound:
    """Sound of one channel.

    Attributes:
      samples: (N,) float64; what exceeds [-1, 1] is cut off where it is written.
      rate: In Hz.
      channels: How many channels were mixed to this one.
    """

    samples: np.ndarray
    rate: int
    channels: int = 1

    def at(self, rate: int) -> "Sound":
        """Returns the same sound at a rate in Hz."""
        return Sound(resampling.resampled(self.samples, self.rate, rate), rate)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a wav file of 16 bits."""
        audio_files.write(pathlib.Path(path), self.samples, self.rate)


@dataclasses.dataclass(frozen=True)
class Heard:
    """What an analysis of sound has found.

    Attributes:
      analysis: The vocoder's.
      features: (T, F) float32.
      rule: What made the features.
    """

    analysis: world.Analysis
    features: np.ndarray
    rule: Rule

    @property
    def f0(self) -> np.ndarray:
        """(T,) Hz, 0 where there is no voice."""
        return self.analysis.f0

    def with_features(self, made: sequence_files.Sequence, gain: bool) -> Sound:
        """Returns sound with other features and another pitch; `gain`: see `world.converted`."""
        other = world.converted(self.analysis, made.f0, self.features, made.features, gain=gain)
        return Sound(world.synthesize(other), self.rule.rate)


def rule(data: options.DataOptions, sample_shape: tuple[int, ...]) -> Rule | None:
    """Returns how a run's data make features of sound; None: its examples are no sound's."""
    if data.kind not in sequence_options.DATASETS:
        return None
    return Rule(data.features, data.sample_rate, sample_shape[-1])


def read(path: pathlib.Path) -> Sound:
    """Reads a file of sound; of several channels their mean.

    Raises:
      UserError: It is missing, no sound, empty, or its rate is too low.
    """
    found = audio_files.read(path)
    return Sound(found.mono(), found.rate, found.channels)


def of_array(samples: np.ndarray, rate: int | None) -> Sound:
    """Returns sound (N,) as such.

    Raises:
      UserError: Its rate is not told or too low, or it is not made of numbers in [-1, 1].
    """
    if rate is None or rate < audio_files.SLOWEST:
        raise errors.UserError(
            f"Sound as an array needs its `rate` of {audio_files.SLOWEST} Hz or more; received "
            f"rate={rate}."
        )
    floats = samples.dtype.kind == "f"
    if not samples.size or not floats or not np.abs(samples).max() <= 1:  # NaN is not
        raise errors.UserError(
            "Sound as an array holds floats in [-1, 1]; received "
            f"{samples.dtype} {samples.shape}; divide integers of 16 bits by 32768."
        )
    return Sound(samples.astype(np.float64), rate)


def analyzed(sound: Sound, rule: Rule | None, model: str) -> Heard:
    """Returns the analysis of sound by a model's rule.

    Raises:
      UserError: Its features are not of sound, or can't be made sound of; a package is missing.
    """
    check_heard(rule, model)
    analysis = world.analyze(sound.at(rule.rate).samples, rule.rate)
    features = analysis.mel_cepstra(rule.coefficients).astype(np.float32)
    return Heard(analysis, features, rule)


def synthesized(sequence: sequence_files.Sequence, rule: Rule | None, model: str) -> Sound:
    """Returns the sound of features and pitch, by pulses and noise; needs no vocoder.

    Raises:
      UserError: There is no pitch, or no sound can be made of such features.
    """
    check_heard(rule, model)
    if sequence.f0 is None:
        raise errors.UserError(
            "Sound needs the pitch of each frame, and the file of features has none; add an array "
            "'f0' to it, or write features (.npz)."
        )
    spectra = cepstrum.to_spectra(sequence.features, BINS, rule.alpha)
    return Sound(minimum_phase.from_features(sequence.f0, spectra, rule.rate), rule.rate)


def is_heard(rule: Rule | None) -> bool:
    """Returns whether features of this rule become sound again, without a neural vocoder."""
    return rule is not None and rule.kind == "mcep"


def check_heard(rule: Rule | None, model: str) -> None:
    """Raises a UserError unless sound becomes the features of a model, and they sound."""
    if rule is None:
        raise errors.UserError(
            f"The features of {model} are not of sound; pass features (.npz), and write features."
        )
    if rule.kind != "mcep":
        raise errors.UserError(
            f"The features of {model} are log mel spectra, of which only a neural vocoder makes "
            "sound, and none is part of this package; pass features (.npz), and write features."
        )


def check_gain(rule: Rule | None, model: str) -> None:
    """Raises a UserError unless the spectral gain of a model's features can be told."""
    check_heard(rule, model)


def mapped_pitch(
    f0: np.ndarray, statistics: Mapping[str, np.ndarray], source: int, target: int
) -> np.ndarray:
    """Returns F0 (T,) Hz in the range of another domain; as it is if the ranges are not known."""
    if not set(PITCH_STATISTICS) <= set(statistics):
        return f0
    ranges = [
        tuple(float(statistics[name][k]) for name in PITCH_STATISTICS) for k in (source, target)
    ]
    return pitch.convert(f0, *ranges)
