"""What shows how far the training of conversions is: spectrograms side by side, and sound."""

import dataclasses
import re
from collections.abc import Mapping

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.data import source as source_lib
from stargan_tf.inference import sequence_files, spectrograms
from stargan_tf.inference import sounds as sounds_lib
from stargan_tf.pictures import sheets

_FRAMES = 200  # shown of each sequence, at least 8 and a multiple of 4


@dataclasses.dataclass(frozen=True)
class Samples:
    """What is shown of a training at a step.

    Attributes:
      sheets: By name.
      sounds: By name.
    """

    sheets: Mapping[str, sheets.Sheet]
    sounds: Mapping[str, sounds_lib.Sound] = dataclasses.field(default_factory=dict)


class ConversionSamples:
    """Some held-out sequences, to be converted at every look in the same way.

    Each is converted to every domain, of many to a dozen. Where the data know the true
    conversions, these are beside. Where features can be heard, each is heard in the domain after
    its own; the input and the true conversion are heard once, since they do not change.

    Args:
      source: The held-out examples.
      count: How many of them, evenly spaced.
      rule: How sound became their features; None: they are not of sound.
    """

    def __init__(self, source: source_lib.Source, count: int, rule: sounds_lib.Rule | None):
        self._source, self._rule = source, rule
        self._indices = sheets.evenly(source.size, count)
        self._shown, self._note = sheets.targets(source.label_space)
        self._told_once = False

    def of(self, algorithm: algorithm_lib.Converts) -> Samples:
        """Returns what to show of an algorithm as it is now."""
        space, rows, heard = self._source.label_space, [], {}
        targets = [space.index(name) for name in self._shown]
        for index in self._indices:
            features, own = self._source.whole(index), int(self._source.labels[index].argmax())
            next_domain = (own + 1) % space.width
            made = {k: _converted(algorithm, features, own, k) for k in {*targets, next_domain}}
            cells = [features, *(made[k] for k in targets)]
            if self._knows:
                cells += [self._source.conversion(index, k) for k in targets]
            rows.append(np.stack([self._picture(cell) for cell in cells]))
            heard |= self._heard(algorithm, index, own, next_domain, made[next_domain])
        self._told_once = True
        groups = [("", 1), ("converted", len(targets))]
        columns = ["input", *self._shown]
        if self._knows:
            groups.append(("true", len(targets)))
            columns += self._shown
        images = np.stack(rows).astype(np.float32) / 127.5 - 1
        return Samples({"conversions": sheets.Sheet(columns, images, self._note, groups)}, heard)

    @property
    def _knows(self) -> bool:
        return isinstance(self._source, source_lib.Conversions)

    def _heard(
        self,
        algorithm: algorithm_lib.Converts,
        index: int,
        own: int,
        target: int,
        made: np.ndarray,
    ) -> dict[str, sounds_lib.Sound]:
        """Returns the sound of a conversion; at first also of the input and of the truth."""
        if not sounds_lib.is_heard(self._rule):
            return {}
        names = self._source.label_space.names
        f0 = self._source.f0(index)
        mapped = sounds_lib.mapped_pitch(f0, algorithm.settings.statistics, own, target)
        tracks = {"converted": (made, mapped)}
        if not self._told_once:
            tracks["input"] = self._source.whole(index), f0
            if self._knows:
                tracks["true"] = self._source.conversion(index, target), mapped
        label = re.sub(r"[^\w.-]+", "_", f"{index}-{names[own]}-to-{names[target]}")
        return {
            f"{label}-{what}": sounds_lib.synthesized(
                sequence_files.Sequence(*track), self._rule, "the run"
            )
            for what, track in tracks.items()
        }

    def _picture(self, features: np.ndarray) -> np.ndarray:
        """Returns the middle of a sequence as a picture (rows, frames, 3), colours 0 to 255."""
        first = max(0, (len(features) - _FRAMES) // 2)
        features = np.resize(features[first : first + _FRAMES], (_FRAMES, features.shape[1]))
        return spectrograms.picture(features, self._rule)


def _converted(
    algorithm: algorithm_lib.Converts, features: np.ndarray, source: int, target: int
) -> np.ndarray:
    """Returns features (T, F), converted from one domain to another."""
    width = algorithm.settings.label_space.width
    sources, labels = np.eye(width, dtype=np.float32)[[source, target]][:, np.newaxis]
    return np.asarray(algorithm.convert(features[np.newaxis], sources, labels)[0])
