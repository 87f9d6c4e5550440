"""Linear layers with separate weights for each domain."""

import keras
import tensorflow as tf

from stargan_tf.layers import initializers


@keras.utils.register_keras_serializable("stargan_tf")
class DomainDense(keras.layers.Layer):
    """K linear layers side by side: x (N, in) or (K, N, in) -> (K, N, units).

    Layer k computes W_k x + b_k, or W_k x_k + b_k if x already has a row for each domain. All K are
    computed in one product. After a stack of such layers, `select_domain` picks each sample's row.

    Args:
      domains: K, the number of domains.
      units: Number of output features.
    """

    def __init__(self, domains: int, units: int, **kwargs):
        super().__init__(**kwargs)
        self.domains = domains
        self.units = units

    def build(self, input_shape):
        """Creates the kernels (K, in, units), He-normal, and the biases (K, 1, units), zeros."""
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.domains, int(input_shape[-1]), self.units),
            initializer=initializers.HeNormal(stacked=True),
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.domains, 1, self.units), initializer="zeros"
        )
        self.built = True

    def call(self, x):
        """Returns the outputs of all K layers."""
        x = x if x.shape.rank == 3 else tf.repeat(x[tf.newaxis], self.domains, axis=0)
        return tf.matmul(x, tf.cast(self.kernel, x.dtype)) + tf.cast(self.bias, x.dtype)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "domains": self.domains, "units": self.units}


def select_domain(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Returns (N, units): from x (K, N, units), each sample's row for its domain.

    Args:
      x: (K, N, units), a row for each domain.
      y: (N, K) one-hot, the domain of each sample.
    """
    y = tf.cast(tf.transpose(y), x.dtype)[..., tf.newaxis]
    return tf.reduce_sum(x * y, axis=0)
