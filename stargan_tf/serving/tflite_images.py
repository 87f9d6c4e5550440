"""The images on which a TFLite file is compared with the run, and in whose ranges it computes."""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from stargan_tf.data import labels as labels_lib
from stargan_tf.data import loading
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
      pixels: (M, S, S, 3) float32 in [-1, 1].
      labels: (M, width) float32: what they show or, where that is not known, the run's labels in
        turn, so that every label is asked for.
      what: What they are, for people: "held-out images of ...".
    """

    pixels: np.ndarray
    labels: np.ndarray
    what: str


def of_data_set(run: runs.Run, split: str, count: int, size: int, data_dir: str = "") -> Images:
    """Returns images of the run's data set, evenly spaced over it, with their labels.

    Args:
      run: The run.
      split: "train" or "test".
      count: How many; a smaller data set gives all it has.
      size: In pixels.
      data_dir: Where the data set is now; "": where it was.

    Raises:
      UserError: The data set is not there.
    """
    data = run.config.data
    if data_dir:
        data = dataclasses.replace(data, data_dir=data_dir)
    if data.dataset == "cartoon_faces":  # as many as are asked for can be drawn
        data = dataclasses.replace(data, cartoon_train_size=count, cartoon_test_size=count)
    source = loading.load(data, split)
    data = dataclasses.replace(data, image_size=size)
    sampler = loading.sampler(source, data, seed=0, augment=False)
    part = "held-out" if split == "test" else "training"
    what = f"{part} images of the run's data set ({data.datasets or data.dataset})"
    return Images(*samplers.spread_out(sampler, count), what)


def of_photos(paths: Sequence[pathlib.Path], run: runs.Run, size: int, what: str) -> Images:
    """Returns photos, read and made square as `stargan_tf.translate` does with the run.

    Raises:
      UserError: One can't be read.
    """
    framing = dataclasses.replace(run.framing(), size=size)
    pixels = np.stack([photos.to_array(framing.read(path)[0]) for path in paths])
    return Images(pixels, _in_turn(run.label_space, len(paths)), what)


def drawn(space: labels_lib.LabelSpace, count: int, size: int) -> Images:
    """Returns drawn faces, which need no files. The run need not have seen any in training."""
    smallest, largest = _DRAWN_SIZES
    drawings = cartoon_faces.CartoonFaces("test", min(max(size, smallest), largest), count)
    faces = (Image.fromarray(drawings.image(i)) for i in range(count))
    pixels = np.stack([photos.to_array(photos.fit(face, size)) for face in faces])
    return Images(pixels, _in_turn(space, count), DRAWN)


def split_photos(
    folder: str, for_calibration: int, for_comparison: int
) -> tuple[list[pathlib.Path], list[pathlib.Path]]:
    """Returns photos of a folder to calibrate with and others to compare on, evenly spaced.

    Where both are wanted, two thirds are for calibration; of a single photo both get that one.

    Args:
      folder: A folder of photos, with its sub-folders.
      for_calibration: How many at most; 0: none.
      for_comparison: How many at most.

    Raises:
      UserError: There is no photo.
    """
    paths = photo_jobs.found([folder], "--calibration_images")
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
