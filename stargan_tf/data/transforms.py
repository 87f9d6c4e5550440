"""From a decoded image of any size to a training image in [-1, 1]."""

import tensorflow as tf


def square(image: tf.Tensor, image_size: int, crop_size: int = 0) -> tf.Tensor:
    """Cuts out the centre and resizes it: the deterministic part of the transform.

    Args:
      image: (H, W, 3) uint8, any H and W.
      image_size: S, the height and width of the result in pixels.
      crop_size: Side of the centred square in pixels, at most min(H, W) of the image; 0: just that.

    Returns:
      (S, S, 3) float32, whole grey levels in [0, 255], as a saved 8-bit file would hold.
    """
    shape = tf.shape(image)
    largest = tf.minimum(shape[0], shape[1])
    side = tf.minimum(largest, crop_size) if crop_size else largest
    top, left = (shape[0] - side) // 2, (shape[1] - side) // 2
    image = tf.cast(image[top : top + side, left : left + side], tf.float32)
    # Antialiased: without it downscaling is off by up to 76 grey levels.
    image = tf.image.resize(image, (image_size, image_size), antialias=True)
    image = tf.clip_by_value(tf.round(image), 0.0, 255.0)
    return tf.ensure_shape(image, (image_size, image_size, 3))


def to_unit_range(image: tf.Tensor) -> tf.Tensor:
    """Maps grey levels in [0, 255] to [-1, 1], float32."""
    return tf.cast(image, tf.float32) / 127.5 - 1.0


def maybe_flip(image: tf.Tensor, coin: tf.Tensor) -> tf.Tensor:
    """Mirrors the image left to right where `coin`, a scalar in [0, 1), is under a half."""
    return tf.where(coin < 0.5, tf.reverse(image, axis=(1,)), image)
