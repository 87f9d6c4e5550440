"""The authors' files of CycleGAN: `{epoch}_net_G_A.pth`, `_G_B`, `_D_A` and `_D_B`."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from stargan_tf.algorithms import reference_files as contract
from stargan_tf.base import errors

_GENERATOR, _DISCRIMINATOR = "a generator of CycleGAN", "a discriminator of CycleGAN"
_TEXTS = {
    "generator_a": "The file of G_A, from the first domain to the second: {epoch}_net_G_A.pth, or "
    "the latest_net_G.pth of a published model.",
    "generator_b": "The file of G_B, from the second domain to the first: {epoch}_net_G_B.pth. One "
    "generator is enough; without the other there is no way back.",
    "discriminator_a": "The file of D_A, which judges images of the second domain: "
    "{epoch}_net_D_A.pth; only for a training that starts from here.",
    "discriminator_b": "The file of D_B, which judges images of the first domain: "
    "{epoch}_net_D_B.pth.",
}
FILES = tuple(
    contract.File(flag, _GENERATOR if flag[0] == "g" else _DISCRIMINATOR, False, text)
    for flag, text in _TEXTS.items()
)
LABEL_KINDS = ("domains",)
HPARAMS = ()

_NETWORKS = dict(zip(_TEXTS, ("G_A", "G_B", "D_A", "D_B"), strict=True))
_IMAGE_SIZE = 256  # pixels, of the published models; G works at other sizes, too
# Files from before October 2018 hold statistics that their program did not use either: an image is
# normalized by its own.
_IGNORED = r"\.(running_mean|running_var|num_batches_tracked)$"
_DROPOUT = r"model\.\d+\.conv_block\.6\.weight"


def recognize(state: contract.State) -> str:
    """Returns whether a state dict is a generator or a discriminator, or ""."""
    first, last = (np.shape(state.get(f"model.{n}.weight", 0)) for n in (1, 0))
    if first[1:] == (3, 7, 7):
        return _GENERATOR
    return _DISCRIMINATOR if last[1:] == (3, 4, 4) and "model.2.weight" in state else ""


def describe(states: Mapping[str, contract.State], given: Mapping[str, Any]) -> contract.Networks:
    """Returns the networks' widths and depths, and the image size that the user gave, or 256.

    Raises:
      UserError: There is no generator, or two files are of networks that differ.
    """
    if not {"generator_a", "generator_b"} & set(states):
        raise errors.UserError(
            f"A discriminator alone can't translate; received only `{next(iter(states))}`; pass "
            "`generator_a`, `generator_b`, or both."
        )
    # Without discriminators the run's have no meaning: let them be small.
    values = {"image_size": given["image_size"] or _IMAGE_SIZE, "d_conv_dim": 1, "d_layers": 1}
    origins: dict[str, str] = {}
    for flag, state in states.items():
        for name, value in _sizes(state).items():
            if name in origins and values[name] != value:
                raise errors.UserError(
                    f"The networks have different sizes: {name} is {values[name]} in "
                    f"`{origins[name]}` and {value} in `{flag}`; give the files of one training."
                )
            values[name], origins[name] = value, flag
    return contract.Networks(values, labels=2)


def _sizes(state: contract.State) -> dict[str, int]:
    if recognize(state) == _GENERATOR:
        return {
            "g_conv_dim": state["model.1.weight"].shape[0],
            "g_repeat_num": contract.count(state, r"model\.\d+\.conv_block\.1\.weight"),
        }
    # All but the last two convolutions are strided.
    layers = contract.count(state, r"model\.\d+\.weight") - 2
    return {"d_conv_dim": state["model.0.weight"].shape[0], "d_layers": layers}


def load(algorithm: Any, states: Mapping[str, contract.State]) -> contract.Loaded:
    """Gives the networks that are given their weights; the others stay as they were built.

    Raises:
      UserError: If a state dict is not as the networks are; no variable is changed then.
    """
    from stargan_tf.algorithms.cyclegan import reference
    from stargan_tf.weights import torch_layouts

    contents, ignored, places = {file.flag: file.content for file in FILES}, (), {}
    for flag, state in states.items():
        network = algorithm.networks[_NETWORKS[flag]]
        if contents[flag] == _GENERATOR:
            dropout = bool(contract.count(state, _DROPOUT))
            places[flag] = reference.generator_names(network, dropout=dropout)
        else:
            places[flag] = reference.discriminator_names(network)
    for flag, variables in places.items():
        shapes = {
            name: torch_layouts.to_theirs(tuple(variable.shape))
            for name, variable in variables.items()
        }
        ignored += contract.check(contents[flag], shapes, states[flag], _IGNORED)
    for flag, variables in places.items():
        torch_layouts.assign(variables, states[flag])
    missing = tuple(name for flag, name in _NETWORKS.items() if flag not in states)
    target = 1 if "generator_a" in states else 0
    return contract.Loaded(ignored, classifies=False, missing=missing, target=target)
