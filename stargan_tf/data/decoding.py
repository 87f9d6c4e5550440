"""From the bytes of an image file to pixels, in a graph."""

import io
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.data import transforms


def decode(contents: tf.Tensor) -> tf.Tensor:
    """Decodes a JPEG or PNG file; a graph function.

    JPEG comes out equal to Pillow's pixels (TensorFlow's default, a faster DCT, does not), grey and
    CMYK included. The EXIF orientation is not applied. PNG: grey and palette images become RGB, 16
    bits keep the upper 8, and alpha is dropped, not blended: transparent areas show whatever
    colours the file holds beneath them.

    Args:
      contents: string scalar, the bytes of the file.

    Returns:
      (height, width, 3) uint8; static shape (None, None, 3).

    Raises:
      tf.errors.InvalidArgumentError: Not an image, or one that is cut short.
    """
    image = tf.cond(
        tf.io.is_jpeg(contents),
        lambda: tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE"),
        lambda: tf.io.decode_png(contents, channels=3),
    )
    image.set_shape((None, None, 3))
    return image


def resized(
    contents: tf.Tensor,
    choose_box: Callable[[tf.Tensor], tf.Tensor],
    image_size: int,
    *,
    fast: bool = False,
) -> tf.Tensor:
    """Decodes a JPEG or PNG file, cuts out a box and resizes it to a square; a graph function.

    The result is exactly Pillow's, whose antialiased resize takes half the time of TensorFlow's;
    JPEG files are left to it as a whole. Of PNG files see `decode`.

    Args:
      contents: string scalar, the bytes of the file.
      choose_box: From (2,) int32, height and width, to (4,) int32: top, left, height, width.
      image_size: S, the height and width of the result in pixels.
      fast: Whether a JPEG file is decoded at a half, a quarter or an eighth of its size where the
        box is still as large as the result then. What the decoder leaves out so is not what
        resizing would average: values differ by a grey level or two in the mean, by tens at edges.

    Returns:
      (S, S, 3) uint8.

    Raises:
      tf.errors.InvalidArgumentError: Not an image, or one that is cut short.
    """

    def jpeg() -> tf.Tensor:
        box = choose_box(tf.io.extract_jpeg_shape(contents)[:2])
        inputs = [contents, box, image_size, fast]
        return tf.numpy_function(_jpeg_box, inputs, tf.uint8, stateful=False)

    def other() -> tf.Tensor:
        image = decode(contents)
        part = transforms.cut(image, choose_box(tf.shape(image)[:2]))
        return tf.numpy_function(_resize, [part, image_size], tf.uint8, stateful=False)

    image = tf.cond(tf.io.is_jpeg(contents), jpeg, other)
    return tf.ensure_shape(image, (image_size, image_size, 3))


def _resize(pixels: np.ndarray, image_size: int) -> np.ndarray:
    """Returns (H, W, 3) uint8 resized to (S, S, 3) uint8."""
    size = (int(image_size), int(image_size))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))


def _jpeg_box(contents: bytes, box: np.ndarray, image_size: int, fast: bool) -> np.ndarray:
    """Returns the box of a JPEG file, resized to (S, S, 3) uint8."""
    top, left, height, width = box.tolist()
    part = (left, top, left + width, top + height)
    size = (int(image_size), int(image_size))
    try:
        image = Image.open(io.BytesIO(contents), formats=("JPEG",))
        divisor = next(n for n in (8, 4, 2, 1) if n == 1 or min(height, width) // n >= image_size)
        if fast and divisor > 1:
            image.draft(None, (image.width // divisor, image.height // divisor))
            inner = tuple(edge / divisor for edge in part)
            found = image.convert("RGB").resize(size, Image.Resampling.BILINEAR, inner)
        else:
            if image.mode != "RGB":  # else it would be copied
                image = image.convert("RGB")
            if part != (0, 0, *image.size):  # Not resize(box=...), which reads beyond the box.
                image = image.crop(part)
            found = image.resize(size, Image.Resampling.BILINEAR)
        return np.asarray(found)
    except Exception as error:  # Its parsers raise many kinds; TensorFlow knows ValueError.
        raise ValueError(f"Pillow can't decode the file: {error}") from error
