"""Instance normalization by tensorflow-addons against the package's own, and who chooses."""

import contextlib
import dataclasses
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors, keras_versions
from stargan_tf.layers import instance_norm, portability
from stargan_tf.runs import config as config_lib
from tests.layers.instance_norm_test import normal, normalized


def made(backend, channels=3, **kwargs):
    """Returns a layer of a backend whose weights all differ."""
    with instance_norm.computed_by(backend):
        layer = instance_norm.make(name="norm", **kwargs)
    layer.build((None, None, None, channels))
    layer.gamma.assign(1.5 - 0.4 * np.arange(channels))
    layer.beta.assign(0.25 * np.arange(channels) - 1)
    return layer


class ChoiceTest(tf.test.TestCase, parameterized.TestCase):
    """What every environment promises, whether tensorflow-addons is there or not."""

    def test_native_is_the_layer_of_this_package(self):
        self.assertIs(type(made("native")), instance_norm.InstanceNorm)

    def test_auto_is_tensorflow_addons_where_it_is_installed(self):
        kind = type(made("auto"))
        if keras_versions.addons() is None:
            self.assertIs(kind, instance_norm.InstanceNorm)
        else:
            self.assertIs(kind, type(made("addons")))
            self.assertIsNot(kind, instance_norm.InstanceNorm)
        with mock.patch.object(keras_versions, "_addons", lambda: (None, "gone")):
            self.assertIs(type(made("auto")), instance_norm.InstanceNorm)

    def test_without_a_context_it_is_auto(self):
        self.assertIs(type(instance_norm.make()), type(made("auto")))
        with instance_norm.computed_by("native"):
            self.assertIs(type(instance_norm.make()), instance_norm.InstanceNorm)
        self.assertIs(type(instance_norm.make()), type(made("auto")))

    def test_addons_is_refused_where_it_is_not_installed(self):
        with (
            mock.patch.object(keras_versions, "_addons", lambda: (None, "No module named 'x'")),
            self.assertRaisesRegex(
                errors.UserError, r"=addons needs tensor.*\(No module named 'x'\)"
            ),
        ):
            instance_norm.chosen("addons")

    def test_the_flag_has_these_backends(self):
        fields = {field.name: field for field in dataclasses.fields(config_lib.TrainOptions)}
        choices = fields["normalization_backend"].metadata["choices"]
        self.assertEqual(tuple(choices), instance_norm.BACKENDS)

    def test_unknown_backends_are_refused(self):
        with self.assertRaisesRegex(ValueError, "Received: 'tfa'"):
            instance_norm.chosen("tfa")

    def test_an_import_that_fails_is_none(self):
        # tensorflow-addons is installed by hand beside a TensorFlow that it does not know.
        def fail(name):
            raise AttributeError("module 'keras.src' has no attribute 'engine'")

        with mock.patch.object(keras_versions.importlib, "import_module", fail):
            self.assertEqual(
                keras_versions._addons.__wrapped__(),
                (None, "module 'keras.src' has no attribute 'engine'"),
            )


class AddonsInstanceNormTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        if keras_versions.addons() is None:
            self.skipTest("tensorflow-addons is not installed (the extra `addons`)")

    def test_is_the_layer_of_tensorflow_addons(self):
        layer = made("addons")
        self.assertIsInstance(layer, keras_versions.addons().layers.InstanceNormalization)
        self.assertEqual(layer.epsilon, 1e-5)

    @parameterized.parameters(("float64", 1e-12), ("float32", 1e-5))
    def test_equals_the_definition_and_the_native_layer(self, dtype, tolerance):
        x = normal(2, 6, 5, 3) * np.array([0.5, 1.0, 30.0]) + 0.5
        ours, theirs = (made(backend, dtype=dtype) for backend in ("native", "addons"))
        y = theirs(tf.constant(x, dtype))
        self.assertEqual(y.dtype, dtype)
        self.assertAllClose(y, ours(tf.constant(x, dtype)), rtol=0, atol=tolerance)
        if dtype == "float64":
            expected = normalized(x, ours.gamma.numpy(), ours.beta.numpy())
            self.assertAllClose(y, expected, rtol=0, atol=tolerance)

    @parameterized.parameters(False, True)
    def test_without_gamma_and_beta_it_is_the_plain_normalization(self, exported):
        x = tf.constant(normal(2, 6, 5, 3) * np.array([0.5, 1.0, 30.0]) + 0.5)
        with instance_norm.computed_by("addons"):
            layer = instance_norm.make(affine=False, dtype="float64")
        with portability.portable() if exported else contextlib.nullcontext():
            y = layer(x)
        self.assertAllClose(y, normalized(x.numpy()), rtol=0, atol=1e-12)
        self.assertEmpty(layer.variables)
        self.assertFalse(layer.get_config()["affine"])

    def test_gradients_equal_those_of_the_native_layer(self):
        x, weight = tf.constant(normal(2, 6, 5, 3)), normal(2, 6, 5, 3, seed=1)
        found = []
        for backend in ("native", "addons"):
            layer = made(backend, dtype="float64")
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = tf.reduce_sum(weight * tf.square(layer(x)))
            found.append(tape.gradient(loss, [x, *layer.trainable_variables]))
        for ours, theirs in zip(*found, strict=True):
            self.assertGreater(np.abs(ours).max(), 0.1)
            self.assertAllClose(ours, theirs, rtol=0, atol=1e-10)

    def test_bfloat16_is_normalized_with_float32_statistics(self):
        x = tf.cast(100 + normal(2, 32, 32, 3), tf.bfloat16)
        layer = made("addons", dtype=keras.mixed_precision.Policy("mixed_bfloat16"))
        y = layer(x)
        self.assertEqual(y.dtype, tf.bfloat16)
        self.assertEqual(layer.gamma.numpy().dtype, np.float32)
        gamma, beta = layer.gamma.numpy(), layer.beta.numpy()
        expected = normalized(tf.cast(x, tf.float64).numpy(), gamma, beta)
        self.assertAllClose(tf.cast(y, tf.float64), expected, rtol=2**-8, atol=2**-9)

    def test_weights_have_the_names_of_the_native_layer(self):
        ours, theirs = (made(backend) for backend in ("native", "addons"))
        paths = [[keras_versions.path(v) for v in layer.variables] for layer in (ours, theirs)]
        self.assertEqual(*paths)
        self.assertLen(theirs.variables, 2)

    def test_exports_hold_the_portable_form(self):
        x = tf.constant(normal(2, 6, 5, 3), tf.float32)
        layer = made("addons")
        with portability.portable():
            graph = tf.function(layer).get_concrete_function(x).graph
        kinds = {operation.type for operation in graph.get_operations()}
        self.assertNotIn("SquaredDifference", kinds)  # of tf.nn.moments; no 16-bit kernel
        self.assertAllClose(tf.function(layer)(x), layer(x), atol=1e-6)

    def test_config_round_trip(self):
        with instance_norm.computed_by("addons"):
            layer = instance_norm.make(0.5, name="norm", dtype="float64")
        clone = keras.layers.deserialize(keras.layers.serialize(layer))
        self.assertEqual(clone.get_config(), layer.get_config())
        x = normal(1, 4, 4, 2)
        self.assertAllClose(clone(tf.constant(x)), normalized(x, epsilon=0.5), atol=1e-12)


if __name__ == "__main__":
    tf.test.main()
