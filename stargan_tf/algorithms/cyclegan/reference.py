"""The names and layouts of the authors' PyTorch state dicts, for the networks of this folder.

PyTorch stores convolutions as (out, in, h, w) and transposed ones as (in, out, h, w); both become
ours, (h, w, in, out) and (h, w, out, in), by the same transposition.
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms.cyclegan import networks

KERNEL_TO_OURS = (2, 3, 1, 0)


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


def assign(variables: Mapping[str, tf.Variable], state: Mapping[str, np.ndarray]) -> None:
    """Gives every variable its value from a state dict in PyTorch's layouts.

    Raises:
      KeyError: If a name is missing.
      ValueError: If a shape differs.
    """
    for name, variable in variables.items():
        variable.assign(to_ours(state[name]))


def to_ours(value: np.ndarray) -> np.ndarray:
    """Returns a PyTorch weight in our layout; vectors stay as they are."""
    return np.transpose(value, KERNEL_TO_OURS) if np.ndim(value) == 4 else np.asarray(value)


def shape(variable: tf.Variable) -> tuple[int, ...]:
    """Returns the shape of a variable's value in PyTorch's layout."""
    ours = tuple(variable.shape)
    return tuple(ours[i] for i in np.argsort(KERNEL_TO_OURS)) if len(ours) == 4 else ours


def _variables(layers: Mapping[str, tf.Module]) -> dict[str, tf.Variable]:
    return {
        f"{name}.{leaf}": getattr(layer, attribute)
        for name, layer in layers.items()
        for leaf, attribute in (("weight", "kernel"), ("bias", "bias"))
    }
