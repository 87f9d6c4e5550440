"""A convolution of an image beside its label."""

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.layers import convolution, portability


@keras.utils.register_keras_serializable("stargan_tf")
class LabelledConv2D(convolution.Conv2D):
    """A convolution of x (N, H, W, C) and of `labels` more channels that are constant.

    Each number of the label c (N, labels) fills a channel, after those of x. The kernel is stored
    as (height, width, C + labels, out); everything else is as in `convolution.Conv2D`.
    """

    def __init__(self, filters: int, kernel_size: int, labels: int, **kwargs):
        super().__init__(filters, kernel_size, **kwargs)
        self.labels = labels

    def build(self, input_shape):
        """Creates the kernel for x of `input_shape` (N, H, W, C)."""
        super().build((*input_shape[:-1], int(input_shape[-1]) + self.labels))

    def call(self, x, c):
        """Returns the feature map (N, H', W', filters) of x and c."""
        c = tf.cast(c, x.dtype)
        if self._is_apart(x):
            kernel = tf.cast(self.kernel, x.dtype)
            of_image, of_label = tf.split(kernel, [x.shape[3], self.labels], axis=2)
            y = self._convolved(x, of_image) + _of_planes(c, of_label, *x.shape[1:3])
            return self._add_bias(y)
        # A broadcasting product repeats c over H x W, because older GPU delegates lack
        # BROADCAST_TO, and a sum with zeros has no scale when it is quantized to 16 bits.
        c = c[:, tf.newaxis, tf.newaxis, :]
        return super().call(tf.concat([x, c * tf.ones_like(x[..., :1])], axis=-1))

    def _is_apart(self, x: tf.Tensor) -> bool:
        """Returns whether constant channels are spared the work of a convolution."""
        same = self.strides == 1 and 2 * self.padding == self.kernel_size - 1
        known = None not in x.shape[1:3] and x.dtype.size >= 4
        return same and known and portability.are_for_cpus()

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "labels": self.labels}


def _of_planes(c: tf.Tensor, kernel: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Convolves constant channels c (N, labels), between zeros: (N, height, width, filters).

    A pixel's sum over its window is the same everywhere but near the borders. So a kernel (size,
    size, filters) is made of c for each image, and the sums over its rows and columns that lie
    inside are two small matrix products.
    """
    size, filters = kernel.shape[0], kernel.shape[3]
    kernels = tf.tensordot(c, kernel, [[1], [2]])
    y = tf.matmul(tf.constant(_inside(width, size), c.dtype), kernels)
    y = tf.reshape(y, (-1, size, width * filters))
    y = tf.matmul(tf.constant(_inside(height, size), c.dtype), y)
    return tf.reshape(y, (-1, height, width, filters))


def _inside(length: int, size: int) -> np.ndarray:
    """Returns (length, size): for every place of a window, which of its pixels lie inside."""
    pixels = np.arange(length)[:, np.newaxis] + np.arange(size) - size // 2
    return (pixels >= 0) & (pixels < length)
