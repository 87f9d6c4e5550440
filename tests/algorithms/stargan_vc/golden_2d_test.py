"""The paper's networks, losses, gradients and an iteration of StarGAN-VC, against PyTorch."""

import json
import pathlib

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.stargan_vc import losses_2d as losses
from stargan_tf.algorithms.stargan_vc.networks import spectrograms
from stargan_tf.base import keras_versions
from stargan_tf.weights import torch_layouts
from tests.algorithms.stargan_vc import golden_checks
from tests.golden import rule

GOLDEN = pathlib.Path(__file__).parents[2] / "golden"
KINDS = {"G": spectrograms.Generator, "D": spectrograms.Discriminator, "C": spectrograms.Classifier}
NORMS = {"stargan_vc_paper": "instance", "stargan_vc_paper_batch_norm": "batch"}
# dtype, tolerances: of outputs, of losses, of gradients in the median and in the worst tensor.
TYPES = (("float64", 1e-11, 1e-11, 1e-9, 1e-7), ("float32", 1e-5, 5e-5, 3e-4, 1e-2))


def variables_of(network, prefix):
    """Returns the trainable variables by their names there."""
    layers = {layer.name: layer for layer in [*network.down, *getattr(network, "up", [])]}
    named = {}
    for name, layer in layers.items():
        named[f"{prefix}.{name}.conv.weight"] = layer.conv.kernel
        named[f"{prefix}.{name}.norm.weight"] = layer.norm.gamma
        named[f"{prefix}.{name}.norm.bias"] = layer.norm.beta
    named[f"{prefix}.out.weight"] = network.out.kernel
    named[f"{prefix}.out.bias"] = network.out.bias
    return {n: keras_versions.tf_variable(v) for n, v in named.items()}


class Golden:
    """The networks with the golden weights, and what they are given."""

    def __init__(self, dtype, name="stargan_vc_paper"):
        self.expected = json.loads((GOLDEN / f"{name}.json").read_text())
        self.arrays = np.load(GOLDEN / f"{name}.npz")
        self.config = c = self.expected["config"]
        self.networks = {
            letter: kind(c["speakers"], c["width"], NORMS[name], dtype=dtype)
            for letter, kind in KINDS.items()
        }
        self.named = {}
        for letter, network in self.networks.items():
            network(*network.example_inputs())
            self.named |= variables_of(network, f"vcp.{letter}")
        shapes = self.expected["shapes"]
        torch_layouts.assign(self.named, {n: rule.weight(n, s) for n, s in shapes.items()})
        x = rule.normal("vcp.x", (c["batch"], 1, c["coefficients"], c["frames"]))
        self.x = tf.constant(x[:, 0].transpose(0, 2, 1), dtype)
        one_hot = np.eye(c["speakers"])
        self.c, self.target = (tf.constant(one_hot[c[k]], dtype) for k in ("y_org", "y_trg"))
        self.alpha = tf.constant(rule.uniform("vcp.alpha", (2, 1, 1, 1)).ravel(), dtype)

    def convert(self, x, c):
        return self.networks["G"](x, c, training=True)

    def judge(self, x, c):
        return self.networks["D"](x, c, training=True)

    def classify(self, x):
        return self.networks["C"](x, training=True)

    def losses(self, letter, pooling="product", alpha=None):
        of_real = self.x, self.c
        if letter == "C":
            return losses.classifier(self.classify, *of_real, pooling=pooling)
        of_real = *of_real, self.target
        if letter == "D":
            return losses.discriminator(self.convert, self.judge, *of_real, alpha, pooling=pooling)
        return losses.generator(self.convert, self.judge, self.classify, *of_real, pooling=pooling)

    def of(self, letter):
        return {n: v for n, v in self.named.items() if n.startswith(f"vcp.{letter}.")}

    def weights(self, letter):
        return self.config["lambdas"] if letter == "G" else {}

    def descend(self, letter):
        """Takes a step down the gradient of a network's loss; returns the losses."""
        variables = self.of(letter)
        with tf.GradientTape() as tape:
            found = self.losses(letter)
            total = losses.total(found, self.weights(letter))
        for variable, slope in zip(
            variables.values(), tape.gradient(total, [*variables.values()]), strict=True
        ):
            variable.assign_sub(self.config["sgd_lr"] * slope)
        return found


class GoldenTest(tf.test.TestCase, parameterized.TestCase):
    def _check_losses(self, found, expected, tolerance):
        self.assertCountEqual(found, expected)
        for name, value in found.items():
            self.assertAllClose(
                value, expected[name], rtol=tolerance, atol=tolerance / 100, msg=name
            )

    @parameterized.product(name=tuple(NORMS), tolerances=TYPES)
    def test_outputs_and_losses(self, name, tolerances):
        dtype, out_tol, loss_tol = tolerances[:3]
        golden = Golden(dtype, name)
        found = {
            "G": golden.convert(golden.x, golden.target).numpy().transpose(0, 2, 1)[:, None],
            "D": golden.judge(golden.x, golden.c)[:, None, None],
            "C": golden.classify(golden.x).numpy().transpose(0, 2, 1)[:, :, None],
            "log_D": losses.log_product(golden.judge(golden.x, golden.c)),
            "log_C": losses.log_probabilities(golden.classify(golden.x), "product"),
        }
        for key, value in found.items():
            expected = golden.arrays[key]
            scale = np.abs(expected).max()
            self.assertAllClose(value / scale, expected / scale, rtol=0, atol=out_tol, msg=key)
        for letter in "CDG":
            expected = golden.expected[f"{letter}_losses"]
            self._check_losses(golden.losses(letter), expected, loss_tol)

    @parameterized.parameters(*TYPES)
    def test_gradients(self, dtype, out_tol, loss_tol, *gradient_tol):
        del out_tol, loss_tol
        golden = Golden(dtype)
        for letter in "CDG":
            variables = golden.of(letter)
            with tf.GradientTape() as tape:
                total = losses.total(golden.losses(letter), golden.weights(letter))
            gradients = tape.gradient(total, [*variables.values()])
            gradients = dict(zip(variables, gradients, strict=True))
            expected = golden.expected[f"{letter}_grads"]
            golden_checks.check_sums(self, gradients, expected, *gradient_tol)

    @parameterized.parameters(*TYPES)
    def test_mean_of_segments_and_the_penalty(self, dtype, out_tol, loss_tol, *gradient_tol):
        del out_tol
        golden = Golden(dtype)
        found = golden.losses("D", "mean") | golden.losses("C", "mean")
        self._check_losses(found, golden.expected["mean_pooling"], loss_tol)
        variables = golden.of("D")
        with tf.GradientTape() as tape:
            penalty = golden.losses("D", alpha=golden.alpha)["gp"]
        self.assertAllClose(penalty, golden.expected["gp"], rtol=loss_tol)
        slopes = tape.gradient(penalty, [*variables.values()])
        slopes = {n: g for n, g in zip(variables, slopes, strict=True) if g is not None}
        golden_checks.check_sums(self, slopes, golden.expected["gp_grads"], *gradient_tol)

    def test_an_iteration(self):
        golden = Golden("float64")
        start = {name: variable.numpy() for name, variable in golden.named.items()}
        for letter in "CDG":
            found = golden.descend(letter)
            self._check_losses(found, golden.expected["iteration_losses"][letter], 1e-9)
        deltas = {name: variable.numpy() - start[name] for name, variable in golden.named.items()}
        expected = golden.expected["iteration_deltas"]
        golden_checks.check_sums(self, deltas, expected, 1e-9, 1e-7, nothing=1e-13)
        after = golden.convert(golden.x, golden.target).numpy().transpose(0, 2, 1)[:, None]
        self.assertAllClose(after, golden.arrays["G_after"], rtol=0, atol=1e-8)


class ParameterCountTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(("G", 1_927_841), ("D", 167_697), ("C", 33_572))
    def test_networks_of_the_figure(self, letter, count):
        network = KINDS[letter](4)
        network(*network.example_inputs())
        self.assertEqual(network.count_params(), count)


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    tf.test.main()
