"""Images in files: finding them, checking them before training starts, and decoding them."""

import os
import stat
import warnings
from collections.abc import Sequence
from concurrent import futures

import numpy as np
import tensorflow as tf
from PIL import Image, UnidentifiedImageError

from stargan_tf import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import source
from stargan_tf.data.photos import MAX_PIXELS

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")  # Compared in lower case.

_TAIL_BYTES = 1024  # Cameras and editors append a little after the end-of-image marker.
_CHUNK = 256  # Files for each task of the pool: one task for each file costs a quarter more time.
_THREADS = 8  # On network file systems the check waits; from memory one would do.
_NAMED = 5  # How many bad files the message names.


def decode(path: tf.Tensor) -> tf.Tensor:
    """Reads a JPEG or PNG file; a graph function.

    JPEG comes out equal to Pillow's pixels (TensorFlow's default, a faster DCT, does not), grey and
    CMYK included. The EXIF orientation is not applied. PNG: grey and palette images become RGB, 16
    bits keep the upper 8, and alpha is dropped, not blended: transparent areas show whatever
    colours the file holds beneath them.

    Args:
      path: string scalar.

    Returns:
      (height, width, 3) uint8; static shape (None, None, 3).

    Raises:
      tf.errors.NotFoundError: No such file.
      tf.errors.InvalidArgumentError: Not an image, or one that is cut short.
    """
    contents = tf.io.read_file(path)
    image = tf.cond(
        tf.io.is_jpeg(contents),
        lambda: tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE"),
        lambda: tf.io.decode_png(contents, channels=3),
    )
    image.set_shape((None, None, 3))
    return image


class ImageFiles(source.Source):
    """A data set whose images are JPEG and PNG files."""

    def __init__(
        self, paths: Sequence[str], labels: np.ndarray, label_space: labels_lib.LabelSpace
    ) -> None:
        """Takes what it holds; opens no file.

        Args:
          paths: The file of every image.
          labels: (len(paths), label_space.width) of 0 and 1.
          label_space: What the labels mean.

        Raises:
          ValueError: The labels have another shape.
        """
        self.paths = tuple(paths)
        self.labels = np.asarray(labels, np.float32)
        self.label_space = label_space
        self._encoded = [os.fsencode(path) for path in self.paths]
        self._path_tensor: tf.Tensor | None = None
        expected = (len(self.paths), label_space.width)
        if self.labels.shape != expected:
            raise ValueError(f"labels must have shape {expected}. Received: {self.labels.shape}")

    def load(self, index: tf.Tensor) -> tf.Tensor:
        """Returns image `index` (int64 scalar) as (height, width, 3) uint8; a graph function."""
        if self._path_tensor is None:
            # Outside the graph being traced, so that graphs capture one tensor instead of each
            # holding its own copy of all paths; not in the constructor, so that building a data
            # set does not start TensorFlow's devices before they are configured.
            with tf.init_scope(), tf.device("CPU:0"):
                self._path_tensor = tf.constant(self._encoded, tf.string, (len(self.paths),))
        return decode(tf.gather(self._path_tensor, index))

    def check(self) -> None:
        """Checks every file; see `check_images`."""
        check_images(self.paths)

    def describe(self, index: int) -> str:
        """Returns the path of image `index`."""
        return self.paths[index]


def find_images(directory: str | os.PathLike[str]) -> list[str]:
    """Returns the images below a folder, by suffix, in the order of their relative POSIX paths.

    Names that begin with "." are skipped, files and folders. Links to files count, links to folders
    below `directory` are not followed (they can form circles); `directory` itself may be one.

    Raises:
      UserError: A folder cannot be listed.
    """
    root = os.fspath(directory)
    found, pending = [], [""]
    while pending:
        parent = pending.pop()
        try:
            with os.scandir(os.path.join(root, parent)) as entries:
                visible = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            raise errors.UserError(
                f"Cannot list the folder {os.path.join(root, parent)!r}: {error.strerror}; "
                "check the path and its permissions."
            ) from error
        for entry in visible:
            relative = f"{parent}/{entry.name}" if parent else entry.name
            if entry.is_dir(follow_symlinks=False):
                pending.append(relative)
            elif entry.name.lower().endswith(IMAGE_SUFFIXES) and not entry.is_dir():
                found.append(relative)
    return [os.path.join(root, relative) for relative in sorted(found)]


def check_images(paths: Sequence[str]) -> None:
    """Checks that every file can be decoded, mostly from its first and last bytes.

    Damage in the middle of a file is not found. Runs at some 12,000 files a second from memory; a
    file whose end looks cut off is decoded to find out.

    Raises:
      UserError: Some files are missing, empty, not JPEG or PNG, cut short, or above MAX_PIXELS.
    """
    chunks = [paths[i : i + _CHUNK] for i in range(0, len(paths), _CHUNK)]
    with warnings.catch_warnings(), futures.ThreadPoolExecutor(_THREADS) as pool:
        # Pillow warns about large images, whose bound is ours, and about odd metadata. Set here
        # and not in the threads: the filters belong to the process.
        warnings.simplefilter("ignore")
        reasons = [reason for chunk in pool.map(_check_chunk, chunks) for reason in chunk]
    bad = [(path, reason) for path, reason in zip(paths, reasons, strict=True) if reason]
    if bad:
        listed = ", ".join(f"{path} ({reason})" for path, reason in bad[:_NAMED])
        more = f" and {len(bad) - _NAMED} more" if len(bad) > _NAMED else ""
        raise errors.UserError(
            f"{len(bad)} of {len(paths)} image files cannot be used: {listed}{more}; "
            "remove or replace them."
        )


def _check_chunk(paths: Sequence[str]) -> list[str]:
    return [_check_image(path) for path in paths]


def _check_image(path: str) -> str:
    """Returns what is wrong with a file, "" if nothing is."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return "not a regular file"  # Opening a named pipe would wait for ever.
        if status.st_size == 0:
            return "empty"
        with open(path, "rb") as file:
            image = Image.open(file, formats=("JPEG", "PNG"))
            if image.width * image.height > MAX_PIXELS:
                return f"{image.width} x {image.height}, more than {MAX_PIXELS:,} pixels"
            file.seek(max(0, status.st_size - _TAIL_BYTES))
            # IEND at the very end, the marker 0xFFD9 somewhere near it. Pillow also calls a JPEG
            # of several pictures "MPO"; decoders read its first.
            tail = file.read()
            complete = tail[-8:-4] == b"IEND" if image.format == "PNG" else b"\xff\xd9" in tail
        if not complete:
            # Some whole files end like this. TensorFlow decides, since it reads them in training:
            # Pillow accepts a PNG that lacks its last chunk, TensorFlow does not.
            decode(os.fsencode(path))
    except Image.DecompressionBombError:
        return f"more than {MAX_PIXELS:,} pixels"
    except UnidentifiedImageError:
        return "neither JPEG nor PNG"
    except tf.errors.OpError:
        return "cut short or damaged"
    except OSError as error:
        return error.strerror or "cut short or damaged"
    except Exception:  # Pillow's parsers raise many kinds on damaged headers.
        return "damaged"
    return ""
