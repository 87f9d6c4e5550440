"""What StarGAN-VC2 refuses, in one sentence each; and its advice."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.stargan_vc2 import hparams, watching
from stargan_tf.base import errors
from stargan_tf.data import labels
from stargan_tf.training import alerts

SPEAKERS = labels.LabelSpace("domains", ("anna", "ben"))


class HParamsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ({"g_channels": 0}, "g_channels must be at least 1; received 0"),
        ({"g_repeat_num": 0}, "g_repeat_num must be at least 1; received 0"),
        ({"lambda_id": -1.0}, "lambda_id must be .*at least 0; received -1.0"),
        ({"id_steps": -1}, "id_steps must be at least 0; received -1"),
        ({"lambda_cyc": float("nan")}, "lambda_cyc must be a finite number.*received nan"),
        ({"beta_1": 1.0}, "beta_1 must be at least 0 and below 1; received 1.0"),
    )
    def test_values_that_make_no_sense(self, given, message):
        with self.assertRaisesRegex(errors.UserError, message):
            hparams.HParams(**given).check(16, (128, 36))

    @parameterized.parameters((127, 124), (2, 4), (0, 4))
    def test_windows_of_a_length_that_does_not_fit(self, frames, advice):
        message = f"a multiple of 4 frames; received frames={frames}; choose {advice}\\."
        with self.assertRaisesRegex(errors.UserError, message):
            hparams.HParams().check(16, (frames, 36))

    def test_values_that_do(self):
        for shape in ((), (4, 1), (128, 35), (512, 80)):
            hparams.HParams(id_steps=0, lambda_id=0.0).check(16, shape)
        hparams.HParams().check_training(SPEAKERS)

    @parameterized.parameters(
        (labels.LabelSpace("domains", ("anna",)), "two or more.*received the domains anna; choose"),
        (labels.LabelSpace("attributes", ("low", "loud")), "received the attributes low, loud; "),
    )
    def test_data_that_it_can_not_learn(self, space, message):
        with self.assertRaisesRegex(errors.UserError, message):
            hparams.HParams().check_training(space)

    def test_a_discriminator_that_is_never_wrong_is_told(self):
        class Watched(watching.Watching):
            hparams = hparams.HParams()

        watchlist = Watched().watchlist([np.eye(2)])
        told = alerts.Alerts(watchlist, 0.0, 1, 1)
        for step, loss in enumerate([1.0] * 20 + [1e-4] * 10):
            found = told.judge(step, {"D/real": loss, "D/fake": loss, "G/adv": 1.0})
            if found:
                break
        self.assertGreater(step, 20)
        [alert] = found
        self.assertEqual(alert.name, "loss_at_zero")
        self.assertRegex(alert.text, r"D is never wrong.*\(d_lr=3e-05\)")


if __name__ == "__main__":
    tf.test.main()
