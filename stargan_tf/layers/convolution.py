"""Convolutions whose zero padding is given in pixels, as in the papers' tables."""

import keras
import tensorflow as tf

from stargan_tf.layers import cpu_convolution, initializers

_INITS = ("fan_in_uniform", "he_normal", "normal", "xavier_normal")
_PADDING_MODES = ("zeros", "reflect")


class _Convolution(keras.layers.Layer):
    """The weights and the configuration that convolution and transposed convolution share."""

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int = 1,
        padding: int = 0,
        use_bias: bool = True,
        init: str = "fan_in_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if init not in _INITS:
            raise ValueError(f"init must be one of {_INITS}. Received: {init!r}")
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.padding = padding
        self.use_bias = use_bias
        self.init = init

    def _add_weights(self, kernel_shape: tuple[int, int, int, int]) -> None:
        fan_in = kernel_shape[0] * kernel_shape[1] * kernel_shape[2]
        kernel, bias = initializers.FanInUniform(), initializers.FanInUniform(fan_in)
        if self.init == "he_normal":
            kernel, bias = initializers.HeNormal(), "zeros"
        elif self.init == "normal":
            kernel, bias = initializers.Normal(), "zeros"
        elif self.init == "xavier_normal":
            kernel, bias = initializers.XavierNormal(), "zeros"
        self.kernel = self.add_weight(name="kernel", shape=kernel_shape, initializer=kernel)
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer=bias)

    def _transposed(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Returns the transposed convolution of stride 2: (N, H, W, C) -> (N, 2H, 2W, filters)."""
        shape, static = tf.shape(x), x.shape
        n, h, w = (shape[i] if static[i] is None else static[i] for i in range(3))
        size = [n, 2 * h, 2 * w, self.filters]
        return self._add_bias(tf.nn.conv2d_transpose(x, kernel, size, 2, "SAME"))

    def _add_bias(self, x: tf.Tensor) -> tf.Tensor:
        return tf.nn.bias_add(x, tf.cast(self.bias, x.dtype)) if self.use_bias else x

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        names = ("filters", "kernel_size", "strides", "padding", "use_bias", "init")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.utils.register_keras_serializable("stargan_tf")
class Conv2D(_Convolution):
    """A convolution of (N, H, W, C) with `padding` zeros, or mirrored pixels, on every side.

    The output is (N, H', W', filters) with H' = (H + 2 padding - kernel_size) // strides + 1 and W'
    likewise. The kernel is stored as (height, width, in, out).

    Args:
      filters: Output channels.
      kernel_size: Height and width of the kernel.
      strides: Stride along both axes.
      padding: What is added on every side, in pixels.
      use_bias: Whether to add a bias.
      init: "fan_in_uniform" draws kernel and bias uniformly from +-1 / sqrt(fan_in), PyTorch's
        default. "he_normal" draws the kernel from a normal distribution with deviation
        sqrt(2 / fan_in) and sets the bias to 0; "normal" does the same with deviation 0.02, and
        "xavier_normal" with 0.02 sqrt(2 / (fan_in + fan_out)).
      padding_mode: "zeros"; or "reflect", which adds the image mirrored at its border pixels, and
        needs H and W above `padding`.
    """

    def __init__(self, *args, padding_mode: str = "zeros", **kwargs):
        super().__init__(*args, **kwargs)
        if padding_mode not in _PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {_PADDING_MODES}. Received: {padding_mode!r}"
            )
        self.padding_mode = padding_mode

    def build(self, input_shape):
        """Creates the kernel for inputs of `input_shape` (N, H, W, C)."""
        size = self.kernel_size
        self._add_weights((size, size, int(input_shape[-1]), self.filters))
        self.built = True

    def call(self, x):
        """Returns the convolved feature map."""
        return self._add_bias(self._convolved(x, tf.cast(self.kernel, x.dtype)))

    def _convolved(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        if self.padding == 0 and x.shape[1:3] == [self.kernel_size] * 2:
            return _whole(x, kernel)
        if self.padding_mode == "reflect":
            x = tf.pad(x, _sides(self.padding), "REFLECT")
            return tf.nn.conv2d(x, kernel, self.strides, "VALID")
        y = cpu_convolution.convolved(x, kernel, self.strides, self.padding)
        if y is not None:
            return y
        # SAME pads a convolution of stride 1 by kernel_size // 2, and a 4x4 convolution of stride 2
        # by 1 if H and W are even, as they are in the papers' networks. An explicit list of
        # paddings would make the gradient by the kernel up to 60 times slower in bfloat16.
        halved = (self.kernel_size, self.strides, self.padding) == (4, 2, 1)
        same = self.strides == 1 and 2 * self.padding == self.kernel_size - 1
        if same or (halved and _is_even(x)):
            return tf.nn.conv2d(x, kernel, self.strides, "SAME")
        x = tf.pad(x, _sides(self.padding)) if self.padding else x
        return tf.nn.conv2d(x, kernel, self.strides, "VALID")

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "padding_mode": self.padding_mode}


@keras.utils.register_keras_serializable("stargan_tf")
class Conv2DTranspose(_Convolution):
    """A transposed convolution of stride 2 and padding 1: (N, H, W, C) -> (N, 2H, 2W, filters).

    The papers use no other. With a kernel of 4x4, TensorFlow's SAME equals PyTorch's `padding`; one
    of 3x3 has an output padding of 1 in PyTorch, and SAME would be off by a pixel. The kernel is
    stored as (height, width, out, in).

    Args:
      filters: Output channels.
      use_bias: Whether to add a bias.
      kernel_size: 4 or 3.
      **kwargs: See `Conv2D`.
    """

    def __init__(self, filters: int, use_bias: bool = True, kernel_size: int = 4, **kwargs):
        kwargs = with_sizes(kwargs, strides=2, padding=1)
        if kernel_size not in (3, 4):
            raise ValueError(f"kernel_size must be 3 or 4. Received: {kernel_size}")
        super().__init__(filters, kernel_size, use_bias=use_bias, **kwargs)

    def build(self, input_shape):
        """Creates the kernel for inputs of `input_shape` (N, H, W, C)."""
        size = self.kernel_size
        self._add_weights((size, size, self.filters, int(input_shape[-1])))
        self.built = True

    def call(self, x):
        """Returns the feature map at twice the height and width."""
        kernel = tf.cast(self.kernel, x.dtype)
        if self.kernel_size == 4:
            return self._transposed(x, kernel)
        shape, static = tf.shape(x), x.shape
        n, h, w = (shape[i] if static[i] is None else static[i] for i in range(3))
        size = [n, 2 * h + 1, 2 * w + 1, self.filters]
        y = tf.nn.conv2d_transpose(x, kernel, size, 2, "VALID")
        return self._add_bias(y[:, 1:, 1:])


def with_sizes(kwargs: dict, **sizes: int) -> dict:
    """Returns `kwargs` with the fixed sizes of a convolution, which a config may hold too."""
    received = {name: kwargs.get(name, size) for name, size in sizes.items()}
    if received != sizes:
        raise ValueError(f"The sizes of this convolution are {sizes}. Received: {received}")
    return {**kwargs, **sizes}


def _sides(padding: int) -> list[list[int]]:
    """Returns what `tf.pad` takes for `padding` pixels on every side."""
    return [[0, 0], [padding, padding], [padding, padding], [0, 0]]


def _whole(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolves x with a kernel of its own size, by a fast matrix product: (N, 1, 1, filters)."""
    products = x.shape[1] * x.shape[2] * x.shape[3]
    y = tf.matmul(tf.reshape(x, (-1, products)), tf.reshape(kernel, (products, -1)))
    return y[:, tf.newaxis, tf.newaxis, :]


def _is_even(x: tf.Tensor) -> bool:
    """Returns whether height and width are known to be even."""
    return all(size is not None and size % 2 == 0 for size in x.shape[1:3])
