"""Turns a decoded image of any size into a training image in [-1, 1]."""

import math

import tensorflow as tf

TRIES = 10  # random crops to try before taking the central one


def centre_box(size: tf.Tensor, crop_size: int = 0) -> tf.Tensor:
    """Returns the centred square of an image as a box, (4,) int32: top, left, height, width.

    Args:
      size: (2,) int32, the image's height H and width W in pixels.
      crop_size: Side of the square in pixels, at most min(H, W); 0: min(H, W).
    """
    largest = tf.reduce_min(size)
    side = tf.minimum(largest, crop_size) if crop_size else largest
    return tf.stack([(size[0] - side) // 2, (size[1] - side) // 2, side, side])


def cut(image: tf.Tensor, box: tf.Tensor) -> tf.Tensor:
    """Cuts a box (4,) (top, left, height, width) out of an image (H, W, 3)."""
    top, left, height, width = tf.unstack(box, num=4)
    return image[top : top + height, left : left + width]


def resized_box(image: tf.Tensor, box: tf.Tensor, image_size: int) -> tf.Tensor:
    """Cuts a box (4,) out of an image as `cut` does, and resizes it to a square (S, S, 3) uint8."""
    part = cut(image, box)
    resized = tf.cond(
        tf.reduce_all(box[2:] == image_size),
        lambda: part,
        lambda: tf.cast(resize(part, image_size), tf.uint8),
    )
    return tf.ensure_shape(resized, (image_size, image_size, 3))


def resize(image: tf.Tensor, image_size: int) -> tf.Tensor:
    """Resizes to a square with antialiased bilinear interpolation, like Pillow.

    Args:
      image: (H, W, 3) uint8, any H and W.
      image_size: S, the height and width of the result in pixels.

    Returns:
      (S, S, 3) float32, whole grey levels in [0, 255], as in an 8-bit file.
    """
    image = tf.cast(image, tf.float32)
    # Without antialiasing, downscaling is off by up to 76 grey levels.
    image = tf.image.resize(image, (image_size, image_size), antialias=True)
    image = tf.clip_by_value(tf.round(image), 0.0, 255.0)
    return tf.ensure_shape(image, (image_size, image_size, 3))


def square(image: tf.Tensor, image_size: int, crop_size: int = 0) -> tf.Tensor:
    """Cuts out the centred square and resizes it; see `centre_box` and `resize`."""
    return resize(cut(image, centre_box(tf.shape(image)[:2], crop_size)), image_size)


def random_box(
    size: tf.Tensor,
    uniforms: tf.Tensor,
    scale: tuple[float, float] = (0.8, 1.0),
    ratio: tuple[float, float] = (0.9, 1.1),
) -> tf.Tensor:
    """Chooses the box of a random resized crop (Szegedy et al. 2015, arXiv 1409.4842, section 6).

    Each row of `uniforms` is a try: an area uniform in `scale`, an aspect ratio whose logarithm is
    uniform in that of `ratio`, and a position uniform within the image. The first box that fits is
    taken; if none fits, the largest central box of the nearest allowed ratio.

    Args:
      size: (2,) the image's height and width in pixels.
      uniforms: (TRIES, 4) in [0, 1): area, ratio, top, left.
      scale: The smallest and the largest area, as shares of the image's area.
      ratio: The smallest and the largest width / height.

    Returns:
      (4,) int32: top, left, height, width, in pixels.
    """
    height, width = tf.unstack(tf.cast(size, tf.float32))
    area, aspect, top, left = tf.unstack(uniforms, num=4, axis=1)
    area = height * width * (scale[0] + (scale[1] - scale[0]) * area)
    low, high = math.log(ratio[0]), math.log(ratio[1])
    aspect = tf.exp(low + (high - low) * aspect)
    heights, widths = tf.round(tf.sqrt(area / aspect)), tf.round(tf.sqrt(area * aspect))
    fits = (heights >= 1) & (widths >= 1) & (heights <= height) & (widths <= width)
    top, left = tf.floor(top * (height - heights + 1)), tf.floor(left * (width - widths + 1))
    first = tf.argmax(tf.cast(fits, tf.int32))
    box = tf.stack([top, left, heights, widths], axis=1)[first]

    nearest = tf.clip_by_value(width / height, ratio[0], ratio[1])
    widest = tf.clip_by_value(tf.round(height * nearest), 1.0, width)
    highest = tf.clip_by_value(tf.round(width / nearest), 1.0, height)
    margins = [(height - highest) // 2, (width - widest) // 2]
    central = tf.stack([*margins, highest, widest])
    return tf.cast(tf.where(tf.reduce_any(fits), box, central), tf.int32)


def to_unit_range(image: tf.Tensor) -> tf.Tensor:
    """Maps grey levels in [0, 255] to [-1, 1], float32."""
    return tf.cast(image, tf.float32) / 127.5 - 1.0


def as_floats(values: tf.Tensor) -> tf.Tensor:
    """Maps uint8 images to [-1, 1], float32; returns other types unchanged."""
    return to_unit_range(values) if values.dtype == tf.uint8 else values


def flip_if(image: tf.Tensor, condition: tf.Tensor) -> tf.Tensor:
    """Mirrors the image (H, W, 3) left to right if `condition`, a bool scalar, is true."""
    return tf.cond(condition, lambda: tf.reverse(image, axis=(1,)), lambda: image)
