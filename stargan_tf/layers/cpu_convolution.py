"""Convolutions rearranged for CPUs where the library's are slow: the same products, faster.

oneDNN, which computes TensorFlow's convolutions on CPUs, works on 16 output channels at a time and
copies a kernel into a layout of its own at every call. Two kinds of convolutions lose by that:

- Those with few channels, such as the 7x7 convolutions between images and features. Here four
  neighbouring pixels of a row count as channels of one: 16 to 3 channels become 64 to 12, for which
  it does not matter that two thirds more is multiplied, by zeros.
- Those on maps of few pixels, whose kernels are larger than the maps. Here each window's pixels are
  gathered into the row of a matrix, which is multiplied by the kernel as it lies in memory.

Both can be differentiated as often as one likes, and their derivatives are as fast.
"""

import functools

import numpy as np
import tensorflow as tf

from stargan_tf.layers import portability

_GROUP = 4  # pixels that count as one
_FEW = 4  # channels
_TINY = 16  # pixels of a map for each pixel that a window moves by


def convolved(x: tf.Tensor, kernel: tf.Tensor, strides: int, padding: int) -> tf.Tensor | None:
    """Returns the convolution in a form for CPUs; None where the plain one is better.

    Args:
      x: (N, H, W, C).
      kernel: (size, size, C, filters).
      strides: Along both axes.
      padding: Zeros on every side, in pixels.
    """
    if not portability.are_for_cpus() or None in x.shape[1:3]:
        return None
    size, (height, width) = kernel.shape[0], x.shape[1:3]
    # Not 3x3: too many zeros would be multiplied.
    reaches = _GROUP < size <= 2 * _GROUP + 1
    if reaches and strides == 1 and 2 * padding == size - 1 and width % _GROUP == 0:
        return _same(x, kernel) if min(kernel.shape[2:]) <= _FEW else None
    tiny = height * width <= _TINY * strides**2 and min(height, width) + 2 * padding >= size
    return _by_matrix(x, kernel, strides, padding) if tiny and size > 1 else None


def _same(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolves with an odd kernel and stride 1, between zeros: (N, H, W, C) -> (N, H, W, O)."""

    @tf.custom_gradient
    def forward(x, kernel):
        def gradient(dy):
            return _same(dy, _mirrored(kernel)), _kernel_gradient(x, dy, kernel.shape[0])

        few = kernel.shape[3] < kernel.shape[2]
        return _grouped(x, kernel) if few else tf.nn.conv2d(x, kernel, 1, "SAME"), gradient

    return forward(x, kernel)


def _grouped(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Computes `_same` with _GROUP pixels of a row as the channels of one."""
    size, _, channels, filters = kernel.shape
    height, width = x.shape[1:3]
    # A pixel j of a group sees pixels j - size // 2 to j + size // 2, from three groups.
    before = [_GROUP + j - size // 2 for j in range(_GROUP)]
    kernels = [tf.pad(kernel, [[0, 0], [n, 3 * _GROUP - size - n], [0, 0], [0, 0]]) for n in before]
    kernel = tf.reshape(tf.stack(kernels, axis=3), (size, 3, _GROUP * channels, _GROUP * filters))
    x = tf.reshape(x, (-1, height, width // _GROUP, _GROUP * channels))
    return tf.reshape(tf.nn.conv2d(x, kernel, 1, "SAME"), (-1, height, width, filters))


def _mirrored(kernel: tf.Tensor) -> tf.Tensor:
    """Returns the kernel (size, size, O, C) of the transposed convolution."""
    return tf.transpose(tf.reverse(kernel, (0, 1)), (0, 1, 3, 2))


def _kernel_gradient(x: tf.Tensor, dy: tf.Tensor, size: int) -> tf.Tensor:
    """Returns the gradient (size, size, C, O) of `_same`, from x (..., C) and dy (..., O)."""
    channels, filters = x.shape[3], dy.shape[3]
    if filters < channels:
        return _mirrored(_kernel_gradient(dy, x, size))
    shape = (size, size, channels, filters)
    return tf.raw_ops.Conv2DBackpropFilter(
        input=x, filter_sizes=shape, out_backprop=dy, strides=[1] * 4, padding="SAME"
    )


def _by_matrix(x: tf.Tensor, kernel: tf.Tensor, strides: int, padding: int) -> tf.Tensor:
    size, _, channels, filters = kernel.shape
    height, width = ((n + 2 * padding - size) // strides + 1 for n in x.shape[1:3])
    places, where = _windows(*x.shape[1:3], size, strides, padding)
    rows = _gathered(tf.reshape(x, (-1, x.shape[1] * x.shape[2], channels)), places, where)
    y = tf.matmul(tf.reshape(rows, (-1, size * size * channels)), tf.reshape(kernel, (-1, filters)))
    return tf.reshape(y, (-1, height, width, filters))


def _gathered(x: tf.Tensor, places: np.ndarray, where: np.ndarray) -> tf.Tensor:
    """Returns the sums of the rows of x (N, P, C) at places (Q, R): (N, Q, C).

    A place that is no row's stands for zeros. `where` holds, for every row, where it is taken to,
    as places in the result; so the gradient is a sum of gathered rows again.
    """

    @tf.custom_gradient
    def forward(x):
        rows = tf.gather(tf.pad(x, [[0, 0], [0, 1], [0, 0]]), places.ravel(), axis=1)
        if places.shape[1] > 1:
            rows = tf.reshape(rows, (-1, *places.shape, x.shape[2]))
            rows = tf.reduce_sum(rows, axis=2)
        return rows, lambda dy: _gathered(dy, where, places)

    return forward(x)


@functools.cache
def _windows(height: int, width: int, size: int, strides: int, padding: int):
    """Returns where the pixels of windows come from, (outputs * size^2, 1), and where they go to.

    The second is (height * width, most), for each pixel its places in the first, filled up with the
    number of places.
    """
    pixels = np.pad(
        np.arange(height * width).reshape(height, width), padding, constant_values=height * width
    )
    views = np.lib.stride_tricks.sliding_window_view(pixels, (size, size))[::strides, ::strides]
    places = views.reshape(-1)
    found = [np.flatnonzero(places == pixel) for pixel in range(height * width)]
    where = np.full((len(found), max(map(len, found))), len(places))
    for pixel, numbers in enumerate(found):
        where[pixel, : len(numbers)] = numbers
    return places[:, np.newaxis], where
