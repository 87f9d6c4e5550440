"""The training cycle of StarGAN v1: who is updated, how often, on which batch."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms.stargan_v1 import algorithm as algorithm_v1
from stargan_tf.algorithms.stargan_v1 import losses
from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data.images import transforms
from tests import tiny

DOMAINS = labels_lib.LabelSpace("domains", ("cat", "dog", "fox"))


def _v1(space=tiny.LABELS["stargan_v1"], total_steps=10, **changes):
    problem = algorithm_lib.BuildSettings(space, tiny.SIZE, total_steps)
    return algorithm_v1.StarGANv1(tiny.hparams("stargan_v1", **changes), problem)


class TrainStepTest(tf.test.TestCase, parameterized.TestCase):
    def test_d_is_updated_n_critic_times_and_g_once(self):
        algorithm = _v1(n_critic=3)
        batch = next(tiny.batches(algorithm))
        for step in range(2):
            algorithm.train_step(batch, tf.constant(step, tf.int64))
        self.assertEqual(int(algorithm.optimizers["D"].iterations), 6)
        self.assertEqual(int(algorithm.optimizers["G"].iterations), 2)

    @parameterized.parameters("wgan_gp", "vanilla")
    def test_losses_are_those_of_the_last_batch(self, adversarial_loss):
        # With learning rates of 0 the weights stay, so the losses can be computed from outside.
        algorithm = _v1(g_lr=0.0, d_lr=0.0, adversarial_loss=adversarial_loss)
        batch = next(tiny.batches(algorithm))
        found = algorithm.train_step(batch, tf.constant(0, tf.int64))
        x, c, c_target, alpha = (
            transforms.as_floats(batch[name][-1])
            for name in ("image", "label", "target_label", "alpha")
        )
        G, D = algorithm.networks["G"], algorithm.networks["D"]
        block = algorithm.settings.label_space.blocks[0]
        kinds = {"block": block, "adversarial_loss": adversarial_loss}
        x_fake = G(x, c_target)
        of_d = losses.discriminator(D, x, c, x_fake, alpha, **kinds)
        of_g = losses.generator(G, D, x, c, x_fake, c_target, **kinds)
        expected = {f"D/{k}": v for k, v in of_d.items()} | {f"G/{k}": v for k, v in of_g.items()}
        self.assertCountEqual(found, expected)
        self.assertEqual("D/gp" in found, adversarial_loss == "wgan_gp")
        for name, value in expected.items():
            self.assertAllClose(found[name], value, rtol=1e-5, atol=1e-6, msg=name)

    def test_g_is_updated_on_the_last_batch_with_the_updated_d(self):
        # The same last batch after another first one: only what D learned from that one differs.
        gradients = []
        for first_lr in (0.0, 1e-2):
            keras.utils.set_random_seed(0)
            algorithm = _v1(d_lr=first_lr)
            algorithm.train_step(next(tiny.batches(algorithm)), tf.constant(0, tf.int64))
            gradients.append(tiny.values(algorithm.state())["optimizers/G/m/G/conv_in/kernel"])
        self.assertNotAllClose(*gradients, rtol=1e-3, atol=0)

    def test_learning_rates_are_constant_in_a_step_and_fall_in_the_second_half(self):
        algorithm = _v1(n_critic=2, g_lr=0.5, d_lr=0.25, total_steps=4)
        rates = []
        for optimizer, updates in (("G", 1), ("D", 2)):
            schedule = algorithm.optimizers[optimizer]._learning_rate
            rates.append([float(schedule(step * updates + updates - 1)) for step in range(4)])
            self.assertEqual(rates[-1], [float(schedule(s * updates)) for s in range(4)])
        self.assertAllClose(rates, [[0.5, 0.5, 0.5, 0.25], [0.25, 0.25, 0.25, 0.125]])

    def test_domains_are_trained_with_softmax_and_classified_one_hot(self):
        algorithm = _v1(DOMAINS)
        c = np.eye(3, dtype=np.float32)[[[0, 1, 2, 0], [1, 1, 2, 0]]]
        batch = {
            "image": tf.random.stateless_uniform((2, 4, 16, 16, 3), (0, 1), -1, 1),
            "label": tf.constant(c),
            "target_label": tf.constant(c[:, ::-1]),
            "alpha": tf.fill((2, 4), 0.5),
        }
        algorithm.train_step(batch, tf.constant(0, tf.int64))
        logits = algorithm.networks["D"](batch["image"][0])[1].numpy()
        labels = algorithm.classify(batch["image"][0])
        self.assertAllEqual(labels, np.eye(3)[logits.argmax(axis=1)])
        sheets = algorithm.sample_sheets(batch["image"][0].numpy(), c[0])
        self.assertEqual(list(sheets["targets"].columns), ["input", "cat", "dog", "fox"])
        self.assertNotIn("combinations", sheets)

    def test_it_learns(self):
        keras.utils.set_random_seed(0)
        # Eighty steps on pictures whose label is their colour: D tells real labels apart.
        algorithm = _v1(DOMAINS, n_critic=1, d_lr=2e-3, g_lr=2e-3, total_steps=160)
        take = tf.function(algorithm.train_step)
        random = np.random.default_rng(0)
        c = np.eye(3, dtype=np.float32)[np.arange(6) % 3]
        found = []
        for _ in range(80):
            x = random.normal(0, 0.1, (1, 6, 16, 16, 3)) + c[None, :, None, None] - 0.5
            batch = {
                "image": tf.constant(x.clip(-1, 1), tf.float32),
                "label": tf.constant(c[None]),
                "target_label": tf.constant(random.permutation(c)[None]),
                "alpha": tf.constant(random.uniform(size=(1, 6)), tf.float32),
            }
            losses_ = take(batch, tf.constant(0, tf.int64))
            found.append({name: float(value) for name, value in losses_.items()})
        self.assertGreater(found[0]["D/cls"], 0.9)
        self.assertLess(found[-1]["D/cls"], 0.6)
        self.assertLess(found[-1]["G/rec"], found[0]["G/rec"])


class BuildTest(tf.test.TestCase):
    def test_image_sizes_that_the_networks_can_not_take(self):
        hparams = tiny.hparams("stargan_v1")
        for size in (4, 12, 20):
            with self.assertRaisesRegex(errors.UserError, f"received image_size={size}"):
                hparams.check(size)
        hparams.check(8)
        hparams.check(24)

    def test_without_training_there_are_no_optimizers(self):
        problem = algorithm_lib.BuildSettings(tiny.LABELS["stargan_v1"], tiny.SIZE, training=False)
        algorithm = algorithm_v1.StarGANv1(tiny.hparams("stargan_v1"), problem)
        self.assertEmpty(algorithm.optimizers)
        self.assertCountEqual(algorithm.weights(), _v1().weights())

    def test_translation_takes_other_sizes_than_it_was_trained_on(self):
        algorithm = _v1()
        for height, width in ((16, 16), (20, 36)):
            x = tf.random.stateless_uniform((2, height, width, 3), (0, 1), -1, 1)
            c = np.ones((2, 3), np.float32)
            self.assertAllClose(algorithm.translate(x, c), algorithm.networks["G"](x, c), atol=1e-5)


if __name__ == "__main__":
    tf.test.main()
