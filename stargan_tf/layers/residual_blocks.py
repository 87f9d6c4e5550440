"""The papers' residual blocks."""

import math

import keras
import tensorflow as tf

from stargan_tf.layers import activations, adain, convolution, instance_norm, resampling

_SLOPE = 0.2  # StarGAN v2's leaky ReLU


@keras.utils.register_keras_serializable("stargan_tf")
class ResidualBlock(keras.layers.Layer):
    """y = x + IN(conv3x3(ReLU(IN(conv3x3(x))))), StarGAN v1's bottleneck (table 4).

    Both convolutions keep the number of channels. They have no bias because the normalization that
    follows would remove it. Shapes: (N, H, W, C) -> (N, H, W, C).

    Args:
      channels: C.
      plain: CycleGAN's form: IN without scale and offset, biases all the same, mirrored pixels
        around the maps instead of zeros, and kernels that start normal with deviation 0.02.
    """

    def __init__(self, channels: int, plain: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.plain = plain
        dtype = {"dtype": self.dtype_policy}
        options = {"kernel_size": 3, "padding": 1, "use_bias": plain, **dtype}
        if plain:
            options |= {"padding_mode": "reflect", "init": "normal"}
        self.conv1 = convolution.Conv2D(channels, name="conv1", **options)
        self.norm1 = instance_norm.make(affine=not plain, name="norm1", **dtype)
        self.conv2 = convolution.Conv2D(channels, name="conv2", **options)
        self.norm2 = instance_norm.make(affine=not plain, name="norm2", **dtype)

    def call(self, x):
        """Returns x plus its residual."""
        residual = tf.nn.relu(self.norm1(self.conv1(x)))
        return x + self.norm2(self.conv2(residual))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "channels": self.channels, "plain": self.plain}


@keras.utils.register_keras_serializable("stargan_tf")
class ResBlk(keras.layers.Layer):
    """StarGAN v2's pre-activation block (appendix A): (skip(x) + residual(x)) / sqrt(2).

    residual(x) = conv3x3(act([IN] pool(conv3x3(act([IN] x))))), with act a leaky ReLU of slope 0.2.
    If `downsample`, pool averages 2x2 pixels, in the residual and on the skip. If the number of
    channels changes, the skip has a 1x1 convolution without a bias. It comes after the pooling,
    which gives the same result for less work.
    Shapes: (N, H, W, channels) -> (N, H / 2, W / 2, filters); without pooling (N, H, W, filters).

    Args:
      channels: Input channels; the first convolution keeps them.
      filters: Output channels, from the second convolution on.
      normalize: Whether the block has its two affine instance normalizations.
      downsample: Whether to halve height and width, which must be even.
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        normalize: bool = False,
        downsample: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.channels = channels
        self.filters = filters
        self.normalize = normalize
        self.downsample = downsample
        dtype = {"dtype": self.dtype_policy}
        if normalize:
            self.norm1 = instance_norm.make(name="norm1", **dtype)
            self.norm2 = instance_norm.make(name="norm2", **dtype)
        kind = resampling.Conv3x3Down if downsample else resampling.Conv3x3
        self.conv1 = kind(channels, name="conv1", init="he_normal", **dtype)
        self.conv2 = resampling.Conv3x3(filters, name="conv2", init="he_normal", **dtype)
        if channels != filters:
            self.skip = _skip(filters, **dtype)

    def call(self, x):
        """Returns the scaled sum of the skip and the residual."""
        # x may be a convolution with a bias, and two ops read it here. The shape check keeps
        # TensorFlow's graph optimizer for oneDNN from fusing x with only one of them, which would
        # fail; see `activations.leaky_relu`.
        x = tf.ensure_shape(x, x.shape)
        residual = _act(self.norm1(x) if self.normalize else x)
        residual = self.conv1(residual)
        residual = self.conv2(_act(self.norm2(residual) if self.normalize else residual))
        x = resampling.average(x) if self.downsample else x
        x = self.skip(x) if self.channels != self.filters else x
        return (x + residual) * math.sqrt(0.5)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        names = ("channels", "filters", "normalize", "downsample")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.utils.register_keras_serializable("stargan_tf")
class AdainResBlk(keras.layers.Layer):
    """StarGAN v2's decoder block (appendix A): `ResBlk` with AdaIN as its normalization.

    residual(x, s) = conv3x3(act(AdaIN(conv3x3(up(act(AdaIN(x, s)))), s))). If `upsample`, up
    repeats pixels to double height and width, in the residual and on the skip. The output is
    (skip(x) + residual) / sqrt(2), or the residual alone without a skip: in a generator with a
    high-pass skip, another skip here would let the source's colours pass. If the number of channels
    changes, the skip has a 1x1 convolution without a bias. It comes before up, which gives the same
    result for less work.
    Shapes: x (N, H, W, channels), s (N, style_dim) -> (N, 2H, 2W, filters), or (N, H, W, filters).

    Args:
      channels: Input channels.
      filters: Output channels, from the first convolution on.
      style_dim: Length of s.
      upsample: Whether to double height and width.
      skip: Whether the block has a skip.
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        style_dim: int = 64,
        upsample: bool = False,
        skip: bool = True,
        **kwargs,
    ):
        # With autocast, Keras would cast s to bfloat16 as well.
        super().__init__(autocast=False, **kwargs)
        self.channels = channels
        self.filters = filters
        self.style_dim = style_dim
        self.upsample = upsample
        self.has_skip = skip
        dtype = {"dtype": self.dtype_policy}
        self.norm1 = adain.AdaIN(style_dim, name="norm1", dtype=self.variable_dtype)
        self.norm2 = adain.AdaIN(style_dim, name="norm2", dtype=self.variable_dtype)
        kind = resampling.Conv3x3Up if upsample else resampling.Conv3x3
        self.conv1 = kind(filters, name="conv1", init="he_normal", **dtype)
        self.conv2 = resampling.Conv3x3(filters, name="conv2", init="he_normal", **dtype)
        if skip and channels != filters:
            self.skip = _skip(filters, **dtype)

    def call(self, x, s):
        """Returns x, transformed in the style s."""
        x = tf.cast(x, self.compute_dtype)
        residual = self.conv1(_act(self.norm1(x, s)))
        residual = self.conv2(_act(self.norm2(residual, s)))
        if not self.has_skip:
            return residual
        x = self.skip(x) if self.channels != self.filters else x
        x = resampling.nearest(x) if self.upsample else x
        return (x + residual) * math.sqrt(0.5)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        names = ("channels", "filters", "style_dim", "upsample")
        config = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **config, "skip": self.has_skip}


def _act(x: tf.Tensor) -> tf.Tensor:
    return activations.leaky_relu(x, _SLOPE)


def _skip(filters: int, **kwargs) -> convolution.Conv2D:
    return convolution.Conv2D(filters, 1, use_bias=False, init="he_normal", name="skip", **kwargs)
