"""Data sets of TensorFlow Datasets as sources: random access to their image files."""

import contextlib
import functools
import hashlib
import warnings
from collections.abc import Iterator
from concurrent import futures

import numpy as np
import tensorflow as tf

from stargan_tf import errors
from stargan_tf.data import decoding, image_files, source, tfds_examples, tfds_labels
from stargan_tf.data import labels as labels_lib

_PNG = b"\x89PNG"
_THREADS = 8


def load_tfds(name: str, data_dir: str, selection: tfds_labels.Selection) -> source.Source:
    """Opens a data set with random access; downloads and prepares it where need be.

    It has one image (or one called "image") and either one class label (or one called "label"),
    whose classes are the domains, or boolean features, which are the attributes. All examples are
    read once, for their labels; no image is decoded.

    Args:
      name: As TensorFlow Datasets knows it: NAME, NAME/CONFIG or NAME/CONFIG:VERSION.
      data_dir: Where prepared data sets are; empty: the default of TensorFlow Datasets.
      selection: Which part and which labels.

    Returns:
      The images, in the order of the data set; an `EncodedSource` where all are JPEG or PNG files.

    Raises:
      UserError: There is no such data set, it can't be prepared, it has no image, label or split
        that can be used, or it is stored without random access.
    """
    part = tfds_labels.open_part(name, data_dir, selection)
    if not part.examples.has_random_access:
        given = f" --data_dir={data_dir}" if data_dir else ""
        raise errors.UserError(
            f"{part.examples.name} is stored in a form that can only be read in order; pack it "
            f"first, python -m stargan_tf.pack --dataset=tfds:{name}{given} --output=DIR, and "
            "train with --dataset=packed --data_dir=DIR."
        )
    labelled = tfds_labels.label(part, selection)
    return (_Pixels if labelled.other_formats else _Files)(part, labelled)


def iterate_tfds(
    name: str, data_dir: str, selection: tfds_labels.Selection
) -> tuple[labels_lib.LabelSpace, Iterator[tuple[bytes, np.ndarray, str]]]:
    """Reads a data set in order, however it is stored; see `load_tfds` for arguments and errors.

    Returns:
      What the labels mean; and an iterator over the images: the bytes of a JPEG or PNG file (what
      was neither has become PNG, unless it is broken), the label (width,) float32, and a name that
      no other has. The order is that of `load_tfds`, and always the same.
    """
    part = tfds_labels.open_part(name, data_dir, selection)
    labelled = tfds_labels.label(part, selection)
    return labelled.space, _iterate(part, labelled)


def _iterate(
    part: tfds_labels.Part, labelled: tfds_labels.Labelled
) -> Iterator[tuple[bytes, np.ndarray, str]]:
    for places, files in _batches(part.examples, part.columns.image, labelled.rows):
        for place, file in zip(places, files, strict=True):
            name = part.examples.describe(int(labelled.rows[place]))
            yield _jpeg_or_png(file), labelled.labels[place], name


def _jpeg_or_png(file: bytes) -> bytes:
    """Returns a file of another format as PNG; one that is broken stays as it is."""
    if tfds_labels.has_other_format(file):
        with contextlib.suppress(tf.errors.OpError):
            return tf.io.encode_png(_decode_any(tf.constant(file))).numpy()
    return file


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


class _Pixels(source.Source):
    """Images of any format that TensorFlow decodes."""

    def __init__(self, part: tfds_labels.Part, labelled: tfds_labels.Labelled):
        self.label_space, self.labels = labelled.space, labelled.labels
        self._examples, self._image = part.examples, part.columns.image
        self._rows = labelled.rows

    def load(self, index: tf.Tensor) -> tf.Tensor:
        return _decode_any(self._contents(index))

    def problems(self, *, thorough: bool = False) -> dict[int, str]:
        found = {}
        with warnings.catch_warnings(), futures.ThreadPoolExecutor(_THREADS) as pool:
            warnings.simplefilter("ignore")  # Pillow's, about large images and odd metadata
            for places, files in _batches(self._examples, self._image, self._rows):
                reasons = pool.map(functools.partial(_problem, thorough=thorough), files)
                found |= dict(zip(places.tolist(), reasons, strict=True))
        return {i: reason for i, reason in found.items() if reason}

    def describe(self, index: int) -> str:
        return self._examples.describe(int(self._rows[index]))

    def key(self, index: int) -> bytes:
        identity = f"{self._examples.identity}\n{self._rows[index]}"
        return hashlib.blake2b(identity.encode(), digest_size=16).digest()

    def _contents(self, index: tf.Tensor) -> tf.Tensor:
        """Returns the file of image `index`, a graph function."""
        # Reading has no side effect, so that TensorFlow need not keep it in order.
        record = tf.numpy_function(self._record, [index], tf.string, stateful=False)
        record.set_shape(())
        return self._examples.parse(record, [self._image])[self._image]

    def _record(self, index: np.ndarray) -> bytes:
        return self._examples.record(int(self._rows[index]))


class _Files(_Pixels, source.EncodedSource):
    """JPEG and PNG files."""

    def read(self, index: tf.Tensor) -> tf.Tensor:
        return self._contents(index)

    def load(self, index: tf.Tensor) -> tf.Tensor:
        return decoding.decode(self.read(index))


def _problem(file: bytes, thorough: bool) -> str:
    """Returns what is wrong with an image file, "" if nothing is."""
    if not tfds_labels.has_other_format(file):
        return image_files.find_problem(file, thorough=thorough)
    try:
        if thorough:
            _decode_any(tf.constant(file))
    except tf.errors.OpError:
        return "cut short or damaged"
    return ""


def _decode_any(contents: tf.Tensor) -> tf.Tensor:
    """Returns (height, width, 3) uint8 of a JPEG, PNG, BMP or GIF (first frame) file."""
    usual = tf.io.is_jpeg(contents) | (tf.strings.substr(contents, 0, len(_PNG)) == _PNG)
    image = tf.cond(
        usual,
        lambda: decoding.decode(contents),
        lambda: tf.io.decode_image(contents, channels=3, expand_animations=False),
    )
    image.set_shape((None, None, 3))
    return image
