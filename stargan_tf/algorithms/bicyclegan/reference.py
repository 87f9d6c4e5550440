"""The names in the authors' PyTorch state dicts, for the networks of this folder."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from stargan_tf.algorithms.bicyclegan import networks

Variables = dict[str, tf.Variable]


def generator_names(G: networks.Generator) -> Variables:
    """Returns G's variables by the name of each in `{epoch}_net_G.pth`; G must be built.

    A level of the U-Net holds the next. Where z enters everywhere, a level is `down`, `submodule`
    and `up`; where it enters at the input alone, it is a list of layers.
    """
    named, prefix = {}, "model."
    for i, (down, up) in enumerate(zip(G.down, G.up, strict=True), 1):
        outermost, innermost = i == 1, i == G.levels
        if G.where_add == "all":
            named[f"{prefix}down.{0 if outermost else 1}"] = down
            named[f"{prefix}up.1"] = up
            prefix += "submodule."
        else:
            prefix += "model."
            named[f"{prefix}{0 if outermost else 1}"] = down
            named[f"{prefix}{3 if outermost or innermost else 5}"] = up
            prefix += f"{1 if outermost else 3}."
    return _variables(named)


def encoder_names(E: networks.Encoder) -> Variables:
    """Returns E's variables by the name of each in `{epoch}_net_E.pth`; E must be built."""
    named = {"fc.0": E.mu, "fcVar.0": E.logvar, "conv.0": E.conv_in}
    for i, block in enumerate(E.blocks, 1):
        if E.kind == "conv":
            named[f"conv.{3 * i - 1}"] = block
        else:
            parts = {"conv.2": block.conv1, "conv.5.0": block.conv2, "shortcut.1": block.skip}
            named |= {f"conv.{i}.{part}": layer for part, layer in parts.items()}
    return _variables(named)


def discriminator_names(D: networks.Discriminator) -> Variables:
    """Returns D's variables by the name of each in `{epoch}_net_D.pth`; D must be built."""
    return _variables(
        {
            f"model_{k}.{3 * i - 1 if i else 0}": layer
            for k, scale in enumerate((D.fine, D.coarse))
            for i, layer in enumerate(scale)
        }
    )


def _variables(layers: Mapping[str, keras.layers.Layer]) -> Variables:
    leaves = {"weight": "kernel", "bias": "bias"}
    return {
        f"{name}.{leaf}": getattr(layer, attribute)
        for name, layer in layers.items()
        for leaf, attribute in leaves.items()
    }
