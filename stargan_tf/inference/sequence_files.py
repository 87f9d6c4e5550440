"""Files of features: .npz with `features` and, of a voice, its pitch `f0`. No TensorFlow."""

import dataclasses
import pathlib
import zipfile

import numpy as np

from stargan_tf.base import errors, files

ENDING = ".npz"
_MOST = 2_000_000  # frames: at 5 ms almost three hours


@dataclasses.dataclass(frozen=True)
class Sequence:
    """A sequence of features, as a file holds it.

    Attributes:
      features: (T, F) float32, raw: as a data set gives them.
      f0: (T,) Hz, the pitch of each frame, 0 where there is none; None: it is not known.
    """

    features: np.ndarray
    f0: np.ndarray | None = None


def read(path: pathlib.Path) -> Sequence:
    """Reads a file of features.

    Raises:
      UserError: It is missing, is no such file, or its arrays don't fit each other.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("features", "f0") if name in file.files}
    except FileNotFoundError as error:
        raise errors.UserError(f"There is no file {path}; check the path.") from error
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise errors.UserError(
            f"{path} can't be read as a file of features ({_reason(error)}); write one with "
            "numpy.savez, the array under the name 'features'."
        ) from error
    if "features" not in arrays:
        raise errors.UserError(
            f"{path} holds no array 'features'; write one under this name with numpy.savez."
        )
    features = checked(arrays["features"], str(path))
    f0 = arrays.get("f0")
    if f0 is not None and (f0.shape != (len(features),) or not _finite(f0) or (f0 < 0).any()):
        raise errors.UserError(
            f"The array 'f0' in {path} is one number of Hz from 0 on for each of {len(features)} "
            f"frames; received {f0.dtype} {f0.shape}; leave it out, or write it anew."
        )
    return Sequence(features, f0)


def write(path: pathlib.Path, sequence: Sequence) -> None:
    """Writes a file of features in one step; raises a UserError if it can't be written."""
    arrays = {"features": sequence.features}
    if sequence.f0 is not None:
        arrays["f0"] = np.asarray(sequence.f0, np.float32)
    with files.atomic(path) as file:
        np.savez(file, **arrays)


def checked(features: np.ndarray, name: str, count: int = 0) -> np.ndarray:
    """Returns features (T, F) as float32.

    Args:
      features: What was given.
      name: What messages call it.
      count: F; 0: any.

    Raises:
      UserError: They have another shape, no frame, or hold what is no finite number.
    """
    wanted = f"(frames, {count or 'features'})"
    shape = np.shape(features)
    if len(shape) != 2 or 0 in shape or (count and shape[1] != count) or shape[0] > _MOST:
        raise errors.UserError(f"The features of {name} are {wanted}; received {shape}.")
    if not _finite(features):
        raise errors.UserError(
            f"The features of {name} are finite numbers; received {features.dtype} with others; "
            "compute them anew."
        )
    return np.asarray(features, np.float32)


def _finite(array: np.ndarray) -> bool:
    return array.dtype.kind in "fiu" and bool(np.isfinite(array.astype(np.float32)).all())


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
