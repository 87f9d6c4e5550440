"""The images to calibrate a TFLite file with, and to compare it with the run."""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from stargan_tf.data import labels as labels_lib
from stargan_tf.data import loading, option_checks
from stargan_tf.data.pipeline import samplers
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.pictures import photo_jobs, photos
from stargan_tf.runs import runs

DRAWN = "cartoon faces drawn by this package"
_DRAWN_SIZES = (32, 512)  # pixels


@dataclasses.dataclass(frozen=True)
class Images:
    """Images for a network, of one size.

    Attributes:
      samples: (M, S, S, 3) float32 in [-1, 1].
      labels: (M, width) float32: their labels or, if these are unknown, the run's labels in turn,
        so that every label becomes a target.
      what: A description for people: "held-out images of ...".
    """

    samples: np.ndarray
    labels: np.ndarray
    what: str


def of_data_set(run: runs.Run, split: str, count: int, size: int, data_dir: str = "") -> Images:
    """Returns evenly spaced images of a split of the run's data set, with their labels.

    There are `count`, or all of a smaller split, of `size` pixels. `data_dir` is the current folder
    of the data set; "": where it was in training.

    Raises:
      UserError: The data set is missing.
    """
    data = dataclasses.replace(run.config.data, data_dir=data_dir or run.config.data.data_dir)
    if data.dataset in option_checks.DRAWN:  # any number can be drawn
        data = dataclasses.replace(data, cartoon_train_size=count, cartoon_test_size=count)
    source = loading.load(data, split)
    data = dataclasses.replace(data, image_size=size)
    sampler = loading.sampler(source, data, seed=0, augment=False)
    part = "held-out" if split == "test" else "training"
    what = f"{part} images of the run's data set ({data.datasets or data.dataset})"
    return Images(*samplers.spread_out(sampler, count), what)


def of_photos(paths: Sequence[pathlib.Path], run: runs.Run, size: int, what: str) -> Images:
    """Returns photos, read and made square like those that the run translates.

    Raises:
      UserError: One can't be read.
    """
    framing = dataclasses.replace(run.framing(), size=size)
    pixels = np.stack([photos.to_array(framing.read(path)[0]) for path in paths])
    return Images(pixels, _in_turn(run.label_space, len(paths)), what)


def drawn(space: labels_lib.LabelSpace, count: int, size: int) -> Images:
    """Returns drawn faces, which need no files; the run may be trained on other images."""
    smallest, largest = _DRAWN_SIZES
    drawings = cartoon_faces.CartoonFaces("test", min(max(size, smallest), largest), count)
    faces = (Image.fromarray(drawings.image(i)) for i in range(count))
    pixels = np.stack([photos.to_array(photos.fit(face, size)) for face in faces])
    return Images(pixels, _in_turn(space, count), DRAWN)


def split_photos(
    folder: str, for_calibration: int, for_comparison: int
) -> tuple[list[pathlib.Path], list[pathlib.Path]]:
    """Returns photos to calibrate with and others to compare with, evenly spaced.

    If both are needed, two thirds of the photos are for calibration; a single photo is for both.
    `for_calibration` (0: none) and `for_comparison` are the most to return.

    Raises:
      UserError: There is no photo in the folder and its sub-folders.
    """
    paths = photo_jobs.find_photos([folder], "`calibration_images`")
    if not for_calibration:
        return [], _spread(paths, for_comparison)
    compared = _spread(paths, min(for_comparison, max(1, len(paths) // 3)))
    others = sorted(set(paths) - set(compared))
    return _spread(others or paths, for_calibration), compared


def _spread(paths: Sequence[pathlib.Path], count: int) -> list[pathlib.Path]:
    indices = np.linspace(0, len(paths) - 1, min(count, len(paths))).round().astype(int)
    return [paths[i] for i in indices]


def _in_turn(space: labels_lib.LabelSpace, count: int) -> np.ndarray:
    nothing = np.zeros(space.width, np.float32)
    names = (space.names[i % len(space.names)] for i in range(count))
    return np.stack([space.edited(nothing, (name,)) for name in names])
