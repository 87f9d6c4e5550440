"""The differences of the Keras versions, on whichever is installed."""

from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.base import errors, keras_versions
from stargan_tf.optimization import adam
from tests import tiny


def network():
    """Returns a built model of two layers."""
    model = keras.Sequential([keras.layers.Dense(3, name="one"), keras.layers.Dense(2, name="two")])
    model.build((None, 4))
    return model


class KerasVersionsTest(tf.test.TestCase):
    def test_versions_are_those_installed(self):
        expected = {"tensorflow": tf.__version__, "keras": keras.__version__}
        self.assertEqual(keras_versions.versions(), expected)

    def test_a_tf_variable_is_the_layers_own(self):
        (kernel, _) = network().layers[0].trainable_variables
        raw = keras_versions.tf_variable(kernel)
        self.assertIsInstance(raw, tf.Variable)
        raw.assign(tf.ones((4, 3)))
        self.assertAllEqual(kernel, np.ones((4, 3)))
        self.assertIs(keras_versions.tf_variable(raw), raw)

    def test_of_replicas_it_is_that_of_all(self):
        strategy = tiny.two_devices()
        with strategy.scope():
            raw = keras_versions.tf_variable(network().trainable_variables[0])
        raw.assign(tf.ones((4, 3)))
        copies = strategy.experimental_local_results(raw)
        self.assertLen(copies, 2)
        for copy in copies:
            self.assertAllEqual(copy, np.ones((4, 3)))

    def test_paths_end_in_layer_and_leaf(self):
        paths = [keras_versions.path(v).split("/")[-2:] for v in network().variables]
        self.assertEqual(paths, [["one", "kernel"], ["one", "bias"],
                                 ["two", "kernel"], ["two", "bias"]])  # fmt: skip

    def test_what_is_built_without_a_call_has_its_path(self):
        layer = keras.layers.Dense(3, name="one")
        keras_versions.build(layer, (None, 4))
        paths = [keras_versions.path(variable) for variable in layer.variables]
        self.assertEqual(paths, ["one/kernel", "one/bias"])

    def test_slots_are_in_the_order_of_the_variables(self):
        variables = network().trainable_variables
        optimizer = keras.optimizers.Adam(**keras_versions.optimizer_options())
        optimizer.build(variables)
        found = [keras_versions.slot(optimizer, variable) for variable in variables]
        self.assertEqual(found, [0, 1, 2, 3])

    def test_optimizers_compile_nothing(self):
        # As on a machine with a GPU, where Keras 2 would.
        gpus = mock.patch.object(tf.compat.v2.config, "list_physical_devices", lambda kind: ["GPU"])
        with gpus:
            optimizer = adam.Adam()
        self.assertFalse(vars(optimizer).get("jit_compile", False))

    def test_addons_that_are_needed_are_there_or_refused(self):
        if keras_versions.addons() is None:
            with self.assertRaisesRegex(errors.UserError, "can't be imported beside TensorFlow"):
                keras_versions.needed_addons()
        else:
            self.assertEqual(keras_versions.needed_addons().__name__, "tensorflow_addons")


if __name__ == "__main__":
    tf.test.main()
