"""The papers' networks with either backend of instance normalization, on the golden inputs."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import keras_versions
from stargan_tf.layers import instance_norm
from tests import shared, tiny
from tests.algorithms.stargan_v1 import golden_test as v1
from tests.algorithms.stargan_v2 import golden_test as v2


def _v1(backend, dtype):
    """Returns G and what it is given."""
    with instance_norm.computed_by(backend):
        G, _, _ = v1._networks(dtype)
    x, _, c_target, _ = v1._inputs(dtype)
    return G, (x, c_target)


def _v2(backend, dtype):
    golden = v2.Golden(0, dtype, backend)
    y, z = golden.batch["y_trg"], golden.batch["z"]
    return golden.G, (golden.batch["x"], golden.F(z, y), None)


def _count(network):
    """Returns how many layers of tensorflow-addons a network holds."""
    kind = keras_versions.addons().layers.InstanceNormalization
    return sum(isinstance(module, kind) for module in network.submodules)


# Normalized, and penalties differentiate it twice, which tensorflow-addons' layer does wrongly.
ALWAYS_NATIVE = (("stargan_vc", "D"),)


class BackendsTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        if keras_versions.addons() is None:
            self.skipTest("tensorflow-addons is not installed (the extra `addons`)")

    @parameterized.parameters((_v1, 9), (_v2, 13))
    def test_outputs_are_equal(self, make, norms):
        found = []
        for backend in ("native", "addons"):
            network, inputs = make(backend, "float32")
            self.assertEqual(_count(network), norms if backend == "addons" else 0)
            found.append(network(*inputs))
        self.assertGreater(np.std(found[0]), 0.01)
        scale = np.abs(found[0]).max()  # above 1 in StarGAN v2, which has no tanh
        self.assertAllClose(found[0] / scale, found[1] / scale, rtol=0, atol=1e-5)

    @parameterized.parameters(_v1, _v2)
    def test_gradients_are_equal(self, make):
        found = []
        for backend in ("native", "addons"):
            network, inputs = make(backend, "float64")
            weight = np.random.default_rng(0).normal(size=inputs[0].shape)
            variables = [keras_versions.tf_variable(v) for v in network.trainable_variables]
            with tf.GradientTape() as tape:
                tape.watch(inputs[0])
                loss = tf.reduce_sum(weight * tf.square(network(*inputs)))
            found.append(tape.gradient(loss, [*variables, inputs[0]]))
        largest = max(np.abs(g).max() for g in found[0])
        for ours, theirs in zip(*found, strict=True):
            # A bias before a normalization has no gradient, but for what rounding leaves of it.
            scale = max(np.abs(ours).max(), 1e-6 * largest)
            self.assertAllClose(ours / scale, theirs / scale, rtol=0, atol=1e-8)

    @parameterized.parameters(*tiny.HPARAMS)
    def test_every_network_that_normalizes_has_the_backend(self, name):
        native, addons = (
            tiny.build(name, normalization_backend=backend) for backend in ("native", "addons")
        )
        for key, network in native.networks.items():
            self.assertEqual(_count(network), 0, key)
            own = sum(isinstance(m, instance_norm.InstanceNorm) for m in network.submodules)
            expected = 0 if (name.split("/")[0], key) in ALWAYS_NATIVE else own
            self.assertEqual(_count(addons.networks[key]), expected, key)


class DiscriminatorTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters("stargan_v1", "stargan_v2")  # those with gradient penalties
    def test_has_no_normalization(self, name):
        # Penalties differentiate it twice, which tensorflow-addons' layer does wrongly.
        D = shared.build(name).networks["D"]
        leaves = {keras_versions.path(v).split("/")[-1] for v in D.variables}
        self.assertEqual(leaves, {"kernel", "bias"})


if __name__ == "__main__":
    tf.test.main()
