"""3x3 convolutions beside a change of resolution, without the work that averaging throws away.

Convolution and 2x2 average pooling are both linear, so pooling after a 3x3 convolution is one 4x4
convolution of stride 2, whose kernel is the 3x3 one convolved with the pooling window. It costs 16
products for each output where the two cost 36. Nearest upsampling before a 3x3 convolution is the
transpose of that: one transposed 4x4 convolution of stride 2, 16 products for each *input* instead
of 36. Equal up to rounding, and exact at the borders too, since the padding is zeros.
"""

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.layers import convolution, forms

# (16, 9): from a 3x3 kernel to the 4x4 one that it makes with 2x2 ones. An entry is 1 where the
# row (of 4x4) is the column (of 3x3) moved by 0 or 1 on both axes.
_SPREAD = np.array(
    [
        [float(0 <= i - k <= 1 and 0 <= j - m <= 1) for k in range(3) for m in range(3)]
        for i in range(4)
        for j in range(4)
    ]
)


@keras.utils.register_keras_serializable("stargan_tf")
class Conv3x3(convolution.Conv2D):
    """conv3x3(x) + bias, padding 1: (N, H, W, C) -> (N, H, W, filters)."""

    def __init__(self, filters: int, **kwargs):
        super().__init__(filters, **_size(kwargs), **kwargs)


@keras.utils.register_keras_serializable("stargan_tf")
class Conv3x3Down(Conv3x3):
    """avgpool2(conv3x3(x) + bias): (N, H, W, C) -> (N, H / 2, W / 2, filters), H and W even."""

    def call(self, x):
        """Returns the convolved map at half the height and width."""
        kernel = tf.cast(_spread(self.kernel, 0.25), x.dtype)
        return self._add_bias(tf.nn.conv2d(x, kernel, 2, "SAME"))


@keras.utils.register_keras_serializable("stargan_tf")
class Conv3x3Up(Conv3x3):
    """conv3x3(nearest2(x)) + bias: (N, H, W, C) -> (N, 2H, 2W, filters)."""

    def call(self, x):
        """Returns the convolved map at twice the height and width."""
        # A transposed convolution spreads each pixel by its kernel, mirrored.
        kernel = tf.cast(_spread(self.kernel, 1.0, mirrored=True), x.dtype)
        kernel = tf.transpose(kernel, (0, 1, 3, 2))
        shape, static = tf.shape(x), x.shape
        n, h, w = (shape[i] if static[i] is None else static[i] for i in range(3))
        size = [n, 2 * h, 2 * w, self.filters]
        return self._add_bias(tf.nn.conv2d_transpose(x, kernel, size, 2, "SAME"))


def nearest(x: tf.Tensor) -> tf.Tensor:
    """Returns (N, 2H, 2W, C): every pixel of x (N, H, W, C) four times."""
    if forms.are_portable():  # one operation that GPU delegates have, where tf.repeat is five
        size = [2 * n for n in (x.shape[1:3] if x.shape[1:3].is_fully_defined() else _size_of(x))]
        return tf.image.resize(x, size, "nearest")
    # tf.image.resize has no gradient under XLA.
    return tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)


def average(x: tf.Tensor) -> tf.Tensor:
    """Returns (N, H / 2, W / 2, C): the means over 2x2 pixels of x (N, H, W, C)."""
    return tf.nn.avg_pool2d(x, 2, 2, "VALID")


def _size_of(x: tf.Tensor) -> list[tf.Tensor]:
    return tf.unstack(tf.shape(x)[1:3])


def _size(kwargs: dict) -> dict:
    """Returns the arguments that are fixed, taken out of those given."""
    sizes = {"kernel_size": 3, "strides": 1, "padding": 1}
    given = {name: kwargs.pop(name, value) for name, value in sizes.items()}
    if given != sizes:
        raise ValueError(f"The convolution is 3x3, stride 1, padding 1. Received: {given}")
    return sizes


def _spread(kernel: tf.Tensor, weight: float, mirrored: bool = False) -> tf.Tensor:
    """Returns the kernel (3, 3, a, b) convolved with 2x2 times `weight`: (4, 4, a, b)."""
    matrix = tf.constant(weight * (_SPREAD[::-1] if mirrored else _SPREAD), kernel.dtype)
    a, b = kernel.shape[2:]
    spread = tf.matmul(matrix, tf.reshape(kernel, (9, a * b)))
    return tf.reshape(spread, (4, 4, a, b))
