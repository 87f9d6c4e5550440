"""What CycleGAN refuses, in one sentence each; its schedule and its advice."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.cyclegan import hparams, watching
from stargan_tf.base import errors
from stargan_tf.data import labels
from stargan_tf.optimization import schedules
from stargan_tf.training import alerts

DOMAINS = labels.LabelSpace("domains", ("cat", "dog", "fox"))


class HParamsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ({}, 250, "a multiple of 4 and at least 8, .*received image_size=250; choose 64"),
        ({"d_layers": 1}, 4, "a multiple of 4 and at least 8.*received image_size=4"),
        ({}, 16, "d_layers=3 needs an image_size of at least 24.*received image_size=16"),
        ({"lambda_a": -1.0}, 64, "lambda_a must be .*at least 0; received -1.0"),
        ({"pool_size": -1}, 64, "pool_size must be at least 0; received -1"),
        ({"lr_decay_start": 2.0}, 64, "lr_decay_start must be from 0 to 1; received 2.0; it is a"),
        ({"epoch_steps": -1}, 64, "epoch_steps must be at least 0"),
    )
    def test_values_that_make_no_sense(self, given, size, message):
        with self.assertRaisesRegex(errors.UserError, message):
            hparams.HParams(**given).check(size)

    def test_values_that_do(self):
        hparams.HParams().check(256)
        hparams.HParams(pool_size=0, lambda_idt=0.0).check(24)

    @parameterized.parameters(
        ("cat", "names two domains, as in pair=cat,dog; received pair=cat"),
        ("cat,cat", "received pair=cat,cat"),
        ("cat,dog,fox", "received pair=cat,dog,fox"),
        ("cat,dgo", "Unknown domain 'dgo'.*Did you mean dog"),
    )
    def test_pairs_that_make_no_sense(self, pair, message):
        with self.assertRaisesRegex(errors.UserError, message):
            hparams.HParams(pair=pair).check_training(DOMAINS)

    @parameterized.parameters(
        (labels.LabelSpace("domains", ("cat",)), "needs two or more; received only cat"),
        (labels.LabelSpace("attributes", ("Male", "Young")), "pass domains=A,B instead"),
        (
            labels.JointSpace.of([("a", DOMAINS), ("b", DOMAINS)]),
            "trained on one data set; received several in `datasets`",
        ),
        (
            labels.LabelSpace("domains", tuple(f"d{i}" for i in range(150))),
            "150 domains are 11,175 pairs, .*at most 100 .*pass pair=d0,d1 to train one",
        ),
    )
    def test_data_that_it_can_not_learn(self, space, message):
        with self.assertRaisesRegex(errors.UserError, message):
            hparams.HParams().check_training(space)

    def test_a_pair_of_many_domains_can_be_learnt(self):
        space = labels.LabelSpace("domains", tuple(f"d{i}" for i in range(150)))
        one = hparams.HParams(pair="d149,d7")
        one.check_training(space)
        self.assertEqual(one.pairs(space), ((7, 149),))


class EpochDecayTest(tf.test.TestCase):
    def test_of_epochs_that_do_not_fill_the_steps(self):
        # 25 steps are 3 epochs of 10, the last of 5; one and a half rounds to 2 constant ones.
        schedule = schedules.EpochDecay(6.0, 25, 10)
        rates = [float(schedule(n)) for n in (0, 9, 10, 19, 20, 24)]
        self.assertAllClose(rates, [6, 6, 6, 6, 3, 3])
        clone = schedules.EpochDecay(**schedule.get_config())
        self.assertEqual(clone.get_config(), schedule.get_config())

    def test_may_be_constant(self):
        schedule = schedules.EpochDecay(6.0, 25, 10, decay_start=1.0)
        self.assertAllEqual([float(schedule(n)) for n in range(25)], np.full(25, 6.0))


class AdviceTest(tf.test.TestCase, parameterized.TestCase):
    def test_is_for_alerts_and_names_options_with_other_values(self):
        found = watching.advice(hparams.HParams())
        self.assertContainsSubset(found, alerts.ALERTS)
        self.assertIn("(lr=7e-05)", found["dead_units"])
        self.assertIn("d_conv_dim=32", found["loss_at_zero"])
        self.assertIn("lambda_a=3.3 lambda_b=3.3) or of the identity", found["identity"])
        without = watching.advice(hparams.HParams(lambda_idt=0.0, lambda_a=0.0, d_conv_dim=1))
        self.assertNotIn("idt", without["identity"])
        self.assertIn("lambda_a=3 lambda_b=30", without["source_ignored"])


if __name__ == "__main__":
    tf.test.main()
