"""The base class of the papers' networks: what lets Keras' own files hold a whole network."""

import inspect
from typing import Any

import keras
import tensorflow as tf


class Network(keras.Model):
    """A model that `keras.saving.load_model` restores: its arguments, dtype policy and weights.

    `network.save("g.keras")` needs a network that has been called once. Before the file is loaded,
    the module of the network's class must be imported: that registers the class with Keras.

    A subclass keeps each argument of its constructor in an attribute of the same name.
    """

    def example_inputs(self) -> tuple[Any, ...]:
        """Returns zeros that the network can be called with: a batch of one, as small as can be."""
        raise NotImplementedError(f"{type(self).__name__} must define example_inputs.")

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        own = set(inspect.signature(type(self).__init__).parameters) - {"self", "kwargs"}
        # The layer's own, since in Keras 2 a model's configuration is empty.
        config = keras.layers.Layer.get_config(self)
        return {**config, **{name: getattr(self, name) for name in sorted(own)}}

    def get_build_config(self) -> dict | None:
        """Returns what a file stores for `build_from_config`; None if there are no weights yet."""
        return {"called": True} if self.built else None

    def build_from_config(self, config: dict) -> None:
        """Creates the weights by a call, which gives them the names that they had in training."""
        del config
        self(*self.example_inputs())


def at_least_float32(x: tf.Tensor) -> tf.Tensor:
    """Returns a network's output as float32 if it was computed in bfloat16."""
    return tf.cast(x, tf.float32) if x.dtype.size < 4 else x
