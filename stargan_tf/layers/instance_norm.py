"""Instance normalization (Ulyanov et al. 2016, arXiv 1607.08022).

There are two backends: the layer below, and that of tensorflow-addons, where it is installed.
"""

import contextlib
import contextvars
from collections.abc import Iterator

import keras
import tensorflow as tf

from stargan_tf.base import keras_versions
from stargan_tf.layers import forms

BACKENDS = ("auto", "native", "addons")
_asked = contextvars.ContextVar("normalization_backend", default="auto")


def chosen(backend: str) -> str:
    """Returns which of "native" and "addons" a backend stands for here.

    Args:
      backend: "native"; "addons": tensorflow-addons; "auto": that where it can be imported.

    Raises:
      UserError: If "addons" is asked for and can't be imported.
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend must be one of {BACKENDS}. Received: {backend!r}")
    if backend == "addons":
        keras_versions.needed_addons()
    return "native" if backend == "native" or keras_versions.addons() is None else "addons"


@contextlib.contextmanager
def computed_by(backend: str) -> Iterator[None]:
    """What `make` makes within this context is of the backend. Without a context: of "auto".

    Takes and raises what `chosen` does.
    """
    token = _asked.set(chosen(backend))
    try:
        yield
    finally:
        _asked.reset(token)


def make(epsilon: float = 1e-5, **kwargs) -> keras.layers.Layer:
    """Returns a layer of the backend: an `InstanceNorm`, or one that equals it in all but name.

    Args:
      epsilon: Added to the variance; 1e-5 in the papers.
      **kwargs: Of a Keras layer, such as its name and its dtype.
    """
    if chosen(_asked.get()) == "native":
        return InstanceNorm(epsilon, **kwargs)
    from stargan_tf.layers import addons_instance_norm  # can't be imported elsewhere

    return addons_instance_norm.AddonsInstanceNorm(epsilon, **kwargs)


@keras.utils.register_keras_serializable("stargan_tf")
class InstanceNorm(keras.layers.Layer):
    """y = gamma (x - mean(x)) / sqrt(var(x) + epsilon) + beta, over each image's own H x W.

    There are no running statistics: a generator that switches to them at test time is ruined.
    Statistics are float32 even where the computation is bfloat16. The variance is the biased one.

    Args:
      epsilon: Added to the variance; 1e-5 in the papers.
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape):
        """Creates gamma (ones) and beta (zeros), one for each of the C channels."""
        channels = (int(input_shape[-1]),)
        self.gamma = self.add_weight(name="gamma", shape=channels, initializer="ones")
        self.beta = self.add_weight(name="beta", shape=channels, initializer="zeros")
        self.built = True

    def call(self, x):
        """Normalizes x (N, H, W, C)."""
        return modulated(x, self.gamma, self.beta, self.epsilon)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "epsilon": self.epsilon}


def modulated(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float) -> tf.Tensor:
    """Returns gamma (x - mean(x)) / sqrt(var(x) + epsilon) + beta, in the type of x.

    Args:
      x: (N, H, W, C); its statistics are taken over H and W, in float32 or better.
      gamma: Scales, of one image (C,) for all, or (N, 1, 1, C).
      beta: Offsets, likewise.
      epsilon: Added to the variance.
    """
    dtype = x.dtype
    x = tf.cast(x, tf.float32) if dtype.size < 4 else x
    gamma, beta = tf.cast(gamma, x.dtype), tf.cast(beta, x.dtype)
    if forms.are_portable():  # no gradient, so none to write out
        return tf.cast(_normalized(x, epsilon)[0] * gamma + beta, dtype)
    return tf.cast(_modulated(x, gamma, beta, epsilon), dtype)


def _modulated(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float) -> tf.Tensor:
    @tf.custom_gradient
    def forward(x, gamma, beta):
        def gradient(dy):
            # From x again, not from what forward has: so that this can be differentiated too. (A
            # graph computes the equal parts only once.) Written out, since the gradient that
            # TensorFlow derives passes over the map more than twice as often.
            normalized, inverse = _normalized(x, epsilon)
            d_beta = tf.reduce_sum(dy, axis=(1, 2), keepdims=True)
            d_gamma = tf.reduce_sum(dy * normalized, axis=(1, 2), keepdims=True)
            pixels = tf.cast(tf.shape(x)[1] * tf.shape(x)[2], x.dtype)
            dx = dy - d_beta / pixels - normalized * (d_gamma / pixels)
            if gamma.shape.rank == 1:
                d_gamma, d_beta = (tf.reduce_sum(d, axis=(0, 1, 2)) for d in (d_gamma, d_beta))
            return dx * (inverse * gamma), d_gamma, d_beta

        normalized, _ = _normalized(x, epsilon)
        return normalized * gamma + beta, gradient

    return forward(x, gamma, beta)


def _normalized(x: tf.Tensor, epsilon: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the normalized x and one over its deviation, (N, 1, 1, C)."""
    centred = x - tf.reduce_mean(x, axis=(1, 2), keepdims=True)
    # mean(c * c), not the squared-difference op: that one has no 16-bit kernel on devices.
    variance = tf.reduce_mean(centred * centred, axis=(1, 2), keepdims=True)
    inverse = tf.math.rsqrt(variance + epsilon)
    return centred * inverse, inverse
