"""What StarGAN-VC refuses, in one sentence each; and what it advises."""

import types

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.stargan_vc import hparams, training_1d, training_2d, watching
from stargan_tf.base import errors
from stargan_tf.data import labels
from stargan_tf.training import alerts

SPEAKERS = labels.LabelSpace("domains", ("anna", "ben"))


class HParamsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ({"channels": 64}, (64, 36), "`channels` belongs to architecture=2d; received channels=64"),
        ({"architecture": "2d", "gan_loss": "lsgan"}, (64, 36), "`gan_loss` belongs to architecture"
         "=1d; received gan_loss=lsgan with architecture=2d; leave it out or"),
        ({"architecture": "2d", "channels": 6}, (64, 36), "multiple of 4, .*=6; choose 4"),
        ({}, (66, 36), "multiple of 4 frames; received frames=66; choose 64"),
        ({"architecture": "2d"}, (100, 36), "multiple of 32 frames; received frames=100; choose 9"),
        ({"architecture": "2d"}, (12, 36), "received frames=12; choose 32"),
        ({"architecture": "2d"}, (64, 80), "takes frames of 36 features; received 80; choose"),
        ({"dropout": 1.0}, (64, 36), "dropout must be .*below 1; received 1.0"),
        ({"gradient_clip": -1.0}, (64, 36), "gradient_clip must be .*at least 0; received -1.0"),
    )  # fmt: skip
    def test_values_that_make_no_sense(self, given, shape, message):
        with self.assertRaisesRegex(errors.UserError, message):
            hparams.HParams(**given).check(128, shape)

    def test_values_that_do(self):
        hparams.HParams().check(128, (64, 80))
        hparams.HParams(architecture="2d", norm="batch", segments="mean").check(128, (64, 36))

    @parameterized.parameters(
        (labels.LabelSpace("domains", ("anna",)), "two or more, .*received the domains anna; ch"),
        (labels.LabelSpace("attributes", ("Male", "Young")), "received the attributes Male, Young"),
    )
    def test_data_that_it_can_not_learn(self, space, message):
        with self.assertRaisesRegex(errors.UserError, message):
            hparams.HParams().check_training(space)

    def test_batch_norm_is_of_one_device(self):
        h = hparams.HParams(architecture="2d", norm="batch")
        h.check_replicas(1)
        with self.assertRaisesRegex(errors.UserError, "with 2 devices; choose norm=instance, or"):
            h.check_replicas(2)

    @parameterized.parameters(
        ("1d", "auto", False), ("2d", "auto", True), ("1d", "speaker", True), ("2d", "all", False)
    )
    def test_whose_scale(self, architecture, normalize, by_speaker):
        h = hparams.HParams(architecture=architecture, normalize=normalize)
        self.assertEqual(h.by_speaker, by_speaker)


class WatchingTest(tf.test.TestCase, parameterized.TestCase):
    def _advice(self, **given):
        class Watched(watching.Watching):
            hparams = None

        watched = Watched()
        watched.hparams = hparams.HParams(**given)
        return watched.advice()

    def test_advice_names_options_with_other_values(self):
        found = self._advice()
        self.assertContainsSubset(found, alerts.ALERTS)
        self.assertIn("(d_lr=2e-05)", found["classification_at_chance"])
        self.assertIn("(d_lr=2e-06)", found["loss_at_zero"])
        self.assertIn("lambda_cls=3", found["label_ignored"])
        self.assertIn("c_lr=0.0003", self._advice(architecture="2d")["classification_at_chance"])
        self.assertIn("lambda_cls=3", self._advice(lambda_cls=0.0)["label_ignored"])

    def test_the_loss_of_who_knows_the_shares_alone(self):
        shares = watching.frequencies([np.eye(3)[[0, 0, 1]], np.eye(3)[[0]]])
        self.assertAllClose(shares, [0.75, 0.25, 0])
        expected = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
        self.assertAllClose(watching.entropy(shares), expected)
        self.assertAllClose(watching.entropy(np.full(4, 0.25)), np.log(4))

    @parameterized.parameters(("product", 3), ("mean", 1))
    def test_the_loss_of_a_classifier_that_knows_nothing(self, segments, count):
        shares = np.full(4, 0.25)
        # The author's program divides by the number of speakers, too.
        found = training_1d.Training.chance(None, np.array([0.5, 0.3, 0.1, 0.1]))
        self.assertAllClose(found["D/cls"], np.log(4) / 4)
        stub = types.SimpleNamespace(
            settings=types.SimpleNamespace(sample_shape=(96, 36)),
            hparams=hparams.HParams(architecture="2d", segments=segments),
        )
        found = training_2d.Training.chance(stub, shares)  # C tells one of 32 frames
        self.assertAllClose(found["C/cls"], count * np.log(4))


if __name__ == "__main__":
    tf.test.main()
