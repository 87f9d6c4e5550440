"""Reads weights of other programs: state dicts in PyTorch, safetensors and NumPy files.

No code in a file is run, and PyTorch is not needed: torch_files reads its files.
"""

import os
import pathlib
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from stargan_tf.base import errors
from stargan_tf.weights import torch_files, torch_pickles

State = dict[str, np.ndarray]

# In a malicious file, dictionaries can contain themselves, or each other many times.
_DEEPEST = 64
_LONGEST = 10_000_000  # characters of all names together
_MODELS = ("state_dict", "model_state_dict")  # where a checkpoint may hold its networks
_TORCH_SUFFIXES = (".ckpt", ".pt", ".pth")


def read(path: str | os.PathLike[str]) -> State:
    """Returns a file's tensors by name.

    Nested dictionaries become one, with names joined by ".", and the part "module" that
    `torch.nn.DataParallel` adds is removed: {"generator": {"module.from_rgb.weight": ...}} becomes
    "generator.from_rgb.weight". If a checkpoint has a dictionary `state_dict` or
    `model_state_dict`, only that is read, not the optimizers and counters beside it.

    Args:
      path: A file that ends in .ckpt, .pt or .pth (written by `torch.save`), .safetensors, or
        .npz.

    Returns:
      Read-only arrays with the axes of the file; float16 and bfloat16 become float32.

    Raises:
      UserError: If the file is missing, damaged, holds anything but tensors, would run code, or
        has another suffix.
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
    for key in _MODELS:
        if isinstance(tree, Mapping) and isinstance(tree.get(key), Mapping):
            tree = tree[key]
            break
    try:
        state, strange = _flatten(tree)
    except ValueError as error:
        raise _damaged(path, error) from error
    if strange:
        raise errors.UserError(
            f"{path} holds more than tensors: {errors.some(strange)}; save only the network's "
            "state dict to a file, and pass that."
        )
    if not state:
        raise errors.UserError(f"{path} holds no tensor; pass the file that holds the weights.")
    return state


def prefixed(state: Mapping[str, np.ndarray], prefix: str) -> State:
    """Returns the entries whose names begin with "prefix.", without that prefix."""
    start = f"{prefix}."
    return {name[len(start) :]: v for name, v in state.items() if name.startswith(start)}


def _flatten(tree: Any) -> tuple[State, list[str]]:
    """Returns the tensors in nested dictionaries by name, and the names of all other entries."""
    state: State = {}
    strange: list[str] = []
    length = 0
    for long_name, value in _entries(tree):
        length += len(long_name) + 1
        if length > _LONGEST:
            raise ValueError("its names are too long or too many")
        if isinstance(value, Mapping):
            continue
        name = ".".join(part for part in long_name.split(".") if part != "module")
        array = _numpy(value)
        if array is None or not name:
            strange.append(f"{name or 'the whole file'} ({type(value).__name__})")
        elif name in state:
            strange.append(f"{name} (twice)")
        else:
            state[name] = array
    return state, strange


def _entries(tree: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yields a value and, if it is a dictionary, all its entries, with names joined by "."."""
    yield name, tree
    if isinstance(tree, Mapping):
        if depth == _DEEPEST:
            raise ValueError(f"it holds more than {_DEEPEST} dictionaries inside each other")
        for key, value in tree.items():
            yield from _entries(value, f"{name}.{key}" if depth else str(key), depth + 1)


def _numpy(value: Any) -> np.ndarray | None:
    """Returns an array of numbers, with at least float32; None for anything else."""
    if not isinstance(value, np.ndarray):
        return None
    if value.dtype.name in ("float16", "bfloat16"):
        return value.astype(np.float32)
    return value if value.dtype.kind in "fiub" else None


def _read_torch(path: pathlib.Path) -> Any:
    try:
        return torch_files.read(path)
    except errors.UserError:
        raise
    except torch_pickles.CodeError as error:
        raise errors.UserError(
            f"{path} holds code, not only weights ({error}), so it was refused and nothing in it "
            "was run; if you trust it, save its tensors alone: torch.save(model.state_dict(), "
            "...)."
        ) from error
    except Exception as error:  # a damaged file may fail anywhere
        raise _damaged(path, error) from error


def _read_safetensors(path: pathlib.Path) -> State:
    import ml_dtypes  # noqa: F401  adds bfloat16 to NumPy
    import safetensors.numpy

    try:
        return safetensors.numpy.load_file(path)
    except Exception as error:  # SafetensorError, and others for types that NumPy lacks
        raise _damaged(path, error) from error


def _read_npz(path: pathlib.Path) -> State:
    try:
        # NumPy takes anything but an archive for a pickle, so ask zipfile first.
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
