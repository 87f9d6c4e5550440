"""StarGAN v1's generator and discriminator (tables 4 and 5 in the paper's appendix)."""

import keras
import tensorflow as tf

from stargan_tf.layers import (
    activations,
    convolution,
    instance_norm,
    labelled_convolution,
    network,
    residual_blocks,
)


@keras.utils.register_keras_serializable("stargan_v1")
class Generator(network.Network):
    """G(x, c) -> y: translates the image x to the label c.

    x: (N, H, W, 3) in [-1, 1], H and W multiples of 4. c: (N, label_channels). y: shaped like x, in
    [-1, 1] (tanh), float32 even if the computation is bfloat16.

    Args:
      label_channels: Length of c, n_c in the paper.
      conv_dim: Channels of the first layer.
      repeat_num: Number of residual blocks in the bottleneck.
    """

    def __init__(self, label_channels: int, conv_dim: int = 64, repeat_num: int = 6, **kwargs):
        super().__init__(**kwargs)
        self.label_channels = label_channels
        self.conv_dim = conv_dim
        self.repeat_num = repeat_num
        dtype = {"dtype": self.dtype_policy}

        def norm(name: str) -> keras.layers.Layer:
            return instance_norm.make(name=name, **dtype)

        # A bias before a normalization would be removed by it, so the convolutions have none. With
        # reflection padding the constant label maps would be removed too, so zeros are padded.
        plain = {"use_bias": False, **dtype}
        self.conv_in = labelled_convolution.LabelledConv2D(
            conv_dim, 7, label_channels, padding=3, name="conv_in", **plain
        )
        self.norm_in = norm("norm_in")
        half = {"kernel_size": 4, "strides": 2, "padding": 1}
        self.down1 = convolution.Conv2D(2 * conv_dim, **half, name="down1", **plain)
        self.down1_norm = norm("down1_norm")
        self.down2 = convolution.Conv2D(4 * conv_dim, **half, name="down2", **plain)
        self.down2_norm = norm("down2_norm")
        self.bottleneck = [
            residual_blocks.ResidualBlock(4 * conv_dim, name=f"bottleneck{i + 1}", **dtype)
            for i in range(repeat_num)
        ]
        self.up1 = convolution.Conv2DTranspose(2 * conv_dim, name="up1", **plain)
        self.up1_norm = norm("up1_norm")
        self.up2 = convolution.Conv2DTranspose(conv_dim, name="up2", **plain)
        self.up2_norm = norm("up2_norm")
        self.conv_out = convolution.Conv2D(3, 7, padding=3, name="conv_out", **plain)

    def call(self, x, c):
        """Returns y, shaped like x."""
        x = tf.nn.relu(self.norm_in(self.conv_in(x, c)))
        x = tf.nn.relu(self.down1_norm(self.down1(x)))
        x = tf.nn.relu(self.down2_norm(self.down2(x)))
        for block in self.bottleneck:
            x = block(x)
        x = tf.nn.relu(self.up1_norm(self.up1(x)))
        x = tf.nn.relu(self.up2_norm(self.up2(x)))
        return tf.tanh(network.at_least_float32(self.conv_out(x)))

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for x and c."""
        return tf.zeros((1, 4, 4, 3)), tf.zeros((1, self.label_channels))


@keras.utils.register_keras_serializable("stargan_v1")
class Discriminator(network.Network):
    """D(x) -> (D_src(x), D_cls(x)): whether x is real, and which labels it shows.

    x: (N, S, S, 3) in [-1, 1]. D_src: (N, P, P, 1), unbounded scores of P x P patches, with
    P = S / 2^repeat_num. D_cls: (N, labels) logits. There is no normalization.

    Args:
      image_size: S in pixels, a multiple of 2^repeat_num.
      labels: Number of logits in D_cls, n_d in the paper.
      conv_dim: Channels of the first layer; each later layer has twice as many as the one before.
      repeat_num: Number of strided convolutions.
    """

    def __init__(
        self, image_size: int, labels: int, conv_dim: int = 64, repeat_num: int = 6, **kwargs
    ):
        super().__init__(**kwargs)
        patches = image_size // 2**repeat_num
        if patches < 1 or patches * 2**repeat_num != image_size:
            raise ValueError(
                f"image_size must be a multiple of 2^repeat_num = {2**repeat_num}. "
                f"Received: image_size={image_size}"
            )
        self.image_size = image_size
        self.labels = labels
        self.conv_dim = conv_dim
        self.repeat_num = repeat_num
        options = {"kernel_size": 4, "strides": 2, "padding": 1, "dtype": self.dtype_policy}
        self.down = [
            convolution.Conv2D(conv_dim * 2**i, name=f"down{i + 1}", **options)
            for i in range(repeat_num)
        ]
        heads = {"use_bias": False, "dtype": self.dtype_policy}
        self.src = convolution.Conv2D(1, 3, padding=1, name="src", **heads)
        self.cls = convolution.Conv2D(labels, patches, name="cls", **heads)

    def call(self, x):
        """Returns (D_src(x), D_cls(x)), float32 even if the computation is bfloat16."""
        x = self.maps(x)[-1]
        cls = tf.squeeze(self.cls(x), axis=(1, 2))
        return network.at_least_float32(self.src(x)), network.at_least_float32(cls)

    def maps(self, x: tf.Tensor) -> list[tf.Tensor]:
        """Returns what the strided convolutions give for x, in order, each with its leaky ReLU."""
        maps = []
        for layer in self.down:
            x = activations.leaky_relu(layer(x), 0.01)
            maps.append(x)
        return maps

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for x."""
        return (tf.zeros((1, self.image_size, self.image_size, 3)),)
