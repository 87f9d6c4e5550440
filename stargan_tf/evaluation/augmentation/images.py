"""The images that a study's classifiers learn from: real ones and their translations, in a file."""

import json
import os
import pathlib
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors, files
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import source as source_lib
from stargan_tf.evaluation import images as images_lib
from stargan_tf.evaluation import subject as subject_lib
from stargan_tf.reports import progress

_PIXELS, _ABOUT = "images.npy", "images.json"


class Pool(source_lib.Source):
    """Real training images first, then their translations, each labelled as what was asked for.

    Attributes:
      real: How many are real.
    """

    in_memory = True  # the system keeps what of the file is used

    def __init__(
        self, space: labels_lib.LabelSpace, pixels: np.ndarray, labels: np.ndarray, real: int
    ):
        """Takes images (N, S, S, 3) uint8, `real` of them real, and labels (N, width)."""
        self.label_space, self.labels = space, np.asarray(labels, np.float32)
        self.real, self._pixels = real, pixels

    def load(self, index: tf.Tensor) -> tf.Tensor:
        """Returns image `index` as (S, S, 3) uint8; a graph function."""
        image = tf.numpy_function(
            lambda number: np.array(self._pixels[number]), [index], tf.uint8, stateful=False
        )
        return tf.ensure_shape(image, self._pixels.shape[1:])

    def describe(self, index: int) -> str:
        """Returns what an image is."""
        return f"{'real' if index < self.real else 'translated'} image {index}"


def pool(
    folder: pathlib.Path,
    training: images_lib.Images,
    translations: Callable[[], subject_lib.Subject],
) -> Pool:
    """Returns the images of a study from its folder, or makes them and writes them there.

    Args:
      folder: Exists.
      training: The real training images.
      translations: Returns what translates each of them to every other label: its `batches`, of its
        first mode, are the translations.

    Raises:
      UserError: The folder can't be written.
    """
    about = folder / _ABOUT
    if not about.exists():
        _make(folder, training, translations())
    facts = json.loads(about.read_text())
    labels = np.asarray(facts["labels"], np.float32)
    pixels = np.memmap(folder / _PIXELS, np.uint8, "r", shape=(len(labels), *facts["shape"]))
    return Pool(training.space, pixels, labels, facts["real"])


def in_both(one: images_lib.Images, other: images_lib.Images) -> int:
    """Returns how many images of one set are in another, too, equal in every pixel."""
    known = {image.tobytes() for images in other.batches() for image in images}
    return sum(image.tobytes() in known for images in one.batches() for image in images)


def _make(
    folder: pathlib.Path, training: images_lib.Images, translations: subject_lib.Subject
) -> None:
    shape, labels = training.take([0]).shape[1:], [training.labels]
    total = training.size + translations.total
    partial = folder / f"{_PIXELS}{files.PARTIAL}"
    try:
        with open(partial, "wb") as file, progress.Progress(total, "image") as bar:
            done = 0
            for images, wanted in _all(training, translations):
                file.write(images.tobytes())
                labels += wanted
                done += len(images)
                bar.show(done, "real and translated", line=done >= total)
        os.replace(partial, folder / _PIXELS)
    except OSError as error:
        raise errors.UserError(
            f"Could not write {folder / _PIXELS}: {error.strerror or error}; free some space, or "
            "choose another `output`."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    stored = np.concatenate(labels).astype(int).tolist()
    facts = {"shape": shape, "real": training.size, "labels": stored}
    with files.atomic(folder / _ABOUT) as file:
        file.write(json.dumps(facts).encode())


def _all(
    training: images_lib.Images, translations: subject_lib.Subject
) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
    """Yields images (N, S, S, 3), and of translations the labels that were asked for."""
    for images in training.batches():
        yield images, []
    for batch in translations.batches(translations.modes[0]):
        yield batch.outputs[:, 0], [batch.wanted]
