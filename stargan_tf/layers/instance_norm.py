"""Instance normalization (Ulyanov et al. 2016, arXiv 1607.08022).

There are two backends: the layer below, and the layer of tensorflow-addons if it is installed.
"""

import contextlib
import contextvars
from collections.abc import Iterator

import keras

from stargan_tf.base import keras_versions
from stargan_tf.layers import modulation

BACKENDS = ("auto", "native", "addons")
_backend = contextvars.ContextVar("normalization_backend", default="auto")


def chosen(backend: str) -> str:
    """Resolves a backend to "native" or "addons".

    Args:
      backend: "native" is the layer in this module, "addons" that of tensorflow-addons. "auto" is
        "addons" if tensorflow-addons can be imported, "native" otherwise.

    Raises:
      UserError: If the backend is "addons" and tensorflow-addons can't be imported.
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend must be one of {BACKENDS}. Received: {backend!r}")
    if backend == "addons":
        keras_versions.needed_addons()
    return "native" if backend == "native" or keras_versions.addons() is None else "addons"


@contextlib.contextmanager
def computed_by(backend: str) -> Iterator[None]:
    """Layers created by `make` inside this context use `backend`; outside of any, "auto".

    The argument and the errors are those of `chosen`.
    """
    token = _backend.set(chosen(backend))
    try:
        yield
    finally:
        _backend.reset(token)


def make(epsilon: float = 1e-5, affine: bool = True, **kwargs) -> keras.layers.Layer:
    """Creates an `InstanceNorm`, or the equivalent layer of tensorflow-addons.

    Args:
      epsilon: Added to the variance; 1e-5 in the papers.
      affine: Whether there are gamma and beta.
      **kwargs: Arguments of a Keras layer, such as its name and dtype.
    """
    if chosen(_backend.get()) == "native":
        return InstanceNorm(epsilon, affine, **kwargs)
    from stargan_tf.layers import addons_instance_norm  # needs tensorflow-addons

    return addons_instance_norm.AddonsInstanceNorm(epsilon, affine=affine, **kwargs)


@keras.utils.register_keras_serializable("stargan_tf")
class InstanceNorm(keras.layers.Layer):
    """y = gamma (x - mean(x)) / sqrt(var(x) + epsilon) + beta, over each image's own H x W.

    There are no running statistics: switching to them at test time would ruin a generator.
    Statistics are float32 even if the computation is bfloat16. The variance is the biased one.

    Args:
      epsilon: Added to the variance; 1e-5 in the papers.
      affine: Whether there are gamma and beta; False: they are 1 and 0.
    """

    def __init__(self, epsilon: float = 1e-5, affine: bool = True, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.affine = affine

    def build(self, input_shape):
        """Creates gamma (ones) and beta (zeros), one for each of the C channels."""
        if self.affine:
            channels = (int(input_shape[-1]),)
            self.gamma = self.add_weight(name="gamma", shape=channels, initializer="ones")
            self.beta = self.add_weight(name="beta", shape=channels, initializer="zeros")
        self.built = True

    def call(self, x):
        """Normalizes x (N, H, W, C)."""
        if not self.affine:
            return modulation.normalized(x, self.epsilon)
        return modulation.modulated(x, self.gamma, self.beta, self.epsilon)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "epsilon": self.epsilon, "affine": self.affine}
