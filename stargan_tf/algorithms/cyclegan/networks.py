"""The networks of CycleGAN: a residual generator and a discriminator of patches (appendix).

The paper calls the generators G and F, and the discriminators D_Y and D_X. Here, as in the authors'
program, a letter names the domain in which a cycle begins: G_A translates images of A to B, and D_A
judges what it gives: images of B.
"""

import keras
import tensorflow as tf

from stargan_tf.layers import activations, convolution, instance_norm, network, residual_blocks

_SLOPE = 0.2
_WIDEST = 8  # times the channels of D's first layer


@keras.utils.register_keras_serializable("cyclegan")
class Generator(network.Network):
    """G(x) -> y: the translation of images x.

    x: (N, H, W, 3) in [-1, 1], H and W multiples of 4 and at least 8. y: the same shape, in
    [-1, 1]. The borders are mirrored, but at the two strided convolutions, which have zeros there.

    Args:
      conv_dim: Channels of the first layer.
      repeat_num: Residual blocks.
    """

    def __init__(self, conv_dim: int = 64, repeat_num: int = 9, **kwargs):
        super().__init__(**kwargs)
        self.conv_dim = conv_dim
        self.repeat_num = repeat_num
        dtype = {"dtype": self.dtype_policy}
        # Biases before a normalization do nothing, but the paper's networks have them.
        plain = {"init": "normal", **dtype}
        mirrored = {"kernel_size": 7, "padding": 3, "padding_mode": "reflect", **plain}
        half = {"kernel_size": 3, "strides": 2, "padding": 1, **plain}
        self.conv_in = convolution.Conv2D(conv_dim, name="conv_in", **mirrored)
        self.norm_in = _norm("norm_in", dtype)
        self.down1 = convolution.Conv2D(2 * conv_dim, name="down1", **half)
        self.down1_norm = _norm("down1_norm", dtype)
        self.down2 = convolution.Conv2D(4 * conv_dim, name="down2", **half)
        self.down2_norm = _norm("down2_norm", dtype)
        self.bottleneck = [
            residual_blocks.ResidualBlock(
                4 * conv_dim, plain=True, name=f"bottleneck{i + 1}", **dtype
            )
            for i in range(repeat_num)
        ]
        double = {"kernel_size": 3, **plain}
        self.up1 = convolution.Conv2DTranspose(2 * conv_dim, name="up1", **double)
        self.up1_norm = _norm("up1_norm", dtype)
        self.up2 = convolution.Conv2DTranspose(conv_dim, name="up2", **double)
        self.up2_norm = _norm("up2_norm", dtype)
        self.conv_out = convolution.Conv2D(3, name="conv_out", **mirrored)

    def call(self, x):
        """Returns y, shaped like x, float32 even if the computation is bfloat16."""
        x = tf.nn.relu(self.norm_in(self.conv_in(x)))
        x = tf.nn.relu(self.down1_norm(self.down1(x)))
        x = tf.nn.relu(self.down2_norm(self.down2(x)))
        for block in self.bottleneck:
            x = block(x)
        x = tf.nn.relu(self.up1_norm(self.up1(x)))
        x = tf.nn.relu(self.up2_norm(self.up2(x)))
        return tf.tanh(network.at_least_float32(self.conv_out(x)))

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for x."""
        return (tf.zeros((1, 8, 8, 3)),)


@keras.utils.register_keras_serializable("cyclegan")
class Discriminator(network.Network):
    """D(x) -> scores: whether each patch of x is real.

    x: (N, H, W, 3) in [-1, 1]. Scores: (N, H', W', 1), unbounded, with H' = H / 2^repeat_num - 2:
    for three and 256 px 30 x 30, each of a patch of 70 x 70 px. A real patch should score 1.

    Args:
      conv_dim: Channels of the first layer; each later one has twice as many, up to eight times.
      repeat_num: Strided convolutions, of 4x4 as all; two of stride 1 follow.
    """

    def __init__(self, conv_dim: int = 64, repeat_num: int = 3, **kwargs):
        super().__init__(**kwargs)
        self.conv_dim = conv_dim
        self.repeat_num = repeat_num
        dtype = {"dtype": self.dtype_policy}
        options = {"kernel_size": 4, "padding": 1, "init": "normal", **dtype}
        widths = [conv_dim * min(2**i, _WIDEST) for i in range(repeat_num + 1)]
        self.down = [
            convolution.Conv2D(width, strides=2, name=f"down{i + 1}", **options)
            for i, width in enumerate(widths[:-1])
        ]
        self.conv = convolution.Conv2D(widths[-1], name="conv", **options)
        # The first convolution has none.
        self.norms = [_norm(f"norm{i + 2}", dtype) for i in range(repeat_num)]
        self.score = convolution.Conv2D(1, name="score", **options)

    def call(self, x):
        """Returns the scores, float32 even if the computation is bfloat16."""
        x = self.first_map(x)
        for layer, norm in zip([*self.down[1:], self.conv], self.norms, strict=True):
            x = activations.leaky_relu(norm(layer(x)), _SLOPE)
        return network.at_least_float32(self.score(x))

    def first_map(self, x: tf.Tensor) -> tf.Tensor:
        """Returns what the first convolution gives for x, with its leaky ReLU."""
        return activations.leaky_relu(self.down[0](x), _SLOPE)

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for x."""
        size = 3 << self.repeat_num
        return (tf.zeros((1, size, size, 3)),)


def _norm(name: str, dtype: dict) -> keras.layers.Layer:
    return instance_norm.make(affine=False, name=name, **dtype)
