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


def decode_reduced(
    contents: tf.Tensor, smallest: int, crop_size: int = 0
) -> tuple[tf.Tensor, tf.Tensor]:
    """Decodes a JPEG file at a half, a quarter or an eighth of its size where that is enough.

    The decoder then skips most of its work, but what it leaves out is not what resizing would
    average: values differ, by a grey level or two on average and by tens at sharp edges.

    Args:
      contents: string scalar, the bytes of a JPEG or PNG file; a PNG file is decoded as it is.
      smallest: What the centred square must at least have in pixels, if the image has as much.
      crop_size: Side of that square in the whole image; 0: the largest.

    Returns:
      (height, width, 3) uint8, and the number (int32) by which the sides were divided.
    """
    side = tf.cond(
        tf.io.is_jpeg(contents),
        lambda: tf.reduce_min(tf.io.extract_jpeg_shape(contents)[:2]),
        lambda: 0,
    )
    side = tf.minimum(side, crop_size) if crop_size else side
    power = tf.reduce_sum(tf.cast(side // tf.constant([2, 4, 8]) >= smallest, tf.int32))

    def reduced(ratio: int) -> tf.Tensor:
        return tf.io.decode_jpeg(contents, 3, ratio, dct_method="INTEGER_ACCURATE")

    branches = [lambda: decode(contents)] + [lambda r=r: reduced(r) for r in (2, 4, 8)]
    image = tf.switch_case(power, branches)
    image.set_shape((None, None, 3))
    return image, tf.bitwise.left_shift(1, power)
