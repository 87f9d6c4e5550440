"""The networks of StarGAN-VC2 (the paper's figure of them), at `channels` 64.

Features are images of F rows, T columns and one channel. IN is instance normalization with scale
and offset, CIN that whose scale and offset the speakers decide; a convolution before one has no
bias. All are followed by a GLU, which halves the channels: those below are the ones before it.

  G  5x15 s1 128 | 5x5 s2 256 IN | 5x5 s2 512 IN, as images
     reshaped to sequences; 1x1 256 IN, no GLU | 9 times 5 s1 512 CIN | 1x1 256 F / 4, no GLU
     reshaped to images; 5x5 s1 1024, pixel shuffle | 5x5 s1 512, pixel shuffle | plain 5x15 s1 1
  D  3x3 s1 128 | 3x3 s2 256 IN | 3x3 s2 512 IN | 3x3 s2 1024 IN | 1x5 s1 1024 IN
     h = the sum over all places; score = w h + b + e h, with e affine in the speakers

There are k // 2 zeros on both sides of an axis, with stride 2 too, so that F becomes
(F + 1) // 2; rows of G's output beyond F are cut. T is a multiple of 4 in G.
"""

import keras
import tensorflow as tf

from stargan_tf.layers import (
    activations,
    conditional_norm,
    initializers,
    instance_norm,
    network,
    rectangular_convolution,
    resampling,
)


@keras.utils.register_keras_serializable("stargan_vc2")
class GatedConv(keras.layers.Layer):
    """GLU(IN(convolution(x))): (N, H, W, C) -> (N, H', W', filters), H' = (H - 1) // strides + 1.

    Args:
      filters: Output channels; the convolution has twice as many.
      kernel_size: Along frequencies and time; odd.
      strides: Along both.
    """

    def __init__(self, filters, kernel_size, strides=1, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = tuple(kernel_size)
        self.strides = strides
        dtype = {"dtype": self.dtype_policy}
        self.conv = rectangular_convolution.RectangularConv2D(
            2 * filters,
            self.kernel_size,
            (strides, strides),
            padding=[k // 2 for k in self.kernel_size],
            use_bias=False,
            name="conv",
            **dtype,
        )
        self.norm = instance_norm.make(name="norm", **dtype)

    def call(self, x):
        """Returns the gated map."""
        return activations.gated_linear_unit(self.norm(self.conv(x)))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        names = ("filters", "kernel_size", "strides")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.utils.register_keras_serializable("stargan_vc2")
class ConditionalBlock(keras.layers.Layer):
    """GLU(CIN(convolution(x), code)): (N, 1, T, C) -> (N, 1, T, filters), with a kernel of 5.

    Args:
      filters: Output channels; the convolution has twice as many.
      code_length: Of the codes that decide the normalization's scale and offset.
    """

    def __init__(self, filters, code_length, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.code_length = code_length
        dtype = {"dtype": self.dtype_policy}
        self.conv = rectangular_convolution.SequenceConv(
            2 * filters, 5, use_bias=False, name="conv", **dtype
        )
        self.norm = conditional_norm.ConditionalInstanceNorm(code_length, name="norm", **dtype)

    def call(self, x, code):
        """Returns the gated sequence; code is (N, code_length)."""
        return activations.gated_linear_unit(self.norm(self.conv(x), code))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        own = {"filters": self.filters, "code_length": self.code_length}
        return {**super().get_config(), **own}


@keras.utils.register_keras_serializable("stargan_vc2")
class Generator(network.Network):
    """G(x, source, target) -> y: the features x of one speaker as another would say them.

    x and y: (N, T, F), T a multiple of 4. Source, target: (N, K), one-hot.

    Args:
      domains: K, the number of speakers.
      features: F.
      channels: After the first layer.
      repeat_num: How many layers are normalized conditionally.
      source_conditioning: Whether their scales and offsets depend on the source, too.
    """

    def __init__(
        self,
        domains: int,
        features: int = 36,
        channels: int = 64,
        repeat_num: int = 9,
        source_conditioning: bool = True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.domains = domains
        self.features = features
        self.channels = c = channels
        self.repeat_num = repeat_num
        self.source_conditioning = source_conditioning
        dtype = {"dtype": self.dtype_policy}
        conv2d = rectangular_convolution.RectangularConv2D
        self.conv_in = conv2d(2 * c, (5, 15), name="conv_in", **dtype)
        self.down = [
            GatedConv(2 * c, (5, 5), 2, name="down1", **dtype),
            GatedConv(4 * c, (5, 5), 2, name="down2", **dtype),
        ]
        sequence_conv = rectangular_convolution.SequenceConv
        self.to_1d = sequence_conv(4 * c, 1, use_bias=False, name="to_1d", **dtype)
        self.norm_1d = instance_norm.make(name="norm_1d", **dtype)
        codes = 2 * domains if source_conditioning else domains
        self.blocks = [
            ConditionalBlock(4 * c, codes, name=f"block{i + 1}", **dtype) for i in range(repeat_num)
        ]
        self.rows = (features + 3) // 4  # of the smallest maps
        self.to_2d = sequence_conv(4 * c * self.rows, 1, name="to_2d", **dtype)
        self.up = [
            conv2d(16 * c, (5, 5), name="up1", **dtype),
            conv2d(8 * c, (5, 5), name="up2", **dtype),
        ]
        self.conv_out = conv2d(1, (5, 15), name="conv_out", **dtype)

    def call(self, x, source, target):
        """Returns y, float32 even if the computation is bfloat16."""
        x = activations.gated_linear_unit(self.conv_in(_as_image(x)))
        for layer in self.down:
            x = layer(x)
        x = self.norm_1d(self.to_1d(_as_sequence(x)))
        code = tf.concat([source, target], axis=1) if self.source_conditioning else target
        for block in self.blocks:
            x = block(x, code)
        x = _as_rows(self.to_2d(x), self.rows)
        for layer in self.up:
            x = activations.gated_linear_unit(resampling.pixel_shuffle(layer(x)))
        y = self.conv_out(x)[:, : self.features, :, 0]
        return tf.transpose(network.at_least_float32(y), (0, 2, 1))

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for x, the source and the target."""
        domain = tf.zeros((1, self.domains))
        return tf.zeros((1, 4, self.features)), domain, domain


@keras.utils.register_keras_serializable("stargan_vc2")
class Discriminator(network.Network):
    """D(x, source, target) -> scores (N,): how real x is, as a conversion from source to target.

    x: (N, T, F). Source, target: (N, K), one-hot. The target is who is heard, also where x is real.

    Args:
      domains: K, the number of speakers.
      channels: After the first layer.
      pooling: "sum" or "mean", over all places.
    """

    def __init__(self, domains: int, channels: int = 64, pooling: str = "sum", **kwargs):
        super().__init__(**kwargs)
        self.domains = domains
        self.channels = c = channels
        self.pooling = pooling
        dtype = {"dtype": self.dtype_policy}
        self.conv_in = rectangular_convolution.RectangularConv2D(
            2 * c, (3, 3), name="conv_in", **dtype
        )
        self.down = [
            GatedConv(2 * c, (3, 3), 2, name="down1", **dtype),
            GatedConv(4 * c, (3, 3), 2, name="down2", **dtype),
            GatedConv(8 * c, (3, 3), 2, name="down3", **dtype),
            GatedConv(8 * c, (1, 5), name="down4", **dtype),
        ]
        # In float32 or better: a sum over all places is large.
        self.score = _linear(1, 8 * c, name="score", dtype=self.variable_dtype)
        self.embedding = _linear(8 * c, 2 * domains, name="embedding", dtype=self.variable_dtype)

    def call(self, x, source, target):
        """Returns the scores, float32 even if the computation is bfloat16."""
        x = activations.gated_linear_unit(self.conv_in(_as_image(x)))
        for layer in self.down:
            x = layer(x)
        pooled = tf.reduce_sum if self.pooling == "sum" else tf.reduce_mean
        h = pooled(network.at_least_float32(x), axis=(1, 2))
        code = self.embedding(tf.cast(tf.concat([source, target], axis=1), h.dtype))
        return self.score(h)[:, 0] + tf.reduce_sum(code * h, axis=1)

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for x, the source and the target."""
        domain = tf.zeros((1, self.domains))
        return tf.zeros((1, 8, 8)), domain, domain


def _linear(units: int, fan_in: int, **kwargs) -> keras.layers.Dense:
    """Returns a linear layer that starts uniform in +-1 / sqrt(fan_in)."""
    return keras.layers.Dense(
        units,
        kernel_initializer=initializers.FanInUniform(),
        bias_initializer=initializers.FanInUniform(fan_in),
        **kwargs,
    )


def _as_image(x: tf.Tensor) -> tf.Tensor:
    """Returns features (N, T, F) as (N, F, T, 1)."""
    return tf.transpose(x, (0, 2, 1))[..., tf.newaxis]


def _as_sequence(x: tf.Tensor) -> tf.Tensor:
    """Returns a map (N, H, T, C) as (N, 1, T, C H): a channel's rows follow each other."""
    shape, static = tf.shape(x), x.shape
    n, t = (shape[i] if static[i] is None else static[i] for i in (0, 2))
    return tf.reshape(tf.transpose(x, (0, 2, 3, 1)), (n, 1, t, static[3] * static[1]))


def _as_rows(x: tf.Tensor, rows: int) -> tf.Tensor:
    """Returns a sequence (N, 1, T, C rows) as (N, rows, T, C), as `_as_sequence` has them."""
    shape, static = tf.shape(x), x.shape
    n, t = (shape[i] if static[i] is None else static[i] for i in (0, 2))
    return tf.transpose(tf.reshape(x, (n, t, static[3] // rows, rows)), (0, 3, 1, 2))
