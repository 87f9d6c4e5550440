"""Adam as the papers' programs compute it."""

import keras
import tensorflow as tf

from stargan_tf.base import keras_versions


@keras.utils.register_keras_serializable("stargan_tf")
class Adam(keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015, algorithm 1) with epsilon where algorithm 1 has it.

    w -= lr m_hat / (sqrt(v_hat) + epsilon), m_hat and v_hat bias-corrected. Keras adds epsilon to
    the uncorrected root ("epsilon hat"), which is up to 1 / sqrt(1 - beta_2) = 32 times as much at
    the first step. The two are equal where Keras' epsilon is epsilon sqrt(1 - beta_2^t).
    The update is one operation for each variable where Keras' own is a dozen.

    `l2` times the weight is added to its gradient first: the coupled weight decay of StarGAN v2,
    which the moments see. (Keras' `weight_decay` is AdamW's, which they don't.)
    """

    def __init__(
        self,
        learning_rate=1e-4,
        beta_1: float = 0.5,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        l2: float = 0.0,
        **kwargs,
    ):
        kwargs = {**keras_versions.optimizer_options(), **kwargs}
        super().__init__(learning_rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, **kwargs)
        self.l2 = l2

    def update_step(self, gradient, variable, *unused):
        """Updates one variable and its moments, in one fused operation.

        (Keras 3 passes the learning rate too, Keras 2 does not; `learning_rate` is it in both.)
        """
        if self.l2:
            gradient += self.l2 * tf.convert_to_tensor(variable)
        index = keras_versions.slot(self, variable)
        tf.raw_ops.ResourceApplyAdam(
            var=keras_versions.tf_variable(variable).handle,
            m=keras_versions.tf_variable(self._momentums[index]).handle,
            v=keras_versions.tf_variable(self._velocities[index]).handle,
            grad=gradient,
            **self._numbers(tf.as_dtype(variable.dtype)),
        )

    def _numbers(self, dtype: tf.DType) -> dict[str, tf.Tensor]:
        """Returns what all variables share in an update, made once for it."""
        if dtype not in self._shared:
            beta_1, beta_2 = tf.constant(self.beta_1, dtype), tf.constant(self.beta_2, dtype)
            t = tf.cast(self.iterations + 1, dtype)
            beta_2_power = tf.pow(beta_2, t)
            self._shared[dtype] = {
                "lr": tf.cast(self.learning_rate, dtype),
                "beta1": beta_1,
                "beta2": beta_2,
                "beta1_power": tf.pow(beta_1, t),
                "beta2_power": beta_2_power,
                # The operation, as Keras, adds epsilon to the uncorrected root.
                "epsilon": self.epsilon * tf.sqrt(1 - beta_2_power),
            }
        return self._shared[dtype]

    def apply_gradients(self, grads_and_vars, *args, **kwargs):
        """Makes an update of all variables."""
        object.__setattr__(self, "_shared", {})  # not state: tensors of this update
        return super().apply_gradients(grads_and_vars, *args, **kwargs)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "l2": self.l2}

    def named_state(self, names: list[str]) -> dict[str, tf.Variable]:
        """Returns everything the next update depends on, by name.

        Args:
          names: Those of the variables that the optimizer was built for, in that order.
        """
        state = {"iterations": self.iterations}
        # Keras lists these under names that differ between its versions; their order doesn't.
        for slot, variables in (("m", self._momentums), ("v", self._velocities)):
            for name, variable in zip(names, variables, strict=True):
                state[f"{slot}/{name}"] = variable
        return state
