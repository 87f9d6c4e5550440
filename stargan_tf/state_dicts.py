"""Weights from other programs: state dicts in PyTorch, safetensors and NumPy files.

Nothing in a file is ever run: PyTorch files, which are pickles, are read by torch's own reader of
weights only, in a version whose reader has no known hole.
"""

import os
import pathlib
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stargan_tf import errors

State = dict[str, np.ndarray]

# In older ones a file can run code in spite of weights_only: CVE-2025-32434, CVE-2026-24747.
OLDEST_TORCH = (2, 10)
_TORCH_SUFFIXES = (".ckpt", ".pt", ".pth")


def read(path: str | os.PathLike[str]) -> State:
    """Returns a file's tensors by name.

    Dictionaries in dictionaries become one, their names joined by "."; the part "module" that
    `torch.nn.DataParallel` adds is removed: {"generator": {"module.from_rgb.weight": ...}} gives
    "generator.from_rgb.weight". Of a training's checkpoint that has a dictionary `state_dict`, what
    stands beside that (optimizers, counters) is not looked at.

    Args:
      path: A file that ends in .ckpt, .pt or .pth (written by `torch.save`; needs the package
        torch), .safetensors, or .npz.

    Returns:
      Arrays in the layouts of the file; float16 and bfloat16 become float32.

    Raises:
      UserError: If there is no such file, or it is damaged, holds anything but tensors, would run
        code, or has another suffix.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise errors.UserError(f"There is no file {path}; check the name.")
    readers = dict.fromkeys(_TORCH_SUFFIXES, _read_torch)
    readers |= {".safetensors": _read_safetensors, ".npz": _read_npz}
    if path.suffix.lower() not in readers:
        raise errors.UserError(
            f"Weights are read from files that end in {', '.join(readers)}; received {path}; "
            "convert it to one of them."
        )
    tree = readers[path.suffix.lower()](path)
    if isinstance(tree, Mapping) and isinstance(tree.get("state_dict"), Mapping):
        tree = tree["state_dict"]
    state: State = {}
    strange: list[str] = []
    _flatten(tree, (), state, strange)
    if strange:
        raise errors.UserError(
            f"{path} holds more than tensors: {some(strange)}; save only the network's state dict "
            "to a file, and give that."
        )
    if not state:
        raise errors.UserError(f"{path} holds no tensor; give the file that holds the weights.")
    return state


def prefixed(state: Mapping[str, np.ndarray], prefix: str) -> State:
    """Returns the entries whose names begin with "prefix.", without it."""
    start = f"{prefix}."
    return {name[len(start) :]: v for name, v in state.items() if name.startswith(start)}


def some(names: Sequence[str], count: int = 3) -> str:
    """Returns the first names, and how many more there are."""
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more


def _flatten(value: Any, parts: tuple[str, ...], state: State, strange: list[str]) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _flatten(inner, (*parts, *str(key).split(".")), state, strange)
        return
    name = ".".join(part for part in parts if part != "module")
    array = _numpy(value)
    if array is None or not name:
        strange.append(f"{name or 'the whole file'} ({type(value).__name__})")
    elif name in state:
        strange.append(f"{name} (twice)")
    else:
        state[name] = array


def _numpy(value: Any) -> np.ndarray | None:
    """Returns a tensor as an array of at least float32; None where it is no tensor of numbers."""
    if hasattr(value, "detach"):  # torch is not imported where no file needs it
        try:
            value = value.detach()
            small = value.is_floating_point() and value.element_size() < 4
            value = (value.float() if small else value).numpy()
        except (RuntimeError, TypeError, NotImplementedError):  # sparse, quantized, without values
            return None
    if not isinstance(value, np.ndarray):
        return None
    if value.dtype.name in ("float16", "bfloat16"):
        return value.astype(np.float32)
    return value if value.dtype.kind in "fiub" else None


def _read_torch(path: pathlib.Path) -> Any:
    torch = _import_torch(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickles that torch.save did not write
            return torch.load(path, weights_only=True, map_location="cpu")
    except pickle.UnpicklingError as error:
        what = re.search(r"GLOBAL (\S+)|operand \d+", str(error))
        raise errors.UserError(
            f"{path} holds code, not only weights ({what.group(0) if what else 'a pickle'}), so it "
            "was refused and nothing in it was run; where you trust it, save its tensors alone: "
            "torch.save(model.state_dict(), ...)."
        ) from error
    except Exception as error:  # torch raises many kinds on damaged files
        raise _damaged(path, error) from error


def _import_torch(path: pathlib.Path) -> Any:
    try:
        import torch
    except ImportError as error:
        raise errors.UserError(
            f"{path} is a PyTorch file, and reading one needs torch ({error}); install it with the "
            'extra torch (pip install -e ".[torch]"), or convert the file where torch is: the same '
            "tensors by the same names in a .safetensors or .npz file."
        ) from error
    version = tuple(int(n) for n in re.findall(r"\d+", torch.__version__)[:2])
    if version < OLDEST_TORCH:
        raise errors.UserError(
            f"Only torch {'.'.join(map(str, OLDEST_TORCH))} and later read a file safely; received "
            f"torch {torch.__version__}; install a newer one."
        )
    return torch


def _read_safetensors(path: pathlib.Path) -> State:
    import ml_dtypes  # noqa: F401  NumPy learns of bfloat16 by it
    import safetensors.numpy

    try:
        return safetensors.numpy.load_file(path)
    except Exception as error:  # SafetensorError, and those of types that NumPy lacks
        raise _damaged(path, error) from error


def _read_npz(path: pathlib.Path) -> State:
    try:
        # NumPy takes what is no archive for a pickle: ask zipfile first.
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception as error:  # NumPy and zipfile raise many kinds on damaged files
        if "allow_pickle" in str(error):
            raise errors.UserError(
                f"{path} holds Python objects, which may hold code, so it was refused and nothing "
                "in it was run; save arrays of numbers only."
            ) from error
        raise _damaged(path, error) from error


def _damaged(path: pathlib.Path, error: Exception) -> errors.UserError:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return errors.UserError(
        f"{path} is damaged, or no {path.suffix} file ({type(error).__name__}: {reason}); copy or "
        "download it again."
    )
