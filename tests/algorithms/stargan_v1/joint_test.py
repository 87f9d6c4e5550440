"""Joint training on several data sets against the reference program's, and its order of updates."""

import json
import pathlib

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms.stargan_v1 import algorithm as v1
from stargan_tf.algorithms.stargan_v1 import inputs, losses, networks, reference
from stargan_tf.base import keras_versions
from stargan_tf.data import joint, labels
from stargan_tf.data.pipeline import samplers as pipeline
from stargan_tf.weights import torch_layouts
from tests import tiny
from tests.algorithms.stargan_v1 import golden_checks
from tests.golden import rule

GOLDEN = pathlib.Path(__file__).parents[2] / "golden"
EXPECTED, ARRAYS = {}, {}
for _kind in ("attributes", "domains"):
    EXPECTED[_kind] = json.loads((GOLDEN / f"stargan_v1_joint_{_kind}.json").read_text())
    ARRAYS[_kind] = np.load(GOLDEN / f"stargan_v1_joint_{_kind}.npz")
CONFIG = EXPECTED["attributes"]["config"]
SPACE = labels.JointSpace.of(
    [
        ("faces", labels.LabelSpace("attributes", tuple(f"a{i}" for i in range(5)))),
        ("moods", labels.LabelSpace("domains", tuple(f"d{i}" for i in range(8)))),
    ]
)


class GoldenTest(golden_checks.GoldenTestCase):
    def _inputs(self, kind, dtype):
        n, size = CONFIG["batch"], CONFIG["image_size"]
        x = rule.image(f"v1joint.{kind}.x_real", (n, 3, size, size)).transpose(0, 2, 3, 1)
        alpha = rule.uniform(f"v1joint.{kind}.alpha", (n, 1, 1, 1))[:, 0, 0, 0]
        if kind == "attributes":
            own = [rule.uniform(f"v1joint.{name}", (n, 5)) > 0.5 for name in ("c_org", "c_trg")]
        else:
            own = [np.eye(8)[EXPECTED[kind]["config"][name]] for name in ("y_org", "y_trg")]
        c, c_target = (SPACE.unified(int(kind == "domains"), label) for label in own)
        return tuple(tf.constant(v, dtype) for v in (x, c, c_target, alpha))

    def _networks(self, kind, dtype):
        G = networks.Generator(SPACE.width, CONFIG["conv_dim"], CONFIG["g_repeat_num"], dtype=dtype)
        D = networks.Discriminator(
            CONFIG["image_size"],
            len(SPACE.names),
            CONFIG["conv_dim"],
            CONFIG["d_repeat_num"],
            dtype=dtype,
        )
        x, c, _, _ = self._inputs(kind, dtype)
        G(x, c)
        D(x)
        shapes = EXPECTED[kind]["shapes"]
        named = {f"v1joint.G.{k}": v for k, v in reference.generator_names(G).items()}
        named |= {f"v1joint.D.{k}": v for k, v in reference.discriminator_names(D).items()}
        self.assertCountEqual(named, shapes)
        torch_layouts.assign(named, {name: rule.weight(name, shapes[name]) for name in named})
        return G, D, named

    @parameterized.product(kind=("attributes", "domains"), dtype=("float64", "float32"))
    def test_outputs_losses_and_gradients(self, kind, dtype):
        # In float32 one sign flips before a leaky ReLU: 4e-3 of the first bias.
        tolerances = {"float64": [1e-6] * 5, "float32": [1e-4, 2e-3, 1e-2, 1e-3, 4e-2]}[dtype]
        tolerance = tolerances[0]
        expected, arrays = EXPECTED[kind], ARRAYS[kind]
        block = SPACE.blocks[int(kind == "domains")]
        kinds = {"block": block, "adversarial_loss": "wgan_gp"}
        G, D, named = self._networks(kind, dtype)
        x, c, c_target, alpha = self._inputs(kind, dtype)
        x_fake, (src, cls) = G(x, c_target), D(x)
        out = tf.transpose(x_fake, (0, 3, 1, 2))[..., ::4, ::4]
        self.assertAllClose(out, arrays["G_out"], rtol=0, atol=tolerance)
        src = tf.transpose(src, (0, 3, 1, 2))
        self.assertAllClose(src, arrays["D_src"], rtol=tolerance, atol=tolerance)
        self.assertAllClose(cls, arrays["D_cls"], rtol=tolerance, atol=tolerance)
        for network, weights in (("D", {"gp": 10.0}), ("G", {"rec": 10.0})):
            with tf.GradientTape() as tape:
                if network == "D":
                    found = losses.discriminator(D, x, c, x_fake, alpha, **kinds)
                else:
                    found = losses.generator(G, D, x, c, G(x, c_target), c_target, **kinds)
                total = losses.total(found, weights)
            self.check_losses(found, expected[f"{network}_losses"], tolerance)
            own = {k: v for k, v in named.items() if k.startswith(f"v1joint.{network}.")}
            median, worst = tolerances[1:3] if network == "D" else tolerances[3:5]
            self.check_gradients(tape, total, own, expected[f"{network}_grads"], median, worst)

    @parameterized.parameters("attributes", "domains")
    def test_gradients_into_the_other_block_are_zero(self, kind):
        number = int(kind == "domains")
        block, other = SPACE.blocks[number], SPACE.blocks[1 - number]
        G, D, _ = self._networks(kind, "float32")
        x, c, c_target, alpha = self._inputs(kind, "float32")
        kinds = {"block": block, "adversarial_loss": "wgan_gp"}
        with tf.GradientTape(persistent=True) as tape:
            x_fake = G(x, c_target)
            d = losses.total(losses.discriminator(D, x, c, x_fake, alpha, **kinds), {})
            g = losses.total(losses.generator(G, D, x, c, x_fake, c_target, **kinds), {})
        # D_cls' kernel ends in an output for every label; so only the block at hand learns.
        kernel = keras_versions.tf_variable(D.cls.kernel)
        for loss in (d, g):
            found = tape.gradient(loss, kernel).numpy()
            self.assertAllEqual(other.of(found), np.zeros_like(other.of(found)))
            self.assertNotAllEqual(block.of(found), np.zeros_like(block.of(found)))
        # G's first kernel has an input for every label, after the three colours.
        found = tape.gradient(g, keras_versions.tf_variable(G.conv_in.kernel)).numpy()
        found = np.moveaxis(found[:, :, 3:], 2, -1)
        self.assertAllEqual(other.of(found), np.zeros_like(other.of(found)))
        mask = found[..., len(SPACE.names) :]
        self.assertNotAllEqual(mask[..., number], np.zeros_like(mask[..., number]))
        self.assertAllEqual(mask[..., 1 - number], np.zeros_like(mask[..., number]))

    def test_parameter_counts_of_the_papers_joint_run(self):
        G, D = networks.Generator(SPACE.width), networks.Discriminator(256, len(SPACE.names))
        G(tf.zeros((1, 8, 8, 3)), tf.zeros((1, SPACE.width)))
        D(tf.zeros((1, 256, 256, 3)))
        self.assertEqual(G.count_params(), 8_461_888)
        self.assertEqual(D.count_params(), 45_147_072)


def pictures():
    """Two tiny data sets, of attributes and of domains."""
    sets = [tiny.Pictures(), tiny.Pictures(9, tiny.LABELS["stargan_v2"])]
    return joint.Joint(sets, ("looks", "hair"))


def samplers(images):
    members = (pipeline.Sampler(m, 1 + k, tiny.SIZE) for k, m in enumerate(images.members))
    return pipeline.JointSampler(tuple(members))


def built(n_critic=2):
    space = pictures().label_space
    hparams = tiny.hparams("stargan_v1", n_critic=n_critic)
    keras.utils.set_random_seed(0)
    return v1.StarGANv1(hparams, algorithm_lib.BuildSettings(space, tiny.SIZE, total_steps=4))


class StepTest(tf.test.TestCase):
    def test_batches_of_the_data_sets_take_turns(self):
        images = pictures()
        dataset = inputs.inputs(samplers(images), pipeline.Slices(4), 5, 3)
        alone = [
            next(iter(inputs.inputs(pipeline.JointSampler((member,)), pipeline.Slices(4), 5, 3)))
            for member in samplers(images).members
        ]
        found = next(iter(dataset))
        self.assertEqual(found["image"].shape, (6, 4, 16, 16, 3))
        for name, value in found.items():
            for k in range(6):
                self.assertAllEqual(value[k], alone[k % 2][name][k // 2], msg=name)
        mask = found["label"][..., -2:]
        self.assertAllEqual(mask, np.tile(np.eye(2)[[0, 1, 0, 1, 0, 1], None], (1, 4, 1)))
        self.assertAllEqual(found["target_label"][..., -2:], mask)

    def test_replicas_and_resumed_runs_see_the_same_batches(self):
        whole = list(inputs.inputs(samplers(pictures()), pipeline.Slices(4), 0, 2).take(2))
        slices = pipeline.Slices(4, replicas=2, local=2)
        halves = list(inputs.inputs(samplers(pictures()), slices, 1, 2).take(2))
        joined = np.concatenate([half["image"] for half in halves], axis=1)
        self.assertAllEqual(joined, whole[1]["image"])

    def test_every_round_updates_d_on_each_and_the_last_g_too(self):
        algorithm, updates = built(n_critic=3), []
        blocks = {block: block.name for block in algorithm.settings.label_space.blocks}
        for name in ("D", "G"):
            gradients = getattr(algorithm, f"_{name.lower()}_gradients")

            def recorded(*args, name=name, gradients=gradients):
                updates.append((name, blocks[args[-1]]))
                return gradients(*args)

            setattr(algorithm, f"_{name.lower()}_gradients", recorded)
        batch = next(iter(inputs.inputs(samplers(pictures()), pipeline.Slices(4), 0, 3)))
        found = algorithm.train_step(batch, tf.constant(0, tf.int64))
        rounds = [("D", "looks"), ("D", "hair")] * 2
        last = [("D", "looks"), ("G", "looks"), ("D", "hair"), ("G", "hair")]
        self.assertEqual(updates, rounds + last)
        self.assertEqual(int(algorithm.optimizers["D"].iterations), 6)
        self.assertEqual(int(algorithm.optimizers["G"].iterations), 2)
        expected = [f"{n}/{s}/{loss}" for s in ("looks", "hair")
                    for n, names in (("D", ("real", "fake", "cls", "gp")),
                                     ("G", ("fake", "cls", "rec"))) for loss in names]  # fmt: skip
        self.assertCountEqual(found, expected)
        for value in found.values():
            self.assertTrue(np.isfinite(value))

    def test_learning_rates_are_constant_within_a_step(self):
        algorithm = built()
        for name, updates in (("G", 2), ("D", 4)):
            rate = algorithm.optimizers[name]._learning_rate
            of_steps = [{float(rate(s * updates + u)) for u in range(updates)} for s in range(4)]
            self.assertAllClose([min(s) for s in of_steps], [1e-4, 1e-4, 1e-4, 0.5e-4])
            self.assertEqual([len(s) for s in of_steps], [1] * 4)

    def test_sheets_show_every_label_of_every_data_set(self):
        algorithm, images = built(), pictures()
        x, c = pipeline.spread_out(samplers(images), 4)
        self.assertAllEqual(c[:, -2:], np.eye(2)[[0, 0, 1, 1]])
        seen = algorithm.classify(tf.constant(x))
        self.assertAllEqual(seen[:, -2:], np.zeros((4, 2)))
        self.assertAllEqual(seen[:, 3:6].sum(axis=1), np.ones(4))
        found = algorithm.sample_sheets(x, c)
        self.assertEqual(list(found["targets"].columns), ["input", *images.label_space.names])
        # A label of the other data set goes to an image as D sees its other labels there.
        smiling = images.label_space.index("Smiling")
        asked = np.zeros((1, 8), np.float32)
        asked[0, :3], asked[0, 6] = seen[3, :3], 1
        asked[0, smiling] = 1 - asked[0, smiling]
        column = found["targets"].images[3, 1 + smiling]
        self.assertAllClose(column, algorithm.translate(x[3:], asked)[0], atol=1e-5)


if __name__ == "__main__":
    tf.test.main()
