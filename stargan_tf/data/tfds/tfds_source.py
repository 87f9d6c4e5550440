"""Serves the image files of TensorFlow Datasets data sets as sources."""

import functools
import hashlib
from collections.abc import Iterator
from concurrent import futures

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.data import source
from stargan_tf.data.sources import image_files
from stargan_tf.data.tfds import examples as tfds_examples
from stargan_tf.data.tfds import labelling

_THREADS = 8


def load_tfds(name: str, data_dir: str, selection: labelling.Selection) -> source.Source:
    """Opens a data set with random access; downloads and prepares it if needed.

    The data set must have one image (or one called "image") and either one class label (or one
    called "label"), whose classes become the domains, or boolean features, which become the
    attributes. Reads all examples once, for their labels, but decodes no image.

    The images come in the order of the data set. For `name` and `data_dir` see `sets.open_set`.

    Raises:
      UserError: There is no such data set, it can't be prepared, it has no usable image, label or
        split, or it is stored without random access.
    """
    opened = labelling.open_split(name, data_dir, selection)
    if not opened.examples.has_random_access:
        folder = f" --data_dir={data_dir}" if data_dir else ""
        raise errors.UserError(
            f"{opened.examples.name} is stored in a form that can only be read in order; pack it "
            f"first, python -m stargan_tf.pack --dataset=tfds:{name}{folder} --output=DIR, and "
            "train with dataset=packed data_dir=DIR."
        )
    return _Files(opened, labelling.label_examples(opened, selection))


def iterate(
    opened: labelling.OpenSplit, labelled: labelling.Labelled
) -> Iterator[tuple[bytes, np.ndarray, str]]:
    """Reads the images in the order of `load_tfds`, from any format.

    Yields:
      The bytes of the file, the label (width,) float32, and a unique name.
    """
    for places, files in _batches(opened.examples, opened.columns.image, labelled.rows):
        for place, file in zip(places, files, strict=True):
            name = opened.examples.describe(int(labelled.rows[place]))
            yield file, labelled.labels[place], name


def _batches(
    examples: tfds_examples.Examples, image: tfds_examples.Key, rows: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields positions in `rows` (ascending) and the image files of these examples."""
    start = 0
    for batch in examples.batches([image]):
        end = start + len(batch[image])
        places = np.arange(*np.searchsorted(rows, (start, end)))
        yield places, batch[image][rows[places] - start]
        start = end


class _Files(source.EncodedSource):
    """The image files of the selected examples."""

    def __init__(self, opened: labelling.OpenSplit, labelled: labelling.Labelled):
        self.label_space, self.labels = labelled.space, labelled.labels
        self._examples, self._image = opened.examples, opened.columns.image
        self._rows = labelled.rows

    def read(self, index: tf.Tensor) -> tf.Tensor:
        # stateful=False: reading has no side effects, so TensorFlow may reorder it.
        record = tf.numpy_function(self._record, [index], tf.string, stateful=False)
        record.set_shape(())
        return self._examples.parse(record, [self._image])[self._image]

    def problems(self, *, thorough: bool = False) -> dict[int, str]:
        problems: dict[int, str] = {}
        find_problem = functools.partial(image_files.find_problem, thorough=thorough)
        with futures.ThreadPoolExecutor(_THREADS) as pool:
            for places, files in _batches(self._examples, self._image, self._rows):
                reasons = pool.map(find_problem, files)
                problems |= dict(zip(places.tolist(), reasons, strict=True))
        return {i: reason for i, reason in problems.items() if reason}

    def describe(self, index: int) -> str:
        return self._examples.describe(int(self._rows[index]))

    def key(self, index: int) -> bytes:
        identity = f"{self._examples.identity}\n{self._rows[index]}"
        return hashlib.blake2b(identity.encode(), digest_size=16).digest()

    def _record(self, index: np.ndarray) -> bytes:
        return self._examples.record(int(self._rows[index]))
