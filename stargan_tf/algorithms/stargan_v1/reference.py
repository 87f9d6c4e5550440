"""The names in the authors' PyTorch state dicts, for the networks of this folder."""

from collections.abc import Mapping

import tensorflow as tf

from stargan_tf.algorithms.stargan_v1 import networks


def generator_names(G: networks.Generator) -> dict[str, tf.Variable]:
    """Returns G's variables by the name of each in `{iteration}-G.ckpt`; G must be built."""
    after = 9 + G.repeat_num  # main.9 is the first residual block
    layers = {
        "main.0": G.conv_in,
        "main.1": G.norm_in,
        "main.3": G.down1,
        "main.4": G.down1_norm,
        "main.6": G.down2,
        "main.7": G.down2_norm,
        f"main.{after}": G.up1,
        f"main.{after + 1}": G.up1_norm,
        f"main.{after + 3}": G.up2,
        f"main.{after + 4}": G.up2_norm,
        f"main.{after + 6}": G.conv_out,
    }
    for i, block in enumerate(G.bottleneck):
        parts = {"0": block.conv1, "1": block.norm1, "3": block.conv2, "4": block.norm2}
        layers |= {f"main.{9 + i}.main.{part}": layer for part, layer in parts.items()}
    return _variables(layers)


def discriminator_names(D: networks.Discriminator) -> dict[str, tf.Variable]:
    """Returns D's variables by the name of each in `{iteration}-D.ckpt`; D must be built."""
    layers = {f"main.{2 * i}": layer for i, layer in enumerate(D.down)}
    return _variables(layers | {"conv1": D.src, "conv2": D.cls})


def _variables(layers: Mapping[str, tf.Module]) -> dict[str, tf.Variable]:
    variables = {}
    for name, layer in layers.items():
        leaves = {"weight": ("kernel", "gamma"), "bias": ("bias", "beta")}
        for leaf, attributes in leaves.items():
            for attribute in attributes:
                if getattr(layer, attribute, None) is not None:
                    variables[f"{name}.{leaf}"] = getattr(layer, attribute)
    return variables
