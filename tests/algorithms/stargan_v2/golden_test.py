"""Networks, losses, gradients and a whole iteration of StarGAN v2 against the reference's."""

import functools
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms.stargan_v2 import algorithm, hparams, networks, reference
from stargan_tf.base import keras_versions
from stargan_tf.data import labels
from stargan_tf.gan import losses as gan_losses
from tests.golden import rule

GOLDEN = pathlib.Path(__file__).parents[2] / "golden"
PHASES = ("D_latent", "D_ref", "G_latent", "G_ref")
OURS = {"D_latent": "D/latent", "D_ref": "D/reference", "G_latent": "G/latent",
        "G_ref": "G/reference"}  # fmt: skip
DOMAINS = labels.LabelSpace("domains", ("a", "b", "c"))


@functools.cache
def golden(hpf):
    """Returns the expected values and arrays, and the prefix of all names."""
    name = f"stargan_v2_hpf{hpf}"
    expected = json.loads((GOLDEN / f"{name}.json").read_text())
    return expected, np.load(GOLDEN / f"{name}.npz"), f"v2.hpf{hpf}."


class Golden(algorithm.StarGANv2):
    """The algorithm with the reference's weights, and given masks instead of found ones."""

    def __init__(self, hpf, dtype, normalization_backend="auto", **changes):
        self.expected, self.arrays, self.prefix = golden(hpf)
        config = self.expected["config"]
        self.config = config
        options = {
            "max_channels": config["max_conv_dim"],
            "w_hpf": float(hpf),
            "landmark_weights": __file__ if hpf else "",
            "lambda_ds": 1.0,
            "ema_decay": config["ema_decay"],
            **changes,
        }
        super().__init__(
            hparams.HParams(**options),
            algorithm_lib.BuildSettings(
                DOMAINS,
                config["img_size"],
                precision=dtype,
                normalization_backend=normalization_backend,
            ),
        )
        self.dtype = dtype
        for suffix in ("", "_ema"):
            for name, places in self.places(suffix).items():
                state = {k: self._weight(f"{self.prefix}{name}.{k}") for k in places}
                reference.assign(places, state)
        self.batch = self._batch()
        self.named = {
            f"{self.prefix}{name}.{k}": place
            for name, places in self.places("").items()
            for k, place in places.items()
        }

    def _weight(self, name):
        return rule.weight(name, self.expected["shapes"][name])

    def places(self, suffix):
        found = {
            "generator": reference.generator_names(self.networks[f"G{suffix}"]),
            "mapping_network": reference.mapping_names(self.networks[f"F{suffix}"]),
            "style_encoder": reference.style_encoder_names(self.networks[f"E{suffix}"]),
        }
        if not suffix:
            found["discriminator"] = reference.discriminator_names(self.D)
        return found

    def _add_landmark_network(self):
        pass

    def masks(self, x):
        if self.hparams.w_hpf == 0:
            return None
        return tuple(
            self._images(rule.uniform(f"{self.prefix}{name}", (2, 1, 256, 256)))
            for name in ("mask0", "mask1")
        )

    def _images(self, value):
        return tf.constant(value.transpose(0, 2, 3, 1), self.dtype)

    def _batch(self):
        size = self.config["img_size"]
        images = {"x": "x_real", "x_ref": "x_ref", "x_ref2": "x_ref2"}
        batch = {
            key: self._images(rule.image(self.prefix + name, (2, 3, size, size)))
            for key, name in images.items()
        }
        for name in ("z", "z2"):
            batch[name] = tf.constant(rule.normal(self.prefix + name, (2, 16)), self.dtype)
        for name in ("y_org", "y_trg"):
            batch[name] = tf.one_hot(self.config[name], 3, dtype=self.dtype)
        return batch

    def gradients_at_the_start(self, compiled):
        """Returns the losses, and the gradients that every update would apply, in order."""

        def step():
            applied = []
            self._apply = lambda name, gradients: applied.append((name, gradients))
            return self.train_step(self.batch, tf.constant(0, tf.int64)), [g for _, g in applied]

        losses, gradients = (tf.function(step) if compiled else step)()
        names = ("D", "D", "G", "F", "E", "G")
        return losses, list(zip(names, gradients, strict=True))

    def descend(self, lr):
        """Makes an iteration of plain gradient descent; returns its losses."""

        def apply(name, gradients):
            for variable, g in zip(self.networks[name].trainable_variables, gradients, strict=True):
                variable.assign_sub(lr * g)

        self._apply = apply
        return tf.function(self.train_step)(self.batch, tf.constant(0, tf.int64))


@functools.cache
def made(hpf, dtype):
    """Returns the algorithm, for tests that change no weight."""
    return Golden(hpf, dtype, lambda_reg=1000.0)


def part(place, value):
    """Returns of a variable's value that of the place's domain."""
    return value if place.domain is None else value[place.domain]


def sums(value):
    value = np.asarray(value, np.float64)
    return np.array([value.sum(), np.abs(value).sum()])


class GoldenTest(tf.test.TestCase, parameterized.TestCase):
    """In float32; the slow tests repeat it in float64, where everything agrees to 1e-6."""

    @parameterized.parameters((0, "float32", 1e-4), (1, "float32", 1e-4))
    def test_outputs(self, hpf, dtype, tolerance):
        self._check_outputs(made(hpf, dtype), tolerance)

    def test_losses_and_gradients(self):
        # Once, compiling takes as long as computing.
        tolerances = {"D": (2e-3, 2e-3), "G": (1e-3, 4e-2)}
        self._check_start(made(1, "float32"), 1e-4, tolerances, compiled=False)

    @pytest.mark.slow
    def test_a_whole_iteration(self):
        self._check_iteration(Golden(1, "float32"), 1e-3, 1e-2, 5e-2)

    @parameterized.parameters(0, 1)
    @pytest.mark.slow
    def test_all_in_float64(self, hpf):
        g = made(hpf, "float64")
        self._check_outputs(g, 2e-6)
        self._check_start(g, 1e-6, {"D": (1e-6, 1e-6), "G": (1e-6, 1e-6)})
        self._check_r1(g)
        # No update was made until here. Of the one to come lambda_reg is 1.
        object.__setattr__(g.hparams, "lambda_reg", 1.0)
        del g._apply
        self._check_iteration(g, 1e-9, 1e-8, 2e-6)  # the reference's image is kept as float32

    def _check_outputs(self, g, tolerance):
        unused = {n for n in g.expected["shapes"] if g.masks(None) and "decode" in n}
        unused = {n for n in unused if "conv1x1" in n}
        self.assertCountEqual(g.named, set(g.expected["shapes"]) - unused)
        batch, arrays = g.batch, g.arrays
        s = g.F(batch["z"], batch["y_trg"])
        fake = tf.transpose(g.G(batch["x"], s, g.masks(None)), (0, 3, 1, 2))[..., ::4, ::4]
        found = {
            "mapping": s,
            "style": g.E(batch["x_ref"], batch["y_trg"]),
            "logit": g.D(batch["x"], batch["y_org"]),
            "fake": fake,
        }
        for name, value in found.items():
            self.assertAllClose(value, arrays[name], rtol=tolerance, atol=tolerance, msg=name)

    def _check_start(self, g, loss_tol, tolerances, compiled=True):
        losses, gradients = g.gradients_at_the_start(compiled)
        self._check_losses(losses, g.expected["losses"], loss_tol)
        phases = ("D_latent", "D_ref", "G_latent", "G_latent", "G_latent", "G_ref")
        expected = {phase: dict(g.expected[f"{phase}_grads"]) for phase in PHASES}
        errors = {"D": [], "G": []}
        for phase, (network, values) in zip(phases, gradients, strict=True):
            variables = g.networks[network].trainable_variables
            by_variable = dict(zip(map(id, variables), values, strict=True))
            for name, place in g.named.items():
                if id(place.variable) not in by_variable:
                    continue
                value = part(place, np.asarray(by_variable[id(place.variable)]))
                wanted = expected[phase].pop(name)
                if wanted[1] < 1e-9:  # a bias before an instance normalization: 0 but for rounding
                    self.assertLess(sums(value)[1], 1e-5 * value.size, name)
                    continue
                scale = max(wanted[1], 1e-5 * value.size)
                errors[phase[0]].append(np.abs(sums(value) - wanted) / scale)
        self.assertEmpty([name for left in expected.values() for name in left])
        for network, (median, worst) in tolerances.items():
            self.assertLess(np.max(errors[network]), worst)
            self.assertLess(np.median(errors[network]), median)

    def _check_r1(self, g):
        @tf.function
        def gradients():
            variables = [keras_versions.tf_variable(v) for v in g.D.trainable_variables]
            with tf.GradientTape() as tape:
                _, reg = gan_losses.r1(lambda x: g.D(x, g.batch["y_org"]), g.batch["x"])
            # The bias of D's output has no part in the gradient by x.
            zero = tf.UnconnectedGradients.ZERO
            return tape.gradient(reg, variables, unconnected_gradients=zero)

        values = dict(zip(map(id, g.D.trainable_variables), gradients(), strict=True))
        expected = g.expected["R1_grads"]
        for name, wanted in expected.items():
            value = np.asarray(values[id(g.named[name].variable)])
            scale = max(wanted[1], 1e-5 * value.size)
            self.assertLess(np.abs(sums(value) - wanted).max() / scale, 1e-6, name)
        self.assertGreater(len(expected), 25)

    def _check_iteration(self, g, loss_tol, delta_tol, image_tol):
        averages = {"generator": "G", "mapping_network": "F", "style_encoder": "E"}
        before = self._values(g, "")
        losses = g.descend(g.config["sgd_lr"])
        self._check_losses(losses, g.expected["iteration_losses"], loss_tol)
        for suffix, key in (("", "iteration_deltas"), ("_ema", "iteration_ema_deltas")):
            after = self._values(g, suffix)
            if suffix:
                self.assertCountEqual({k.split(".")[2] for k in after}, averages)
            for name, value in after.items():
                wanted = g.expected[key].get(name, [0.0, 0.0])
                found = sums(value - before[name])
                scale = max(wanted[1], (1e-8 if g.dtype == "float64" else 1e-5) * value.size)
                self.assertLess(np.abs(found - wanted).max() / scale, delta_tol, name)
        s = tf.constant(g.arrays["mapping"], g.dtype)
        fake = tf.transpose(g.G(g.batch["x"], s, g.masks(None)), (0, 3, 1, 2))[..., ::4, ::4]
        self.assertAllClose(fake, g.arrays["fake_after"], rtol=0, atol=image_tol)

    def _values(self, g, suffix):
        return {
            f"{g.prefix}{network}.{name}": np.array(part(place, np.array(place.variable)))
            for network, places in g.places(suffix).items()
            for name, place in places.items()
        }

    def _check_losses(self, losses, expected, tolerance):
        for phase in PHASES:
            for name, value in expected[phase].items():
                found = losses[f"{OURS[phase]}_{name}"]
                self.assertAllClose(found, value, rtol=tolerance, atol=tolerance, msg=(phase, name))


class ParameterCountTest(tf.test.TestCase, parameterized.TestCase):
    """The counts of the paper's networks at 256 px."""

    @parameterized.parameters(
        (1.0, 2, 43_295_363, 2_438_272, 20_916_928, 20_852_290),
        (0.0, 3, 33_892_995, 3_259_072, 20_949_760, 20_852_803),
    )
    @pytest.mark.slow
    def test_counts(self, w_hpf, domains, *counts):
        G = networks.Generator(256, w_hpf=w_hpf)
        F = networks.MappingNetwork(domains)
        E = networks.StyleEncoder(256, domains)
        D = networks.Discriminator(256, domains)

        @tf.function  # traced, not computed
        def build():
            x, y = tf.zeros((1, 256, 256, 3)), tf.zeros((1, domains))
            mask = tf.zeros((1, 256, 256, 1))
            G(x, F(tf.zeros((1, 16)), y), (mask, mask) if w_hpf else None)
            E(x, y)
            D(x, y)

        build.get_concrete_function()
        self.assertEqual(tuple(n.count_params() for n in (G, F, E, D)), counts)


if __name__ == "__main__":
    tf.test.main()
