"""The networks of the paper (figure 3): convolutions over frequencies and time.

Features are images of 36 rows, T columns and one channel; T is a multiple of 32. Every layer but
the last of a network is gated: convolution without bias to twice the channels, normalization with
scale and offset, GLU. C are the channels of the figure at `channels` 32; kernel x stride are
frequency by time.

  G  3x9 s1 c32 | 4x8 s2x2 c64 | 4x8 s2x2 c128 | 3x5 s1 c64 | 9x5 s9x1 c5
     transposed: 9x5 s9x1 c64 | 3x5 s1 c128 | 4x8 s2x2 c64 | 4x8 s2x2 c32 | plain 3x9 s1 c1
  D  3x9 s1 | 3x8 s1x2 | 3x8 s1x2 | 3x6 s1x2, all c32 | plain 36x5 s36x1 c1
  C  4x4 s2x2 c8 | 4x4 s2x2 c16 | 4x4 s2x2 c32 | 3x4 s1x2 c16 | plain 1x4 s1x2 cK

The speaker's one-hot is K constant channels before each of G's transposed layers and each of D's.
"""

import keras
import tensorflow as tf

from stargan_tf.layers import (
    activations,
    domain_embedding,
    instance_norm,
    network,
    rectangular_convolution,
)

FRAMES_MULTIPLE = 32
_COEFFICIENTS = 36
_SEEN_BY_C = 8  # the lowest coefficients
_CODE = 5  # channels between G's halves, whatever `channels` is


@keras.utils.register_keras_serializable("stargan_vc")
class GatedConv(keras.layers.Layer):
    """GLU(norm(convolution(x))): (N, H, W, C) -> (N, H / strides, W / strides, filters).

    Args:
      filters: Output channels.
      kernel_size: Along frequencies and time.
      strides: Likewise.
      transposed: Whether the convolution is a transposed one, which makes maps larger.
      norm: "instance", or "batch", which has running statistics for use after training.
    """

    def __init__(
        self, filters, kernel_size, strides=(1, 1), transposed=False, norm="instance", **kwargs
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = tuple(kernel_size)
        self.strides = tuple(strides)
        self.transposed = transposed
        self.norm_kind = norm
        dtype = {"dtype": self.dtype_policy}
        kind = rectangular_convolution.RectangularConv2D
        if transposed:
            kind = rectangular_convolution.RectangularConv2DTranspose
        self.conv = kind(
            2 * filters, self.kernel_size, self.strides, use_bias=False, name="conv", **dtype
        )
        if norm == "batch":
            # PyTorch's momentum of 0.1 is 0.9 here.
            self.norm = keras.layers.BatchNormalization(
                momentum=0.9, epsilon=1e-5, name="norm", **dtype
            )
        else:
            self.norm = instance_norm.make(name="norm", **dtype)

    def call(self, x, training=False):
        """Returns the gated map."""
        x = self.conv(x)
        x = self.norm(x, training=training) if self.norm_kind == "batch" else self.norm(x)
        return activations.gated_linear_unit(x)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        names = ("filters", "kernel_size", "strides", "transposed")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own, "norm": self.norm_kind}


class _Paper(network.Network):
    """What the three networks share.

    Args:
      domains: K, the number of speakers.
      channels: C of the first layer.
      norm: "instance" or "batch".
    """

    def __init__(self, domains: int, channels: int = 32, norm: str = "instance", **kwargs):
        super().__init__(**kwargs)
        self.domains = domains
        self.channels = channels
        self.norm = norm

    def _gated(self, name: str, filters: int, *window, transposed: bool = False) -> GatedConv:
        return GatedConv(
            filters, *window, transposed=transposed, norm=self.norm, name=name,
            dtype=self.dtype_policy,
        )  # fmt: skip

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for x and the speaker."""
        return tf.zeros((1, FRAMES_MULTIPLE, _COEFFICIENTS)), tf.zeros((1, self.domains))


@keras.utils.register_keras_serializable("stargan_vc", "Generator2D")
class Generator(_Paper):
    """G(x, target) -> y: the features x as the target would say them.

    x and y: (N, T, 36). Target: (N, K), one-hot.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        c = self.channels
        self.down = [
            self._gated("down1", c, (3, 9)),
            self._gated("down2", 2 * c, (4, 8), (2, 2)),
            self._gated("down3", 4 * c, (4, 8), (2, 2)),
            self._gated("down4", 2 * c, (3, 5)),
            self._gated("down5", _CODE, (9, 5), (9, 1)),
        ]
        self.up = [
            self._gated("up1", 2 * c, (9, 5), (9, 1), transposed=True),
            self._gated("up2", 4 * c, (3, 5), transposed=True),
            self._gated("up3", 2 * c, (4, 8), (2, 2), transposed=True),
            self._gated("up4", c, (4, 8), (2, 2), transposed=True),
        ]
        self.out = rectangular_convolution.RectangularConv2DTranspose(
            1, (3, 9), name="out", dtype=self.dtype_policy
        )

    def call(self, x, target, training=False):
        """Returns y, shaped like x, float32 even if the computation is bfloat16."""
        x = _as_image(x)
        for layer in self.down:
            x = layer(x, training=training)
        for layer in self.up:
            x = layer(domain_embedding.beside(x, target), training=training)
        y = self.out(domain_embedding.beside(x, target))
        return tf.transpose(network.at_least_float32(y)[..., 0], (0, 2, 1))


@keras.utils.register_keras_serializable("stargan_vc", "Discriminator2D")
class Discriminator(_Paper):
    """D(x, c) -> logits (N, T / 8): whether each segment is real, as the speaker c says it.

    x: (N, T, 36). c: (N, K), one-hot. Its instance normalization is always this package's own: a
    gradient penalty needs exact second derivatives.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        windows = ((3, 9),), ((3, 8), (1, 2)), ((3, 8), (1, 2)), ((3, 6), (1, 2))
        with instance_norm.computed_by("native"):
            self.down = [
                self._gated(f"down{i + 1}", self.channels, *window)
                for i, window in enumerate(windows)
            ]
        self.out = rectangular_convolution.RectangularConv2D(
            1, (36, 5), (36, 1), name="out", dtype=self.dtype_policy
        )

    def call(self, x, c, training=False):
        """Returns the logits, float32 even if the computation is bfloat16."""
        x = _as_image(x)
        for layer in self.down:
            x = layer(domain_embedding.beside(x, c), training=training)
        return network.at_least_float32(self.out(domain_embedding.beside(x, c)))[:, 0, :, 0]


@keras.utils.register_keras_serializable("stargan_vc", "Classifier2D")
class Classifier(_Paper):
    """C(x) -> logits (N, T / 32, K): who says each segment; it sees the lowest 8 coefficients.

    x: (N, T, 36).
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        quarter = self.channels // 4
        windows = (
            (quarter, (4, 4), (2, 2)),
            (2 * quarter, (4, 4), (2, 2)),
            (4 * quarter, (4, 4), (2, 2)),
            (2 * quarter, (3, 4), (1, 2)),
        )
        self.down = [self._gated(f"down{i + 1}", *window) for i, window in enumerate(windows)]
        self.out = rectangular_convolution.RectangularConv2D(
            self.domains, (1, 4), (1, 2), name="out", dtype=self.dtype_policy
        )

    def call(self, x, training=False):
        """Returns the logits, float32 even if the computation is bfloat16."""
        x = _as_image(x[:, :, :_SEEN_BY_C])
        for layer in self.down:
            x = layer(x, training=training)
        return network.at_least_float32(self.out(x))[:, 0]

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for x."""
        return super().example_inputs()[:1]


def _as_image(x: tf.Tensor) -> tf.Tensor:
    """Returns features (N, T, F) as an image (N, F, T, 1)."""
    return tf.transpose(x, (0, 2, 1))[..., tf.newaxis]
