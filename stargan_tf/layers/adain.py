"""Adaptive instance normalization (Huang and Belongie 2017, arXiv 1703.06868)."""

import keras
import tensorflow as tf

from stargan_tf.layers import initializers, modulation


@keras.utils.register_keras_serializable("stargan_tf")
class AdaIN(keras.layers.Layer):
    """AdaIN(x, s) = (1 + gamma(s)) IN(x) + beta(s), as StarGAN v2 computes it (appendix A).

    (gamma(s), beta(s)) = W s + b: one linear layer maps the style s (N, style_dim) to 2C numbers.
    IN has no weights of its own. The output has the dtype of x. Gamma and beta are computed in
    float32 even if x is bfloat16, so `dtype` is float32 and Keras must not cast x to it.

    Args:
      style_dim: Length of s; 64 in the paper.
      epsilon: Added to the variance; 1e-5 in the authors' program.
    """

    def __init__(self, style_dim: int = 64, epsilon: float = 1e-5, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.style_dim = style_dim
        self.epsilon = epsilon

    def build(self, input_shape):
        """Creates W (style_dim, 2C) and b (2C,) for x of `input_shape` (N, H, W, C)."""
        channels = int(input_shape[-1])
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.style_dim, 2 * channels),
            initializer=initializers.HeNormal(),
        )
        self.bias = self.add_weight(name="bias", shape=(2 * channels,), initializer="zeros")
        self.built = True

    def call(self, x, s):
        """Returns x (N, H, W, C), normalized and given the style s (N, style_dim)."""
        kernel = tf.convert_to_tensor(self.kernel)
        h = (tf.matmul(tf.cast(s, kernel.dtype), kernel) + self.bias)[:, tf.newaxis, tf.newaxis]
        gamma, beta = tf.split(h, 2, axis=-1)
        return modulation.modulated(x, 1 + gamma, beta, self.epsilon)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "style_dim": self.style_dim, "epsilon": self.epsilon}
