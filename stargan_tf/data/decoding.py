"""From the bytes of an image file to pixels, in a graph."""

import tensorflow as tf


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
