"""Differentiable augmentation (Zhao et al. 2020, arXiv 2006.10738), for small data sets.

D sees every image, real or fake, only augmented, and G's gradient passes through the augmentation.
All three of the paper's policies are applied: colour, translation and cutout. With the draws fixed,
the result is an affine function of the image, so gradient penalties can pass through it.
"""

from collections.abc import Callable

import tensorflow as tf

DRAWS = 7  # for each image: brightness, saturation, contrast, shift (x, y), cutout (x, y)


def diff_augment(x: tf.Tensor, uniforms: tf.Tensor) -> tf.Tensor:
    """Augments each image with its own random draws.

    The steps, in this order and in the paper's ranges:
      1. Add brightness, in [-0.5, 0.5].
      2. Scale each pixel's distance from its mean over the channels by saturation, in [0, 2].
      3. Scale the distance from the image's mean by contrast, in [0.5, 1.5].
      4. Move the image by whole pixels, up to 1/8 of its size each way, and fill in zeros.
      5. Set a square of half the size to zero; its centre may be anywhere in the image.

    Draws of 0.5 leave the colours and the position unchanged.

    Args:
      x: (N, S, S, 3) in [-1, 1]; S must be known when the graph is traced.
      uniforms: (N, DRAWS) in [0, 1): brightness, saturation, contrast, shift to the right and down,
        centre of the cutout from the left and from the top.

    Returns:
      (N, S, S, 3); the colour changes may leave [-1, 1].
    """
    brightness, saturation, contrast, right, down, cut_x, cut_y = tf.unstack(
        uniforms, DRAWS, axis=1
    )
    height, width = x.shape[1:3]
    x = _colour(x, *(tf.cast(draw, x.dtype) for draw in (brightness, saturation, contrast)))
    x = _translated(x, _shift(down, height), _shift(right, width))
    hidden = _hidden(cut_y, height)[:, :, tf.newaxis] & _hidden(cut_x, width)[:, tf.newaxis]
    return x * tf.cast(~hidden, x.dtype)[..., tf.newaxis]


def _colour(
    x: tf.Tensor, brightness: tf.Tensor, saturation: tf.Tensor, contrast: tf.Tensor
) -> tf.Tensor:
    """Changes brightness, saturation and contrast by draws (N,) in [0, 1)."""
    brightness, saturation, contrast = (
        draw[:, tf.newaxis, tf.newaxis, tf.newaxis] for draw in (brightness, saturation, contrast)
    )
    x += brightness - 0.5
    grey = tf.reduce_mean(x, axis=3, keepdims=True)
    x = (x - grey) * (2 * saturation) + grey
    mean = tf.reduce_mean(x, axis=(1, 2, 3), keepdims=True)
    return (x - mean) * (contrast + 0.5) + mean


def _shift(draw: tf.Tensor, size: int) -> tf.Tensor:
    """Maps draws in [0, 1) to equally likely int32 shifts in [-size // 8, size // 8]."""
    limit = size // 8
    return tf.cast(tf.floor(draw * (2 * limit + 1)), tf.int32) - limit


@tf.custom_gradient
def _translated(x: tf.Tensor, down: tf.Tensor, right: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    """Moves image n by down[n] rows and right[n] columns, at most 1/8 of its size."""

    def gradient(upstream):
        # The gradient of a translation is the opposite translation, so derivatives of any order
        # are gathers. The gradient of a gather would be a scatter, which is slow, and which adds up
        # in no fixed order on GPUs.
        return _translated(upstream, -down, -right), None, None

    height, width = x.shape[1:3]
    y, z = height // 8, width // 8
    padded = tf.pad(x, [[0, 0], [y, y], [z, z], [0, 0]])
    rows = y + tf.range(height) - down[:, tf.newaxis]
    columns = z + tf.range(width) - right[:, tf.newaxis]
    padded = tf.gather(padded, rows, axis=1, batch_dims=1)
    return tf.gather(padded, columns, axis=2, batch_dims=1), gradient


def _hidden(draw: tf.Tensor, size: int) -> tf.Tensor:
    """Returns bool (N, size): the rows (or columns) that the cutout covers."""
    side = size // 2
    # The centre may be on either border; it lies between two pixels if the side is even.
    centre = tf.cast(tf.floor(draw * (size + 1 - side % 2)), tf.int32)
    first = (centre - side // 2)[:, tf.newaxis]
    at = tf.range(size)
    return (at >= first) & (at < first + side)
