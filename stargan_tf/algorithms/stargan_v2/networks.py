"""StarGAN v2's four networks (Choi et al. 2020, section 2.1 and appendix A).

Image sizes are powers of two. The first feature map, at the full resolution, has channel_base
channels. At resolution r there are min(channel_base * image_size / r, max_channels) channels.
"""

import keras
import tensorflow as tf

from stargan_tf.layers import (
    activations,
    convolution,
    domain_dense,
    high_pass,
    initializers,
    instance_norm,
    network,
    resampling,
    residual_blocks,
)

HIDDEN_UNITS = 512  # in each hidden layer of the mapping network
Masks = tuple[tf.Tensor, tf.Tensor]
Features = tuple[tf.Tensor, ...]


@keras.utils.register_keras_serializable("stargan_v2")
class Generator(network.Network):
    """G(x, s) -> y: renders the image x in the style s.

    x: (N, S, S, 3) in [-1, 1]. s: (N, style_dim). y: shaped like x, float32 even if the computation
    is bfloat16. There is no tanh, so y may leave [-1, 1] a little.

    With w_hpf > 0, `masks` holds two maps (N, h, w, 1) in [0, 1] that mark where y keeps the fine
    structure of x: the first acts at 32 px, the second at 64 and 128 px. Where they are 1,
    high-pass filtered features skip from the encoder to the decoder, whose own blocks then have no
    skips.

    Args:
      image_size: S in pixels, a power of two, at least 16 (at least 64 with w_hpf > 0).
      style_dim: Length of s.
      channel_base: Channels at the full resolution.
      max_channels: Upper limit for the channels of a layer.
      w_hpf: Divides the high-pass filter; 0 leaves the high-pass skip out.
      bottleneck_size: Size of the smallest feature map in pixels. 0 stands for the paper's 16, or
        for 8 with w_hpf > 0.
    """

    def __init__(
        self,
        image_size: int,
        style_dim: int = 64,
        channel_base: int = 64,
        max_channels: int = 512,
        w_hpf: float = 0.0,
        bottleneck_size: int = 0,
        **kwargs,
    ):
        # With autocast, Keras would cast s to bfloat16 as well.
        super().__init__(autocast=False, **kwargs)
        self.image_size = image_size
        self.style_dim = style_dim
        self.channel_base = channel_base
        self.max_channels = max_channels
        self.w_hpf = w_hpf
        self.bottleneck_size = bottleneck_size or (8 if w_hpf > 0 else 16)
        dtype = {"dtype": self.dtype_policy}
        halvings = _log2(image_size) - _log2(self.bottleneck_size)
        widths = _widths(channel_base, max_channels, halvings)
        top = widths[-1]
        self.from_rgb = _conv_in(channel_base, **dtype)
        norm = {"normalize": True, **dtype}
        self.encode = [
            residual_blocks.ResBlk(a, b, downsample=True, name=f"encode{i}", **norm)
            for i, (a, b) in enumerate(zip(widths, widths[1:], strict=False))
        ] + [
            residual_blocks.ResBlk(top, top, name=f"encode{halvings + i}", **norm) for i in range(2)
        ]
        style = {"style_dim": style_dim, "skip": w_hpf == 0, **dtype}
        self.decode = [
            residual_blocks.AdainResBlk(top, top, name=f"decode{i}", **style) for i in range(2)
        ] + [
            residual_blocks.AdainResBlk(b, a, upsample=True, name=f"decode{i + 2}", **style)
            for i, (a, b) in enumerate(zip(widths[-2::-1], widths[:0:-1], strict=True))
        ]
        self.norm_out = instance_norm.make(name="norm_out", **dtype)
        self.to_rgb = convolution.Conv2D(3, 1, init="he_normal", name="to_rgb", **dtype)
        self.hpf = high_pass.HighPass(w_hpf, name="hpf", **dtype) if w_hpf > 0 else None

    def call(self, x, s, masks=None):
        """Returns y, shaped like x."""
        if (masks is None) != (self.w_hpf == 0):
            raise ValueError(
                f"masks must be given if w_hpf > 0, and only then. Received: {masks}, "
                f"w_hpf={self.w_hpf}"
            )
        return self.decoded(self.encoded(x), s, masks)

    def encoded(self, x: tf.Tensor) -> Features:
        """Returns what `decoded` makes images of x from: all of the work that no style changes.

        The smallest feature map; with w_hpf > 0, then the maps before each halving, in their order.
        """
        x = self.from_rgb(tf.cast(x, self.compute_dtype))
        entering = []
        for block in self.encode:
            if block.downsample and self.hpf:
                entering.append(x)
            x = block(x)
        return (x, *entering)

    def decoded(self, features: Features, s: tf.Tensor, masks: Masks | None) -> tf.Tensor:
        """Returns y of the `encoded` image in the style s (N, style_dim)."""
        x, *entering = features
        size = self.bottleneck_size
        for block in self.decode:
            x = block(x, s)
            if block.upsample:
                size *= 2
                skipped = entering.pop() if entering else None
                if masks is not None and size in (32, 64, 128):
                    x += self.hpf(skipped, masks[0] if size == 32 else masks[1])
        x = activations.leaky_relu(self.norm_out(x), 0.2)
        return network.at_least_float32(self.to_rgb(x))

    def example_inputs(self) -> tuple[tf.Tensor | Masks, ...]:
        """Returns zeros for x, s and, if w_hpf > 0, masks."""
        shape = (1, self.image_size, self.image_size)
        mask = tf.zeros((*shape, 1))
        masks = ((mask, mask),) if self.w_hpf > 0 else ()
        return tf.zeros((*shape, 3)), tf.zeros((1, self.style_dim)), *masks


@keras.utils.register_keras_serializable("stargan_v2")
class MappingNetwork(network.Network):
    """F(z, y) -> s: maps a latent code z to a style of the domain y.

    z: (N, latent_dim) standard normal. y: (N, K) one-hot. s: (N, style_dim). The domains share the
    first four layers; each has the last four for itself.

    Args:
      domains: K, the number of domains.
      latent_dim: Length of z.
      style_dim: Length of s.
      hidden_units: Units in each hidden layer.
    """

    def __init__(
        self,
        domains: int,
        latent_dim: int = 16,
        style_dim: int = 64,
        hidden_units: int = HIDDEN_UNITS,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.domains = domains
        self.latent_dim = latent_dim
        self.style_dim = style_dim
        self.hidden_units = hidden_units
        dtype = {"dtype": self.dtype_policy}
        self.shared = [
            keras.layers.Dense(
                hidden_units,
                activation="relu",
                kernel_initializer=initializers.HeNormal(),
                name=f"shared{i}",
                **dtype,
            )
            for i in range(4)
        ]
        units = [hidden_units] * 3 + [style_dim]
        self.unshared = [
            domain_dense.DomainDense(domains, n, name=f"unshared{i}", **dtype)
            for i, n in enumerate(units)
        ]

    def call(self, z, y):
        """Returns s."""
        return domain_dense.select_domain(self.all_domains(z), y)

    def all_domains(self, z: tf.Tensor) -> tf.Tensor:
        """Returns the styles (K, N, style_dim) that z has in each domain."""
        for layer in self.shared:
            z = layer(z)
        for layer in self.unshared[:-1]:
            z = tf.nn.relu(layer(z))
        return self.unshared[-1](z)

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for z and y."""
        return tf.zeros((1, self.latent_dim)), tf.zeros((1, self.domains))


class _Trunk(network.Network):
    """The layers common to style encoder and discriminator: S x S pixels -> (N, channels).

    conv3x3, residual blocks without normalization down to 4 x 4, leaky ReLU, conv4x4, leaky ReLU.
    """

    def __init__(self, image_size: int, channel_base: int, max_channels: int, **kwargs):
        super().__init__(**kwargs)
        self.image_size = image_size
        self.channel_base = channel_base
        self.max_channels = max_channels
        dtype = {"dtype": self.dtype_policy}
        widths = _widths(channel_base, max_channels, _log2(image_size) - 2)
        self.from_rgb = _conv_in(channel_base, **dtype)
        self.blocks = [
            residual_blocks.ResBlk(a, b, downsample=True, name=f"block{i}", **dtype)
            for i, (a, b) in enumerate(zip(widths, widths[1:], strict=False))
        ]
        self.conv_out = convolution.Conv2D(
            widths[-1], 4, init="he_normal", name="conv_out", **dtype
        )

    def features(self, x: tf.Tensor) -> tf.Tensor:
        """Returns the features (N, channels) of x (N, S, S, 3)."""
        return tf.squeeze(self.maps(x)[-1], axis=(1, 2))

    def maps(self, x: tf.Tensor) -> list[tf.Tensor]:
        """Returns what the last block and conv_out give for x, each with its leaky ReLU."""
        x = self.from_rgb(tf.cast(x, self.compute_dtype))
        for block in self.blocks:
            x = block(x)
        x = activations.leaky_relu(x, 0.2)
        return [x, activations.leaky_relu(self.conv_out(x), 0.2)]

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for x and y."""
        return tf.zeros((1, self.image_size, self.image_size, 3)), tf.zeros((1, self.domains))


@keras.utils.register_keras_serializable("stargan_v2")
class StyleEncoder(_Trunk):
    """E(x, y) -> s: extracts the style of the image x, taken as an image of the domain y.

    x: (N, S, S, 3) in [-1, 1]. y: (N, K) one-hot. s: (N, style_dim) float32.

    Args:
      image_size: S in pixels, a power of two, at least 8.
      domains: K, the number of domains.
      style_dim: Length of s.
      channel_base: Channels at the full resolution.
      max_channels: Upper limit for the channels of a layer.
    """

    def __init__(
        self,
        image_size: int,
        domains: int,
        style_dim: int = 64,
        channel_base: int = 64,
        max_channels: int = 512,
        **kwargs,
    ):
        super().__init__(image_size, channel_base, max_channels, **kwargs)
        self.domains = domains
        self.style_dim = style_dim
        self.unshared = domain_dense.DomainDense(
            domains, style_dim, name="unshared", dtype=self.dtype_policy
        )

    def call(self, x, y):
        """Returns s."""
        s = domain_dense.select_domain(self.unshared(self.features(x)), y)
        return network.at_least_float32(s)


@keras.utils.register_keras_serializable("stargan_v2")
class Discriminator(_Trunk):
    """D(x, y) -> logit: whether x is a real image of the domain y.

    x: (N, S, S, 3) in [-1, 1]. y: (N, K) one-hot. logit: (N,) float32, unbounded, from y's branch
    of the K branches.

    Args:
      image_size: S in pixels, a power of two, at least 8.
      domains: K, the number of domains.
      channel_base: Channels at the full resolution.
      max_channels: Upper limit for the channels of a layer.
    """

    def __init__(
        self,
        image_size: int,
        domains: int,
        channel_base: int = 64,
        max_channels: int = 512,
        **kwargs,
    ):
        super().__init__(image_size, channel_base, max_channels, **kwargs)
        self.domains = domains
        self.branches = keras.layers.Dense(
            domains,
            kernel_initializer=initializers.HeNormal(),
            name="branches",
            dtype=self.dtype_policy,
        )

    def call(self, x, y):
        """Returns the logits."""
        logits = network.at_least_float32(self.branches(self.features(x)))
        return tf.reduce_sum(logits * tf.cast(y, logits.dtype), axis=1)


def _conv_in(filters: int, **kwargs) -> convolution.Conv2D:
    return resampling.Conv3x3(filters, init="he_normal", name="from_rgb", **kwargs)


def _widths(base: int, most: int, halvings: int) -> list[int]:
    """Returns the channels at the full resolution and after each halving."""
    return [base] + [min(base * 2**i, most) for i in range(1, halvings + 1)]


def _log2(size: int) -> int:
    return size.bit_length() - 1
