"""Differentiable augmentation (Zhao et al. 2020, arXiv 2006.10738), for small data sets.

D sees real and fake images only augmented, and G's gradient passes through the augmentation. All
three policies of the paper: colour, translation and cutout. For given draws the result is affine in
the image, so gradient penalties can be taken through it.
"""

from collections.abc import Callable

import tensorflow as tf

DRAWS = 7  # for each image: brightness, saturation, contrast, x and y of shift, x and y of cutout


def diff_augment(x: tf.Tensor, uniforms: tf.Tensor) -> tf.Tensor:
    """Augments every image by its own draws.

    In this order, in the paper's ranges: brightness, in [-0.5, 0.5], is added; saturation, in
    [0, 2], scales the distance to each pixel's mean over the channels; contrast, in [0.5, 1.5],
    scales the distance to the image's mean; the image moves by whole pixels, up to 1/8 of its size
    each way, and zeros follow; a square of half the size, whose centre lies anywhere in the image,
    becomes zero. Draws of 0.5 leave colours and place unchanged.

    Args:
      x: (N, S, S, 3) in [-1, 1]; S is known to the graph.
      uniforms: (N, DRAWS) in [0, 1): brightness, saturation, contrast, shift to the right and down,
        centre of the cutout from the left and from the top.

    Returns:
      (N, S, S, 3), beyond [-1, 1] where colours were pushed there.
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
    """Changes the colours; draws are (N,) in [0, 1)."""
    brightness, saturation, contrast = (
        draw[:, tf.newaxis, tf.newaxis, tf.newaxis] for draw in (brightness, saturation, contrast)
    )
    x += brightness - 0.5
    grey = tf.reduce_mean(x, axis=3, keepdims=True)
    x = (x - grey) * (2 * saturation) + grey
    mean = tf.reduce_mean(x, axis=(1, 2, 3), keepdims=True)
    return (x - mean) * (contrast + 0.5) + mean


def _shift(draw: tf.Tensor, size: int) -> tf.Tensor:
    """Returns (N,) int32 in [-size // 8, size // 8], equally likely."""
    limit = size // 8
    return tf.cast(tf.floor(draw * (2 * limit + 1)), tf.int32) - limit


@tf.custom_gradient
def _translated(x: tf.Tensor, down: tf.Tensor, right: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    """Moves image n by down[n] rows and right[n] columns, at most 1/8; zeros follow."""

    def gradient(upstream):
        # Of a translation: the opposite one. So derivatives of any order are gathers too; that of
        # a gather would be a scatter, slow and on GPUs without a fixed order of its sums.
        return _translated(upstream, -down, -right), None, None

    height, width = x.shape[1:3]
    y, z = height // 8, width // 8
    padded = tf.pad(x, [[0, 0], [y, y], [z, z], [0, 0]])
    rows = y + tf.range(height) - down[:, tf.newaxis]
    columns = z + tf.range(width) - right[:, tf.newaxis]
    padded = tf.gather(padded, rows, axis=1, batch_dims=1)
    return tf.gather(padded, columns, axis=2, batch_dims=1), gradient


def _hidden(draw: tf.Tensor, size: int) -> tf.Tensor:
    """Returns (N, size), which rows (or columns) the cutout covers, cut off at the borders."""
    side = size // 2
    # Centres from one border to the other; they lie between pixels where the side is even.
    centre = tf.cast(tf.floor(draw * (size + 1 - side % 2)), tf.int32)
    first = (centre - side // 2)[:, tf.newaxis]
    at = tf.range(size)
    return (at >= first) & (at < first + side)
