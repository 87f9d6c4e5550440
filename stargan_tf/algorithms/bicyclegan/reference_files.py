"""The authors' files of BicycleGAN: `{epoch}_net_G.pth` and `{epoch}_net_E.pth`."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from stargan_tf.algorithms import reference_files as contract
from stargan_tf.base import errors

_G = contract.File(
    "net_g", "the generator of BicycleGAN", True, "The file of G: {epoch}_net_G.pth."
)
_E = contract.File("net_e", "the encoder of BicycleGAN", True, "The file of E: {epoch}_net_E.pth.")
FILES = (_G, _E)
LABEL_KINDS = ("domains",)
HPARAMS = ()

_ALL, _INPUT = "model.down.0.weight", "model.model.0.weight"  # G's first kernel, by where_add
_DOWN = {
    "all": r"model\.(submodule\.)*down\.\d\.weight",
    "input": r"model\.(model\.\d\.)*model\.[01]\.weight",
}
_D = ("model_0.0.weight", "model_1.0.weight")


def recognize(state: contract.State) -> str:
    """Returns which network a state dict is, or ""."""
    if any(np.ndim(state.get(name, 0)) == 4 for name in (_ALL, _INPUT)):
        return _G.content
    if np.ndim(state.get("fcVar.0.weight", 0)) == 2:
        return _E.content
    return "a discriminator of BicycleGAN" if all(name in state for name in _D) else ""


def describe(states: Mapping[str, contract.State], given: Mapping[str, Any]) -> contract.Networks:
    """Returns the networks' sizes, kinds, and the image size, from the depth of the U-Net.

    Raises:
      UserError: If a tensor is missing, G and E are not of one training, or the image size is not
        as given.
    """
    G, E = states["net_g"], states["net_e"]
    where = "all" if _ALL in G else "input"
    levels = contract.count(G, _DOWN[where])
    size, kernel = 2**levels, G[_ALL if where == "all" else _INPUT]
    kind = "resnet" if "conv.1.conv.2.weight" in E else "conv"
    pattern = r"conv\.\d+\.shortcut\.1\.weight" if kind == "resnet" else r"conv\.\d+\.weight"
    halvings = contract.count(E, pattern) - (kind == "conv")
    latent_dim, first = E["fcVar.0.weight"].shape[0], E.get("conv.0.weight")
    if first is None or np.ndim(first) != 4:
        raise errors.UserError(
            f"The tensors of {_E.content} are not as they must be: 1 missing (conv.0.weight); give "
            "the authors' file, or one with the same names and shapes."
        )
    if 2 ** (halvings + 4) != size or kernel.shape[1] - latent_dim not in (1, 3):
        raise errors.UserError(
            f"The generator is for images of {size} pixels and {kernel.shape[1]} input channels, "
            f"and the encoder for {2 ** (halvings + 4)} pixels and {latent_dim} numbers of a "
            "latent code; give two files of one training."
        )
    if given["image_size"] not in (None, size):
        raise errors.UserError(
            f"The networks are for images of {size} pixels; received "
            f"image_size={given['image_size']}; leave it out."
        )
    values = {
        "dataset": "pairs",
        "image_size": size,
        "latent_dim": latent_dim,
        "where_add": where,
        "input_channels": kernel.shape[1] - latent_dim,
        "g_channels": kernel.shape[0],
        "e_channels": first.shape[0],
        "encoder": kind,
    }
    return contract.Networks(values, labels=2)


def load(algorithm: Any, states: Mapping[str, contract.State]) -> contract.Loaded:
    """Gives G and E their weights.

    Raises:
      UserError: If a state dict is not as the networks are; no variable is changed then.
    """
    from stargan_tf.algorithms.bicyclegan import reference
    from stargan_tf.weights import torch_layouts

    places = {
        "net_g": reference.generator_names(algorithm.networks["G"]),
        "net_e": reference.encoder_names(algorithm.networks["E"]),
    }
    for file in FILES:
        shapes = {
            name: torch_layouts.to_theirs(tuple(v.shape)) for name, v in places[file.flag].items()
        }
        contract.check(file.content, shapes, states[file.flag])
    for flag, variables in places.items():
        torch_layouts.assign(variables, states[flag])
    return contract.Loaded((), classifies=False)
