"""Keeping images in memory or on a local disk, keyed by image: never a stream of samples.

What is kept is what does not depend on chance: decoded and resized pixels where only a mirroring
follows, else the bytes of the files. So batches are the same with and without a cache, and from the
first epoch on.
"""

import abc
import dataclasses
import os
import pathlib
import struct
import tempfile
import threading
import uuid
import zlib
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from stargan_tf import errors
from stargan_tf.data import transforms

_GIGABYTE = 10**9
_ENTRY = struct.Struct("<16sQQL")  # of an .index file: key, offset, length, checksum


@dataclasses.dataclass(frozen=True)
class Budget:
    """Where images are kept, and how much of it.

    Attributes:
      where: "auto": in memory, but in half of what is free at most; "memory"; "disk"; "off".
      gigabytes: What the images may take, in 10^9 bytes. Those that come first are kept.
      directory: The folder for "disk"; "" is one in the user's cache folder.
    """

    where: str = "off"
    gigabytes: float = 2.0
    directory: str = ""

    @property
    def size(self) -> int:
        """What the images may take in bytes."""
        size = int(self.gigabytes * _GIGABYTE)
        return min(size, _free_memory() // 2) if self.where == "auto" else size

    def folder(self) -> pathlib.Path:
        """Returns the folder for "disk", after making it.

        Raises:
          UserError: If it can't be written.
        """
        home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        root = pathlib.Path(self.directory or os.path.join(home, "stargan_tf"))
        try:
            root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=root):
                pass
        except OSError as error:
            raise errors.UserError(
                f"The cache folder {root} can't be used: {error.strerror}; choose another "
                "--cache_dir, or pass --cache=memory."
            ) from error
        return root

    def store(self, variant: str, key: Callable[[int], bytes]) -> "Store | None":
        """Returns an empty store, or on disk the one that earlier runs have filled; None: off.

        Args:
          variant: What is stored of an image: a folder name.
          key: Returns what tells an image from every other, by its number.

        Raises:
          UserError: If the folder can't be written.
        """
        if self.where == "off":
            return None
        if self.where != "disk":
            return MemoryStore(self.size)
        return DiskStore(self.folder() / variant, self.size, key)


def _free_memory() -> int:
    """Returns how many bytes are free, a large number where the system does not say."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 2**62


class Store(abc.ABC):
    """Values of images by their number; safe to use from several threads."""

    @abc.abstractmethod
    def get(self, index: int) -> bytes | np.ndarray | None:
        """Returns the value of image `index`, None if it is not kept."""

    @abc.abstractmethod
    def put(self, index: int, value: bytes | np.ndarray) -> None:
        """Keeps a value, unless the budget is spent."""


def cached(
    store: Store | None, index: tf.Tensor, make: Callable[[], tf.Tensor], spec: tf.TensorSpec
) -> tf.Tensor:
    """Returns what `make` returns, from the store if it is there; a graph function.

    Args:
      store: Where to look and to keep it; None: just makes it.
      index: int64 scalar, the number of the image.
      make: Makes a uint8 or string tensor, the same for an image every time.
      spec: Of that tensor.
    """
    if store is None:
        return make()
    binary = spec.dtype == tf.string

    def look_up(number: np.int64) -> tuple[bool, bytes | np.ndarray]:
        value = store.get(int(number))
        if value is None:
            return False, b"" if binary else np.zeros([0] * spec.shape.rank, np.uint8)
        if not binary and isinstance(value, bytes):
            value = np.frombuffer(value, np.uint8).reshape(spec.shape)
        return True, value

    def keep(number: np.int64, value: bytes | np.ndarray) -> bytes | np.ndarray:
        store.put(int(number), value)
        return value

    found, value = tf.numpy_function(look_up, [index], [tf.bool, spec.dtype], stateful=False)
    value = tf.cond(
        found,
        lambda: value,
        lambda: tf.numpy_function(keep, [index, make()], spec.dtype, stateful=False),
    )
    return tf.ensure_shape(value, spec.shape)


def cached_batch(
    store: Store,
    index: tf.Tensor,
    mirrored: tf.Tensor,
    make: Callable[[tf.Tensor], tf.Tensor],
    image_size: int,
) -> tf.Tensor:
    """Returns images, mirrored where asked for; a graph function. If all are kept, it copies them.

    Args:
      store: Of images (S, S, 3), not mirrored.
      index: (N,) int64, their numbers.
      mirrored: (N,) bool.
      make: Makes an image (S, S, 3) uint8, not mirrored, from its number.
      image_size: S in pixels.

    Returns:
      (N, S, S, 3) uint8.
    """
    shape = (image_size, image_size, 3)

    def look_up(numbers: np.ndarray, mirrored: np.ndarray) -> tuple[bool, np.ndarray]:
        values = [store.get(int(number)) for number in numbers]
        if any(value is None for value in values):
            return False, np.zeros((0, *shape), np.uint8)
        images = _aligned((len(values), *shape))
        for image, value, mirror in zip(images, values, mirrored, strict=True):
            value = value if isinstance(value, np.ndarray) else np.frombuffer(value, np.uint8)
            _copy(value.reshape(shape), image, mirror)
        return True, images

    def one(number: tf.Tensor, mirror: tf.Tensor) -> tf.Tensor:
        spec = tf.TensorSpec(shape, tf.uint8)
        image = cached(store, number, lambda: make(number), spec)
        return transforms.flip_if(image, mirror)

    found, images = tf.numpy_function(
        look_up, [index, mirrored], [tf.bool, tf.uint8], stateful=False
    )
    images = tf.cond(
        found,
        lambda: images,
        lambda: tf.map_fn(lambda n: one(*n), (index, mirrored), fn_output_signature=tf.uint8),
    )
    return tf.ensure_shape(images, (index.shape[0], *shape))


def _aligned(shape: tuple[int, ...]) -> np.ndarray:
    """Returns an uninitialised uint8 array that TensorFlow takes over without a copy."""
    size, boundary = int(np.prod(shape)), 64
    buffer = np.empty(size + boundary, np.uint8)
    start = -buffer.ctypes.data % boundary
    return buffer[start : start + size].reshape(shape)


def _copy(image: np.ndarray, target: np.ndarray, mirror: bool) -> None:
    if not mirror:
        target[:] = image
        return
    for channel in range(3):  # five times as fast as turning around rows of triples
        target[..., channel] = image[:, ::-1, channel]


class MemoryStore(Store):
    """Values in memory."""

    def __init__(self, size: int):
        self._left = size
        self._values: dict[int, bytes | np.ndarray] = {}
        self._lock = threading.Lock()

    def get(self, index: int) -> bytes | np.ndarray | None:
        """Returns the value of image `index`, None if it is not kept."""
        return self._values.get(index)

    def put(self, index: int, value: bytes | np.ndarray) -> None:
        """Keeps a value, unless the budget is spent."""
        length = _length(value)
        with self._lock:
            if index in self._values or length > self._left:
                return
            self._left -= length
        # A copy: what TensorFlow hands over may be memory that it uses again.
        self._values[index] = value if isinstance(value, bytes) else np.array(value)


class DiskStore(Store):
    """Values in a folder that later runs find again.

    Every process appends to a file of its own and reads those that were there when it began, so
    that several can use the folder at a time. An entry is written after its value; one whose
    checksum is wrong is made again.
    """

    def __init__(self, directory: pathlib.Path, size: int, key: Callable[[int], bytes]):
        self._directory, self._key, self._lock = directory, key, threading.Lock()
        self._places: dict[bytes, tuple[int, int, int, int]] = {}  # file, offset, length, checksum
        self._keys: dict[int, bytes] = {}
        self._left = size
        self._verified: set[bytes] = set()
        self._own: tuple[int, int] | None = None
        directory.mkdir(exist_ok=True)
        for path in sorted(directory.glob("*.index")):
            self._read_index(path)

    def get(self, index: int) -> bytes | None:
        """Returns the value of image `index`, None if it is not kept or damaged."""
        key = self._key_of(index)
        place = self._places.get(key)
        if place is None:
            return None
        file, offset, length, checksum = place
        value = os.pread(file, length, offset)
        if key not in self._verified:  # once in a process: a machine may have lost power
            if len(value) != length or zlib.crc32(value) != checksum:
                self._places.pop(key, None)
                return None
            self._verified.add(key)
        return value

    def put(self, index: int, value: bytes | np.ndarray) -> None:
        """Keeps a value, unless the budget is spent or the disk is full."""
        value = value if isinstance(value, bytes) else value.tobytes()
        key = self._key_of(index)
        with self._lock:
            if key in self._places or len(value) > self._left:
                return
            try:
                data, entries = self._own or self._open_own()
                offset = os.lseek(data, 0, os.SEEK_END)
                checksum = zlib.crc32(value)
                if os.write(data, value) != len(value):
                    raise OSError("disk full")
                os.write(entries, _ENTRY.pack(key, offset, len(value), checksum))
            except OSError:  # A cache is a convenience: without space training goes on.
                self._left = 0
                return
            self._left -= len(value)
            self._places[key] = (data, offset, len(value), checksum)

    def _key_of(self, index: int) -> bytes:
        if index not in self._keys:  # asks the file system, which may be far away
            self._keys[index] = self._key(index)
        return self._keys[index]

    def _open_own(self) -> tuple[int, int]:
        stem = self._directory / uuid.uuid4().hex
        flags = os.O_CREAT | os.O_RDWR | os.O_APPEND
        self._own = (os.open(f"{stem}.data", flags, 0o644), os.open(f"{stem}.index", flags, 0o644))
        return self._own

    def _read_index(self, path: pathlib.Path) -> None:
        data = path.with_suffix(".data")
        if not data.exists():
            return
        file, size = os.open(data, os.O_RDONLY), data.stat().st_size
        self._left -= size
        contents = path.read_bytes()
        whole = len(contents) // _ENTRY.size * _ENTRY.size  # the last entry may be half written
        for key, offset, length, checksum in _ENTRY.iter_unpack(contents[:whole]):
            if offset + length <= size:
                self._places[key] = (file, offset, length, checksum)


def _length(value: bytes | np.ndarray) -> int:
    return len(value) if isinstance(value, bytes) else value.nbytes
