"""The networks, losses, gradients and an iteration of StarGAN-VC2, against PyTorch."""

import functools
import json
import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms.stargan_vc2 import algorithm as vc2
from stargan_tf.algorithms.stargan_vc2 import hparams, networks
from stargan_tf.base import keras_versions
from stargan_tf.data import labels
from stargan_tf.weights import torch_layouts
from tests.algorithms.stargan_vc import golden_checks
from tests.golden import rule

GOLDEN = pathlib.Path(__file__).parents[2] / "golden"
# dtype, tolerances: of outputs, of losses, of gradients in the median and in the worst tensor.
TYPES = (("float64", 1e-11, 1e-11, 1e-10, 1e-9), ("float32", 2e-5, 5e-5, 3e-4, 1e-2))


def variables_of(network, prefix):
    """Returns a network's variables by their names there."""
    plain = ("conv_in", "to_1d", "to_2d", "conv_out")
    layers = {name: getattr(network, name) for name in plain if hasattr(network, name)}
    layers |= {layer.name: layer for layer in getattr(network, "up", [])}
    named = {}
    for name, layer in layers.items():
        named[f"{name}.weight"] = layer.kernel
        if layer.use_bias:
            named[f"{name}.bias"] = layer.bias
    norms = {f"{layer.name}.norm": layer.norm for layer in network.down}
    norms |= {"norm_1d": network.norm_1d} if hasattr(network, "norm_1d") else {}
    for name, layer in norms.items():
        named |= {f"{name}.weight": layer.gamma, f"{name}.bias": layer.beta}
    convolutions = {layer.name: layer.conv for layer in network.down}
    for i, block in enumerate(getattr(network, "blocks", [])):
        convolutions[f"blocks.{i}"] = block.conv
        for leaf in ("gamma", "beta"):
            for part, ours in (("weight", "kernel"), ("bias", "bias")):
                named[f"blocks.{i}.cin.{leaf}.{part}"] = getattr(block.norm, f"{leaf}_{ours}")
    named |= {f"{name}.conv.weight": layer.kernel for name, layer in convolutions.items()}
    for ours, theirs in (("score", "fc"), ("embedding", "embed")):
        if hasattr(network, ours):
            layer = getattr(network, ours)
            named |= {f"{theirs}.weight": layer.kernel, f"{theirs}.bias": layer.bias}
    return {f"{prefix}.{n}": keras_versions.tf_variable(v) for n, v in named.items()}


def image(x):
    """Returns features (N, T, F) as the golden arrays have them."""
    return np.asarray(x).transpose(0, 2, 1)[:, np.newaxis]


class Golden:
    """The algorithm with the golden weights, and a batch."""

    def __init__(self, dtype, **changes):
        self.expected = json.loads((GOLDEN / "stargan_vc2.json").read_text())
        self.arrays = np.load(GOLDEN / "stargan_vc2.npz")
        self.config = c = self.expected["config"]
        sizes = {"g_channels": c["width"], "d_channels": c["width"], "g_repeat_num": c["blocks"]}
        weights = {f"lambda_{name}": value for name, value in c["lambdas"].items()}
        space = labels.LabelSpace("domains", tuple("abc")[: c["speakers"]])
        shape = c["frames"], c["coefficients"]
        settings = algorithm_lib.BuildSettings(space, 16, precision=dtype, sample_shape=shape)
        self.algorithm = vc2.StarGANVC2(
            hparams.HParams(**{**sizes, **weights, **changes}), settings
        )
        self.named = {}
        for letter, network in self.algorithm.networks.items():
            self.named |= variables_of(network, f"vc2.{letter}")
        self.state = {n: rule.weight(n, s) for n, s in self.expected["shapes"].items()}
        torch_layouts.assign(self.named, self.state)
        x = rule.normal("vc2.x", (c["batch"], 1, c["coefficients"], c["frames"]))
        self.x = tf.constant(x[:, 0].transpose(0, 2, 1), dtype)
        self.c, self.target = (
            tf.constant(np.eye(c["speakers"])[c[k]], dtype) for k in ("y_org", "y_trg")
        )
        self.batch = {"features": self.x, "label": self.c, "target": self.target}

    def gradients(self, letter, gradients):
        """Returns gradients, in the order of a network's variables, by the golden names."""
        variables = self.algorithm.networks[letter].trainable_variables
        order = [id(keras_versions.tf_variable(v)) for v in variables]
        places = {n: order.index(id(v)) for n, v in self.of(letter).items()}
        return {name: gradients[i] for name, i in places.items()}

    def of(self, letter):
        return {n: v for n, v in self.named.items() if n.startswith(f"vc2.{letter}.")}

    def generator_gradients(self, identity):
        return self.algorithm._of_generator(self.batch, tf.constant(identity))


unchanged = functools.cache(Golden)  # for tests that update nothing


class GoldenTest(tf.test.TestCase, parameterized.TestCase):
    def _check_outputs(self, found, expected, tolerance, what):
        scale = np.abs(expected).max()
        self.assertAllClose(found / scale, expected / scale, rtol=0, atol=tolerance, msg=what)

    def _check_losses(self, found, expected, tolerance):
        self.assertCountEqual(found, expected)
        for name, value in found.items():
            self.assertAllClose(value, expected[name], rtol=tolerance, msg=name)

    @parameterized.parameters(*TYPES)
    def test_outputs_losses_and_gradients(self, dtype, out_tol, loss_tol, *gradient_tol):
        golden = unchanged(dtype)
        self.assertEqual(set(golden.named), set(golden.expected["shapes"]))
        G, D = golden.algorithm.G, golden.algorithm.D
        fake = G(golden.x, golden.c, golden.target)
        found = {
            "G": image(fake),
            "D_real": D(golden.x, golden.target, golden.c)[:, None],
            "D_fake": D(fake, golden.c, golden.target)[:, None],
        }
        for name, value in found.items():
            self._check_outputs(value, golden.arrays[name], out_tol, name)
        of_both = {
            "D": golden.algorithm._of_discriminator(golden.batch),
            "G": golden.generator_gradients(True),
        }
        for letter, (losses, gradients) in of_both.items():
            self._check_losses(losses, golden.expected[f"{letter}_losses"], loss_tol)
            by_name = golden.gradients(letter, gradients)
            expected = golden.expected[f"{letter}_grads"]
            golden_checks.check_sums(self, by_name, expected, *gradient_tol)

    def test_a_number_of_features_that_four_does_not_divide(self):
        golden = unchanged("float64")
        sizes = golden.config["speakers"], 35, golden.config["width"], golden.config["blocks"]
        G = networks.Generator(*sizes, name="G", dtype="float64")
        G(*G.example_inputs())
        torch_layouts.assign(variables_of(G, "vc2.G"), golden.state)
        found = G(golden.x[:, :, :35], golden.c, golden.target)
        self._check_outputs(image(found), golden.arrays["G_35"], 1e-11, "G_35")

    def test_an_iteration(self):
        golden = Golden("float64")
        start = {name: variable.numpy() for name, variable in golden.named.items()}

        def descend(optimizer, pairs):
            for slope, variable in pairs:
                keras_versions.tf_variable(variable).assign_sub(golden.config["sgd_lr"] * slope)

        kind = type(golden.algorithm.optimizers["G"])
        with mock.patch.object(kind, "apply_gradients", descend):
            found = golden.algorithm.train_step(golden.batch, tf.constant(0, tf.int64))
        expected = golden.expected["iteration_losses"]
        expected = {f"{k}/{n}": v for k, terms in expected.items() for n, v in terms.items()}
        self._check_losses(found, expected, 1e-9)
        deltas = {name: variable.numpy() - start[name] for name, variable in golden.named.items()}
        expected = golden.expected["iteration_deltas"]
        golden_checks.check_sums(self, deltas, expected, 1e-9, 1e-7, nothing=1e-13)
        after = image(golden.algorithm.G(golden.x, golden.c, golden.target))
        self.assertAllClose(after, golden.arrays["G_after"], rtol=0, atol=1e-8)


class SwitchesTest(tf.test.TestCase):
    def test_the_identity_loss_counts_in_the_first_steps_only(self):
        golden = Golden("float64", id_steps=3)
        counts = []
        real = golden.algorithm._g_gradients

        def seen(batch, identity):
            counts.append(bool(identity))
            return real(batch, identity)

        golden.algorithm._g_gradients = seen
        for step in (2, 3):
            told = golden.algorithm.train_step(golden.batch, tf.constant(step, tf.int64))
            self.assertEqual(float(told["G/id"]) > 0, step == 2)
        self.assertEqual(counts, [True, False])
        golden = unchanged("float64")
        (losses, with_it), (spared, without) = (
            golden.generator_gradients(counts) for counts in (True, False)
        )
        self.assertEqual(float(spared["id"]), 0)
        with tf.GradientTape() as tape:
            same = golden.algorithm.G(golden.x, golden.c, golden.c)
            identity = tf.reduce_mean(tf.abs(golden.x - same))
        self.assertAllClose(losses["id"], identity, rtol=1e-12)
        slopes = tape.gradient(identity, golden.algorithm.G.trainable_variables)
        for one, other, slope in zip(with_it, without, slopes, strict=True):
            self.assertAllClose(one - other, 5 * slope, rtol=1e-9, atol=1e-9)

    def test_a_mean_is_the_sum_over_the_places(self):
        golden = unchanged("float64")
        sums, means = golden.algorithm.D, Golden("float64", pooling="mean").algorithm.D
        inputs = golden.x, golden.c, golden.target
        bias = golden.state["vc2.D.fc.bias"]
        places = 5 * 4  # 36 x 32, halved three times
        self.assertAllClose((sums(*inputs) - bias) / places + bias, means(*inputs), rtol=1e-10)

    def test_a_generator_that_is_told_the_target_alone(self):
        golden = unchanged("float64")
        for algorithm, same in ((golden.algorithm, False), (_untold(), True)):
            one, other = (
                algorithm.G(golden.x, source, golden.target)
                for source in (golden.c, golden.c[::-1])
            )
            self.assertEqual(bool(np.allclose(one, other, rtol=0, atol=1e-9)), same)
            others = algorithm.G(golden.x, golden.c, golden.target[::-1])
            self.assertNotAllClose(one, others, atol=1e-3)


def _untold():
    """Returns an algorithm whose G isn't told the source, with conditions that matter."""
    space = labels.LabelSpace("domains", tuple("abc"))
    settings = algorithm_lib.BuildSettings(space, 16, precision="float64", sample_shape=(32, 36))
    small = {"g_channels": 2, "d_channels": 2, "g_repeat_num": 1}
    found = vc2.StarGANVC2(hparams.HParams(source_conditioning=False, **small), settings)
    kernel = keras_versions.tf_variable(found.G.blocks[0].norm.gamma_kernel)
    kernel.assign(rule.normal("untold", kernel.shape))
    return found


class ParameterCountTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters((networks.Generator, 17_421_249), (networks.Discriminator, 5_730_049))
    def test_networks_of_the_figure(self, kind, count):
        network = kind(4)
        network(*network.example_inputs())
        self.assertEqual(network.count_params(), count)


if __name__ == "__main__":
    tf.test.main()
