"""Utterances: what is said, and how, by nobody in particular."""

import dataclasses

import numpy as np

from stargan_tf.voices import phones

FRAME = 0.005  # seconds
_SEED, _STREAM = 0, 2  # Changing one of these changes every utterance.
_SYLLABLES = (7, 10)  # from ... to
_FORMANT_SECONDS, _LEVEL_SECONDS = 0.05, 0.025  # how long movements of the mouth take
_RATE = (0.85, 1.2)  # of speaking


@dataclasses.dataclass(frozen=True)
class Utterance:
    """Movements of a mouth and of a melody, T frames 5 ms apart.

    Attributes:
      formants: (T, 3) Hz, for a throat of factor 1.
      level: (T,) dB, of the voice.
      voicing: (T,) from 0 to 1.
      noise: (T,) dB.
      centre: (T,) Hz, of the noise.
      width: (T,) Hz.
      melody: (T,) about standard normal: what log F0 is, before a speaker's deviation and mean.
      speech: (T,) bool: neither before the first phone nor after the last.
    """

    formants: np.ndarray
    level: np.ndarray
    voicing: np.ndarray
    noise: np.ndarray
    centre: np.ndarray
    width: np.ndarray
    melody: np.ndarray
    speech: np.ndarray

    @property
    def voiced(self) -> np.ndarray:
        """(T,) bool: where there are pulses."""
        return self.voicing > 0.5


def utterance(number: int) -> Utterance:
    """Returns utterance `number`, a pure function of it."""
    rng = np.random.default_rng((_SEED, _STREAM, number))
    spoken, stresses = _phones(rng)
    rate = rng.uniform(*_RATE)
    counts = _durations(rng, spoken, stresses, rate)

    def track(values: list[float], seconds: float) -> np.ndarray:
        return _smoothed(np.repeat(np.asarray(values, np.float64), counts), seconds)

    level = track([phone.level for phone in spoken], _LEVEL_SECONDS)
    stress = track(stresses, 0.12)
    ends = np.repeat([phone is phones.SILENCE for phone in spoken], counts)
    return Utterance(
        np.stack(
            [track([phone.formants[k] for phone in spoken], _FORMANT_SECONDS) for k in range(3)], 1
        ),
        level + 3.0 * stress,
        track([phone.voicing for phone in spoken], _LEVEL_SECONDS),
        track([phone.noise for phone in spoken], _LEVEL_SECONDS),
        track([phone.centre for phone in spoken], _FORMANT_SECONDS),
        track([phone.width for phone in spoken], _FORMANT_SECONDS),
        _melody(rng, stress),
        ~ends,
    )


def _phones(rng: np.random.Generator) -> tuple[list[phones.Phone], list[float]]:
    """Returns some twenty phones between silences, and the stress of each, from -1 to 1."""
    spoken, stresses = [phones.SILENCE], [0.0]

    def say(phone: phones.Phone, stress: float = 0.0) -> None:
        spoken.append(phone)
        stresses.append(stress)

    for _ in range(rng.integers(*_SYLLABLES, endpoint=True)):
        stress = float(rng.uniform(-1, 1))
        for phone in _onset(rng):
            say(phone, stress / 2)
        say(_one_of(rng, phones.VOWELS), stress)
        if rng.uniform() < 0.45:
            say(_one_of(rng, {**phones.SONORANTS, **phones.FRICATIVES}), stress / 2)
    say(phones.SILENCE)
    return spoken, stresses


def _onset(rng: np.random.Generator) -> list[phones.Phone]:
    """Returns what a syllable begins with: nothing, a consonant, or a stop and a sonorant."""
    kind = rng.uniform()
    if kind < 0.1:
        return []
    if kind < 0.4:
        return [_one_of(rng, phones.SONORANTS)]
    if kind < 0.65:
        return [_one_of(rng, phones.FRICATIVES)]
    stop = sorted(phones.BURSTS)[rng.integers(len(phones.BURSTS))]
    more = [_one_of(rng, phones.SONORANTS)] if kind > 0.9 else []
    return [phones.closure(stop), phones.BURSTS[stop], *more]


def _one_of(rng: np.random.Generator, table: dict[str, phones.Phone]) -> phones.Phone:
    return table[sorted(table)[rng.integers(len(table))]]


def _durations(
    rng: np.random.Generator, spoken: list[phones.Phone], stresses: list[float], rate: float
) -> np.ndarray:
    """Returns how many frames each phone takes, (P,)."""
    usual = np.array([phone.seconds for phone in spoken]) / rate
    seconds = usual * (1 + 0.25 * np.asarray(stresses)) * rng.uniform(0.8, 1.25, len(spoken))
    return np.maximum(3, np.rint(seconds / FRAME)).astype(int)


def _melody(rng: np.random.Generator, stress: np.ndarray) -> np.ndarray:
    """Returns a melody (T,): it falls, rises with stress, and wanders."""
    places = np.linspace(0, 1, len(stress))
    bends = np.interp(places, np.linspace(0, 1, 7), rng.standard_normal(7))
    raw = -1.2 * (places - 0.5) + 1.0 * stress + 0.5 * _smoothed(bends, 0.1)
    return (raw - raw.mean()) / 0.75


def _smoothed(steps: np.ndarray, seconds: float) -> np.ndarray:
    """Returns a track (T,) whose steps became movements that take so long."""
    half = max(1, round(seconds / FRAME / 2))
    weights = np.hanning(2 * half + 3)[1:-1]
    padded = np.pad(steps, half, mode="edge")
    return np.convolve(padded, weights / weights.sum(), mode="valid")
