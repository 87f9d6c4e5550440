"""The names in the author's PyTorch state dicts, for the networks of this folder."""

import re
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms.stargan_vc.networks import sequences
from stargan_tf.weights import torch_layouts

_EMBEDDING = r"eb[01]\.weight"


def generator_names(G: sequences.Generator) -> dict[str, tf.Variable]:
    """Returns G's variables by the name of each in a state dict; G must be built."""
    names = _gated([*G.encoder, *G.decoder])
    names |= {"le10.weight": G.conv_out.kernel, "le10.bias": G.conv_out.bias}
    names["eb1.weight"] = G.of_target.table
    return names | ({"eb0.weight": G.of_source.table} if G.source_conditioning else {})


def discriminator_names(D: sequences.Discriminator) -> dict[str, tf.Variable]:
    """Returns D's variables by the name of each in a state dict; D must be built."""
    heads = {"le_adv.weight": D.adv.kernel, "le_cls.weight": D.cls.kernel}
    return _gated(D.hidden) | heads


def shapes(variables: Mapping[str, tf.Variable]) -> dict[str, tuple[int, ...]]:
    """Returns the shapes that variables have in a state dict, by name."""
    found = torch_layouts.shapes(variables)
    return {n: s[::-1] if re.fullmatch(_EMBEDDING, n) else s for n, s in found.items()}


def assign(variables: Mapping[str, tf.Variable], state: Mapping[str, np.ndarray]) -> None:
    """Gives every variable its value, by name, from a state dict.

    Raises:
      KeyError: If a name is missing.
      ValueError: If a shape differs.
    """
    # An embedding lies as (K, S), where a linear layer of one-hot domains would be (S, K).
    turned = {n: v.T if re.fullmatch(_EMBEDDING, n) else v for n, v in state.items()}
    torch_layouts.assign(variables, turned)


def _gated(layers: list[tf.Module]) -> dict[str, tf.Variable]:
    return {
        f"{layer.name}.conv1.{leaf}": getattr(layer.conv, attribute)
        for layer in layers
        for leaf, attribute in (("weight_v", "kernel"), ("weight_g", "length"), ("bias", "bias"))
    }
