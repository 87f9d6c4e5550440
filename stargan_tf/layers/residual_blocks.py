"""Residual blocks of the papers' generators."""

import keras
import tensorflow as tf

from stargan_tf.layers import convolution, instance_norm


@keras.utils.register_keras_serializable("stargan_tf")
class ResidualBlock(keras.layers.Layer):
    """y = x + IN(conv3x3(ReLU(IN(conv3x3(x))))), StarGAN v1's bottleneck (table 4).

    Both convolutions keep the number of channels and have no bias: the normalization after them
    would remove it. Shapes: (N, H, W, C) -> (N, H, W, C).
    """

    def __init__(self, channels: int, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        options = {"kernel_size": 3, "padding": 1, "use_bias": False, "dtype": self.dtype_policy}
        self.conv1 = convolution.Conv2D(channels, name="conv1", **options)
        self.norm1 = instance_norm.InstanceNorm(name="norm1", dtype=self.dtype_policy)
        self.conv2 = convolution.Conv2D(channels, name="conv2", **options)
        self.norm2 = instance_norm.InstanceNorm(name="norm2", dtype=self.dtype_policy)

    def call(self, x):
        """Returns x plus its residual."""
        residual = tf.nn.relu(self.norm1(self.conv1(x)))
        return x + self.norm2(self.conv2(residual))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "channels": self.channels}
