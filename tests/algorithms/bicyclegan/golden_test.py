"""Networks, losses, gradients and whole steps of BicycleGAN against the reference's, in float64."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.bicyclegan import losses
from tests.algorithms.bicyclegan import golden
from tests.algorithms.bicyclegan.golden import nchw, sums
from tests.golden import rule

_TERMS = {"G/adv": "G_GAN", "G/adv2": "G_GAN2", "G/l1": "G_L1", "G/latent": "z_L1", "E/kl": "kl"}
_OFF = {"lambda_gan": 0.0, "lambda_gan2": 0.0, "lambda_l1": 0.0, "lambda_z": 0.0, "lambda_kl": 0.0}
# Which gradients a golden file has, of which networks, and with which weights of the losses.
_GRADIENTS = {
    "EG_grads": (("E", "G"), {"lambda_z": 0.0}),
    "z_grads": (("G",), {**_OFF, "lambda_z": 1.0}),
    "kl_grads": (("E",), {**_OFF, "lambda_kl": 1.0}),
    "D_grads": (("D",), {}),
    "D2_grads": (("D2",), {}),
}


@functools.cache
def made(name):
    """Returns the algorithm at its first weights, for tests that change none."""
    return golden.Golden(name)


def gradients(g, changes):
    """Returns the losses of a step, and the gradients by network that it would apply."""
    kept, applied = g.hparams, {}
    g.hparams = type(kept)(**{**vars(kept), **changes})
    g._apply = applied.__setitem__
    try:
        return g.train_step(g.batch(0), tf.constant(0, tf.int64)), applied
    finally:
        g.hparams = kept
        del g._apply


class GoldenTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters("all", "input")
    def test_outputs(self, name):
        g = made(name)
        self.assertCountEqual(g.named, g.expected["shapes"])
        batch = g.batch(0)
        a, b, z = batch["a"][0], batch["b"], batch["z"]
        mu, logvar = g.E(b[0])
        encoded = losses.sampled(mu, logvar, batch["eps"])
        fake, fake2 = g.G(a, encoded), g.G(a, z)
        found = {
            "mu": mu,
            "logvar": logvar,
            "z_encoded": encoded,
            "z_random": z,
            "mu2": g.E(fake2)[0],
            "fake_B_encoded": nchw(fake)[..., ::4, ::4],
            "fake_B_random": nchw(fake2)[..., ::4, ::4],
            "fake_B_mean": nchw(g.G(a, mu))[..., ::4, ::4],
        }
        seen = {"D_real": (a, b[0]), "D_fake": (a, fake), "D2_fake": (a, fake2)}
        seen["D2_real"] = (batch["a"][1], b[1])
        for key, images in seen.items():
            D = g.networks[key.partition("_")[0]]
            for scale, scores in enumerate(D(g._seen(*images))):
                found[f"{key}_{scale}"] = nchw(scores)[..., ::2, ::2]
        rest = {"fake_B_random_after", "fake_B_dropout"} & set(g.arrays)
        self.assertCountEqual(found, set(g.arrays) - rest)
        for key, value in found.items():
            self.assertAllClose(value, g.arrays[key], rtol=1e-10, atol=1e-10, msg=key)

    def test_dropout(self):
        g = made("all")
        shapes = g.G.dropped_shapes()
        self.assertLen(shapes, g.config["dropouts"])
        # The reference's are (N, C, H, W).
        uniforms = [
            rule.uniform(f"{g.prefix}dropout{i}", (2, shape[2], *shape[:2])).transpose(0, 2, 3, 1)
            for i, shape in enumerate(shapes)
        ]
        dropout = np.concatenate([u.reshape(2, -1) for u in uniforms], axis=1)
        batch = g.batch(0)
        fake = g.G(batch["a"][0], batch["z"], tf.constant(dropout))
        self.assertAllClose(nchw(fake)[..., ::4, ::4], g.arrays["fake_B_dropout"], atol=1e-10)
        self.assertNotAllClose(fake, g.G(batch["a"][0], batch["z"]), atol=1e-2)

    @parameterized.parameters(("all", "EG_grads"), ("input", "D2_grads"))
    def test_losses_and_gradients(self, name, key):
        self._check_gradients(name, key)

    @parameterized.product(name=("all", "input"), key=tuple(_GRADIENTS))
    @pytest.mark.slow
    def test_all_losses_and_gradients(self, name, key):
        self._check_gradients(name, key)

    def _check_gradients(self, name, key):
        g, (taught, changes) = made(name), _GRADIENTS[key]
        told, found = gradients(g, changes)
        expected = g.expected["losses"]
        for ours, theirs in _TERMS.items():
            self.assertAllClose(told[ours], expected[theirs], rtol=1e-12, msg=ours)
        for D in ("D", "D2"):
            for side in ("real", "fake"):
                self.assertAllClose(told[f"{D}/{side}"], expected[f"{D}_{side}"], rtol=1e-12)
        variables = {
            id(variable): gradient
            for network in taught
            for variable, gradient in zip(
                g.networks[network].trainable_variables, found[network], strict=True
            )
        }
        wanted = dict(g.expected[key])
        for name_, variable in g.named.items():
            if id(variable) not in variables:
                continue
            gradient, sums_ = variables[id(variable)], wanted.pop(name_, [0.0, 0.0])
            value = sums(0.0 if gradient is None else gradient)
            scale = max(sums_[1], 1e-5 * int(np.prod(variable.shape)))
            self.assertLess(np.abs(value - sums_).max() / scale, 1e-8, name_)
        self.assertEmpty(wanted)

    @parameterized.parameters("all", "input")
    @pytest.mark.slow
    def test_two_whole_steps(self, name):
        g = golden.Golden(name, use_dropout=False)
        take = tf.function(g.train_step)
        first = {key: np.array(variable) for key, variable in g.named.items()}
        for t in (0, 1):
            told = take(g.batch(t), tf.constant(t, tf.int64))
            expected = dict(g.expected["step_losses"][t])
            for D in ("D", "D2"):
                both = told[f"{D}/real"] + told[f"{D}/fake"]
                self.assertAllClose(both, expected.pop(D), rtol=1e-7, msg=(t, D))
            for ours, theirs in _TERMS.items():
                self.assertAllClose(told[ours], expected.pop(theirs), rtol=1e-7, msg=(t, ours))
            self.assertEmpty(expected)
            deltas = dict(g.expected[f"deltas_{t + 1}"])
            for key, variable in g.named.items():
                wanted, found = deltas.pop(key), sums(np.array(variable) - first[key])
                size = int(np.prod(variable.shape))
                if wanted[1] < 1e-6 * size:  # a bias before IN, whose gradient is 0
                    self.assertLess(found[1], 1e-6 * size, (t, key))
                    continue
                error = np.abs(found - wanted).max() / wanted[1]
                self.assertLess(error, 1e-6, (t, key))
            self.assertEmpty(deltas)
        batch = g.batch(0)
        after = nchw(g.G(batch["a"][0], batch["z"]))[..., ::4, ::4]
        self.assertAllClose(after, g.arrays["fake_B_random_after"], rtol=0, atol=1e-6)

    def test_networks_for_256_pixels(self):
        g = golden.Golden("256")
        self.assertCountEqual(g.named, g.expected["shapes"])
        a, b = g.image("A", 3, 2), g.image("B", 3, 2)
        z = tf.constant(rule.normal(f"{g.prefix}z", (2, 8)), g.dtype)
        mu, logvar = g.E(b)
        found = {"mu": mu, "logvar": logvar, "fake": nchw(g.G(a, z))[..., ::8, ::8]}
        found |= {f"D_{k}": nchw(s)[..., ::2, ::2] for k, s in enumerate(g.D(b))}
        self.assertCountEqual(found, g.arrays)
        for key, value in found.items():
            self.assertAllClose(value, g.arrays[key], rtol=1e-10, atol=1e-10, msg=key)


if __name__ == "__main__":
    tf.test.main()
