"""Reads the users' files behind the landmark network and alignment; none comes with the package.

TensorFlow is imported only when the network is created, so that a wrong path is reported at once.
"""

from __future__ import annotations

import pathlib
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from stargan_tf.base import errors
from stargan_tf.landmarks import alignment
from stargan_tf.weights import state_dicts

if TYPE_CHECKING:
    from stargan_tf.landmarks import network


def check_file(path: str, flag: str, name: str) -> None:
    """Raises a UserError unless `path` is a file, with advice on where to get the file `name`."""
    if path and pathlib.Path(path).is_file():
        return
    received = f"{path}, which is no file" if path else "nothing"
    raise errors.UserError(
        f"{flag} must name the file {name}; received {received}; download wing.ckpt and "
        "celeba_lm_mean.npz from the StarGAN v2 authors' release, and pass "
        f"{flag}=PATH/TO/{name}."
    )


def load(path: str) -> network.LandmarkNetwork:
    """Returns the landmark network with the weights in a file.

    This is the authors' wing.ckpt, its state dict as .safetensors or .npz, or a checkpoint of
    StarGAN v2's networks that includes "fan".

    Raises:
      UserError: If the file can't be read or doesn't hold this network.
    """
    from stargan_tf.landmarks import network

    landmark_network = network.built()
    load_into(landmark_network, path)
    return landmark_network


def load_into(landmark_network: network.LandmarkNetwork, path: str) -> None:
    """Sets the weights of a built network as `load` does; changes nothing if there is an error."""
    from stargan_tf.landmarks import network

    state = state_dicts.read(path)
    try:
        network.assign(landmark_network, state)
    except errors.UserError as error:
        raise errors.UserError(f"{path}: {error}") from error


def load_mean(path: str) -> np.ndarray:
    """Returns CelebA's mean landmarks (98, 2): (x, y) in pixels of a 256 px picture.

    Args:
      path: The authors' celeba_lm_mean.npz, or any .npz with a single array (98, 2).

    Raises:
      UserError: If the file is missing, damaged, or holds no such points.
    """
    advice = "pass the authors' celeba_lm_mean.npz"
    try:
        # NumPy would try to unpickle a file that is no archive, so zipfile opens it first.
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise errors.UserError(f"There is no file {path}; {advice}.") from error
    except Exception as error:  # zipfile and NumPy raise many types for damaged files
        raise errors.UserError(
            f"{path} is not a NumPy archive of numbers ({str(error)[:200]}); {advice}."
        ) from error
    array = arrays.get("mean", next(iter(arrays.values())) if len(arrays) == 1 else None)
    if array is None or array.shape != (alignment.LANDMARKS, 2) or array.dtype.kind not in "fiu":
        held = ", ".join(f"{name} {value.shape}" for name, value in arrays.items()) or "nothing"
        raise errors.UserError(f"{path} holds {held}, no landmarks 'mean' (98, 2); {advice}.")
    if not np.isfinite(array).all() or array.max() <= 1 or np.abs(array).max() > 2 * alignment.SIZE:
        raise errors.UserError(
            f"The landmarks in {path} must be in pixels of a {alignment.SIZE} px picture; received "
            f"{array.min():.4g} to {array.max():.4g}; {advice}."
        )
    return array.astype(np.float64)
