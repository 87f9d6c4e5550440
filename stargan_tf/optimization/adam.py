"""Adam, computed as in the papers' programs."""

import keras
import tensorflow as tf

from stargan_tf.base import keras_versions


@keras.utils.register_keras_serializable("stargan_tf")
class Adam(keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015), with epsilon in the same place as in their algorithm 1.

    w -= lr m_hat / (sqrt(v_hat) + epsilon), with m_hat and v_hat corrected for their bias. Keras
    adds epsilon to the uncorrected root instead ("epsilon hat"), where it counts up to
    1 / sqrt(1 - beta_2) = 32 times as much at the first step. The two agree if Keras' epsilon is
    epsilon sqrt(1 - beta_2^t). Each variable takes one op; Keras' own update takes a dozen.

    Before that, `l2` times the weight is added to its gradient: StarGAN v2's weight decay, which
    enters the moments. (Keras' `weight_decay` is AdamW's, which does not.)
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

        (Keras 3 also passes the learning rate, Keras 2 does not; `learning_rate` works with both.)
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
        """Returns the op's scalars, which all variables of an update share."""
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
                # Like Keras, the op adds epsilon to the uncorrected root.
                "epsilon": self.epsilon * tf.sqrt(1 - beta_2_power),
            }
        return self._shared[dtype]

    def apply_gradients(self, grads_and_vars, *args, **kwargs):
        """Updates all variables once."""
        object.__setattr__(self, "_shared", {})  # tensors of this update, untracked
        return super().apply_gradients(grads_and_vars, *args, **kwargs)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "l2": self.l2}

    def named_state(self, names: list[str]) -> dict[str, tf.Variable]:
        """Returns, by name, everything that the next update depends on.

        Args:
          names: The names of the variables that the optimizer was built for, in the same order.
        """
        state = {"iterations": self.iterations}
        # Keras' own names for these differ between its versions; their order doesn't.
        for slot, variables in (("m", self._momentums), ("v", self._velocities)):
            for name, variable in zip(names, variables, strict=True):
                state[f"{slot}/{name}"] = variable
        return state
