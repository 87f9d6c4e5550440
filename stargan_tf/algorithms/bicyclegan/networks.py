"""BicycleGAN's networks (Zhu et al. 2017, section 4, and the authors' released program).

Image sizes are powers of two. IN, the instance normalization, has neither scale nor offset here.
LReLU is the leaky ReLU of slope 0.2. Kernels start from Xavier's normal distribution with a gain of
0.02, so that images, scores, means and log variances are near 0 at first.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.layers import (
    activations,
    convolution,
    initializers,
    instance_norm,
    network,
    resampling,
)

_SLOPE = 0.2
_MOST = 8  # times the first layer's channels, in G and D
_MOST_OF_E = 4  # in E
_DROPPED = 0.5
_FIRST_DROPPED = 5  # the level from which on units are dropped
_POOLED = 8  # side of E's last map in pixels
_GREY = (0.299, 0.587, 0.114)  # of red, green and blue


@keras.utils.register_keras_serializable("bicyclegan")
class Generator(network.Network):
    """G(a, z) -> b: a U-Net of n = log2(S) levels, down to one pixel.

    a: (N, S, S, 3) in [-1, 1]. z: (N, latent_dim). b: (N, S, S, 3) float32 in [-1, 1].

    With x_0 = a, d_i = concat(x_{i-1}, z), where z is repeated over the map ("all"; "input": for
    i = 1 alone), and c_i channels:

      x_1 = conv(d_1), x_i = IN(conv(LReLU(d_i))), x_n without IN;
      y_n = IN(T(ReLU(x_n))), y_i = IN(T(ReLU(concat(y_{i+1}, x_i)))) with c_{i-1} channels;
      b = tanh(T(ReLU(concat(y_2, x_1)))).

    conv is 4x4 of stride 2, and T its transposed form.

    Args:
      image_size: S in pixels, a power of two, at least 16.
      latent_dim: Length of z.
      where_add: "all" or "input".
      channels: c_1; c_i = min(2^(i-1), 8) c_1.
      input_channels: 3; or 1: a is taken as grey.
    """

    def __init__(
        self,
        image_size: int,
        latent_dim: int = 8,
        where_add: str = "all",
        channels: int = 64,
        input_channels: int = 3,
        **kwargs,
    ):
        # With autocast, Keras would cast z to bfloat16 as well.
        super().__init__(autocast=False, **kwargs)
        self.image_size = image_size
        self.latent_dim = latent_dim
        self.where_add = where_add
        self.channels = channels
        self.input_channels = input_channels
        widths = [min(2**i, _MOST) * channels for i in range(image_size.bit_length() - 1)]
        options = {"init": "xavier_normal", "dtype": self.dtype_policy}
        self.down = [
            convolution.Conv2D(width, 4, 2, 1, name=f"down{i}", **options)
            for i, width in enumerate(widths, 1)
        ]
        self.up = [
            convolution.Conv2DTranspose(width, name=f"up{i}", **options)
            for i, width in enumerate([3, *widths[:-1]], 1)
        ]
        self.down_norms = _norms("down_norm", len(widths) - 2, self.dtype_policy)
        self.up_norms = _norms("up_norm", len(widths) - 1, self.dtype_policy)

    @property
    def levels(self) -> int:
        """The number n of levels."""
        return len(self.down)

    def dropped_shapes(self) -> list[tuple[int, int, int]]:
        """Returns the shapes (height, width, channels) of the maps that dropout acts on.

        They are those of y_i for n > i >= 5, from the inside to the outside.
        """
        return [
            (self.image_size >> (i - 1), self.image_size >> (i - 1), self.up[i - 1].filters)
            for i in range(self.levels - 1, _FIRST_DROPPED - 1, -1)
        ]

    def call(self, a, z, dropout=None):
        """Returns b.

        Args:
          a: The images to translate.
          z: The latent codes.
          dropout: (N, U) uniform in [0, 1), one for each unit of `dropped_shapes`, in order: units
            below 0.5 are dropped, the others doubled. None: nothing is dropped.
        """
        z = tf.cast(z, self.compute_dtype)
        x, skipped = tf.cast(self.channels_of(a), self.compute_dtype), []
        for i, layer in enumerate(self.down, 1):
            if i == 1 or self.where_add == "all":
                x = _with_latent(x, z)
            x = layer(x if i == 1 else activations.leaky_relu(x, _SLOPE))
            x = self.down_norms[i - 2](x) if 1 < i < self.levels else x
            skipped.append(x)
        masks = [] if dropout is None else _masks(dropout, self.dropped_shapes())
        y = skipped.pop()
        for i in range(self.levels, 1, -1):
            y = self.up_norms[i - 2](self.up[i - 1](tf.nn.relu(y)))
            if masks and _FIRST_DROPPED <= i < self.levels:
                y *= tf.cast(masks.pop(0), y.dtype)
            y = tf.concat([y, skipped.pop()], axis=3)
        return tf.tanh(network.at_least_float32(self.up[0](tf.nn.relu(y))))

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for a and z."""
        size = self.image_size
        return tf.zeros((1, size, size, 3)), tf.zeros((1, self.latent_dim))

    def channels_of(self, a: tf.Tensor) -> tf.Tensor:
        """Returns what G sees of a: (N, H, W, 3), or a single grey channel."""
        return grey(a) if self.input_channels == 1 else a


@keras.utils.register_keras_serializable("bicyclegan")
class Encoder(network.Network):
    """E(b) -> mu, logvar: the distribution of the latent codes that make b.

    b: (N, S, S, 3) in [-1, 1]. mu, logvar: (N, latent_dim) float32.

    "resnet": a 4x4 convolution of stride 2, residual blocks down to 8 x 8 pixels, LReLU. "conv":
    4x4 convolutions of stride 2, each but the first with IN, each with LReLU. Then the mean over
    all places, and a linear layer for each output.

    Args:
      image_size: S in pixels, a power of two, at least 16.
      latent_dim: Length of mu.
      kind: "resnet" or "conv".
      channels: Of the first layer; up to four times as many in the others.
    """

    def __init__(
        self,
        image_size: int,
        latent_dim: int = 8,
        kind: str = "resnet",
        channels: int = 64,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.image_size = image_size
        self.latent_dim = latent_dim
        self.kind = kind
        self.channels = channels
        dtype = {"dtype": self.dtype_policy}
        halvings = (image_size // 2 // _POOLED).bit_length() - 1
        self.conv_in = _conv(channels, name="conv_in", **dtype)
        if kind == "resnet":
            widths = [min(i + 1, _MOST_OF_E) * channels for i in range(halvings + 1)]
            self.blocks = [
                Block(a, b, name=f"block{i}", **dtype)
                for i, (a, b) in enumerate(zip(widths, widths[1:], strict=False))
            ]
        else:
            widths = [min(2**i, _MOST_OF_E) * channels for i in range(1, halvings + 1)]
            self.blocks = [_conv(n, name=f"conv{i}", **dtype) for i, n in enumerate(widths)]
            self.norms = _norms("norm", len(widths), self.dtype_policy)
        self.mu = _linear(latent_dim, name="mu", **dtype)
        self.logvar = _linear(latent_dim, name="logvar", **dtype)

    def call(self, b):
        """Returns mu and logvar."""
        x = self.conv_in(tf.cast(b, self.compute_dtype))
        if self.kind == "resnet":
            for block in self.blocks:
                x = block(x)
        else:
            for layer, norm in zip(self.blocks, self.norms, strict=True):
                x = norm(layer(activations.leaky_relu(x, _SLOPE)))
        x = tf.reduce_mean(activations.leaky_relu(x, _SLOPE), axis=(1, 2))
        return tuple(network.at_least_float32(head(x)) for head in (self.mu, self.logvar))

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for b."""
        return (tf.zeros((1, self.image_size, self.image_size, 3)),)


@keras.utils.register_keras_serializable("bicyclegan")
class Block(keras.layers.Layer):
    """E's residual block: (N, H, W, channels) -> (N, H / 2, W / 2, filters).

    conv1x1(pool(x)) + pool(conv3x3(LReLU(IN(conv3x3(LReLU(IN(x))))))), where pool averages 2x2
    pixels.

    Args:
      channels: Of x; the first convolution keeps them.
      filters: Of the result.
    """

    def __init__(self, channels: int, filters: int, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.filters = filters
        options = {"init": "xavier_normal", "dtype": self.dtype_policy}
        self.norm = instance_norm.make(affine=False, name="norm", dtype=self.dtype_policy)
        self.conv1 = resampling.Conv3x3(channels, name="conv1", **options)
        self.conv2 = resampling.Conv3x3Down(filters, name="conv2", **options)
        self.skip = convolution.Conv2D(filters, 1, name="skip", **options)

    def call(self, x):
        """Returns the sum of the skip and the residual."""
        y = self.conv1(activations.leaky_relu(self.norm(x), _SLOPE))
        y = self.conv2(activations.leaky_relu(self.norm(y), _SLOPE))
        return self.skip(resampling.average(x)) + y

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "channels": self.channels, "filters": self.filters}


@keras.utils.register_keras_serializable("bicyclegan")
class Discriminator(network.Network):
    """D(x) -> scores: two PatchGANs, on the image and on its half.

    x: (N, S, S, C) in [-1, 1]. scores: two maps (N, h, w, 1) float32, unbounded, the finer first.

    Each: a 4x4 convolution of stride 2, LReLU; then [convolution, IN, LReLU], `layers` - 1 times
    with stride 2 and once with stride 1; a convolution of stride 1. The image is halved by the mean
    of 3x3 pixels, those inside of it.

    Args:
      image_size: S in pixels.
      channels: Of the first layer at the finer scale; half as many at the coarser.
      layers: Convolutions of stride 2.
      input_channels: C: 3, and those of the image that is translated if D sees it too.
    """

    def __init__(
        self,
        image_size: int,
        channels: int = 64,
        layers: int = 3,
        input_channels: int = 3,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.image_size = image_size
        self.channels = channels
        self.layers_down = layers
        self.input_channels = input_channels
        self.fine = self._scale("fine", channels)
        self.coarse = self._scale("coarse", channels // 2)
        self.fine_norms = _norms("fine_norm", layers, self.dtype_policy)
        self.coarse_norms = _norms("coarse_norm", layers, self.dtype_policy)

    def _scale(self, name: str, channels: int) -> list[convolution.Conv2D]:
        widths = [min(2**i, _MOST) * channels for i in range(self.layers_down + 1)]
        strides = [2] * self.layers_down + [1]
        return [
            _conv(width, stride, name=f"{name}{i}", dtype=self.dtype_policy)
            for i, (width, stride) in enumerate(zip([*widths, 1], [*strides, 1], strict=True))
        ]

    def call(self, x):
        """Returns the scores at both scales."""
        return tuple(scores for scores, _ in self.looked(x))

    def looked(self, x: tf.Tensor) -> list[tuple[tf.Tensor, tf.Tensor]]:
        """Returns the scores at each scale, and the map that the last convolution makes them of."""
        x, found = tf.cast(x, self.compute_dtype), []
        for layers, norms in ((self.fine, self.fine_norms), (self.coarse, self.coarse_norms)):
            y = activations.leaky_relu(layers[0](x), _SLOPE)
            for layer, norm in zip(layers[1:-1], norms, strict=True):
                y = activations.leaky_relu(norm(layer(y)), _SLOPE)
            found.append((network.at_least_float32(layers[-1](y)), y))
            x = halved(x)
        return found

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        # Keras itself has an attribute `layers`.
        config = keras.layers.Layer.get_config(self)
        names = ("image_size", "channels", "input_channels")
        own = {name: getattr(self, name) for name in names}
        return {**config, **own, "layers": self.layers_down}

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for x."""
        return (tf.zeros((1, self.image_size, self.image_size, self.input_channels)),)


def grey(a: tf.Tensor) -> tf.Tensor:
    """Returns images (N, H, W, 3) as grey ones (N, H, W, 1)."""
    return tf.tensordot(a, tf.constant(_GREY, a.dtype), 1)[..., tf.newaxis]


def halved(x: tf.Tensor) -> tf.Tensor:
    """Averages 3x3 pixels around every other one, without those outside: (N, H, W, C) -> half.

    SAME would take pixels 2i to 2i + 2; here they are 2i - 1 to 2i + 1.
    """
    x = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
    inside = np.pad(np.ones((x.shape[1] - 2, x.shape[2] - 2)), 1)
    windows = np.lib.stride_tricks.sliding_window_view(inside, (3, 3))[::2, ::2]
    counts = tf.constant(windows.sum(axis=(2, 3))[np.newaxis, :, :, np.newaxis] / 9, x.dtype)
    return tf.nn.avg_pool2d(x, 3, 2, "VALID") / counts


def _with_latent(x: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
    """Appends z (N, Z), repeated over the map, to x (N, H, W, C): (N, H, W, C + Z)."""
    z = tf.tile(z[:, tf.newaxis, tf.newaxis], (1, x.shape[1], x.shape[2], 1))
    return tf.concat([x, z], axis=3)


def _masks(uniforms: tf.Tensor, shapes: Sequence[tuple[int, int, int]]) -> list[tf.Tensor]:
    """Returns what maps of these shapes are multiplied by: (N, height, width, channels) each."""
    parts = tf.split(uniforms, [int(np.prod(shape)) for shape in shapes], axis=1)
    kept = (tf.reshape(u, (-1, *s)) >= _DROPPED for u, s in zip(parts, shapes, strict=True))
    return [tf.cast(keep, tf.float32) / (1 - _DROPPED) for keep in kept]


def _norms(name: str, count: int, policy) -> list[keras.layers.Layer]:
    """Returns a layer for each place: that of tensorflow-addons keeps to one number of channels."""
    return [instance_norm.make(affine=False, name=f"{name}{i}", dtype=policy) for i in range(count)]


def _conv(filters: int, strides: int = 2, **kwargs) -> convolution.Conv2D:
    return convolution.Conv2D(filters, 4, strides, 1, init="xavier_normal", **kwargs)


def _linear(units: int, **kwargs) -> keras.layers.Dense:
    return keras.layers.Dense(units, kernel_initializer=initializers.XavierNormal(), **kwargs)
