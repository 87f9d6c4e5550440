"""Inputs and weights behind tests/golden/features.npz, for the tests in this folder."""

import json
import pathlib

import numpy as np

from tests.golden import rule

_FOLDER = pathlib.Path("tests/golden")


def outputs(name):
    """Returns what PyTorch's networks gave, an array of tests/golden/features.npz."""
    with np.load(_FOLDER / "features.npz") as file:
        return file[name]


def images(name, count, size):
    """Returns (count, size, size, 3) uint8, as grey levels of the rule's images."""
    values = rule.image(name, (count, 3, size, size))
    return np.round((values + 1) * 127.5).astype(np.uint8).transpose(0, 2, 3, 1)


def inception(classes):
    """Returns the rule's weights for InceptionV3, as a PyTorch file would name them."""
    shapes = json.loads((_FOLDER / "features.json").read_text())["inception"]
    state = {name: rule.weight(f"inception.{name}", shape) for name, shape in shapes.items()}
    return {**state, "fc.weight": np.zeros((classes, 2048), np.float32)}


def lpips():
    """Returns the rule's weights for AlexNet, and heads that are not negative."""
    sizes = {0: (64, 3, 11), 3: (192, 64, 5), 6: (384, 192, 3), 8: (256, 384, 3), 10: (256, 256, 3)}
    trunk, heads = {}, {}
    for number, (place, (outputs, inputs, side)) in enumerate(sizes.items()):
        for leaf, shape in (("weight", (outputs, inputs, side, side)), ("bias", (outputs,))):
            name = f"features.{place}.{leaf}"
            trunk[name] = rule.weight(f"alexnet.{name}", shape)
        name = f"lin{number}.model.1.weight"
        heads[name] = np.abs(rule.weight(name, (1, outputs, 1, 1)))
    return trunk, heads
