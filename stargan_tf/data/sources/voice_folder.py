"""A data set of one's own recordings: a folder of wav or flac files for each speaker."""

import collections
import functools
from collections.abc import Mapping, Sequence

import numpy as np

from stargan_tf.audio import cepstrum, statistics
from stargan_tf.audio import files as sound_files
from stargan_tf.base import errors
from stargan_tf.data import options as options_lib
from stargan_tf.data import source as source_lib
from stargan_tf.data.sources import voice_features, voice_layout, voice_remarks, voices
from stargan_tf.reports import progress


class VoiceFolder(voices.Voices, source_lib.Parallel):
    """Recordings of speakers, whose features are computed once and kept.

    Files of several speakers with one name, but for its ending, hold the same sentence.

    Args:
      paths: Of the recordings.
      spoken_by: (size,), the numbers of their speakers.
      speakers: The names of all speakers.
      frames: How many frames an example has.
      analyzer: How recordings become features.
      training: The training part, whose statistics a held-out part has; None: this is it.
      left_out: How many files of other kinds lie beside the recordings, by ending.
    """

    def __init__(
        self,
        paths: Sequence[str],
        spoken_by: np.ndarray,
        speakers: Sequence[str],
        frames: int,
        analyzer: voice_features.Analyzer,
        training: "VoiceFolder | None" = None,
        left_out: Mapping[str, int] | None = None,
    ):
        super().__init__(speakers, spoken_by, frames, analyzer.width, analyzer.rate, analyzer.kind)
        self.paths = list(paths)
        self._spoken_by, self._analyzer = np.asarray(spoken_by), analyzer
        self._training, self._left_out = training, dict(left_out or {})
        self._loaded: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    @functools.cached_property
    def statistics(self) -> Mapping[str, np.ndarray]:
        """Those of the training recordings that can be read; they are all analyzed for it."""
        if self._training:
            return self._training.statistics
        good = [i for i in range(self.size) if i not in self._problems]
        self._analyze(good)
        found = [self._features(i) for i in good]
        return statistics.of_speakers(
            [features for features, _ in found],
            [f0 for _, f0 in found],
            self._spoken_by[good],
            self.label_space.width,
        )

    def whole(self, index: int) -> np.ndarray:
        """Returns the features (T, F) float32 of recording `index`."""
        return self._features(index)[0]

    def parallel(self, index: int, domain: int) -> int | None:
        """Returns the number of the same sentence as another speaker says it; see `Parallel`.

        None also where either of the two has several files of that name.
        """
        name = voice_layout.sentence(self.paths[index])
        own = self._sentences[name, self.speaker(index)]
        found = self._sentences.get((name, domain), ())
        return found[0] if len(own) == len(found) == 1 else None

    def f0(self, index: int) -> np.ndarray:
        """Returns the pitch (T,) of recording `index`; see `Voices.f0`."""
        return self._features(index)[1].astype(np.float64)

    def sound(self, index: int) -> np.ndarray:
        """Returns the sound (N,) float64 of recording `index` at `rate`."""
        return sound_files.read(self.paths[index]).mono(self.rate)

    def restricted(self, kept: Sequence[int]) -> "VoiceFolder":
        """Returns some of the recordings."""
        kept = np.asarray(kept, np.int64)
        return VoiceFolder(
            [self.paths[i] for i in kept],
            self._spoken_by[kept],
            self.label_space.names,
            self.frames,
            self._analyzer,
            self._training,
            self._left_out,
        )

    def problems(self, *, thorough: bool = False) -> dict[int, str]:
        """Returns what is wrong with recordings that can't be used, by their numbers.

        `thorough` decodes them all; otherwise it is what the beginnings of the files show.
        """
        found = dict(self._problems)
        for index in (i for i in range(self.size) if thorough and i not in found):
            try:
                sound_files.read(self.paths[index])
            except errors.UserError as error:
                found[index] = voice_remarks.reason(error, self.paths[index])
        return dict(sorted(found.items()))

    def notes(self) -> list[str]:
        """Returns what the user should know of how the recordings are read."""
        return voice_remarks.notes(self.paths, set(self._problems), self._left_out, self.rate)

    def remarks(self) -> list[voice_remarks.Remark]:
        """Returns what a look at every sample of every recording shows."""
        good = [i for i in range(self.size) if i not in self._problems]
        return voice_remarks.find(
            [self.paths[i] for i in good],
            [self.label_space.names[self._spoken_by[i]] for i in good],
            self.frames * (0.008 if self.kind == "mel" else 0.005),
        )

    def describe(self, index: int) -> str:
        """Returns the path of recording `index`."""
        return self.paths[index]

    @functools.cached_property
    def _sentences(self) -> Mapping[tuple[str, int], list[int]]:
        """The numbers of the recordings by the names of their sentences and by speaker."""
        found = collections.defaultdict(list)
        for index, path in enumerate(self.paths):
            found[voice_layout.sentence(path), self.speaker(index)].append(index)
        return dict(found)

    @functools.cached_property
    def _problems(self) -> dict[int, str]:
        found = {}
        for index, path in enumerate(self.paths):
            try:
                _, rate = sound_files.seconds_and_rate(path)
                if rate < self.rate:
                    raise errors.UserError(
                        f"{path} has a rate of {rate} Hz, less than the {self.rate} Hz that "
                        "`sample_rate` asks for; pass sample_rate=16000."
                    )
            except errors.UserError as error:
                found[index] = voice_remarks.reason(error, path)
        return found

    def _features(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        if index not in self._loaded:
            self._loaded[index] = self._analyzer.features(self.paths[index])
        return self._loaded[index]

    def _analyze(self, indices: Sequence[int]) -> None:
        """Computes the features of recordings, and says how far it is if that takes time."""
        missing = [i for i in indices if i not in self._loaded]
        with progress.Progress(len(missing), "recording") as shown:
            every = max(1, len(missing) // 10)

            def tell(done: int) -> None:
                shown.show(done, line=done % every == 0 and len(missing) >= 20)

            paths = [self.paths[i] for i in missing]
            found = self._analyzer.all_features(paths, tell)
        self._loaded.update(zip(missing, found, strict=True))


def load_voice_folder(options: options_lib.DataOptions, split: str) -> VoiceFolder:
    """Loads one split ("train" or "test") of the recordings in `data_dir`.

    Raises:
      UserError: The folder is laid out another way, a speaker is unknown, or the rate is none that
        mel-cepstra are known for.
    """
    if options.sample_rate not in cepstrum.ALPHAS:
        raise errors.UserError(
            f"`sample_rate` is {' or '.join(map(str, cepstrum.ALPHAS))} Hz; received "
            f"{options.sample_rate}; recordings of any rate from 16 kHz on are resampled to it."
        )
    chosen = options_lib.split_names(options.domains)
    found = voice_layout.find(options.data_dir, chosen, options.val_fraction)
    analyzer = voice_features.Analyzer(options.features, options.coefficients, options.sample_rate)
    names = found.space.names
    training = _training(
        tuple(found.train[0]), tuple(found.train[1].tolist()), names, options.frames, analyzer,
        tuple(sorted(found.left_out.items())),
    )  # fmt: skip
    if split == "train":
        return training
    return VoiceFolder(*found.test, names, options.frames, analyzer, training)


@functools.lru_cache(maxsize=4)  # both splits of a process share its statistics
def _training(
    paths: tuple[str, ...],
    spoken_by: tuple[int, ...],
    names: tuple[str, ...],
    frames: int,
    analyzer: voice_features.Analyzer,
    left_out: tuple[tuple[str, int], ...],
) -> VoiceFolder:
    return VoiceFolder(paths, np.array(spoken_by), names, frames, analyzer, left_out=dict(left_out))
