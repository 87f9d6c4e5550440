"""The files of the author's program: `{epoch}.gen.pt` and `{epoch}.dis.pt`, and its scale."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from stargan_tf.algorithms import reference_files as contract
from stargan_tf.base import errors

_G = contract.File(
    "gen", "the generator of StarGAN-VC", True, "The file of G: {epoch}.gen.pt, of its `conv` kind."
)
_D = contract.File(
    "dis",
    "the discriminator of StarGAN-VC",
    False,
    "The file of D: {epoch}.dis.pt; only for a training that starts from here.",
)
_SCALE = contract.File(
    "statistics",
    "the mean and deviation of StarGAN-VC's features",
    False,
    "What features are normalized by: .npz with the arrays `mean` and `deviation`, a number for "
    "each feature. The program keeps them in a pickle, which is not read, since it may hold code.",
)
FILES = (_G, _D, _SCALE)
LABEL_KINDS = ("domains",)
HPARAMS = ()
DATA = {
    "features": "What the networks' features are: mel (log mel spectra, 80 bands) or mcep; needed "
    "unless there are 80.",
    "sample_rate": "mcep: the rate of the sound in Hz.",
    "data_dir": "The training recordings, a folder for each speaker, to take the mean and "
    "deviation from if there is no --statistics.",
}

_BANDS = 80  # of log mel spectra
_FRAMES = 128  # of a window, which the networks do not tell


def recognize(state: contract.State) -> str:
    """Returns which of the files a state dict is of, or ""."""
    if set(state) == {"mean", "deviation"}:
        return _SCALE.content
    gated = np.ndim(state.get("le1.conv1.weight_v", 0)) == 3
    if gated and "le_adv.weight" in state:
        return _D.content
    return _G.content if gated and "le10.weight" in state else ""


def describe(states: Mapping[str, contract.State], given: Mapping[str, Any]) -> contract.Networks:
    """Returns the networks' sizes, the number of speakers and features, and the scale.

    Raises:
      UserError: A tensor is missing, G, D and the scale are of different features or speakers, or
        the scale or what the features are is not told.
    """
    G = states["gen"]
    speakers, embedding_dim = _shape(_G, G, "eb1.weight", 2)
    length = _shape(_G, G, "le10.weight", 3)[0]
    if given.get("image_size") is not None:
        raise errors.UserError(
            f"The networks are for features of sound; received image_size={given['image_size']}; "
            "leave it out."
        )
    values = {
        "hidden_dim": _shape(_G, G, "le1.conv1.weight_v", 3)[0] // 2,
        "bottleneck_dim": _shape(_G, G, "le5.conv1.weight_v", 3)[0] // 2,
        "embedding_dim": embedding_dim,
        "source_conditioning": "eb0.weight" in G,
        "d_hidden_dim": 1,  # without D the run's has no meaning: let it be small
        "normalize": "all",
        "frames": _FRAMES,
        **_data(length, given),
    }
    if "dis" in states:
        D = states["dis"]
        filters, heard = _shape(_D, D, "le1.conv1.weight_v", 3)[:2]
        told = _shape(_D, D, "le_cls.weight", 3)[0]
        if (told, heard) != (speakers, length):
            raise errors.UserError(
                f"The generator is of {speakers} speakers and {length} features, and the "
                f"discriminator of {told} and {heard}; give two files of one training."
            )
        values["d_hidden_dim"] = filters // 2
    return contract.Networks(values, speakers, (_FRAMES, length), _scale(states, length, given))


def load(algorithm: Any, states: Mapping[str, contract.State]) -> contract.Loaded:
    """Gives G its weights, and D where it is given; else D stays as it was built.

    Raises:
      UserError: If a state dict is not as the networks are; no variable is changed then.
    """
    from stargan_tf.algorithms.stargan_vc import reference

    places = {_G: reference.generator_names(algorithm.networks["G"])}
    if "dis" in states:
        places[_D] = reference.discriminator_names(algorithm.networks["D"])
    for file, variables in places.items():
        contract.check(file.content, reference.shapes(variables), states[file.flag])
    for file, variables in places.items():
        reference.assign(variables, states[file.flag])
    missing = () if "dis" in states else ("D",)
    return contract.Loaded((), classifies=False, missing=missing)


def _data(length: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the options of data whose features the networks take."""
    kind = given.get("features") or ("mel" if length == _BANDS else None)
    if kind is None:
        raise errors.UserError(
            f"The networks take {length} features, and the files do not tell what these are; pass "
            "features=mcep if they are mel-cepstra."
        )
    if kind == "mel" and length != _BANDS:
        raise errors.UserError(
            f"Log mel spectra have {_BANDS} bands here, and the networks take {length} features; "
            "received features=mel; pass features=mcep if they are mel-cepstra."
        )
    told = {name: given[name] for name in ("sample_rate", "data_dir") if given.get(name)}
    size = {"coefficients": length} if kind == "mcep" else {}
    return {"dataset": "voice_folder", "features": kind, **size, **told}


def _scale(
    states: Mapping[str, contract.State], length: int, given: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Returns the mean and deviation of all speakers together; {}: the data tell them."""
    if "statistics" not in states:
        if given.get("data_dir"):
            return {}
        raise errors.UserError(
            "The networks take normalized features, and neither their mean nor deviation is in "
            "the files; pass statistics=FILE.npz, or the training recordings as data_dir=DIR."
        )
    found = {name: np.asarray(v, np.float64) for name, v in states["statistics"].items()}
    for name, value in found.items():
        good = value.shape == (length,) and np.isfinite(value).all()
        if not good or (name == "deviation" and not (value > 0).all()):
            above = " above 0" if name == "deviation" else ""
            raise errors.UserError(
                f"The array '{name}' in `statistics` is a finite number{above} for each of "
                f"{length} features; received {value.dtype} {value.shape}; write it anew."
            )
    return {f"{name}_all": value for name, value in found.items()}


def _shape(file: contract.File, state: contract.State, name: str, rank: int) -> tuple[int, ...]:
    if np.ndim(state.get(name, 0)) != rank:
        raise errors.UserError(
            f"The tensors of {file.content} are not as they must be: 1 missing ({name}); give the "
            "author's file, or one with the same names and shapes."
        )
    return state[name].shape
