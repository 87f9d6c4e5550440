"""What the landmark network and alignment need from files of the user's; nothing is shipped.

Imports TensorFlow only where the network is made, so that a wrong path is told at once.
"""

from __future__ import annotations

import pathlib
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from stargan_tf.base import errors
from stargan_tf.weights import state_dicts

if TYPE_CHECKING:
    from stargan_tf.landmarks import network

_LANDMARKS = 98
_SIZE = 256  # pixels, of the picture that the mean landmarks refer to


def check_file(path: str, flag: str, name: str) -> None:
    """Raises a UserError unless `path` is a file: it says where to get `name`, how to pass it."""
    if path and pathlib.Path(path).is_file():
        return
    received = f"{path}, which is no file" if path else "nothing"
    raise errors.UserError(
        f"{flag} must name the file {name}; received {received}; download wing.ckpt and "
        "celeba_lm_mean.npz from the StarGAN v2 authors' release, and pass "
        f"{flag}=PATH/TO/{name}."
    )


def load(path: str) -> network.LandmarkNetwork:
    """Returns the landmark network with the weights of a file.

    Args:
      path: The authors' wing.ckpt, its state dict as .safetensors or .npz, or a checkpoint of
        StarGAN v2's networks that holds "fan".

    Raises:
      UserError: If the file can't be read or is not one of this network.
    """
    from stargan_tf.landmarks import network

    made = network.built()
    load_into(made, path)
    return made


def load_into(made: network.LandmarkNetwork, path: str) -> None:
    """Gives a built network the weights of a file, as `load` does; nothing on an error."""
    from stargan_tf.landmarks import network

    state = state_dicts.read(path)
    try:
        network.assign(made, state)
    except errors.UserError as error:
        raise errors.UserError(f"{path}: {error}") from error


def load_mean(path: str) -> np.ndarray:
    """Returns the mean landmarks (98, 2) of CelebA, (x, y) in pixels of a 256 px picture.

    Args:
      path: The authors' celeba_lm_mean.npz, or any .npz with a single array (98, 2).

    Raises:
      UserError: If the file is missing, damaged, or holds no such points.
    """
    advice = "pass the authors' celeba_lm_mean.npz"
    try:
        # NumPy would take what is no archive for a pickle: let zipfile refuse it.
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise errors.UserError(f"There is no file {path}; {advice}.") from error
    except Exception as error:  # zipfile and NumPy raise many kinds on damaged files
        raise errors.UserError(
            f"{path} is not a NumPy archive of numbers ({str(error)[:200]}); {advice}."
        ) from error
    array = arrays.get("mean", next(iter(arrays.values())) if len(arrays) == 1 else None)
    if array is None or array.shape != (_LANDMARKS, 2) or array.dtype.kind not in "fiu":
        held = ", ".join(f"{name} {value.shape}" for name, value in arrays.items()) or "nothing"
        raise errors.UserError(f"{path} holds {held}, no landmarks 'mean' (98, 2); {advice}.")
    if not np.isfinite(array).all() or array.max() <= 1 or np.abs(array).max() > 2 * _SIZE:
        raise errors.UserError(
            f"The landmarks in {path} must be in pixels of a {_SIZE} px picture; received "
            f"{array.min():.4g} to {array.max():.4g}; {advice}."
        )
    return array.astype(np.float64)
