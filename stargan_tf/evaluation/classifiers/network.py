"""Residual networks that tell the labels of images (He et al. 2016, arXiv 1512.03385)."""

import keras
import tensorflow as tf

from stargan_tf.layers import convolution

RESNET_18_FROM = 112  # pixels
_MOMENTUM = 0.9  # of the moving statistics: those of the last ten batches or so


class ResNet(keras.Model):
    """A residual network: (N, S, S, 3) in [-1, 1] to logits (N, outputs) float32.

    Args:
      outputs: The number of logits.
      widths: The channels of each stage. Every stage but the first halves height and width.
      blocks: The number of residual blocks in each stage.
      large_stem: Whether it begins as in the paper, with a 7x7 convolution of stride 2 and a
        maximum over 3x3 of stride 2; else with a 3x3 convolution of stride 2.
    """

    def __init__(
        self, outputs: int, widths: tuple[int, ...], blocks: int, large_stem: bool, **kwargs
    ):
        super().__init__(**kwargs)
        kernel = 7 if large_stem else 3
        self.stem = _ConvNorm(widths[0], kernel, 2, name="stem")
        self.pool = None
        if large_stem:
            self.pool = keras.layers.MaxPooling2D(3, 2, "same", name="pool")
        self.blocks = [
            _Block(width, 2 if stage and not block else 1, name=f"stage{stage}_block{block}")
            for stage, width in enumerate(widths)
            for block in range(blocks)
        ]
        self.head = keras.layers.Dense(outputs, kernel_initializer="zeros", name="head")

    def call(self, x, training=False):
        """Returns logits (N, outputs)."""
        x = tf.nn.relu(self.stem(x, training=training))
        x = self.pool(x) if self.pool else x
        for block in self.blocks:
            x = block(x, training=training)
        return self.head(tf.reduce_mean(x, axis=(1, 2)))


def for_size(image_size: int, outputs: int) -> ResNet:
    """Returns a network for images of this height and width in pixels, with its weights.

    From 112 pixels on it is ResNet-18, by which StarGAN v1's paper measures (section 5.4). Smaller
    images would leave its last stages next to nothing to see, and it would take long without a
    GPU: theirs has half the widths, half the blocks and a stem that shrinks them less.
    """
    large = image_size >= RESNET_18_FROM
    widths = (64, 128, 256, 512) if large else (24, 48, 96, 192)
    network = ResNet(outputs, widths, 2 if large else 1, large, name="classifier")
    network(tf.zeros((1, image_size, image_size, 3)))
    return network


class _ConvNorm(keras.layers.Layer):
    """A convolution and batch normalization."""

    def __init__(self, filters: int, kernel_size: int, strides: int, **kwargs):
        super().__init__(**kwargs)
        self.conv = convolution.Conv2D(filters, kernel_size, strides, kernel_size // 2,
                                       use_bias=False, init="he_normal", name="conv")  # fmt: skip
        self.norm = keras.layers.BatchNormalization(momentum=_MOMENTUM, epsilon=1e-5, name="norm")

    def call(self, x, training=False):
        return self.norm(self.conv(x), training=training)


class _Block(keras.layers.Layer):
    """Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where shapes change."""

    def __init__(self, filters: int, strides: int, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.strides = filters, strides
        self.first = _ConvNorm(filters, 3, strides, name="first")
        self.second = _ConvNorm(filters, 3, 1, name="second")
        self.shortcut = _ConvNorm(filters, 1, strides, name="shortcut") if strides > 1 else None

    def call(self, x, training=False):
        y = tf.nn.relu(self.first(x, training=training))
        y = self.second(y, training=training)
        beside = self.shortcut(x, training=training) if self.shortcut else x
        return tf.nn.relu(y + beside)
