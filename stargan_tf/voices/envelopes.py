"""What a speaker's utterance sounds like: envelopes of its pulses and of its noise, and its pitch.

Power densities at 513 frequencies up to 8 kHz: of pulses those of a source of falling slope
through eight resonances, of noise that of fricatives and bursts and that of breath.
"""

import dataclasses

import numpy as np

from stargan_tf.voices import speakers, utterances

RATE, BINS = 16_000, 513
_FREQUENCIES = np.linspace(0, RATE / 2, BINS)
_SQUARES = np.float32(_FREQUENCIES**2)
# The formants that no phone moves, and all bandwidths, in Hz, for a throat of factor 1.
_HIGH_FORMANTS = (3500.0, 4500.0, 5500.0, 6500.0, 7500.0)
_BANDWIDTHS = (80.0, 110.0, 160.0, 250.0, 350.0, 450.0, 550.0, 650.0)
_LOUDNESS = -26.0  # dB, of what has level 0
_NOISE_LOUDNESS = -10.0
_FLOOR = 2e-8  # of the room, at 0 Hz
_ROOM_CORNER = 1500.0  # Hz


@dataclasses.dataclass(frozen=True)
class Voice:
    """An utterance of a speaker, T frames 5 ms apart.

    Attributes:
      f0: (T,) float64, Hz; 0 where there is no voice.
      periodic: (T, 513) power density of the pulses.
      noise: (T, 513) power density of the noise.
    """

    f0: np.ndarray
    periodic: np.ndarray
    noise: np.ndarray

    @property
    def spectra(self) -> np.ndarray:
        """(T, 513): both together."""
        return self.periodic + self.noise


def voice(utterance: utterances.Utterance, speaker: speakers.Speaker) -> Voice:
    """Returns an utterance as a speaker says it."""
    tract = _tract(utterance, speaker)
    source = _decibels(speaker.tilt / 2 * -np.log2(1 + (_FREQUENCIES / speaker.corner) ** 2))
    level = _decibels(utterance.level + _LOUDNESS)[:, np.newaxis]
    shut = np.clip((utterance.voicing - 0.25) * 2, 0, 1)[:, np.newaxis]
    periodic = shut * level * tract * source
    breath = _decibels(speaker.breath) * (_FREQUENCIES / (_FREQUENCIES + 1500.0)) ** 2
    noise = _fricatives(utterance, speaker) + shut * level * np.sqrt(tract) * breath
    room = _FLOOR / (1 + (_FREQUENCIES / _ROOM_CORNER) ** 2)
    f0 = np.exp(speaker.log_f0_mean + speaker.log_f0_deviation * utterance.melody)
    return Voice(np.where(utterance.voiced, f0, 0.0), periodic, noise + room)


def _tract(utterance: utterances.Utterance, speaker: speakers.Speaker) -> np.ndarray:
    """Returns the gain (T, 513) in power of the throat and the mouth; 1 at 0 Hz.

    A resonance at F of bandwidth B multiplies the power by (F^2 + (B/2)^2)^2 over
    ((f - F)^2 + (B/2)^2) ((f + F)^2 + (B/2)^2).
    """
    high = np.broadcast_to(_HIGH_FORMANTS, (len(utterance.level), len(_HIGH_FORMANTS)))
    formants = np.concatenate([utterance.formants, high], 1) * speaker.formants * speaker.throat
    squares = formants.astype(np.float32) ** 2
    gain = np.ones((len(formants), BINS), np.float32)
    for column, bandwidth in zip(squares.T, _BANDWIDTHS, strict=True):
        half = np.float32((bandwidth * speaker.bandwidth / 2) ** 2)
        centre = column[:, np.newaxis]
        # The product of the two terms below is (f^2 - F^2 + half)^2 + 4 half F^2.
        below = _SQUARES - (centre - half)
        below *= below
        below += 4 * half * centre
        np.divide((centre + half) ** 2, below, out=below)
        gain *= below
    return gain


def _fricatives(utterance: utterances.Utterance, speaker: speakers.Speaker) -> np.ndarray:
    """Returns the power density (T, 513) of the noise of fricatives and bursts."""
    centre = utterance.centre[:, np.newaxis] * np.sqrt(speaker.throat)
    distance = (_FREQUENCIES - centre) / utterance.width[:, np.newaxis]
    level = utterance.noise + speaker.hiss + _NOISE_LOUDNESS
    return _decibels(level[:, np.newaxis]) * np.exp(-np.minimum(distance**2, 5.0))


def _decibels(level: np.ndarray | float) -> np.ndarray:
    """Returns the power of a level in dB."""
    return 10.0 ** (np.asarray(level) / 10)
