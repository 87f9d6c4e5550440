"""The names in the authors' PyTorch state dicts, for the networks of this folder."""

from collections.abc import Mapping

import tensorflow as tf

from stargan_tf.algorithms.cyclegan import networks


def generator_names(G: networks.Generator, *, dropout: bool = False) -> dict[str, tf.Variable]:
    """Returns G's variables by the name of each in `{epoch}_net_G_A.pth`; G must be built.

    With `dropout` the blocks of the network that was saved had one, which shifts a number; here
    there is none, as in their own translating.
    """
    after, second = 10 + G.repeat_num, 6 if dropout else 5  # model.10 is the first residual block
    layers = {
        "model.1": G.conv_in,
        "model.4": G.down1,
        "model.7": G.down2,
        f"model.{after}": G.up1,
        f"model.{after + 3}": G.up2,
        f"model.{after + 7}": G.conv_out,
    }
    for i, block in enumerate(G.bottleneck):
        layers[f"model.{10 + i}.conv_block.1"] = block.conv1
        layers[f"model.{10 + i}.conv_block.{second}"] = block.conv2
    return _variables(layers)


def discriminator_names(D: networks.Discriminator) -> dict[str, tf.Variable]:
    """Returns D's variables by the name of each in `{epoch}_net_D_A.pth`; D must be built."""
    later = [*D.down[1:], D.conv, D.score]
    layers = {"model.0": D.down[0]}
    return _variables(layers | {f"model.{2 + 3 * i}": layer for i, layer in enumerate(later)})


def _variables(layers: Mapping[str, tf.Module]) -> dict[str, tf.Variable]:
    return {
        f"{name}.{leaf}": getattr(layer, attribute)
        for name, layer in layers.items()
        for leaf, attribute in (("weight", "kernel"), ("bias", "bias"))
    }
