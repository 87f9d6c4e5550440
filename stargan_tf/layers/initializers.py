"""Initial weights that are equal under every version of Keras."""

import math
import random

import keras
import tensorflow as tf


@keras.utils.register_keras_serializable("stargan_tf")
class FanInUniform(keras.initializers.Initializer):
    """Uniform in +-1 / sqrt(fan_in): what PyTorch gives convolutions and their biases.

    Both StarGAN papers' v1 results start from it. The fan-in of a kernel (h, w, a, b) is
    h * w * a; that of a transposed convolution, stored as (h, w, out, in), is h * w * out, as it
    is in PyTorch. The draw is seeded from Python's `random`, so `keras.utils.set_random_seed`
    decides it, whichever Keras is installed.
    """

    def __init__(self, fan_in: int | None = None):
        """Creates the initializer; `fan_in` is needed for biases, whose shape doesn't tell it."""
        self.fan_in = fan_in

    def __call__(self, shape, dtype=None, **kwargs):
        """Returns a tensor of `shape`."""
        del kwargs
        limit = 1.0 / math.sqrt(self.fan_in or math.prod(shape[:-1]))
        seed = [random.getrandbits(31), random.getrandbits(31)]
        value = tf.random.stateless_uniform(shape, seed, -limit, limit, alg="philox")
        return tf.cast(value, dtype or "float32")

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {"fan_in": self.fan_in}


@keras.utils.register_keras_serializable("stargan_tf")
class HeNormal(keras.initializers.Initializer):
    """Normal with standard deviation sqrt(2 / fan_in) (He et al. 2015, arXiv 1502.01852).

    What StarGAN v2 gives convolutions and linear layers. The fan-in of a kernel (..., a, b) is the
    product of all axes but the last; of one kernel for each of K domains, (K, a, b), it is a. Not
    cut off at two deviations, as Keras' own HeNormal is. Seeded like `FanInUniform`.

    Args:
      stacked: Whether the first axis counts kernels.
    """

    def __init__(self, stacked: bool = False):
        self.stacked = stacked

    def __call__(self, shape, dtype=None, **kwargs):
        """Returns a tensor of `shape`."""
        del kwargs
        fan_in = math.prod(shape[1:-1] if self.stacked else shape[:-1])
        seed = [random.getrandbits(31), random.getrandbits(31)]
        value = tf.random.stateless_normal(shape, seed, alg="philox") * math.sqrt(2.0 / fan_in)
        return tf.cast(value, dtype or "float32")

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {"stacked": self.stacked}
