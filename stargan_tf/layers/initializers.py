"""Initializers that give the same weights with every version of Keras.

An initializer draws its seed when it is created, from Python's `random`, which `keras.utils.
set_random_seed` seeds. It then returns the same values at every call, because Keras 2 calls it once
for each weight, while Keras 3 calls it twice or more and also copies it.

TensorFlow chooses the random number generator: Philox, on CPUs and on GPUs. Asking for it by name
(alg="philox") gives the same numbers, but runs twenty ops for each weight instead of one, and
building StarGAN v2's networks took 1.7 times as long.
"""

import math
import random
from collections.abc import Sequence

import keras
import tensorflow as tf


@keras.utils.register_keras_serializable("stargan_tf")
class FanInUniform(keras.initializers.Initializer):
    """Uniform in +-1 / sqrt(fan_in): PyTorch's default for convolutions and their biases.

    StarGAN v1's authors train from it. The fan-in of a kernel (h, w, a, b) is h * w * a. For a
    transposed convolution, stored as (h, w, out, in), this gives h * w * out, as in PyTorch.

    Args:
      fan_in: Needed for a bias, whose shape doesn't determine it.
      seed: Two numbers below 2^31; drawn at random by default.
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

    StarGAN v2 uses it for convolutions and linear layers. The fan-in of a kernel (..., a, b) is the
    product of all axes but the last. If K kernels are stacked as (K, a, b), it is a. Unlike Keras'
    own HeNormal, the distribution is not cut off at two deviations.

    Args:
      stacked: Whether the first axis counts kernels.
      seed: Two numbers below 2^31; drawn at random by default.
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


@keras.utils.register_keras_serializable("stargan_tf")
class Normal(keras.initializers.Initializer):
    """Normal with mean 0 and a given standard deviation, not cut off.

    CycleGAN's and BicycleGAN's kernels start from it, with a deviation of 0.02 (Radford et al.
    2015, arXiv 1511.06434).

    Args:
      stddev: The standard deviation.
      seed: Two numbers below 2^31; drawn at random by default.
    """

    def __init__(self, stddev: float = 0.02, seed: Sequence[int] | None = None):
        self.stddev = stddev
        self.seed = _seed(seed)

    def __call__(self, shape, dtype=None, **kwargs):
        """Returns a tensor of `shape`."""
        del kwargs
        value = tf.random.stateless_normal(shape, self.seed)
        return tf.cast(value * self.stddev, dtype or "float32")

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {"stddev": self.stddev, "seed": self.seed}


@keras.utils.register_keras_serializable("stargan_tf")
class XavierNormal(keras.initializers.Initializer):
    """Normal with deviation gain sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio 2010).

    BicycleGAN uses it for convolutions and linear layers. A kernel (h, w, a, b) has the fans h w a
    and h w b, whichever is its input. The distribution is not cut off at two deviations.

    Args:
      gain: 0.02, BicycleGAN's.
      seed: Two numbers below 2^31; drawn at random by default.
    """

    def __init__(self, gain: float = 0.02, seed: Sequence[int] | None = None):
        self.gain = gain
        self.seed = _seed(seed)

    def __call__(self, shape, dtype=None, **kwargs):
        """Returns a tensor of `shape`."""
        del kwargs
        fans = math.prod(shape[:-2]) * (shape[-2] + shape[-1])
        value = tf.random.stateless_normal(shape, self.seed)
        return tf.cast(value * (self.gain * math.sqrt(2.0 / fans)), dtype or "float32")

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {"gain": self.gain, "seed": self.seed}


def _seed(seed: Sequence[int] | None) -> list[int]:
    return list(seed or (random.getrandbits(31), random.getrandbits(31)))
