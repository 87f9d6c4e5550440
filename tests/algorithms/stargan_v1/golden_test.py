"""Networks, losses and gradients of StarGAN v1 against the reference program's."""

import json
import pathlib

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.stargan_v1 import losses, networks, reference
from stargan_tf.data import labels
from stargan_tf.weights import torch_layouts
from tests.algorithms.stargan_v1 import golden_checks
from tests.golden import rule

GOLDEN = pathlib.Path(__file__).parents[2] / "golden"
EXPECTED = json.loads((GOLDEN / "stargan_v1.json").read_text())
ARRAYS = np.load(GOLDEN / "stargan_v1.npz")
CONFIG = EXPECTED["config"]
NAMES = tuple(f"attribute{i}" for i in range(CONFIG["c_dim"]))
BLOCK = labels.LabelSpace("attributes", NAMES).blocks[0]
KIND = {"block": BLOCK, "adversarial_loss": "wgan_gp"}


def _inputs(dtype):
    n, size = CONFIG["batch"], CONFIG["image_size"]
    x = rule.image("v1.x_real", (n, 3, size, size)).transpose(0, 2, 3, 1)
    c, c_target = (
        (rule.uniform(f"v1.{name}", (n, CONFIG["c_dim"])) > 0.5).astype("float32")
        for name in ("c_org", "c_trg")
    )
    alpha = rule.uniform("v1.alpha", (n, 1, 1, 1))[:, 0, 0, 0]
    return tuple(tf.constant(v, dtype) for v in (x, c, c_target, alpha))


def _networks(dtype):
    G = networks.Generator(CONFIG["c_dim"], CONFIG["conv_dim"], CONFIG["g_repeat_num"], dtype=dtype)
    D = networks.Discriminator(
        CONFIG["image_size"],
        CONFIG["c_dim"],
        CONFIG["conv_dim"],
        CONFIG["d_repeat_num"],
        dtype=dtype,
    )
    x, c, _, _ = _inputs(dtype)
    G(x, c)
    D(x)
    shapes = EXPECTED["shapes"]
    named = {f"v1.G.{k}": v for k, v in reference.generator_names(G).items()}
    named |= {f"v1.D.{k}": v for k, v in reference.discriminator_names(D).items()}
    torch_layouts.assign(named, {name: rule.weight(name, shapes[name]) for name in named})
    return G, D, named


class GoldenTest(golden_checks.GoldenTestCase):
    def test_every_reference_weight_has_its_variable(self):
        G, D, named = _networks("float32")
        self.assertCountEqual(named, EXPECTED["shapes"])
        count = sum(int(np.prod(s)) for s in EXPECTED["shapes"].values())
        self.assertEqual(G.count_params() + D.count_params(), count)

    @parameterized.parameters(("float64", 1e-6), ("float32", 1e-4))
    def test_outputs(self, dtype, tolerance):
        G, D, _ = _networks(dtype)
        x, _, c_target, _ = _inputs(dtype)
        out = tf.transpose(G(x, c_target), (0, 3, 1, 2))[..., ::4, ::4]
        self.assertAllClose(out, ARRAYS["G_out"], rtol=0, atol=tolerance)
        src, cls = D(x)
        src = tf.transpose(src, (0, 3, 1, 2))
        self.assertAllClose(src, ARRAYS["D_src"], rtol=tolerance, atol=tolerance)
        self.assertAllClose(cls, ARRAYS["D_cls"], rtol=tolerance, atol=tolerance)

    @parameterized.parameters(("float64", 1e-6, 1e-6, 1e-6), ("float32", 1e-4, 2e-3, 2e-3))
    def test_discriminator_losses_and_gradients(self, dtype, loss_tol, median_tol, worst_tol):
        G, D, named = _networks(dtype)
        x, c, c_target, alpha = _inputs(dtype)
        named = {k: v for k, v in named.items() if k.startswith("v1.D.")}
        x_fake = G(x, c_target)
        with tf.GradientTape(persistent=True) as tape:
            found = losses.discriminator(D, x, c, x_fake, alpha, **KIND)
            total = losses.total(found, {"gp": 10.0})
        self.check_losses(found, EXPECTED["D_losses"], loss_tol)
        self.check_gradients(tape, total, named, EXPECTED["D_grads"], median_tol, worst_tol)
        expected = EXPECTED["D_gp_grads"]
        self.check_gradients(tape, found["gp"], named, expected, median_tol, worst_tol)

    @parameterized.parameters(("float64", 1e-6, 1e-6, 1e-6), ("float32", 1e-4, 1e-3, 4e-2))
    def test_generator_losses_and_gradients(self, dtype, loss_tol, median_tol, worst_tol):
        G, D, named = _networks(dtype)
        x, c, c_target, _ = _inputs(dtype)
        named = {k: v for k, v in named.items() if k.startswith("v1.G.")}
        with tf.GradientTape() as tape:
            found = losses.generator(G, D, x, c, G(x, c_target), c_target, **KIND)
            total = losses.total(found, {"rec": 10.0})
        self.check_losses(found, EXPECTED["G_losses"], loss_tol)
        self.check_gradients(tape, total, named, EXPECTED["G_grads"], median_tol, worst_tol)


class ParameterCountTest(tf.test.TestCase, parameterized.TestCase):
    """The counts of the paper's networks, from table 4 and 5."""

    def test_generator(self):
        G = networks.Generator(5)
        G(tf.zeros((1, 8, 8, 3)), tf.zeros((1, 5)))
        self.assertEqual(G.count_params(), 8_430_528)

    @parameterized.parameters((5, 44_762_048), (8, 44_786_624))
    def test_discriminator(self, labels, count):
        D = networks.Discriminator(128, labels)
        D(tf.zeros((1, 128, 128, 3)))
        self.assertEqual(D.count_params(), count)


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    tf.test.main()
