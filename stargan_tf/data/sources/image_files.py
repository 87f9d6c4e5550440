"""Images in files: finding them, and checking them before training starts."""

import hashlib
import io
import os
import stat
from collections.abc import Sequence
from concurrent import futures
from typing import BinaryIO

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import source
from stargan_tf.data.images import reading

# Of the kinds that `reading` knows; a file's content decides which it is. Compared in lower case.
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif",
                  ".tiff")  # fmt: skip

_JPEG_END, _PNG_END = b"\xff\xd9", b"IEND\xaeB`\x82"  # a marker; a chunk and its checksum
_TAIL_BYTES = 1024  # Cameras and editors append a little after the end-of-image marker.
_CHUNK = 256  # Files for each task of the pool: one task for each file costs a quarter more time.
_THREADS = 8  # On network file systems the check waits; from memory one would do.


class ImageFiles(source.EncodedSource):
    """A data set whose images are files of the kinds that `reading` knows."""

    def __init__(
        self,
        paths: Sequence[str],
        labels: np.ndarray,
        label_space: labels_lib.LabelSpace,
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

    def read(self, index: tf.Tensor) -> tf.Tensor:
        """Returns the file of image `index` (int64 scalar) as a string scalar; a graph function."""
        if self._path_tensor is None:
            # Outside the graph being traced, so that graphs capture one tensor instead of each
            # holding its own copy of all paths; not in the constructor, so that building a data
            # set does not start TensorFlow's devices before they are configured.
            with tf.init_scope(), tf.device("CPU:0"):
                self._path_tensor = tf.constant(self._encoded, tf.string, (len(self.paths),))
        return tf.io.read_file(tf.gather(self._path_tensor, index))

    def problems(self, *, thorough: bool = False) -> dict[int, str]:
        """Returns what is wrong with each file that can't be used; see `find_problems`."""
        return find_problems(self.paths, thorough=thorough)

    def describe(self, index: int) -> str:
        """Returns the path of image `index`."""
        return self.paths[index]

    def key(self, index: int) -> bytes:
        """Returns 16 bytes that tell image `index` from every other, and from a changed one."""
        path = self.paths[index]
        status = os.stat(path)
        identity = f"{os.path.abspath(path)}\n{status.st_size}\n{status.st_mtime_ns}"
        return hashlib.blake2b(os.fsencode(identity), digest_size=16).digest()


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


def find_problems(paths: Sequence[str], *, thorough: bool = False) -> dict[int, str]:
    """Returns what is wrong with each file that can't be used, by its number in `paths`.

    Such a file is missing, empty, no image that `reading` knows, cut short, damaged, or above its
    MAX_PIXELS. The check reads the ends of a JPEG file and the checksums of a PNG file, at some
    12,000 JPEG files a second from memory. Files of other kinds are decoded, and so are those whose
    end looks cut off, to find out.

    Args:
      paths: The files.
      thorough: Whether to decode all: then damage in the middle of a JPEG file is found, too, if
        the decoder calls it an error. About a millisecond for a file of 350 pixels.
    """
    chunks = [paths[i : i + _CHUNK] for i in range(0, len(paths), _CHUNK)]
    with futures.ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(lambda chunk: [_problem(path, thorough) for path in chunk], chunks)
        reasons = [reason for chunk in found for reason in chunk]
    return {i: reason for i, reason in enumerate(reasons) if reason}


def find_problem(contents: bytes, *, thorough: bool = False) -> str:
    """Returns what is wrong with the bytes of an image file, or ""; see `find_problems`."""
    return _problem_in(io.BytesIO(contents), len(contents), thorough)


def _problem(path: str, thorough: bool) -> str:
    """Returns what is wrong with a file, "" if nothing is."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return "not a regular file"  # Opening a named pipe would wait for ever.
        with open(path, "rb") as file:
            return _problem_in(file, status.st_size, thorough)
    except OSError as error:
        return error.strerror or "cut short or damaged"


def _problem_in(file: BinaryIO, size: int, thorough: bool) -> str:
    """Returns what is wrong with an open file of `size` bytes, "" if nothing is."""
    if size == 0:
        return "empty"
    try:
        image = reading.opened(file)
        complete = _looks_complete(file, size, image)
        if image.format == "PNG":
            # Pillow reads past a missing end, and the programs that exported runs use do not.
            if not complete and not _holds(file, _PNG_END, 0):
                return "cut short or damaged"
            file.seek(0)
            reading.opened(file).verify()  # the checksum of every chunk
        if thorough or not complete:
            file.seek(0)
            reading.decoded(file)
    except reading.UnreadableError as error:
        return error.short
    except OSError as error:
        return error.strerror or "cut short or damaged"
    except Exception:  # Pillow's parsers raise many kinds on damaged chunks.
        return "damaged"
    return ""


def _looks_complete(file: BinaryIO, size: int, image: Image.Image) -> bool:
    """Returns whether a file ends as whole ones of its kind do, where these have an end."""
    if not (reading.is_jpeg(image) or image.format == "PNG"):
        return False
    end = _PNG_END if image.format == "PNG" else _JPEG_END
    return _holds(file, end, max(0, size - _TAIL_BYTES))


def _holds(file: BinaryIO, what: bytes, start: int) -> bool:
    file.seek(start)
    return what in file.read()
