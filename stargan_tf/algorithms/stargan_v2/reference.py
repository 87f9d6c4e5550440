"""The names and layouts of the authors' PyTorch state dicts, for the networks of this folder.

PyTorch stores convolutions as (out, in, h, w) and linear layers as (out, in); ours are (h, w, in,
out) and (in, out). Layers of which every domain has its own are stacked here along a first axis.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms.stargan_v2 import networks
from stargan_tf.weights import torch_layouts


class Place(NamedTuple):
    """Where a weight of the reference lives: a variable, or the part of it of one domain."""

    variable: tf.Variable
    domain: int | None = None


Places = dict[str, Place]


def generator_names(G: networks.Generator) -> Places:
    """Returns the places of `generator.*`; G must be built."""
    places = _layer("from_rgb", G.from_rgb)
    for i, block in enumerate(G.encode):
        places |= _block(f"encode.{i}", block)
    for i, block in enumerate(G.decode):
        places |= _block(f"decode.{i}", block)
    return places | _layer("to_rgb.0", G.norm_out) | _layer("to_rgb.2", G.to_rgb)


def mapping_names(F: networks.MappingNetwork) -> Places:
    """Returns the places of `mapping_network.*`; F must be built."""
    places = {}
    for i, layer in enumerate(F.shared):
        places |= _layer(f"shared.{2 * i}", layer)
    for domain in range(F.domains):
        for i, layer in enumerate(F.unshared):
            places |= _layer(f"unshared.{domain}.{2 * i}", layer, domain)
    return places


def style_encoder_names(E: networks.StyleEncoder) -> Places:
    """Returns the places of `style_encoder.*`; E must be built."""
    places = _trunk("shared", E)
    for domain in range(E.domains):
        places |= _layer(f"unshared.{domain}", E.unshared, domain)
    return places


def discriminator_names(D: networks.Discriminator) -> Places:
    """Returns the places of `discriminator.*`; D must be built."""
    return _trunk("main", D) | _layer(f"main.{len(D.blocks) + 4}", D.branches)


def assign(places: Mapping[str, Place], state: Mapping[str, np.ndarray]) -> None:
    """Gives every variable its value from a state dict in PyTorch's layouts.

    Raises:
      KeyError: If a name is missing.
      ValueError: If a shape differs.
    """
    stacked: dict[int, tuple[tf.Variable, dict[int, np.ndarray]]] = {}
    for name, (variable, domain) in places.items():
        value = torch_layouts.to_ours(state[name])
        if domain is None:
            variable.assign(np.reshape(value, variable.shape))
        else:
            stacked.setdefault(id(variable), (variable, {}))[1][domain] = value
    for variable, parts in stacked.values():
        rows = [parts[domain] for domain in sorted(parts)]
        variable.assign(np.reshape(np.stack(rows), variable.shape))


def shape(name: str, place: Place) -> tuple[int, ...]:
    """Returns the shape that the weight `name` has in PyTorch's layout."""
    ours = tuple(place.variable.shape)
    if place.domain is not None:  # (K, in, units), or (K, 1, units) of a bias
        ours = ours[2:] if name.endswith(".bias") else ours[1:]
    return torch_layouts.to_theirs(ours)


def _trunk(prefix: str, network: networks.StyleEncoder | networks.Discriminator) -> Places:
    places = _layer(f"{prefix}.0", network.from_rgb)
    for i, block in enumerate(network.blocks):
        places |= _block(f"{prefix}.{i + 1}", block)
    return places | _layer(f"{prefix}.{len(network.blocks) + 2}", network.conv_out)


def _block(prefix: str, block: tf.Module) -> Places:
    names = {"conv1": "conv1", "conv2": "conv2", "conv1x1": "skip", "norm1": "norm1",
             "norm2": "norm2"}  # fmt: skip
    places = {}
    for theirs, ours in names.items():
        layer = getattr(block, ours, None)
        if layer is not None:
            # An adaptive normalization holds its linear layer as `fc`.
            inner = ".fc" if ours.startswith("norm") and hasattr(layer, "style_dim") else ""
            places |= _layer(f"{prefix}.{theirs}{inner}", layer)
    return places


def _layer(name: str, layer: tf.Module, domain: int | None = None) -> Places:
    leaves = {"weight": ("kernel", "gamma"), "bias": ("bias", "beta")}
    return {
        f"{name}.{leaf}": Place(getattr(layer, attribute), domain)
        for leaf, attributes in leaves.items()
        for attribute in attributes
        if getattr(layer, attribute, None) is not None
    }
