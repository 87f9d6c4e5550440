"""Instance normalization whose scale and offset a code decides."""

import keras
import tensorflow as tf

from stargan_tf.layers import modulation


@keras.utils.register_keras_serializable("stargan_tf")
class ConditionalInstanceNorm(keras.layers.Layer):
    """y = gamma (x - mean(x)) / sqrt(var(x) + epsilon) + beta, with gamma, beta affine in a code.

    StarGAN-VC2 (Kaneko et al. 2019, arXiv 1907.12279), after Dumoulin et al. 2017
    (arXiv 1610.07629). gamma = code W + w starts at 1 for every code, and beta likewise at 0. Mean
    and biased variance are each image's own, over H x W, in float32 or better.

    Args:
      code_length: L, the numbers of a code.
      epsilon: Added to the variance.
    """

    def __init__(self, code_length: int, epsilon: float = 1e-5, **kwargs):
        super().__init__(**kwargs)
        self.code_length = code_length
        self.epsilon = epsilon

    def build(self, input_shape):
        """Creates the weights for x of `input_shape` (N, H, W, C)."""
        channels = int(input_shape[-1])
        for name, start in (("gamma", "ones"), ("beta", "zeros")):
            kernel = self.add_weight(
                name=f"{name}_kernel", shape=(self.code_length, channels), initializer="zeros"
            )
            bias = self.add_weight(name=f"{name}_bias", shape=(channels,), initializer=start)
            setattr(self, f"{name}_kernel", kernel)
            setattr(self, f"{name}_bias", bias)
        self.built = True

    def call(self, x, code):
        """Normalizes x (N, H, W, C) as codes (N, L) say."""
        gamma = self._affine(code, self.gamma_kernel, self.gamma_bias)
        beta = self._affine(code, self.beta_kernel, self.beta_bias)
        return modulation.modulated(x, gamma, beta, self.epsilon)

    def _affine(self, code: tf.Tensor, kernel: tf.Variable, bias: tf.Variable) -> tf.Tensor:
        kernel = tf.convert_to_tensor(kernel)
        return (tf.matmul(tf.cast(code, kernel.dtype), kernel) + bias)[:, tf.newaxis, tf.newaxis]

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        own = {"code_length": self.code_length, "epsilon": self.epsilon}
        return {**super().get_config(), **own}
