"""The embedded data set of voices: drawn speakers, and every utterance as any of them says it.

Speakers and utterances are pure functions of a name and of a number, and so is the sound of both
together. The same utterance has the same frames whoever says it, so that a conversion is compared
with the truth frame by frame.
"""

import functools
from collections.abc import Mapping, Sequence

import numpy as np

from stargan_tf.audio import cepstrum, minimum_phase, statistics
from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import source
from stargan_tf.data.sources import voices
from stargan_tf.voices import envelopes, speakers, utterances

_FIRST_TEST_NUMBER = 2**40  # above the numbers of all training utterances
_UTTERANCES_PER_SPEAKER = 2**24
_MOST = 100_000  # utterances of a speaker


class DrawnVoices(voices.Voices, source.Conversions):
    """`count` utterances of every speaker, each drawn on first use and then kept.

    No two speakers share a training utterance, so a training can't learn from parallel sentences;
    the held-out utterances are said by all.

    Args:
      split: "train" or "test"; they share no utterance.
      names: The speakers, of `speakers.SPEAKERS`; (): the default four.
      count: How many utterances each speaker says.
      frames: How many frames an example has.
      coefficients: How many mel-cepstral coefficients a frame has, the 0th included.
      train_count: How many training utterances each speaker says: what `statistics` are of.

    Raises:
      UserError: A speaker is unknown, or a size makes no sense.
    """

    def __init__(
        self,
        split: str,
        names: Sequence[str] = (),
        count: int = 80,
        frames: int = 128,
        coefficients: int = 36,
        train_count: int = 80,
    ):
        names = tuple(names) or speakers.DEFAULT
        _check(names, count)
        spoken_by = np.repeat(np.arange(len(names)), count)
        super().__init__(names, spoken_by, frames, coefficients, envelopes.RATE)
        self._train_count = train_count
        own = np.tile(np.arange(count), len(names))
        if split == "train":
            codes = np.array([speakers.SPEAKERS.index(name) for name in names])
            self._numbers = codes[spoken_by] * _UTTERANCES_PER_SPEAKER + own
        else:
            self._numbers = _FIRST_TEST_NUMBER + own

    @functools.cached_property
    def statistics(self) -> Mapping[str, np.ndarray]:
        """Those of the training utterances, of both splits."""
        return _statistics(self.label_space.names, self._train_count, self.coefficients)

    def whole(self, index: int) -> np.ndarray:
        """Returns the mel-cepstra (T, F) float32 of utterance `index`."""
        return self.conversion(index, self.speaker(index))

    def conversion(self, index: int, domain: int) -> np.ndarray:
        """Returns the mel-cepstra (T, F) float32 of utterance `index` as any speaker says it."""
        name = self.label_space.names[domain]
        return _drawn(int(self._numbers[index]), name, self.coefficients)[0]

    def f0(self, index: int, domain: int | None = None) -> np.ndarray:
        """Returns the pitch (T,) float64 in Hz; None: of its own speaker. See `Voices.f0`."""
        name = self.label_space.names[self.speaker(index) if domain is None else domain]
        return _drawn(int(self._numbers[index]), name, self.coefficients)[1]

    def sound(self, index: int, domain: int | None = None) -> np.ndarray:
        """Returns the sound (N,) float64 at 16 kHz; None: of its own speaker."""
        name = self.label_space.names[self.speaker(index) if domain is None else domain]
        number = int(self._numbers[index])
        voice = _voice(number, name)
        return minimum_phase.synthesize(
            voice.f0, voice.periodic, voice.noise, envelopes.RATE, seed=number
        )

    def speech(self, index: int) -> np.ndarray:
        """Returns which frames (T,) bool lie between the first phone and the last."""
        return utterances.utterance(int(self._numbers[index])).speech

    def describe(self, index: int) -> str:
        """Returns the number of the utterance, and who says it."""
        return f"utterance {self._numbers[index]} of {self.label_space.names[self.speaker(index)]}"


def _voice(number: int, name: str) -> envelopes.Voice:
    return envelopes.voice(utterances.utterance(number), speakers.speaker(name))


@functools.lru_cache(maxsize=20_000)  # about 65 kB each; splits of one process share them
def _drawn(number: int, name: str, coefficients: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns mel-cepstra (T, coefficients) float32 and pitch (T,) of an utterance."""
    voice = _voice(number, name)
    alpha = cepstrum.ALPHAS[envelopes.RATE]
    features = cepstrum.from_spectra(voice.spectra, coefficients, alpha).astype(np.float32)
    for array in (features, voice.f0):
        array.setflags(write=False)
    return features, voice.f0


@functools.lru_cache(maxsize=8)
def _statistics(names: tuple[str, ...], count: int, coefficients: int) -> Mapping[str, np.ndarray]:
    training = DrawnVoices("train", names, count, 128, coefficients, count)
    features = [training.whole(i) for i in range(training.size)]
    tracks = [training.f0(i) for i in range(training.size)]
    return statistics.of_speakers(features, tracks, training.labels.argmax(axis=1), len(names))


def _check(names: Sequence[str], count: int) -> None:
    labels_lib.refuse_unknown(names, speakers.SPEAKERS, "speaker of drawn_voices")
    if len(set(names)) < max(2, len(names)):
        raise errors.UserError(
            f"Conversion needs at least two speakers, each named once; received {', '.join(names)};"
            f" the known ones are {', '.join(speakers.SPEAKERS)}."
        )
    if not 1 <= count <= _MOST:
        raise errors.UserError(
            f"A speaker of drawn_voices says 1 to {_MOST:,} utterances; received {count}; pass "
            "another voice_train_size or voice_test_size."
        )
