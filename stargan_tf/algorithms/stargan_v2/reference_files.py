"""The authors' files of StarGAN v2: `{iteration}_nets_ema.ckpt`, and `wing.ckpt`."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from stargan_tf.algorithms import reference_files as contract
from stargan_tf.base import errors
from stargan_tf.weights import state_dicts

_NETS = contract.File(
    "checkpoint",
    "the averaged networks of StarGAN v2",
    True,
    "The file of the averaged networks: {iteration}_nets_ema.ckpt.",
)
_WING = contract.File(
    "wing",
    "the landmark network of StarGAN v2",
    False,
    "The file of the landmark network, where w_hpf > 0 and --checkpoint holds none: wing.ckpt.",
)
FILES = (_NETS, _WING)
LABEL_KINDS = ("domains",)
HPARAMS = ("w_hpf",)

_LANDMARKS = "fan"  # where `checkpoint` holds the landmark network
# With w_hpf > 0 the authors' decoder owns skip convolutions that it does not use.
_UNUSED_SKIPS = r"generator\.decode\.\d+\.conv1x1\.weight"
_FILTER = r"(generator\.)?hpf\.filter"  # fixed: only its scale tells something


def recognize(state: contract.State) -> str:
    """Returns whether a state dict is of the networks or of the landmark network, or ""."""
    if np.ndim(state.get("mapping_network.shared.0.weight", 0)) == 2:
        return "StarGAN v2's networks in training" if _in_training(state) else _NETS.content
    landmarks = any(name.endswith("m0.b2_plus_1.conv1.weight") for name in state)
    return _WING.content if landmarks else ""


def describe(states: Mapping[str, contract.State], given: Mapping[str, Any]) -> contract.Networks:
    """Returns the networks' sizes, the image size, w_hpf and the number of domains.

    Raises:
      UserError: If a network is missing, w_hpf can't be told, or it or the image size is not as
        given, or the landmark network is missing where it is needed.
    """
    state = states["checkpoint"]
    blocks = contract.count(state, r"style_encoder\.shared\.\d+\.conv1\.weight")
    size = 2 ** (blocks + 2)
    base = _shape(state, "generator.from_rgb.weight")[0]
    most = _shape(state, f"style_encoder.shared.{blocks + 2}.weight")[0]
    hidden, latent = _shape(state, "mapping_network.shared.0.weight")
    if given["image_size"] not in (None, size):
        raise errors.UserError(
            f"The networks are for images of {size} pixels; received "
            f"image_size={given['image_size']}; leave it out."
        )
    w_hpf = _w_hpf(state, blocks, given["w_hpf"])
    _check_landmarks(states, w_hpf)
    values = {
        "image_size": size,
        "latent_dim": latent,
        "style_dim": _shape(state, "style_encoder.unshared.0.weight")[0],
        "hidden_units": hidden,
        "channel_base": 0 if base * size == 2**14 else base,
        "w_hpf": w_hpf,
    }
    if most != min(base * 2**blocks, 512):
        values["max_channels"] = most
    return contract.Networks(values, contract.count(state, r"style_encoder\.unshared\.\d+\.weight"))


def load(algorithm: Any, states: Mapping[str, contract.State]) -> contract.Loaded:
    """Gives the averaged networks, and the landmark network where there is one, their weights.

    Raises:
      UserError: If a state dict is not as the networks are; no variable is changed then.
    """
    from stargan_tf.algorithms.stargan_v2 import reference

    networks, state = algorithm.networks, states["checkpoint"]
    parts = {
        "generator": reference.generator_names(networks["G_ema"]),
        "mapping_network": reference.mapping_names(networks["F_ema"]),
        "style_encoder": reference.style_encoder_names(networks["E_ema"]),
    }
    places = {f"{part}.{name}": p for part, names in parts.items() for name, p in names.items()}
    shapes = {name: reference.shape(name, place) for name, place in places.items()}
    spare = rf"^({_FILTER}|{_LANDMARKS}\..*" + (
        rf"|{_UNUSED_SKIPS})$" if algorithm.hparams.w_hpf > 0 else ")$"
    )
    ignored = contract.check(_NETS.content, shapes, state, spare)
    if "landmarks" in networks:
        used = _load_landmarks(networks["landmarks"], states)
        ignored = tuple(name for name in ignored if name not in used)
    reference.assign(places, state)
    return contract.Loaded(ignored, classifies=False)


def _load_landmarks(network: Any, states: Mapping[str, contract.State]) -> set[str]:
    """Loads from the file `wing`, else from `checkpoint`; returns the names it used of that."""
    from stargan_tf.landmarks import network as landmark_network

    if "wing" in states:
        landmark_network.assign(network, states["wing"])
        return set()
    landmark_network.assign(network, state_dicts.prefixed(states["checkpoint"], _LANDMARKS))
    return {f"{_LANDMARKS}.{name}" for name in landmark_network.reference_names(network)}


def _w_hpf(state: contract.State, blocks: int, given: float | None) -> float:
    """Returns w_hpf: 0 without the encoder's additional block, else from the filter or the user."""
    skips = contract.count(state, r"generator\.encode\.\d+\.conv1\.weight") > blocks
    filters = [value for name, value in state.items() if re.fullmatch(_FILTER, name)]
    told = 0.0 if not skips else None
    if skips and filters and np.max(filters[0]) > 0:
        told = round(8 / float(np.max(filters[0])), 6)  # the filter's centre is 8 / w_hpf
    if told is None and not given:
        raise errors.UserError(
            "The generator has a high-pass skip, and the file does not hold its weight; pass it as "
            "w_hpf=1, which is the authors' value for CelebA-HQ."
        )
    if None not in (told, given) and told != given:
        raise errors.UserError(
            f"The generator has w_hpf {told:g}; received w_hpf={given:g}; leave it out."
        )
    return given if told is None else told


def _check_landmarks(states: Mapping[str, contract.State], w_hpf: float) -> None:
    inside = bool(state_dicts.prefixed(states["checkpoint"], _LANDMARKS))
    if w_hpf > 0 and not (inside or "wing" in states):
        raise errors.UserError(
            f"The generator has w_hpf {w_hpf:g} and needs the landmark network, which `checkpoint` "
            "does not hold; pass the authors' file as wing=wing.ckpt."
        )
    if w_hpf == 0 and "wing" in states:
        raise errors.UserError(
            "The generator has no high-pass skip (w_hpf 0), so it has no use for the landmark "
            "network; received `wing`; leave it out."
        )


def _in_training(state: contract.State) -> bool:
    return any(name.startswith("discriminator.") for name in state)


def _shape(state: contract.State, name: str) -> tuple[int, ...]:
    if name not in state or state[name].ndim < 2:
        raise errors.UserError(
            f"The tensors of {_NETS.content} are not as they must be: 1 missing ({name}); give the "
            "authors' file, or one with the same names and shapes."
        )
    return state[name].shape
