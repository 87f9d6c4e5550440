"""BicycleGAN with the reference's weights and inputs."""

import functools
import json
import pathlib

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms.bicyclegan import algorithm, hparams, reference
from stargan_tf.data import labels
from stargan_tf.weights import torch_layouts
from tests.golden import rule

GOLDEN = pathlib.Path(__file__).parents[2] / "golden"
SPACE = labels.LabelSpace("domains", ("A", "B"))


@functools.cache
def read(name):
    """Returns the expected values and arrays of a golden file."""
    path = GOLDEN / f"bicyclegan_{name}"
    return json.loads(path.with_suffix(".json").read_text()), np.load(path.with_suffix(".npz"))


def options(config):
    """Returns the hyperparameters that a golden file's networks have."""
    return {
        "latent_dim": config["nz"],
        "where_add": config["where_add"],
        "g_channels": config["ngf"],
        "e_channels": config["nef"],
        "d_channels": config["ndf"],
        "encoder": config["netE"].partition("_")[0],
        "input_channels": config.get("input_nc", 3),
        "conditional_d": config.get("conditional_D", False),
        "use_dropout": "dropouts" in config,
        "lr_decay_start": 1.0,
    }


class Golden(algorithm.BicycleGAN):
    """The algorithm of a golden file: "all", "input" or "256"."""

    def __init__(self, name, dtype="float64", **changes):
        self.expected, self.arrays = read(name)
        self.config, self.prefix = self.expected["config"], f"bicyclegan.{name}."
        settings = algorithm_lib.BuildSettings(
            SPACE,
            self.config["image_size"],
            total_steps=100,
            precision=dtype,
            normalization_backend="native",
        )
        super().__init__(hparams.HParams(**{**options(self.config), **changes}), settings)
        self.dtype = dtype
        self.named = {
            f"{self.prefix}{network}.{leaf}": variable
            for network, variables in self.places().items()
            for leaf, variable in variables.items()
            if f"{self.prefix}{network}.{leaf}" in self.expected["shapes"]
        }
        self.start()

    def start(self):
        """Gives every weight its first value again."""
        for name, variable in self.named.items():
            value = rule.weight(name, self.expected["shapes"][name])
            variable.assign(torch_layouts.to_ours(value))

    def places(self):
        return {
            "G": reference.generator_names(self.G),
            "E": reference.encoder_names(self.E),
            "D": reference.discriminator_names(self.D),
            "D2": reference.discriminator_names(self.D2),
        }

    def image(self, name, channels, count=4):
        size = self.config["image_size"]
        value = rule.image(f"{self.prefix}{name}", (count, channels, size, size))
        return tf.constant(value.transpose(0, 2, 3, 1), self.dtype)

    def batch(self, t):
        """Returns the batch of step t, as `inputs` would give it; a grey A three times."""
        channels = self.config["input_nc"]
        a, b = self.image(f"A{t}", channels), self.image(f"B{t}", 3)
        a = tf.repeat(a, 3 // channels, axis=3)
        codes = {
            name: tf.constant(rule.normal(f"{self.prefix}{name}{t}", (2, 8)), self.dtype)
            for name in ("eps", "z")
        }
        halves = {"a": a, "b": b}
        return codes | {name: tf.stack(tf.split(value, 2)) for name, value in halves.items()}


def nchw(images):
    return np.transpose(images, (0, 3, 1, 2))


def sums(value):
    value = np.asarray(value, np.float64)
    return np.array([value.sum(), np.abs(value).sum()])
