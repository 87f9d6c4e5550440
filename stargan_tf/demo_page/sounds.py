"""What the page asks of a run that converts sound, or sequences of features. Knows no browser."""

import dataclasses
import pathlib

import numpy as np

from stargan_tf.base import errors
from stargan_tf.demo_page import uploads
from stargan_tf.inference import converter, sequence_files, spectrograms
from stargan_tf.inference import model as model_lib
from stargan_tf.inference import sounds as sounds_lib

_PICTURE = (256, 900)  # pixels of a spectrogram: rows, and columns at most


@dataclasses.dataclass(frozen=True)
class Converted:
    """A conversion, and pictures of what went in and of what came out.

    Attributes:
      sound: What came out; None: features that don't become sound.
      features: What came out, as features.
      before: (rows, columns, 3) uint8, of the input.
      after: Likewise, of the result.
      told: A sentence about it.
    """

    sound: sounds_lib.Sound | None
    features: sequence_files.Sequence
    before: np.ndarray
    after: np.ndarray
    told: str


class Conversions:
    """Converts sound, or features where a run's features don't become sound.

    Attributes:
      model: Of a run that converts.
      heard: Whether it takes and makes sound; otherwise files of features.
    """

    def __init__(self, model: model_lib.Model):
        self.model = model
        self.heard = sounds_lib.is_heard(model.about_conversions.rule)

    def convert(
        self, path: str | None, source: str, target: str, differential: bool, gain: bool
    ) -> Converted:
        """Converts a file; see `converter.Way` for the arguments.

        Raises:
          UserError: There is none, it can't be read, is too long, or does not fit the model.
        """
        if path is None:
            what = "recording" if self.heard else "file of features"
            raise errors.UserError(f"There is no {what} yet; drop one here, or click an example.")
        way = converter.Way(source, target, differential, gain and self.heard)
        self.model.check(way)
        return (self._sound if self.heard else self._features)(pathlib.Path(path), way)

    def _sound(self, path: pathlib.Path, way: converter.Way) -> Converted:
        about, given = self.model.about_conversions, sounds_lib.read(path)
        seconds = len(given.samples) / given.rate
        if seconds > uploads.MOST_SECONDS:
            raise errors.UserError(
                f"{path.name} lasts {seconds:.0f} s, and the page takes {uploads.MOST_SECONDS:.0f} "
                "s; cut it, or use the command `convert`."
            )
        heard = sounds_lib.analyzed(given, about.rule, about.name)
        made = self.model.sequence(sequence_files.Sequence(heard.features, heard.f0), way)
        sound = heard.with_features(made, way.spectral_gain)
        return self._converted(heard.features, made, way, sound, f"{seconds:.1f} s")

    def _features(self, path: pathlib.Path, way: converter.Way) -> Converted:
        given = sequence_files.read(path)
        if len(given.features) > uploads.MOST_FRAMES:
            raise errors.UserError(
                f"{path.name} has {len(given.features)} frames, and the page takes "
                f"{uploads.MOST_FRAMES}; cut it, or use the command `convert`."
            )
        made = self.model.sequence(given, way)
        return self._converted(given.features, made, way, None, f"{len(made.features)} frames")

    def _converted(
        self,
        given: np.ndarray,
        made: sequence_files.Sequence,
        way: converter.Way,
        sound: sounds_lib.Sound | None,
        length: str,
    ) -> Converted:
        before, after = (self._picture(one) for one in (given, made.features))
        told = f"Converted from {way.source} to {way.target}: {length}."
        return Converted(sound, made, before, after, told)

    def _picture(self, features: np.ndarray) -> np.ndarray:
        rows, columns = _PICTURE
        step = -(-len(features) // columns)
        shown = np.repeat(features[::step], max(1, columns // len(features)), axis=0)
        made = spectrograms.picture(shown, self.model.about_conversions.rule, rows)
        return made.round().astype(np.uint8)
