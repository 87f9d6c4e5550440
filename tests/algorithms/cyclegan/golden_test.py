"""Networks, losses, gradients, pools and whole steps of CycleGAN against the authors' program."""

import json
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms.cyclegan import algorithm as cyclegan
from stargan_tf.algorithms.cyclegan import hparams, losses, networks, reference
from stargan_tf.base import keras_versions
from stargan_tf.data import labels
from stargan_tf.gan import image_pool
from stargan_tf.optimization import schedules
from stargan_tf.weights import torch_layouts
from tests.golden import rule

GOLDEN = pathlib.Path(__file__).parents[2] / "golden"
EXPECTED = json.loads((GOLDEN / "cyclegan.json").read_text())
POOL = json.loads((GOLDEN / "cyclegan_pool.json").read_text())
ARRAYS = np.load(GOLDEN / "cyclegan.npz")
CONFIG = EXPECTED["config"]
LAMBDAS = {name: CONFIG[name] for name in ("lambda_A", "lambda_B", "lambda_identity")}
WEIGHTS = dict(zip(("lambda_a", "lambda_b", "lambda_idt"), LAMBDAS.values(), strict=True))
SPACE = labels.LabelSpace("domains", ("a", "b"))
# The names of the losses there, by those here.
NAMES = {f"G_{x}/adv": f"G_{x}" for x in "AB"}
NAMES |= {f"G_{x}/{kind}": f"{kind}_{x}" for x in "AB" for kind in ("cycle", "idt")}
NAMES |= {f"D_{x}/{side}": f"D_{x}_{side}" for x in "AB" for side in ("real", "fake")}


def _images(letter, step, dtype):
    n, size = CONFIG["batch"], CONFIG["image_size"]
    image = rule.image(f"cyclegan.{letter}{step}", (n, 3, size, size))
    return tf.constant(image.transpose(0, 2, 3, 1), dtype)


def _nchw(images):
    return np.transpose(images, (0, 3, 1, 2))


def _built(dtype="float64"):
    """Returns the algorithm with the golden weights, and its variables by their names there."""
    given = hparams.HParams(
        g_conv_dim=CONFIG["ngf"],
        g_repeat_num=6,
        d_conv_dim=CONFIG["ndf"],
        pool_size=CONFIG["pool_size"],
        lr=CONFIG["lr"],
        lr_decay_start=1.0,
        **WEIGHTS,
    )
    settings = algorithm_lib.BuildSettings(
        SPACE, CONFIG["image_size"], total_steps=100, precision=dtype
    )
    built = cyclegan.CycleGAN(given, settings)
    named = {}
    for name, network in built.networks.items():
        kind = reference.generator_names if name[0] == "G" else reference.discriminator_names
        named |= {f"cyclegan.{name}.{k}": v for k, v in kind(network).items()}
    shapes = EXPECTED["shapes"]
    torch_layouts.assign(named, {name: rule.weight(name, shapes[name]) for name in named})
    return built, named


class GoldenTest(tf.test.TestCase, parameterized.TestCase):
    def _check_sums(self, found, expected, median_tol, worst_tol):
        self.assertCountEqual(found, expected)
        errors = []
        for name, value in found.items():
            value = np.asarray(value, np.float64)
            if expected[name][1] < 1e-9:  # a bias before a normalization: but for rounding 0
                self.assertLess(np.abs(value).sum(), worst_tol, name)
                continue
            sums = np.array([value.sum(), np.abs(value).sum()])
            scale = max(expected[name][1], 1e-5 * value.size)
            errors.append(np.abs(sums - expected[name]) / scale)
        self.assertLess(np.max(errors), worst_tol)
        self.assertLess(np.median(errors), median_tol)

    def _check_gradients(self, tape, loss, named, expected, median_tol, worst_tol):
        variables = [keras_versions.tf_variable(v) for v in named.values()]
        found = dict(zip(named, tape.gradient(loss, variables), strict=True))
        self._check_sums(found, expected, median_tol, worst_tol)

    def test_every_reference_weight_has_its_variable(self):
        built, named = _built("float32")
        self.assertCountEqual(named, EXPECTED["shapes"])
        count = sum(int(np.prod(s)) for s in EXPECTED["shapes"].values())
        self.assertEqual(sum(n.count_params() for n in built.networks.values()), count)

    @parameterized.parameters(
        ("float64", 1e-11, 1e-11, 1e-10, 1e-8), ("float32", 1e-4, 1e-5, 1e-4, 1e-2)
    )
    def test_outputs_losses_and_gradients(self, dtype, out_tol, loss_tol, median_tol, worst_tol):
        built, named = _built(dtype)
        (one,) = built.pairs
        a, b = (_images(letter, 0, dtype) for letter in "AB")
        G_A, G_B, D_A, D_B = one.G_A, one.G_B, one.D_A, one.D_B
        with tf.GradientTape(persistent=True) as tape:
            found, fake_b, fake_a = losses.generators(G_A, G_B, D_A, D_B, a, b)
            total = losses.generators_total(found, **WEIGHTS)
            parts = {
                kind: losses.generators_total(
                    {n: v if n.endswith(kind) else 0.0 * v for n, v in found.items()}, **WEIGHTS
                )
                for kind in ("adv", "cycle", "idt")
            }
            of_d = {
                f"{D.name}/{side}": loss
                for D, real, fake in ((D_A, b, fake_b), (D_B, a, fake_a))
                for side, loss in losses.discriminator(D, real, fake).items()
            }
            half = sum(of_d.values()) / 2
        arrays = {
            "fake_B": fake_b,
            "fake_A": fake_a,
            "rec_A": G_B(fake_b),
            "rec_B": G_A(fake_a),
            "idt_A": G_A(b),
            "idt_B": G_B(a),
        }
        for name, image in arrays.items():
            found_array = _nchw(image)[..., ::4, ::4]
            self.assertAllClose(found_array, ARRAYS[name], rtol=0, atol=out_tol, msg=name)
        scores = {"D_A_real": D_A(b), "D_A_fake": D_A(fake_b), "D_B_real": D_B(a),
                  "D_B_fake": D_B(fake_a)}  # fmt: skip
        for name, score in scores.items():
            self.assertAllClose(_nchw(score), ARRAYS[name], rtol=out_tol, atol=out_tol, msg=name)
        every = found | of_d
        self.assertCountEqual(NAMES.values(), EXPECTED["losses"])
        for name, loss in every.items():
            expected = EXPECTED["losses"][NAMES[name]]
            self.assertAllClose(loss, expected, rtol=loss_tol, atol=0, msg=name)
        of_g = {k: v for k, v in named.items() if k.startswith("cyclegan.G_")}
        of_d = {k: v for k, v in named.items() if k.startswith("cyclegan.D_")}
        tolerances = median_tol, worst_tol
        for what, loss in {"": total, **{f"_{kind}": loss for kind, loss in parts.items()}}.items():
            self._check_gradients(tape, loss, of_g, EXPECTED[f"G{what}_grads"], *tolerances)
        self._check_gradients(tape, half, of_d, EXPECTED["D_grads"], *tolerances)

    def test_three_steps(self):
        self._check_steps(lambda built: built.train_step)

    @pytest.mark.slow
    def test_three_steps_as_a_graph(self):
        self._check_steps(lambda built: tf.function(built.train_step))

    def _check_steps(self, stepping, loss_tol=1e-7, delta_tol=1e-7, image_tol=1e-7):
        dtype = "float64"
        built, named = _built(dtype)
        start = {name: variable.numpy() for name, variable in named.items()}
        rows = [rule.uniform(f"cyclegan.pool_{x}", (6, 2)) for x in "AB"]
        draws = tf.constant(np.stack(rows, axis=1))  # (6, 2 pools, 2)
        take = stepping(built)
        for step in range(CONFIG["steps"]):
            batch = {
                "a": _images("A", step, dtype)[None],
                "b": _images("B", step, dtype)[None],
                "pool": draws[None, 2 * step : 2 * step + 2],
            }
            found = take(batch, tf.constant(step, tf.int64))
            expected = EXPECTED["step_losses"][step]
            for name in ("G_A/adv", "G_B/adv", "G_A/cycle", "G_B/cycle", "G_A/idt", "G_B/idt"):
                self.assertAllClose(
                    found[name], expected[NAMES[name]], rtol=loss_tol, atol=0, msg=(step, name)
                )
            for D in ("D_A", "D_B"):
                half = (found[f"{D}/real"] + found[f"{D}/fake"]) / 2
                self.assertAllClose(half, expected[D], rtol=loss_tol, atol=0, msg=(step, D))
            if f"deltas_{step + 1}" in EXPECTED:
                deltas = {name: variable.numpy() - start[name] for name, variable in named.items()}
                self._check_deltas(deltas, EXPECTED[f"deltas_{step + 1}"], delta_tol)
        (one,) = built.pairs
        for name, G, letter in (("fake_B", one.G_A, "A"), ("fake_A", one.G_B, "B")):
            after = _nchw(G(_images(letter, 0, dtype)))[..., ::4, ::4]
            self.assertAllClose(after, ARRAYS[f"{name}_after"], rtol=0, atol=image_tol)

    def _check_deltas(self, found, expected, tolerance):
        self.assertCountEqual(found, expected)
        for name, value in found.items():
            # Biases before a normalization have no gradient: Adam makes steps of its rounding.
            if name.endswith(".bias") and expected[name][1] < 1e-7:
                self.assertLess(np.abs(value).sum(), 1e-7, name)
                continue
            sums = np.array([value.sum(), np.abs(value).sum()])
            self.assertLess(
                np.abs(sums - expected[name]).max(), tolerance * expected[name][1], name
            )

    def test_the_pools_give_what_they_should_over_three_batches(self):
        for letter in "AB":
            pool = image_pool.ImagePool(CONFIG["pool_size"], (1, 1, 1))
            draws = tf.constant(rule.uniform(f"cyclegan.pool_{letter}", (6, 2)))
            given = [
                pool.exchange(tf.reshape(tf.range(k, k + 2.0), (2, 1, 1, 1)), draws[k : k + 2])
                for k in (0, 2, 4)
            ]
            found = tf.reshape(tf.concat(given, axis=0), (-1,))
            self.assertAllEqual(found, EXPECTED["config"]["pool_returns"][letter])


class PoolTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(case=[c for c in POOL["cases"] if c["pool_size"]], batch=(1, 3))
    def test_returns_and_keeps_what_the_reference_does(self, case, batch):
        draws = tf.constant(rule.uniform("cyclegan.pool", (60, 2)))
        self.assertAllClose(draws, POOL["draws"])
        pool = image_pool.ImagePool(case["pool_size"], (1, 1, 1))
        exchange = tf.function(pool.exchange)
        given = []
        for k in range(0, 60, batch):
            images = tf.reshape(tf.range(k, k + batch, dtype=tf.float32), (-1, 1, 1, 1))
            given += tf.reshape(exchange(images, draws[k : k + batch]), (-1,)).numpy().tolist()
        self.assertAllEqual(given, case["returned"])
        held = tf.reshape(pool.images, (-1,)).numpy()[: int(pool.count)]
        self.assertAllEqual(held, case["left"])


class ScheduleTest(tf.test.TestCase):
    def test_rates_by_epoch_are_the_programs(self):
        expected = POOL["lr_factor_by_epoch"]
        constant, falling = expected["constant_epochs"], expected["decay_epochs"]
        epochs, steps = constant + falling, 7
        schedule = schedules.EpochDecay(3.0, epochs * steps, steps, constant / epochs)
        found = [float(schedule(tf.constant(n, tf.int64))) / 3 for n in range(epochs * steps)]
        self.assertAllClose(found, np.repeat(expected["factor"], steps), rtol=1e-6)


class ParameterCountTest(tf.test.TestCase, parameterized.TestCase):
    """The counts of the paper's networks."""

    @parameterized.parameters(
        (9, "cyclegan G resnet_9blocks ngf 64"), (6, "cyclegan G resnet_6blocks ngf 64")
    )
    def test_generator(self, blocks, name):
        G = networks.Generator(64, blocks)
        G(*G.example_inputs())
        self.assertEqual(G.count_params(), POOL["parameters"][name])

    def test_discriminator(self):
        D = networks.Discriminator()
        score = D(tf.zeros((1, 256, 256, 3)))
        self.assertEqual(D.count_params(), POOL["parameters"]["cyclegan D basic ndf 64"])
        self.assertEqual(score.shape, (1, 30, 30, 1))


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    tf.test.main()
