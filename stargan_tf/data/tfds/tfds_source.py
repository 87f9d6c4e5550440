"""Data sets of TensorFlow Datasets as sources: random access to their image files."""

import functools
import hashlib
from collections.abc import Iterator
from concurrent import futures

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import source
from stargan_tf.data.sources import image_files
from stargan_tf.data.tfds import examples as tfds_examples
from stargan_tf.data.tfds import labelling

_THREADS = 8


def load_tfds(name: str, data_dir: str, selection: labelling.Selection) -> source.Source:
    """Opens a data set with random access; downloads and prepares it where need be.

    It has one image (or one called "image") and either one class label (or one called "label"),
    whose classes are the domains, or boolean features, which are the attributes. All examples are
    read once, for their labels; no image is decoded.

    Args:
      name: As TensorFlow Datasets knows it: NAME, NAME/CONFIG or NAME/CONFIG:VERSION.
      data_dir: Where prepared data sets are; empty: the default of TensorFlow Datasets.
      selection: Which part and which labels.

    Returns:
      The images, in the order of the data set.

    Raises:
      UserError: There is no such data set, it can't be prepared, it has no image, label or split
        that can be used, or it is stored without random access.
    """
    part = labelling.open_part(name, data_dir, selection)
    if not part.examples.has_random_access:
        given = f" --data_dir={data_dir}" if data_dir else ""
        raise errors.UserError(
            f"{part.examples.name} is stored in a form that can only be read in order; pack it "
            f"first, python -m stargan_tf.pack --dataset=tfds:{name}{given} --output=DIR, and "
            "train with --dataset=packed --data_dir=DIR."
        )
    labelled = labelling.label(part, selection)
    return _Files(part, labelled)


def iterate_tfds(
    name: str, data_dir: str, selection: labelling.Selection
) -> tuple[labels_lib.LabelSpace, Iterator[tuple[bytes, np.ndarray, str]]]:
    """Reads a data set in order, however it is stored; see `load_tfds` for arguments and errors.

    Returns:
      What the labels mean; and an iterator over the images: the bytes of the file, the label
      (width,) float32, and a name that no other has. The order is that of `load_tfds`, and always
      the same.
    """
    part = labelling.open_part(name, data_dir, selection)
    labelled = labelling.label(part, selection)
    return labelled.space, _iterate(part, labelled)


def _iterate(
    part: labelling.Part, labelled: labelling.Labelled
) -> Iterator[tuple[bytes, np.ndarray, str]]:
    for places, files in _batches(part.examples, part.columns.image, labelled.rows):
        for place, file in zip(places, files, strict=True):
            name = part.examples.describe(int(labelled.rows[place]))
            yield file, labelled.labels[place], name


def _batches(
    examples: tfds_examples.Examples, image: tfds_examples.Key, rows: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields the image files of the examples `rows` (ascending), and their places in `rows`."""
    start = 0
    for batch in examples.batches([image]):
        end = start + len(batch[image])
        places = np.arange(*np.searchsorted(rows, (start, end)))
        yield places, batch[image][rows[places] - start]
        start = end


class _Files(source.EncodedSource):
    """Image files."""

    def __init__(self, part: labelling.Part, labelled: labelling.Labelled):
        self.label_space, self.labels = labelled.space, labelled.labels
        self._examples, self._image = part.examples, part.columns.image
        self._rows = labelled.rows

    def read(self, index: tf.Tensor) -> tf.Tensor:
        # Reading has no side effect, so that TensorFlow need not keep it in order.
        record = tf.numpy_function(self._record, [index], tf.string, stateful=False)
        record.set_shape(())
        return self._examples.parse(record, [self._image])[self._image]

    def problems(self, *, thorough: bool = False) -> dict[int, str]:
        found = {}
        find_problem = functools.partial(image_files.find_problem, thorough=thorough)
        with futures.ThreadPoolExecutor(_THREADS) as pool:
            for places, files in _batches(self._examples, self._image, self._rows):
                reasons = pool.map(find_problem, files)
                found |= dict(zip(places.tolist(), reasons, strict=True))
        return {i: reason for i, reason in found.items() if reason}

    def describe(self, index: int) -> str:
        return self._examples.describe(int(self._rows[index]))

    def key(self, index: int) -> bytes:
        identity = f"{self._examples.identity}\n{self._rows[index]}"
        return hashlib.blake2b(identity.encode(), digest_size=16).digest()

    def _record(self, index: np.ndarray) -> bytes:
        return self._examples.record(int(self._rows[index]))
