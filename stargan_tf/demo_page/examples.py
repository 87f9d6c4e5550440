"""Examples to begin with: the user's own, or held-out ones of a run's data if they are here."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import loading
from stargan_tf.data import source as source_lib
from stargan_tf.data.sources import voices
from stargan_tf.inference import sequence_files, sounds
from stargan_tf.pictures import photo_jobs, photos, sheets
from stargan_tf.runs import runs

MOST = 8
_DRAWN = 256  # pixels: drawn images are shown larger than networks take them


@dataclasses.dataclass(frozen=True)
class Example:
    """A file to try a run with.

    Attributes:
      path: The file.
      known: The names of what it shows; None: nobody has told.
    """

    path: str
    known: tuple[str, ...] | None = None


def of_user(paths: Sequence[str], option: str) -> list[Example]:
    """Returns the user's photos, each path a photo or a folder; raises a UserError if it is none.

    `option` is what messages call the paths.
    """
    found = photo_jobs.find_photos(paths, option)
    for path in found[:MOST]:
        photos.read_photo(str(path))
    return [Example(str(path.resolve())) for path in found[:MOST]]


def of_run(run: runs.Run, folder: pathlib.Path) -> list[Example]:
    """Writes some held-out examples of a run's data to files in `folder`, and returns them.

    Data that would have to be downloaded, or are not on this machine, give none, and files that
    can't be read are left out.
    """
    options = run.config.data
    parts = options.parts() if options.datasets else (options,)
    if any(part.kind == "tfds" for part in parts):
        return []
    try:
        source = loading.load(options, "test")
        folder.mkdir(parents=True, exist_ok=True)
        if isinstance(source, voices.Voices):
            heard = sounds.is_heard(sounds.rule(options, run.sample_shape))
            return _written(source, folder, _write_sound if heard else _write_features)
        return [] if source.sample_shape else _written(_larger(source), folder, _write_picture)
    except (errors.UserError, OSError):
        return []


def _written(source: source_lib.Source, folder: pathlib.Path, write: Callable) -> list[Example]:
    """Writes the examples of a source that can be read."""
    written = []
    for index in _chosen(source):
        with contextlib.suppress(errors.UserError, tf.errors.OpError):
            path = write(source, index, folder)
            known = source.label_space.present(source.labels[index])
            written.append(Example(str(path), known))
    return written


def _larger(source: source_lib.Source) -> source_lib.Source:
    try:
        return source.drawn_at(_DRAWN)
    except errors.UserError:  # it draws no images of this size
        return source


def _chosen(source: source_lib.Source) -> list[int]:
    """Returns the numbers of the examples: of pairs, of those that are translated."""
    numbers = range(source.size) if source.pairs is None else source.pairs[:, 0].tolist()
    return [int(numbers[k]) for k in sheets.evenly(len(numbers), MOST)]


def _write_picture(source: source_lib.Source, index: int, folder: pathlib.Path) -> pathlib.Path:
    path = folder / f"example-{index}.png"
    Image.fromarray(np.asarray(source.whole(index), np.uint8)).save(path)
    return path


def _write_sound(source: voices.Voices, index: int, folder: pathlib.Path) -> pathlib.Path:
    path = folder / f"{_voice_name(source, index)}.wav"
    sounds.Sound(source.sound(index), source.rate).save(path)
    return path


def _write_features(source: voices.Voices, index: int, folder: pathlib.Path) -> pathlib.Path:
    """Writes what runs take whose features become no sound."""
    path = folder / f"{_voice_name(source, index)}{sequence_files.ENDING}"
    sequence_files.write(path, sequence_files.Sequence(source.whole(index)))
    return path


def _voice_name(source: voices.Voices, index: int) -> str:
    return f"{source.label_space.present(source.labels[index])[0]}-{index}"
