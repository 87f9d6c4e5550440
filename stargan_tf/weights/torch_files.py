"""Reads the files of torch.save, old and new, without PyTorch.

Both formats hold a pickle of the dictionaries, whose tensors name storages (flat arrays), and the
bytes of the storages. Since PyTorch 1.6 they are records of a zip archive; before, they follow one
another: a magic number, a version, a description of the machine, the pickle, the storages' keys,
and for each key a count and the bytes. Nothing in a file is run: see torch_pickles.
"""

import dataclasses
import io
import math
import pathlib
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from stargan_tf.base import errors
from stargan_tf.weights import torch_pickles

_MAGIC, _VERSION = 0x1950A86A20F9469CFC6C, 1001
# The bytes of each kind of storage; bfloat16, which NumPy lacks, as integers.
_LAYOUTS = {
    "torch.FloatStorage": "f4",
    "torch.DoubleStorage": "f8",
    "torch.HalfStorage": "f2",
    "torch.BFloat16Storage": "u2",
    "torch.LongStorage": "i8",
    "torch.IntStorage": "i4",
    "torch.ShortStorage": "i2",
    "torch.CharStorage": "i1",
    "torch.ByteStorage": "u1",
    "torch.BoolStorage": "u1",
    "torch.storage.UntypedStorage": "u1",
}
# Views may repeat elements, so a small file can hold a larger tensor, but not an absurd one.
_ELEMENTS = 2**20
_DIMENSIONS = 32  # NumPy's most


def read(path: pathlib.Path) -> Any:
    """Returns what torch.save wrote: dictionaries, lists and tuples of arrays, numbers and text.

    Arrays can't be written to, and may share memory; float16 and bfloat16 have become float32.

    Raises:
      UserError: If the file is in the format of PyTorch before 0.1.10.
      torch_pickles.CodeError: If it names anything but tensors; nothing of it was run.
      Exception: One of many kinds, if it is damaged or no such file. Memory is only taken in
        proportion to the file's size.
    """
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith(b"PK\x03\x04"):
        return _read_zip(path)
    if head[257:262] == b"ustar":
        raise errors.UserError(
            f"{path} is a tar archive, as PyTorch wrote before version 0.1.10, and can't be read; "
            "load it with a PyTorch that can, and save the state dict again by torch.save."
        )
    return _read_old(path.read_bytes())


@dataclasses.dataclass(frozen=True)
class Storage:
    """A flat array that tensors are views of, and the kind that the file gives it."""

    kind: str
    values: np.ndarray


class _Storages:
    """The storages of a file by key, each made once; `make` takes its kind, key and count."""

    def __init__(self, make: Callable[[str, str, int], np.ndarray], file_size: int):
        self._make, self._most = make, max(file_size, _ELEMENTS)
        self.made: dict[str, Storage] = {}

    def load(self, stream: io.BytesIO) -> Any:
        """Returns the object of a pickle whose tensors are views of these storages."""
        calls = {
            "collections.OrderedDict": torch_pickles.ordered_dict,
            "torch.Size": torch_pickles.size,
            "torch._utils._rebuild_tensor": self._tensor,
            "torch._utils._rebuild_tensor_v2": lambda *given: self._tensor(*given[:4]),
            "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
        }
        return torch_pickles.load(stream, {**dict.fromkeys(_LAYOUTS), **calls}, self._resolve)

    def _resolve(self, persistent_id: Any) -> Storage:
        match persistent_id:
            case ("storage", torch_pickles.Name(kind), str(key), _, int(count)):
                part = None
            case ("storage", torch_pickles.Name(kind), str(key), _, int(count), part):
                pass
            case _:
                raise ValueError("what a tensor refers to is no storage")
        if kind not in _LAYOUTS or count < 0:
            raise ValueError(f"a storage can't be {count} x {kind}")
        if key not in self.made:
            self.made[key] = Storage(kind, self._make(kind, key, count))
        storage = self.made[key]
        if (storage.kind, len(storage.values)) != (kind, count):
            raise ValueError(f"the storage {key} is described in two ways")
        if part is not None:  # in files of early versions
            _, offset, size = part
            return Storage(kind, self._tensor(storage, offset, (size,), (1,)))
        return storage

    def _tensor(self, storage: Any, offset: Any, shape: Any, strides: Any) -> np.ndarray:
        """Returns the view of a storage that a tensor is; whatever it is given is checked first."""
        if not all(isinstance(v, tuple) and len(v) <= _DIMENSIONS for v in (shape, strides)):
            raise ValueError("a tensor's shape or strides are none")
        numbers = (offset, *shape, *strides)
        if not isinstance(storage, Storage) or any(type(n) is not int or n < 0 for n in numbers):
            raise ValueError("a tensor is no view of a storage")
        count, held = math.prod(shape), len(storage.values)
        steps = zip(shape, strides, strict=True)
        end = offset + sum((n - 1) * step for n, step in steps) + 1 if count else 0
        if end > held:
            raise ValueError(f"a tensor reaches to element {end} of the {held} of its storage")
        if count > self._most:
            raise ValueError(f"a tensor has {count} elements, more than the file can hold")
        if not count:
            return np.zeros(shape, storage.values.dtype)
        width = storage.values.itemsize
        return np.lib.stride_tricks.as_strided(
            storage.values[offset:], shape, [step * width for step in strides], writeable=False
        )


def _read_zip(path: pathlib.Path) -> Any:
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        _check_records(archive, size)
        names = archive.namelist()
        roots = [name.split("/")[0] for name in names if name.split("/")[1:] == ["data.pkl"]]
        if len(roots) != 1:
            raise ValueError("it has no record data.pkl, or several")
        root = roots[0]
        big = f"{root}/byteorder" in names and archive.read(f"{root}/byteorder") == b"big"

        def make(kind: str, key: str, count: int) -> np.ndarray:
            return _decoded(kind, archive.read(f"{root}/data/{key}"), count, big)

        return _Storages(make, size).load(io.BytesIO(archive.read(f"{root}/data.pkl")))


def _check_records(archive: zipfile.ZipFile, size: int) -> None:
    """Raises a ValueError unless the records are stored as they are, and fit into the file."""
    records = archive.infolist()
    for record in records:
        if record.compress_type != zipfile.ZIP_STORED or record.file_size != record.compress_size:
            raise ValueError(f"the record {record.filename} is compressed, as torch.save does not")
    if sum(record.file_size for record in records) > size:
        raise ValueError("its records are larger than the file")


def _read_old(content: bytes) -> Any:
    stream = io.BytesIO(content)
    taken = 0

    def make(kind: str, key: str, count: int) -> np.ndarray:
        nonlocal taken
        taken += count * _width(kind)
        if taken > len(content):
            raise ValueError(f"the storage {key} is larger than the file")
        return np.empty(count, _decoded(kind, b"", 0).dtype)  # the numbers come after the pickle

    storages = _Storages(make, len(content))
    for number in (_MAGIC, _VERSION):
        if torch_pickles.load(stream, {}) != number:
            raise ValueError("it does not begin as files of torch.save do")
    torch_pickles.load(stream, {})  # describes the machine; the numbers are little-endian on all
    tree, keys = storages.load(stream), torch_pickles.load(stream, {})
    if sorted(keys) != sorted(storages.made):
        raise ValueError("its storages are not those that its tensors need")
    for key in keys:
        storage = storages.made[key]
        (count,) = struct.unpack("<q", stream.read(8))
        if count != len(storage.values):
            raise ValueError(f"the storage {key} is described in two ways")
        raw = stream.read(count * _width(storage.kind))
        storage.values[:] = _decoded(storage.kind, raw, count)
    return tree


def _width(kind: str) -> int:
    """Returns the bytes of an element."""
    return np.dtype(_LAYOUTS[kind]).itemsize


def _decoded(kind: str, raw: bytes, count: int, big: bool = False) -> np.ndarray:
    """Returns the `count` numbers of a storage; those of 16 bits as float32, exactly."""
    if len(raw) < count * _width(kind):
        raise ValueError(f"a storage of {count} elements has only {len(raw)} bytes")
    layout = np.dtype(_LAYOUTS[kind]).newbyteorder(">" if big else "<")
    numbers = np.frombuffer(raw, layout, count).astype(layout.newbyteorder("="), copy=False)
    match kind:
        case "torch.HalfStorage":
            return numbers.astype(np.float32)
        case "torch.BFloat16Storage":  # the upper half of a float32
            return (numbers.astype(np.uint32) << 16).view(np.float32)
        case "torch.BoolStorage":
            return numbers != 0
        case _:
            return numbers
