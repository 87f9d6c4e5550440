"""Initial weights that are equal under every version of Keras.

An initializer takes its seed when it is made, from Python's `random`, so `keras.utils.
set_random_seed` decides it, and gives the same values at every call: Keras 2 calls it once for a
weight, Keras 3 twice or more, and also copies it.

TensorFlow chooses the generator, which is Philox on CPUs and on GPUs. Naming it (alg="philox")
gives the same numbers, but runs twenty operations for each weight instead of one: building StarGAN
v2's networks took 1.7 times as long.
"""

import math
import random
from collections.abc import Sequence

import keras
import tensorflow as tf


@keras.utils.register_keras_serializable("stargan_tf")
class FanInUniform(keras.initializers.Initializer):
    """Uniform in +-1 / sqrt(fan_in): what PyTorch gives convolutions and their biases.

    Both StarGAN papers' v1 results start from it. The fan-in of a kernel (h, w, a, b) is
    h * w * a; that of a transposed convolution, stored as (h, w, out, in), is h * w * out, as it
    is in PyTorch.

    Args:
      fan_in: Needed for biases, whose shape doesn't tell it.
      seed: Two numbers below 2^31; by default drawn.
    """

    def __init__(self, fan_in: int | None = None, seed: Sequence[int] | None = None):
        self.fan_in = fan_in
        self.seed = _seed(seed)

    def __call__(self, shape, dtype=None, **kwargs):
        """Returns a tensor of `shape`."""
        del kwargs
        limit = 1.0 / math.sqrt(self.fan_in or math.prod(shape[:-1]))
        value = tf.random.stateless_uniform(shape, self.seed, -limit, limit)
        return tf.cast(value, dtype or "float32")

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {"fan_in": self.fan_in, "seed": self.seed}


@keras.utils.register_keras_serializable("stargan_tf")
class HeNormal(keras.initializers.Initializer):
    """Normal with standard deviation sqrt(2 / fan_in) (He et al. 2015, arXiv 1502.01852).

    What StarGAN v2 gives convolutions and linear layers. The fan-in of a kernel (..., a, b) is the
    product of all axes but the last; of one kernel for each of K domains, (K, a, b), it is a. Not
    cut off at two deviations, as Keras' own HeNormal is.

    Args:
      stacked: Whether the first axis counts kernels.
      seed: Two numbers below 2^31; by default drawn.
    """

    def __init__(self, stacked: bool = False, seed: Sequence[int] | None = None):
        self.stacked = stacked
        self.seed = _seed(seed)

    def __call__(self, shape, dtype=None, **kwargs):
        """Returns a tensor of `shape`."""
        del kwargs
        fan_in = math.prod(shape[1:-1] if self.stacked else shape[:-1])
        value = tf.random.stateless_normal(shape, self.seed)
        return tf.cast(value * math.sqrt(2.0 / fan_in), dtype or "float32")

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {"stacked": self.stacked, "seed": self.seed}


def _seed(given: Sequence[int] | None) -> list[int]:
    return list(given or (random.getrandbits(31), random.getrandbits(31)))
