"""Convolutions of maps whose axes differ: other kernels and strides along one than along the other.

Spectrograms are such maps: (N, frequencies, frames, C). In sequences (N, 1, frames, C) there is
only the second axis.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from stargan_tf.base import keras_versions
from stargan_tf.layers import initializers, weight_norm

_INITS = ("fan_in_uniform", "xavier_normal")
_GAIN = 0.1  # of xavier_normal, as in the authors' program of StarGAN-VC


class _Rectangular(keras.layers.Layer):
    """The weights and the configuration that all of them share."""

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int],
        use_bias: bool = True,
        init: str = "fan_in_uniform",
        weight_normalized: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if init not in _INITS:
            raise ValueError(f"init must be one of {_INITS}. Received: {init!r}")
        self.filters = filters
        self.kernel_size = kernel_size if isinstance(kernel_size, int) else tuple(kernel_size)
        self.strides = strides if isinstance(strides, int) else tuple(strides)
        self.use_bias = use_bias
        self.init = init
        self.weight_normalized = weight_normalized

    def _add_weights(self, kernel_shape: tuple[int, ...]) -> None:
        drawn = initializers.FanInUniform()
        if self.init == "xavier_normal":
            drawn = initializers.XavierNormal(_GAIN)
        self.kernel = self.add_weight(name="kernel", shape=kernel_shape, initializer=drawn)
        if self.weight_normalized:
            ones = (1,) * (len(kernel_shape) - 1)
            length = weight_norm.LengthOf(drawn, kernel_shape)
            self.length = self.add_weight(
                name="length", shape=(*ones, kernel_shape[-1]), initializer=length
            )
        if self.use_bias:
            fan_in = tf.TensorShape(kernel_shape[:-1]).num_elements()
            bias = initializers.FanInUniform(fan_in)
            self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer=bias)

    def _kernel(self, dtype: tf.DType) -> tf.Tensor:
        """Returns the kernel (height, width, ., .) that convolves."""
        kernel = _precise(self.kernel)
        if self.weight_normalized:
            kernel = weight_norm.normalized(kernel, _precise(self.length))
        kernel = kernel[tf.newaxis] if kernel.shape.rank == 3 else kernel
        return tf.cast(kernel, dtype)

    def _transposed(self, x: tf.Tensor) -> tf.Tensor:
        high, wide = (1, self.strides) if isinstance(self.strides, int) else self.strides
        shape, static = tf.shape(x), x.shape
        n, h, w = (shape[i] if static[i] is None else static[i] for i in range(3))
        size = [n, high * h, wide * w, self.filters]
        kernel = self._kernel(x.dtype)
        # SAME takes away (k - s) / 2 on both sides, since the sizes are multiples of s.
        return self._with_bias(tf.nn.conv2d_transpose(x, kernel, size, (high, wide), "SAME"))

    def _with_bias(self, x: tf.Tensor) -> tf.Tensor:
        return tf.nn.bias_add(x, tf.cast(self.bias, x.dtype)) if self.use_bias else x

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        names = ("filters", "kernel_size", "strides", "use_bias", "init", "weight_normalized")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.utils.register_keras_serializable("stargan_tf")
class RectangularConv2D(_Rectangular):
    """A convolution of (N, H, W, C) with zeros around it: -> (N, H', W', filters).

    The kernel is stored as (height, width, in, out).

    Args:
      filters: Output channels.
      kernel_size: Height and width of the kernel.
      strides: Along both axes.
      padding: How many zeros there are on both sides of each axis, so that H' = (H + 2 padding -
        kernel_size) // strides + 1; None: (kernel_size - strides) / 2 of each, so that H' = H /
        strides, for H and W that are multiples of the strides.
      use_bias: Whether to add a bias.
      init: "fan_in_uniform" draws kernel and bias uniformly from +-1 / sqrt(fan_in), PyTorch's
        default; "xavier_normal" the kernel with deviation 0.1 sqrt(2 / (fan_in + fan_out)).
      weight_normalized: Whether the kernel is length * kernel / |kernel|: `weight_norm`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Sequence[int],
        strides: Sequence[int] = (1, 1),
        padding: Sequence[int] | None = None,
        **kwargs,
    ):
        super().__init__(filters, kernel_size, strides, **kwargs)
        self.padding = None if padding is None else tuple(padding)

    def build(self, input_shape):
        """Creates the kernel for inputs of `input_shape` (N, H, W, C)."""
        self._add_weights((*self.kernel_size, int(input_shape[-1]), self.filters))
        self.built = True

    def call(self, x):
        """Returns the convolved map."""
        kernel = self._kernel(x.dtype)
        if self.padding is None:
            return self._with_bias(tf.nn.conv2d(x, kernel, self.strides, "SAME"))
        high, wide = self.padding
        x = tf.pad(x, [[0, 0], [high, high], [wide, wide], [0, 0]])
        return self._with_bias(tf.nn.conv2d(x, kernel, self.strides, "VALID"))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "padding": self.padding}


@keras.utils.register_keras_serializable("stargan_tf")
class RectangularConv2DTranspose(_Rectangular):
    """A transposed convolution: (N, H, W, C) -> (N, strides[0] H, strides[1] W, filters).

    It is the transpose of a `RectangularConv2D` whose padding is None. The kernel is stored as
    (height, width, out, in); its arguments are those of `RectangularConv2D`.
    """

    def __init__(
        self, filters: int, kernel_size: Sequence[int], strides: Sequence[int] = (1, 1), **kwargs
    ):
        super().__init__(filters, kernel_size, strides, **kwargs)

    def build(self, input_shape):
        """Creates the kernel for inputs of `input_shape` (N, H, W, C)."""
        self._add_weights((*self.kernel_size, self.filters, int(input_shape[-1])))
        self.built = True

    def call(self, x):
        """Returns the larger map."""
        return self._transposed(x)


@keras.utils.register_keras_serializable("stargan_tf")
class SequenceConv(_Rectangular):
    """A convolution over time: (N, 1, T, C) -> (N, 1, T / strides, filters).

    On both sides of time there are (kernel_size - strides) / 2 zeros; T is a multiple of `strides`.
    The kernel is stored as (time, in, out); other arguments are those of `RectangularConv2D`.

    Args:
      filters: Output channels.
      kernel_size: Frames that the kernel sees.
      strides: Frames that it moves by.
    """

    def __init__(self, filters: int, kernel_size: int, strides: int = 1, **kwargs):
        super().__init__(filters, kernel_size, strides, **kwargs)

    def build(self, input_shape):
        """Creates the kernel for inputs of `input_shape` (N, 1, T, C)."""
        self._add_weights((self.kernel_size, int(input_shape[-1]), self.filters))
        self.built = True

    def call(self, x):
        """Returns the convolved sequence."""
        # By two axes: second derivatives of TensorFlow's convolutions along one fail eagerly.
        return self._with_bias(tf.nn.conv2d(x, self._kernel(x.dtype), (1, self.strides), "SAME"))


@keras.utils.register_keras_serializable("stargan_tf")
class SequenceConvTranspose(_Rectangular):
    """A transposed convolution over time: (N, 1, T, C) -> (N, 1, strides T, filters).

    It is the transpose of a `SequenceConv`. The kernel is stored as (time, out, in).
    """

    def __init__(self, filters: int, kernel_size: int, strides: int = 1, **kwargs):
        super().__init__(filters, kernel_size, strides, **kwargs)

    def build(self, input_shape):
        """Creates the kernel for inputs of `input_shape` (N, 1, T, C)."""
        self._add_weights((self.kernel_size, self.filters, int(input_shape[-1])))
        self.built = True

    def call(self, x):
        """Returns the longer sequence."""
        return self._transposed(x)


def _precise(variable: tf.Variable) -> tf.Tensor:
    """Returns a weight in float32 or better, where Keras would give it in bfloat16."""
    value = tf.convert_to_tensor(keras_versions.tf_variable(variable))
    return tf.cast(value, tf.float32) if value.dtype.size < 4 else value
