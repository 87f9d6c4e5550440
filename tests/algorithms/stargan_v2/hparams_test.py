"""Hyperparameters of StarGAN v2 that make no sense, each with its sentence."""

import dataclasses
import pathlib

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.stargan_v2 import hparams
from stargan_tf.base import errors
from stargan_tf.data import labels

DOMAINS = labels.LabelSpace("domains", ("cat", "dog"))


class HParamsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ({}, 96, "power of two from 16 to 1024; received image_size=96"),
        ({}, 2048, "received image_size=2048"),
        ({"w_hpf": 1.0}, 32, "w_hpf > 0 needs an image_size of 64 or more"),
        ({"ds_iter": 0}, 64, "ds_iter must be at least 1; received 0"),
        ({"max_channels": 0}, 64, "max_channels must be at least 1"),
        ({"bottleneck_size": 12}, 64, "bottleneck_size is a power of two from 4 .* received 12"),
        ({"bottleneck_size": 128}, 64, "bottleneck_size is a power of two from 4"),
        ({"channel_base": -1}, 64, "channel_base must be at least 0; received -1; 0 stands for"),
        ({"beta_2": 1.0}, 64, "beta_2 must be at least 0 and below 1"),
        ({"ema_decay": 1.0}, 64, "ema_decay must be at least 0 and below 1"),
        ({"lambda_ds": float("nan")}, 64, "lambda_ds must be a finite number, at least 0"),
        ({"f_lr": -1.0}, 64, "f_lr must be a finite number"),
        ({"crop_probability": 1.5}, 64, "crop_probability must be from 0 to 1"),
        ({"landmark_weights": "wing.ckpt"}, 64, "`landmark_weights` is used only if w_hpf > 0"),
    )
    def test_bad_values(self, changes, image_size, message):
        with self.assertRaisesRegex(errors.UserError, message):
            dataclasses.replace(hparams.HParams(), **changes).check(image_size)

    @parameterized.parameters(16, 64, 128, 256, 512, 1024)
    def test_powers_of_two(self, image_size):
        hparams.HParams().check(image_size)

    @parameterized.parameters(
        ({}, labels.LabelSpace("domains", ("cat",)), "needs two or more; received only cat"),
        ({}, labels.LabelSpace("attributes", ("A", "B")), "pass domains=A,B"),
        (
            {"w_hpf": 1.0},
            DOMAINS,
            "needs the weights of the landmark network.*pass landmark_weights=.*, or w_hpf=0",
        ),
        ({"w_hpf": 1.0, "landmark_weights": "none.ckpt"}, DOMAINS, "none.ckpt does not exist"),
    )
    def test_what_training_needs(self, changes, space, message):
        with self.assertRaisesRegex(errors.UserError, message):
            dataclasses.replace(hparams.HParams(), **changes).check_training(space)

    def test_all_is_there(self):
        hparams.HParams().check_training(DOMAINS)
        path = pathlib.Path(self.create_tempfile("wing.ckpt").full_path)
        hparams.HParams(w_hpf=1.0, landmark_weights=str(path)).check_training(DOMAINS)


if __name__ == "__main__":
    tf.test.main()
