"""3x3 convolutions fused with a change of resolution, in less than half the work.

Convolution and 2x2 average pooling are both linear. Pooling after a 3x3 convolution therefore
equals one 4x4 convolution of stride 2, whose kernel is the 3x3 kernel convolved with the pooling
window: 16 products for each output instead of 36. Nearest upsampling before a 3x3 convolution is
the transpose of that: one transposed 4x4 convolution of stride 2, with 16 products for each *input*
instead of 36. Results are equal up to rounding, at the borders too, because the padding is zeros.
"""

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.layers import convolution, cpu_convolution, portability

# (16, 9): convolves a flattened 3x3 kernel with a 2x2 window of ones. An entry is 1 if its row, a
# place in the 4x4 kernel, is its column, a place in the 3x3 kernel, moved by 0 or 1 on each axis.
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
        kwargs = convolution.with_sizes(kwargs, kernel_size=3, strides=1, padding=1)
        super().__init__(filters, **kwargs)


@keras.utils.register_keras_serializable("stargan_tf")
class Conv3x3Down(Conv3x3):
    """avgpool2(conv3x3(x) + bias): (N, H, W, C) -> (N, H / 2, W / 2, filters), H and W even."""

    def call(self, x):
        """Returns the convolved map at half the height and width."""
        kernel = tf.cast(_spread(self.kernel, 0.25), x.dtype)
        y = cpu_convolution.convolved(x, kernel, strides=2, padding=1)
        return self._add_bias(tf.nn.conv2d(x, kernel, 2, "SAME") if y is None else y)


@keras.utils.register_keras_serializable("stargan_tf")
class Conv3x3Up(Conv3x3):
    """conv3x3(nearest2(x)) + bias: (N, H, W, C) -> (N, 2H, 2W, filters)."""

    def call(self, x):
        """Returns the convolved map at twice the height and width."""
        # A transposed convolution mirrors its kernel.
        kernel = tf.cast(_spread(self.kernel, 1.0, mirrored=True), x.dtype)
        kernel = tf.transpose(kernel, (0, 1, 3, 2))
        return self._transposed(x, kernel)


def nearest(x: tf.Tensor) -> tf.Tensor:
    """Doubles height and width by repeating pixels: (N, H, W, C) -> (N, 2H, 2W, C)."""
    if portability.are_portable():  # one op that GPU delegates have; tf.repeat is five
        size = [2 * n for n in (x.shape[1:3] if x.shape[1:3].is_fully_defined() else _size_of(x))]
        return tf.image.resize(x, size, "nearest")
    # tf.image.resize has no gradient under XLA.
    return tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)


def pixel_shuffle(x: tf.Tensor) -> tf.Tensor:
    """Makes blocks of 2x2 pixels of channels: (N, H, W, 4 C) -> (N, 2H, 2W, C).

    Shi et al. 2016, arXiv 1609.05158: of output channel k, input channels 4 k ... 4 k + 3 are the
    pixels (0, 0), (0, 1), (1, 0) and (1, 1) of a block. `tf.nn.depth_to_space` alone expects all
    channels of pixel (0, 0) first.
    """
    shape, static = tf.shape(x), x.shape
    n, h, w = (shape[i] if static[i] is None else static[i] for i in range(3))
    channels = static[3] // 4
    x = tf.transpose(tf.reshape(x, (n, h, w, channels, 4)), (0, 1, 2, 4, 3))
    return tf.nn.depth_to_space(tf.reshape(x, (n, h, w, 4 * channels)), 2)


def average(x: tf.Tensor) -> tf.Tensor:
    """Averages blocks of 2x2 pixels: (N, H, W, C) -> (N, H / 2, W / 2, C)."""
    return tf.nn.avg_pool2d(x, 2, 2, "VALID")


def _size_of(x: tf.Tensor) -> list[tf.Tensor]:
    return tf.unstack(tf.shape(x)[1:3])


def _spread(kernel: tf.Tensor, weight: float, mirrored: bool = False) -> tf.Tensor:
    """Convolves a kernel (3, 3, a, b) with a 2x2 window of `weight`: (4, 4, a, b)."""
    matrix = tf.constant(weight * (_SPREAD[::-1] if mirrored else _SPREAD), kernel.dtype)
    a, b = kernel.shape[2:]
    spread = tf.matmul(matrix, tf.reshape(kernel, (9, a * b)))
    return tf.reshape(spread, (4, 4, a, b))
