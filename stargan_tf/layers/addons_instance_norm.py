"""Instance normalization by tensorflow-addons, which must be installed to import this module."""

import keras
import tensorflow as tf

from stargan_tf.base import keras_versions
from stargan_tf.layers import modulation, portability


@keras.utils.register_keras_serializable("stargan_tf")
class AddonsInstanceNorm(keras_versions.needed_addons().layers.InstanceNormalization):
    """`tfa.layers.InstanceNormalization`, made interchangeable with `InstanceNorm`.

    It has the papers' epsilon, and its weights have the same names, so checkpoints fit both.
    Statistics are float32 even if the computation is bfloat16; tensorflow-addons alone would use
    bfloat16. First derivatives are exact. Second derivatives are not, because `tf.nn.moments` stops
    the gradient at the mean, but no loss needs them: the discriminators have no normalization.

    Args:
      epsilon: Added to the variance.
      affine: Whether there are gamma and beta.
      dtype: Name or policy, as for any Keras layer.
      **kwargs: Other arguments of a Keras layer, such as its name.
    """

    def __init__(self, epsilon: float = 1e-5, dtype=None, affine: bool = True, **kwargs):
        if isinstance(dtype, tf.DType):
            dtype = dtype.name
        policy = keras.mixed_precision.Policy(dtype) if isinstance(dtype, str) else dtype
        policy = policy or keras.mixed_precision.global_policy()
        # The layer's dtype is that of its weights, and `call` casts x itself.
        super().__init__(
            epsilon=epsilon,
            center=affine,
            scale=affine,
            dtype=policy.variable_dtype,
            autocast=False,
            **kwargs,
        )
        self.affine = affine

    def call(self, x):
        """Normalizes x (N, H, W, C)."""
        if portability.are_portable():
            if not self.affine:
                return modulation.normalized(x, self.epsilon)
            return modulation.modulated(x, self.gamma, self.beta, self.epsilon)
        return tf.cast(super().call(tf.cast(x, self.dtype)), x.dtype)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {
            **keras.layers.Layer.get_config(self),
            "epsilon": self.epsilon,
            "affine": self.affine,
        }
