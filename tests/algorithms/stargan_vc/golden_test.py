"""Networks, losses, gradients and an iteration of StarGAN-VC against the author's program."""

import json
import pathlib

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm, converting
from stargan_tf.algorithms.stargan_vc import hparams, losses, reference, training_1d
from stargan_tf.algorithms.stargan_vc.networks import sequences
from stargan_tf.base import keras_versions
from stargan_tf.data import labels as labels_lib
from tests.algorithms.stargan_vc import golden_checks
from tests.golden import rule

GOLDEN = pathlib.Path(__file__).parents[2] / "golden"
PREFIXES = {"stargan_vc": "vc", "stargan_vc_source": "vcsrc"}
KINDS = {"wgan": "wgan_gp", "lsgan": "lsgan", "cgan": "cgan"}
ALL = tuple(PREFIXES)
CASES = (*(("stargan_vc", kind) for kind in KINDS), ("stargan_vc_source", "wgan"))
# dtype, tolerances: of outputs, of losses, of gradients in the median and in the worst tensor.
TYPES = (("float64", 1e-11, 1e-11, 1e-9, 1e-7), ("float32", 1e-5, 5e-5, 3e-4, 1e-2))


class Golden:
    """The networks with the golden weights, and what they are given."""

    def __init__(self, name, dtype):
        self.expected = json.loads((GOLDEN / f"{name}.json").read_text())
        self.arrays = np.load(GOLDEN / f"{name}.npz")
        c = self.expected["config"]
        sizes = c["speakers"], c["features"]
        self.G = sequences.Generator(
            *sizes, c["hdim"], c["zdim"], c["sdim"], bool(c["src_conditioning"]), dtype=dtype
        )
        self.D = sequences.Discriminator(*sizes, c["mdim"], dtype=dtype)
        for network in (self.G, self.D):
            network(*network.example_inputs())
        self.name = name
        self.named = self.take_over(self.G, self.D)
        self.x = [
            tf.constant(
                rule.normal(f"vc.x_{a}", (2, 20, c[f"frames_{a}"])).transpose(0, 2, 1), dtype
            )
            for a in "st"
        ]
        self.alphas = [
            tf.constant(rule.uniform(f"vc.alpha_{a}", (2, 1, 1)).ravel(), dtype) for a in "st"
        ]
        one_hot = np.eye(c["speakers"])
        self.s, self.t = (tf.constant(one_hot[[c[k]] * 2], dtype) for k in ("k_s", "k_t"))
        self.sides = [
            losses.Side(self.x[0], self.s, self.t),
            losses.Side(self.x[1], self.t, self.s),
        ]

    def take_over(self, *networks):
        """Gives networks the golden weights; returns their variables by their names there."""
        named, kinds = {}, (reference.generator_names, reference.discriminator_names)
        for letter, network, names in zip("GD", networks, kinds, strict=True):
            prefix = f"{PREFIXES[self.name]}.{letter}."
            variables = names(network)
            shapes = {n[len(prefix) :]: tuple(s) for n, s in self.expected["shapes"].items()
                      if n.startswith(prefix)}  # fmt: skip
            assert reference.shapes(variables) == shapes
            reference.assign(variables, {n: rule.weight(prefix + n, s) for n, s in shapes.items()})
            named |= {prefix + n: keras_versions.tf_variable(v) for n, v in variables.items()}
        return named

    def convert(self, x, target, source):
        return self.G(x, target, source)

    def judge(self, x, use):
        del use  # without dropout
        return self.D(x)

    def of(self, letter):
        return {n: v for n, v in self.named.items() if n.split(".")[1] == letter}

    def losses(self, letter, adversarial):
        if letter == "G":
            return losses.generator(self.convert, self.judge, self.sides, adversarial=adversarial)
        found = losses.discriminator(
            self.convert, self.judge, self.sides, self.alphas, adversarial=adversarial
        )
        return {"adv": found.pop("real") + found.pop("fake"), **found}


class Descent:
    """Stands in for an optimizer: plain gradient descent."""

    def __init__(self, rate):
        self.rate = rate

    def apply_gradients(self, pairs):
        for gradient, variable in pairs:
            variable.assign_sub(self.rate * gradient)


def channels_first(x):
    return np.transpose(x, (0, 2, 1))


class GoldenTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(name=ALL, tolerances=TYPES)
    def test_outputs(self, name, tolerances):
        dtype, tolerance = tolerances[:2]
        golden = Golden(name, dtype)
        G, (x_s, x_t), s, t = golden.G, golden.x, golden.s, golden.t
        found = {"G_st": G(x_s, t, s), "G_tt": G(x_t, t, t)}
        found["D_adv"], found["D_cls"] = golden.D(x_s)
        part = tf.concat([x_s[:, :30], x_s[:, 29:30], x_s[:, 29:30]], axis=1)
        found["forward_30_frames"] = G(part, t, s)[:, :30]
        for key, value in found.items():
            expected = golden.arrays[key]
            scale = np.abs(expected).max()
            self.assertAllClose(
                channels_first(value) / scale, expected / scale, rtol=0, atol=tolerance, msg=key
            )

    @parameterized.product(case=CASES, tolerances=TYPES)
    def test_losses_and_gradients(self, case, tolerances):
        name, kind = case
        dtype, _, loss_tol, *gradient_tol = tolerances
        golden = Golden(name, dtype)
        expected = golden.expected[kind]
        for letter in "GD":
            variables = golden.of(letter)
            with tf.GradientTape(persistent=True) as tape:
                found = golden.losses(letter, KINDS[kind])
                total = sum(found.values())
            self.assertCountEqual(found, expected[f"{letter}_losses"])
            for loss, value in found.items():
                self.assertAllClose(
                    value, expected[f"{letter}_losses"][loss], rtol=loss_tol, atol=loss_tol / 100,
                    msg=loss,
                )  # fmt: skip
            gradients = dict(
                zip(variables, tape.gradient(total, [*variables.values()]), strict=True)
            )
            golden_checks.check_sums(self, gradients, expected[f"{letter}_grads"], *gradient_tol)
            norm = golden_checks.norm(gradients.values())
            self.assertAllClose(norm, expected[f"{letter}_grad_norm"], rtol=gradient_tol[0])
        if "D_gp_grads" in expected:
            gradients = tape.gradient(found["gp"], [*variables.values()])
            gradients = {n: g for n, g in zip(variables, gradients, strict=True) if g is not None}
            golden_checks.check_sums(self, gradients, expected["D_gp_grads"], *gradient_tol)

    @parameterized.parameters(*ALL)
    def test_an_iteration_with_clipped_gradients(self, name):
        golden = Golden(name, "float64")
        c, expected = golden.expected["config"], golden.expected
        space = labels_lib.LabelSpace("domains", tuple("abc"))
        settings = algorithm.BuildSettings(
            space, 0, precision="float64", training=False, sample_shape=(32, c["features"])
        )
        h = hparams.HParams(
            hidden_dim=c["hdim"], bottleneck_dim=c["zdim"], embedding_dim=c["sdim"],
            d_hidden_dim=c["mdim"], dropout=0.0, source_conditioning=bool(c["src_conditioning"]),
            gradient_clip=c["gradient_clip"],
        )  # fmt: skip
        plain = converting.Scale({}, 3, c["features"], by_domain=False, dtype="float64")
        training = training_1d.Training(h, settings, plain)
        training.optimizers = dict.fromkeys("GD", Descent(c["sgd_lr"]))
        named = golden.take_over(training.G, training.D)
        start = {n: v.numpy() for n, v in named.items()}
        alphas, unused = tf.stack(golden.alphas, axis=1), tf.zeros((2,), tf.int64)
        tf.config.run_functions_eagerly(True)  # tracing takes longer than the one update
        self.addCleanup(tf.config.run_functions_eagerly, False)
        found = training.update((c["k_s"], c["k_t"]), golden.x, alphas, unused, unused)
        found["D/adv"] = found.pop("D/real") + found.pop("D/fake")
        wanted = {"G": ("adv", "cls", "cyc", "rec"), "D": ("adv", "gp", "cls")}
        for letter, order in wanted.items():
            values = [found[f"{letter}/{loss}"] for loss in order]
            self.assertAllClose(values, expected["iteration_losses"][letter], rtol=1e-9)
        deltas = {n: v.numpy() - start[n] for n, v in named.items()}
        sums = expected["iteration_deltas"]
        golden_checks.check_sums(self, deltas, sums, 1e-9, 1e-7, nothing=1e-13)
        after = channels_first(training.convert(golden.x[0], golden.t, golden.s))
        self.assertAllClose(after, golden.arrays["G_st_after"], rtol=0, atol=1e-9)

    @parameterized.parameters(*ALL)
    def test_parameters_have_the_golden_names(self, name):
        golden = Golden(name, "float64")
        self.assertCountEqual(golden.named, golden.expected["shapes"])
        count = sum(network.count_params() for network in (golden.G, golden.D))
        self.assertEqual(count, sum(int(np.prod(s)) for s in golden.expected["shapes"].values()))


class ParameterCountTest(tf.test.TestCase):
    def test_networks_of_the_authors_setting(self):
        G, D = sequences.Generator(4, 80), sequences.Discriminator(4, 80)
        for network, count in ((G, 569_568), (D, 90_400)):
            network(*network.example_inputs())
            self.assertEqual(network.count_params(), count)


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    tf.test.main()
