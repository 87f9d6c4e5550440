"""Keeps images in memory by their number.

It keeps what does not depend on random draws: resized pixels if only mirroring follows, else the
bytes of the files. Batches are therefore the same with and without a cache, in every epoch.
"""

import dataclasses
import os
import threading
from collections.abc import Callable

import numpy as np
import tensorflow as tf

_GIGABYTE = 10**9


@dataclasses.dataclass(frozen=True)
class Budget:
    """Whether to keep images, and how many bytes they may take.

    Attributes:
      where: "auto": in memory, within half of the free memory; "memory"; "off".
      gigabytes: The limit in 10^9 bytes. The images that come first are kept.
    """

    where: str = "off"
    gigabytes: float = 2.0

    @property
    def size(self) -> int:
        """The limit in bytes."""
        size = int(self.gigabytes * _GIGABYTE)
        return min(size, _free_memory() // 2) if self.where == "auto" else size

    def store(self) -> "Store | None":
        """Returns an empty store, or None if the cache is off."""
        return None if self.where == "off" else Store(self.size)


def _free_memory() -> int:
    """Returns the free memory in bytes, or a large number if the system does not tell."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 2**62


class Store:
    """Files or pixels in memory, by the image's number; safe to use from several threads."""

    def __init__(self, size: int):
        self._left = size
        self._values: dict[int, bytes | np.ndarray] = {}
        self._lock = threading.Lock()

    def get(self, index: int) -> bytes | np.ndarray | None:
        """Returns the value of image `index`, or None if it is not kept."""
        return self._values.get(index)

    def put(self, index: int, value: bytes | np.ndarray) -> None:
        """Keeps a value if it fits the budget."""
        length = len(value) if isinstance(value, bytes) else value.nbytes
        with self._lock:
            if index in self._values or length > self._left:
                return
            self._left -= length
        # TensorFlow may reuse the memory of the array that it passes, so keep a copy.
        self._values[index] = value if isinstance(value, bytes) else np.array(value)


def cached(
    store: Store | None, index: tf.Tensor, make: Callable[[], tf.Tensor], spec: tf.TensorSpec
) -> tf.Tensor:
    """Returns the stored value of an image, or makes and stores it; a graph function.

    Args:
      store: The store; None: always calls `make`.
      index: int64 scalar, the number of the image.
      make: Makes a tensor of bytes or numbers, always the same for an image.
      spec: Shape and type of that tensor.
    """
    if store is None:
        return make()
    binary, dtype = spec.dtype == tf.string, spec.dtype.as_numpy_dtype

    def look_up(number: np.int64) -> tuple[bool, bytes | np.ndarray]:
        value = store.get(int(number))
        if value is None:
            return False, b"" if binary else np.zeros([0] * spec.shape.rank, dtype)
        return True, value

    def keep(number: np.int64, value: bytes | np.ndarray) -> bytes | np.ndarray:
        store.put(int(number), value)
        return value

    is_kept, value = tf.numpy_function(look_up, [index], [tf.bool, spec.dtype], stateful=False)
    value = tf.cond(
        is_kept,
        lambda: value,
        lambda: tf.numpy_function(keep, [index, make()], spec.dtype, stateful=False),
    )
    return tf.ensure_shape(value, spec.shape)


def cached_batch(
    store: Store,
    load: Callable[[tuple[tf.Tensor, ...]], tf.Tensor],
    image_size: int,
    views: tuple[tf.Tensor, ...],
) -> tf.Tensor:
    """Returns a batch of images, some mirrored; a graph function. Kept batches are only copied.

    Args:
      store: Holds images (S, S, 3), not mirrored.
      load: Makes and stores an image (S, S, 3) uint8 from its view.
      image_size: S in pixels.
      views: The numbers of the images, (N,) int64; which of them to mirror, (N,) bool; nothing.

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
            _copy(value, image, mirror)
        return True, images

    are_kept, images = tf.numpy_function(look_up, views[:2], [tf.bool, tf.uint8], stateful=False)
    images = tf.cond(
        are_kept,
        lambda: images,
        lambda: tf.map_fn(load, views, fn_output_signature=tf.uint8),
    )
    return tf.ensure_shape(images, (views[0].shape[0], *shape))


def _aligned(shape: tuple[int, ...]) -> np.ndarray:
    """Returns an uninitialised uint8 array, aligned so that TensorFlow need not copy it."""
    size, boundary = int(np.prod(shape)), 64
    buffer = np.empty(size + boundary, np.uint8)
    start = -buffer.ctypes.data % boundary
    return buffer[start : start + size].reshape(shape)


def _copy(image: np.ndarray, target: np.ndarray, mirror: bool) -> None:
    if not mirror:
        target[:] = image
        return
    for channel in range(3):  # five times as fast as reversing rows of triples
        target[..., channel] = image[:, ::-1, channel]
