"""Decodes image files inside TensorFlow graphs, by the rule of `reading`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from stargan_tf.data.images import reading


class UnreadableError(tf.errors.InvalidArgumentError, ValueError):
    """A file can't be decoded.

    It has both base classes because eager calls raise the error unchanged, while graphs turn a
    ValueError into an InvalidArgumentError.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(None, None, reason)


def decode(contents: tf.Tensor, max_grey: int = reading.MAX_GREY) -> tf.Tensor:
    """Decodes an image file as `reading.decoded` does; a graph function.

    Args:
      contents: string scalar, the bytes of the file.
      max_grey: The value that becomes white in 16-bit grey images.

    Returns:
      (height, width, 3) uint8, upright; static shape (None, None, 3).

    Raises:
      tf.errors.InvalidArgumentError: Not an image, or one that is cut short.
    """

    def pixels(contents: bytes) -> np.ndarray:
        return np.asarray(_call(reading.decoded, contents, max_grey))

    image = tf.numpy_function(pixels, [contents], tf.uint8, stateful=False)
    return tf.ensure_shape(image, (None, None, 3))


def square(
    contents: tf.Tensor,
    image_size: int,
    crop_size: int = 0,
    *,
    fast: bool = False,
    max_grey: int = reading.MAX_GREY,
) -> tf.Tensor:
    """Does what `resized` does with the centred square, which is found without TensorFlow.

    `crop_size` is the side of the square in pixels, at most the largest that fits; 0: that one.
    """

    def centre(height: int, width: int) -> reading.Box:
        return reading.centre_box(height, width, crop_size)

    def pixels(contents: bytes) -> np.ndarray:
        return _call(reading.boxed, contents, centre, image_size, fast=fast, max_grey=max_grey)

    image = tf.numpy_function(pixels, [contents], tf.uint8, stateful=False)
    return tf.ensure_shape(image, (image_size, image_size, 3))


def resized(
    contents: tf.Tensor,
    choose_box: Callable[[tf.Tensor], tf.Tensor],
    image_size: int,
    *,
    fast: bool = False,
    max_grey: int = reading.MAX_GREY,
) -> tf.Tensor:
    """Decodes an image file, cuts out a box and resizes it to a square; a graph function.

    Args:
      contents: string scalar, the bytes of the file.
      choose_box: Maps (2,) int32, height and width of the upright image, to the box, (4,) int32:
        top, left, height, width.
      image_size: S, the height and width of the result in pixels.
      fast: See `reading.boxed`.
      max_grey: See `decode`.

    Returns:
      (S, S, 3) uint8.

    Raises:
      tf.errors.InvalidArgumentError: Not an image, or one that is cut short.
    """

    def size(contents: bytes) -> np.ndarray:
        return np.array(_call(reading.upright_size, contents), np.int32)

    def pixels(contents: bytes, box: np.ndarray) -> np.ndarray:
        part = tuple(box.tolist())
        return _call(
            reading.boxed, contents, lambda *_: part, image_size, fast=fast, max_grey=max_grey
        )

    # The graph draws the random box, so Python runs twice; the first run reads a JPEG's header.
    upright = tf.numpy_function(size, [contents], tf.int32, stateful=False)
    box = choose_box(tf.ensure_shape(upright, (2,)))
    image = tf.numpy_function(pixels, [contents, box], tf.uint8, stateful=False)
    return tf.ensure_shape(image, (image_size, image_size, 3))


def _call(
    read: Callable[..., Any], contents: bytes | np.ndarray, *args: Any, **options: Any
) -> Any:
    """Calls a function of `reading` and turns its errors into ones that TensorFlow knows."""
    if isinstance(contents, np.ndarray):  # what numpy_function passes in eager mode
        contents = contents.item()
    try:
        return read(contents, *args, **options)
    except reading.UnreadableError as error:
        raise UnreadableError(str(error)) from error
