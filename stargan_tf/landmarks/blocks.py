"""The landmark network's own layers: frozen batch normalization and the residual block."""

import keras
import tensorflow as tf

from stargan_tf.base import keras_versions
from stargan_tf.layers import convolution


@keras.utils.register_keras_serializable("stargan_tf")
class FrozenBatchNorm(keras.layers.Layer):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta, with fixed statistics.

    Shapes: (N, H, W, C) -> (N, H, W, C); gamma, beta, mean and variance are (C,).

    Args:
      epsilon: Added to the variance.
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape):
        """Creates the four vectors for inputs of `input_shape` (N, H, W, C)."""
        for name, start in {"gamma": 1, "beta": 0, "mean": 0, "variance": 1}.items():
            value = self.add_weight(
                name=name,
                shape=(int(input_shape[-1]),),
                initializer="ones" if start else "zeros",
                trainable=False,
            )
            setattr(self, name, value)
        self.built = True

    def call(self, x):
        """Normalizes x."""
        scale = tf.cast(self.gamma, x.dtype) * tf.math.rsqrt(
            tf.cast(self.variance, x.dtype) + self.epsilon
        )
        shift = tf.cast(self.beta, x.dtype) - tf.cast(self.mean, x.dtype) * scale
        return x * scale + shift

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.utils.register_keras_serializable("stargan_tf")
class ConvBlock(keras.layers.Layer):
    """x + [a, b, c] with a = f1(x), b = f2(a) and c = f3(b), concatenated.

    Each f is conv3x3(ReLU(BN(.))) without a bias. The three have filters / 2, filters / 4 and
    filters / 4 channels. If the number of channels changes, conv1x1(ReLU(BN(x))) replaces x in the
    sum. Shapes: (N, H, W, channels) -> (N, H, W, filters).

    Args:
      channels: Input channels.
      filters: Output channels, a multiple of 4.
    """

    def __init__(self, channels: int, filters: int, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.filters = filters
        policy = {"dtype": self.dtype_policy}
        conv = {"kernel_size": 3, "padding": 1, "use_bias": False, **policy}
        self.bn1 = FrozenBatchNorm(name="bn1", **policy)
        self.conv1 = convolution.Conv2D(filters // 2, name="conv1", **conv)
        self.bn2 = FrozenBatchNorm(name="bn2", **policy)
        self.conv2 = convolution.Conv2D(filters // 4, name="conv2", **conv)
        self.bn3 = FrozenBatchNorm(name="bn3", **policy)
        self.conv3 = convolution.Conv2D(filters // 4, name="conv3", **conv)
        self.has_skip = channels != filters
        if self.has_skip:
            self.skip_bn = FrozenBatchNorm(name="skip_bn", **policy)
            self.skip_conv = convolution.Conv2D(
                filters, 1, use_bias=False, name="skip_conv", **policy
            )

    def build(self, input_shape):
        """Builds the layers; their shapes follow from the constructor's arguments."""
        del input_shape
        half, quarter = self.filters // 2, self.filters // 4
        for channels, bn, conv in (
            (self.channels, self.bn1, self.conv1),
            (half, self.bn2, self.conv2),
            (quarter, self.bn3, self.conv3),
            *(((self.channels, self.skip_bn, self.skip_conv),) if self.has_skip else ()),
        ):
            keras_versions.build(bn, (None, None, None, channels))
            keras_versions.build(conv, (None, None, None, channels))
        self.built = True

    def call(self, x):
        """Returns the sum (N, H, W, filters)."""
        a = self.conv1(tf.nn.relu(self.bn1(x)))
        b = self.conv2(tf.nn.relu(self.bn2(a)))
        c = self.conv3(tf.nn.relu(self.bn3(b)))
        if self.has_skip:
            x = self.skip_conv(tf.nn.relu(self.skip_bn(x)))
        return x + tf.concat([a, b, c], axis=-1)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "channels": self.channels, "filters": self.filters}
