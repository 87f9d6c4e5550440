"""Adam as the papers' programs compute it."""

import keras
import tensorflow as tf


@keras.utils.register_keras_serializable("stargan_tf")
class Adam(keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015, algorithm 1) with epsilon where algorithm 1 has it.

    w -= lr m_hat / (sqrt(v_hat) + epsilon), m_hat and v_hat bias-corrected. Keras adds epsilon to
    the uncorrected root ("epsilon hat"), which is up to 1 / sqrt(1 - beta_2) = 32 times as much at
    the first step. The two are equal where Keras' epsilon is epsilon sqrt(1 - beta_2^t).
    """

    def __init__(
        self,
        learning_rate=1e-4,
        beta_1: float = 0.5,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        **kwargs,
    ):
        super().__init__(learning_rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, **kwargs)

    @property
    def epsilon(self):
        """The epsilon hat of the update in progress; outside of an update, the one given."""
        if self._updating is None:
            return self._epsilon
        t = tf.cast(self.iterations + 1, self._updating)
        correction = 1 - tf.pow(tf.cast(self.beta_2, self._updating), t)
        return self._epsilon * tf.sqrt(correction)

    @epsilon.setter
    def epsilon(self, value: float) -> None:
        self._epsilon = value

    _updating = None

    def update_step(self, gradient, variable, *args, **kwargs):
        """Updates one variable, as Keras does but for epsilon."""
        self._updating = tf.as_dtype(variable.dtype)
        try:
            return super().update_step(gradient, variable, *args, **kwargs)
        finally:
            self._updating = None

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
