"""The authors' files of StarGAN v1: `{iteration}-G.ckpt` and `{iteration}-D.ckpt`."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from stargan_tf.algorithms import reference_files as contract
from stargan_tf.base import errors

_G = contract.File(
    "generator", "the generator of StarGAN v1", True, "The file of G: {iteration}-G.ckpt."
)
_D = contract.File(
    "discriminator",
    "the discriminator of StarGAN v1",
    False,
    "The file of D: {iteration}-D.ckpt; without it the run can't tell what a photo shows.",
)
FILES = (_G, _D)
LABEL_KINDS = ("attributes", "domains")
HPARAMS = ()

_IMAGE_SIZE = 128  # pixels, where no D tells (section 5)
# The authors' G tracks statistics that it never uses: an image is normalized by its own.
_IGNORED = r"\.(running_mean|running_var|num_batches_tracked)$"


def recognize(state: contract.State) -> str:
    """Returns which of the two networks a state dict is, or ""."""
    first, last = (np.shape(state.get(n, 0)) for n in ("main.0.weight", "conv2.weight"))
    if first[1:] == (3, 4, 4) and len(last) == 4:
        return _D.content
    return _G.content if first[2:] == (7, 7) and first[1] > 3 else ""


def describe(states: Mapping[str, contract.State], given: Mapping[str, Any]) -> contract.Networks:
    """Returns the networks' widths, depths, labels and, where D is given, the image size.

    Raises:
      UserError: If G and D are of different problems, or the image size is not as given.
    """
    G, D = states["generator"], states.get("discriminator")
    conv_dim, channels = G["main.0.weight"].shape[:2]
    labels = channels - 3
    values = {
        "g_conv_dim": conv_dim,
        "g_repeat_num": contract.count(G, r"main\.\d+\.main\.0\.weight"),
        "image_size": given["image_size"] or _IMAGE_SIZE,
    }
    if D is None:
        # The run's D has no meaning: let it be small. G halves the image twice too.
        values |= {"d_conv_dim": 1, "d_repeat_num": 2}
        return contract.Networks(values, labels)
    depth = contract.count(D, r"main\.\d+\.weight")
    d_labels, _, patches = D["conv2.weight"].shape[:3]
    size = patches * 2**depth
    if d_labels != labels:
        raise errors.UserError(
            f"The generator takes {labels} labels and the discriminator tells {d_labels}; give two "
            "files of one training on one data set."
        )
    if given["image_size"] not in (None, size):
        raise errors.UserError(
            f"The discriminator is for images of {size} pixels; received "
            f"image_size={given['image_size']}; leave it out."
        )
    values |= {"d_conv_dim": D["main.0.weight"].shape[0], "d_repeat_num": depth, "image_size": size}
    return contract.Networks(values, labels)


def load(algorithm: Any, states: Mapping[str, contract.State]) -> contract.Loaded:
    """Gives G its weights, and D where it is given; else D stays as it was built.

    Raises:
      UserError: If a state dict is not as the networks are; no variable is changed then.
    """
    from stargan_tf.algorithms.stargan_v1 import reference
    from stargan_tf.weights import torch_layouts

    places = {"generator": reference.generator_names(algorithm.G)}
    if "discriminator" in states:
        places["discriminator"] = reference.discriminator_names(algorithm.D)
    contents, ignored = {file.flag: file.content for file in FILES}, ()
    for flag, variables in places.items():
        shapes = {
            name: torch_layouts.to_theirs(tuple(variable.shape))
            for name, variable in variables.items()
        }
        ignored += contract.check(contents[flag], shapes, states[flag], _IGNORED)
    for flag, variables in places.items():
        torch_layouts.assign(variables, states[flag])
    return contract.Loaded(ignored, classifies="discriminator" in states)
