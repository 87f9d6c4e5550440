"""Finds image files, checks them before training starts, and serves them as a source."""

import hashlib
import io
import os
import stat
from collections.abc import Callable, Sequence
from concurrent import futures
from typing import BinaryIO

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import source
from stargan_tf.data.images import photo_folders, reading

# The kinds that `reading` knows, in lower case; a file's content decides how it is decoded.
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif",
                  ".tiff")  # fmt: skip

_JPEG_END, _PNG_END = b"\xff\xd9", b"IEND\xaeB`\x82"  # a marker; a chunk and its checksum
_TAIL_BYTES = 1024  # Cameras and editors append a few bytes after the end-of-image marker.
_CHUNK = 256  # files per task of the pool; one file per task takes a quarter more time
_THREADS = 8  # for network file systems, which make the check wait


class ImageFiles(source.EncodedSource):
    """A data set whose images are files of the kinds that `reading` knows."""

    def __init__(
        self,
        paths: Sequence[str],
        labels: np.ndarray,
        label_space: labels_lib.LabelSpace,
    ) -> None:
        """Creates the source; opens no file. Labels (len(paths), label_space.width) are 0 or 1.

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
            # Created outside the traced graph, so that all graphs share one tensor of paths; not
            # in the constructor, because that would start TensorFlow's devices before they are
            # configured.
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
        """Returns 16 bytes that identify image `index` and its current content."""
        path = self.paths[index]
        status = os.stat(path)
        identity = f"{os.path.abspath(path)}\n{status.st_size}\n{status.st_mtime_ns}"
        return hashlib.blake2b(os.fsencode(identity), digest_size=16).digest()


def find_images(directory: str | os.PathLike[str]) -> list[str]:
    """Returns the images below a folder, by suffix, in the order of their relative POSIX paths.

    Skips hidden files and folders (their names begin with "."). Links to files count; links to
    folders are not followed, as they can form circles, but `directory` itself may be a link.

    Raises:
      UserError: A folder can't be listed.
    """
    root = os.fspath(directory)
    images, pending = [], [""]
    while pending:
        parent = pending.pop()
        for entry in photo_folders.entries(os.path.join(root, parent)):
            relative = f"{parent}/{entry.name}" if parent else entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(relative)
            elif entry.name.lower().endswith(IMAGE_SUFFIXES) and not entry.is_dir():
                images.append(relative)
    return [os.path.join(root, relative) for relative in sorted(images)]


def check_folder(data_dir: str, hint: str) -> None:
    """Raises a UserError that ends in `hint` if no data folder is given, or it does not exist."""
    if not data_dir:
        raise errors.UserError(f"The data folder is empty, pass data_dir=DIR; {hint}")
    if not os.path.isdir(data_dir):
        raise errors.UserError(f"There is no data folder {data_dir!r}; {hint}")


def find_problems(paths: Sequence[str], *, thorough: bool = False) -> dict[int, str]:
    """Returns what is wrong with each file that can't be used, by its number in `paths`.

    Such a file is missing, empty, no image that `reading` knows, cut short, damaged, or has too
    many pixels. The check reads the ends of JPEG files and the checksums of PNG files, some 12,000
    JPEG files a second from memory. It decodes files of other kinds, and those whose end looks
    cut off.

    With `thorough`, decodes every file, about a millisecond for one of 350 pixels. This also finds
    damage in the middle of a JPEG file, if the decoder calls it an error.
    """
    return problems_of_each(lambda i: _problem(paths[i], thorough), len(paths))


def problems_of_each(problem: Callable[[int], str], count: int) -> dict[int, str]:
    """Returns what is wrong with each of `count` images that has a problem, by its number.

    Calls `problem` with each number, in several threads; it returns "" if nothing is wrong.
    """
    chunks = [range(i, min(i + _CHUNK, count)) for i in range(0, count, _CHUNK)]
    with futures.ThreadPoolExecutor(_THREADS) as pool:
        results = pool.map(lambda chunk: [(i, problem(i)) for i in chunk], chunks)
        return {i: reason for chunk in results for i, reason in chunk if reason}


def find_problem(contents: bytes, *, thorough: bool = False) -> str:
    """Returns what is wrong with the bytes of an image file, or ""; see `find_problems`."""
    return _problem_in(io.BytesIO(contents), len(contents), thorough)


def _problem(path: str, thorough: bool) -> str:
    """Returns what is wrong with a file, or ""."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return "not a regular file"  # Opening a named pipe would block forever.
        with open(path, "rb") as file:
            return _problem_in(file, status.st_size, thorough)
    except OSError as error:
        return error.strerror or "cut short or damaged"


def _problem_in(file: BinaryIO, size: int, thorough: bool) -> str:
    """Returns what is wrong with an open file of `size` bytes, or ""."""
    if size == 0:
        return "empty"
    try:
        image = reading.opened(file)
        complete = _looks_complete(file, size, image)
        if image.format == "PNG":
            # Pillow tolerates a missing end; the decoders of exported runs do not.
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
    """Returns whether a JPEG or PNG file ends with its end marker; False for other kinds."""
    if not (reading.is_jpeg(image) or image.format == "PNG"):
        return False
    end = _PNG_END if image.format == "PNG" else _JPEG_END
    return _holds(file, end, max(0, size - _TAIL_BYTES))


def _holds(file: BinaryIO, what: bytes, start: int) -> bool:
    file.seek(start)
    return what in file.read()
