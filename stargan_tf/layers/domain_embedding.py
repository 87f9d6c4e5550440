"""Vectors that are learned, one for each domain."""

import keras
import tensorflow as tf

from stargan_tf.layers import initializers


@keras.utils.register_keras_serializable("stargan_tf")
class DomainEmbedding(keras.layers.Layer):
    """y = c W: the row of W (K, units) for each domain c (N, K), one-hot. It starts normal(0, 1).

    Args:
      domains: K, the number of domains.
      units: The length of a vector.
    """

    def __init__(self, domains: int, units: int, **kwargs):
        super().__init__(**kwargs)
        self.domains = domains
        self.units = units

    def build(self, input_shape):
        """Creates W."""
        del input_shape
        self.table = self.add_weight(
            name="table", shape=(self.domains, self.units), initializer=initializers.Normal(1.0)
        )
        self.built = True

    def call(self, c):
        """Returns the vectors (N, units) of domains (N, K)."""
        table = tf.convert_to_tensor(self.table)
        return tf.matmul(tf.cast(c, table.dtype), table)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "domains": self.domains, "units": self.units}


def beside(x: tf.Tensor, code: tf.Tensor | None) -> tf.Tensor:
    """Returns maps with a code as further channels: (N, H, W, C + units), the same at every place.

    Args:
      x: (N, H, W, C).
      code: (N, units), after the channels of x; None: x stays as it is.
    """
    if code is None:
        return x
    # A product repeats the code, since older GPU delegates of devices lack BROADCAST_TO.
    code = tf.cast(code, x.dtype)[:, tf.newaxis, tf.newaxis] * tf.ones_like(x[..., :1])
    return tf.concat([x, code], axis=-1)
