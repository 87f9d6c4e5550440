"""Weight normalization (Salimans and Kingma 2016, arXiv 1602.07868)."""

import keras
import tensorflow as tf


def normalized(v: tf.Tensor, g: tf.Tensor) -> tf.Tensor:
    """Returns the kernel g v / |v|, whose length is that of g, one for each entry of the last axis.

    The last axis of a kernel is its output of a convolution, but the *input* of a transposed one:
    that is PyTorch's first axis in both cases, along which its weight normalization goes.

    Args:
      v: (..., C), the direction.
      g: (1, ..., 1, C), the length; it may be negative.
    """
    return v * (g * tf.math.rsqrt(_squared_length(v)))


@keras.utils.register_keras_serializable("stargan_tf")
class LengthOf(keras.initializers.Initializer):
    """The g with which `normalized` gives back v, as another initializer makes v.

    Args:
      initializer: Gives the same values at every call, as those of `initializers` do.
      shape: Of v.
    """

    def __init__(self, initializer: keras.initializers.Initializer, shape: tuple[int, ...]):
        self.initializer = initializer
        self.shape = tuple(shape)

    def __call__(self, shape, dtype=None, **kwargs):
        """Returns |v| as (1, ..., 1, C)."""
        del shape, kwargs
        return tf.sqrt(_squared_length(self.initializer(self.shape, dtype=dtype)))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {"initializer": self.initializer, "shape": self.shape}


def _squared_length(v: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.square(v), axis=list(range(v.shape.rank - 1)), keepdims=True)
