"""Instance normalization by tensorflow-addons. Can be imported where that can be."""

import keras
import tensorflow as tf

from stargan_tf.base import keras_versions
from stargan_tf.layers import forms, instance_norm


@keras.utils.register_keras_serializable("stargan_tf")
class AddonsInstanceNorm(keras_versions.needed_addons().layers.InstanceNormalization):
    """tfa.layers.InstanceNormalization with the papers' epsilon and with `InstanceNorm`'s promises.

    Its weights have the same names, so a checkpoint of one backend is one of the other. Statistics
    are float32 even where the computation is bfloat16, which tensorflow-addons' own are not.
    First derivatives are exact. Second ones are not: `tf.nn.moments` stops the gradient at the
    mean. No loss of the papers takes them: there is no normalization in a discriminator.

    Args:
      epsilon: Added to the variance.
      **kwargs: Of a Keras layer, such as its name and its dtype.
    """

    def __init__(self, epsilon: float = 1e-5, dtype=None, **kwargs):
        if isinstance(dtype, tf.DType):
            dtype = dtype.name
        policy = keras.mixed_precision.Policy(dtype) if isinstance(dtype, str) else dtype
        policy = policy or keras.mixed_precision.global_policy()
        # Its own type is that of the weights, and nothing is cast to it before `call`.
        super().__init__(epsilon=epsilon, dtype=policy.variable_dtype, autocast=False, **kwargs)

    def call(self, x):
        """Normalizes x (N, H, W, C)."""
        if forms.are_portable():
            return instance_norm.modulated(x, self.gamma, self.beta, self.epsilon)
        return tf.cast(super().call(tf.cast(x, self.dtype)), x.dtype)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**keras.layers.Layer.get_config(self), "epsilon": self.epsilon}
