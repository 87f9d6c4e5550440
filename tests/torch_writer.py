"""Writes files as torch.save does since PyTorch 1.6, without PyTorch, for tests."""

import pathlib
import struct
import zipfile
from typing import Any

import ml_dtypes
import numpy as np

TYPES = {
    np.float32: b"Float",
    np.float64: b"Double",
    np.float16: b"Half",
    ml_dtypes.bfloat16: b"BFloat16",
    np.int64: b"Long",
    np.int32: b"Int",
    np.int16: b"Short",
    np.int8: b"Char",
    np.uint8: b"Byte",
    np.bool_: b"Bool",
}
_SIX = np.arange(6, dtype=np.float32).tobytes()


def write(path: pathlib.Path, tree: Any, order: str = "little") -> pathlib.Path:
    """Writes dictionaries, lists and tuples of arrays, numbers and text; bytes are instructions."""
    arrays: list[np.ndarray] = []
    content = pickled(tree, arrays)
    swapped = [a.byteswap() if order == "big" else a for a in arrays]
    records = {f"data/{i}": a.tobytes() for i, a in enumerate(swapped)}
    return archive(path, {"data.pkl": content, "byteorder": order, **records, "version": "3\n"})


def archive(path: pathlib.Path, records: dict[str, Any], **options: Any) -> pathlib.Path:
    """Writes the records of a file, with options of ZipFile."""
    with zipfile.ZipFile(path, "w", **options) as file:
        for name, content in records.items():
            file.writestr(f"archive/{name}", content)
    return path


def old(tree: Any, keys: Any = ("0",), storages: Any = ((6, _SIX),)) -> bytes:
    """Returns a file in the format before PyTorch 1.6; by default with a storage of 0 to 5."""
    parts = [pickled(v) for v in (0x1950A86A20F9469CFC6C, 1001, {}, tree, list(keys))]
    return b"".join([*parts, *(struct.pack("<q", count) + raw for count, raw in storages)])


def pickled(tree: Any, arrays: list[np.ndarray] | None = None) -> bytes:
    """Returns the pickle of what `write` takes, and appends its arrays."""
    return b"\x80\x02" + code(tree, arrays) + b"."


def tensor(shape: Any, strides: Any, offset: Any = 0, count: Any = 6, key: Any = "0") -> bytes:
    """Returns the instructions for a tensor of float32 numbers; None of them need be sensible."""
    return _tensor(b"Float", key, count, offset, shape, strides)


def _tensor(kind: bytes, key: Any, count: Any, *view: Any) -> bytes:
    reference = ("storage", b"ctorch\n" + kind + b"Storage\n", key, "cpu", count)
    arguments = (code(reference) + b"Q", *view, False, b"ccollections\nOrderedDict\n)R")
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + code(arguments) + b"R"


def code(value: Any, arrays: list[np.ndarray] | None = None) -> bytes:
    """Returns the instructions that build a value."""

    def all_of(values: Any) -> bytes:
        return b"(" + b"".join(code(v, arrays) for v in values)

    match value:
        case bytes():
            return value
        case None | True | False:
            return {None: b"N", True: b"\x88", False: b"\x89"}[value]
        case int():
            content = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
            return b"\x8a" + bytes([len(content)]) + content
        case float():
            return b"G" + struct.pack(">d", value)
        case str():
            return b"X" + struct.pack("<I", len(value.encode())) + value.encode()
        case tuple():
            return all_of(value) + b"t"
        case list():
            return b"]" + all_of(value) + b"e"
        case dict():
            return b"}" + all_of(part for item in value.items() for part in item) + b"u"
        case np.ndarray():
            arrays.append(np.ascontiguousarray(value).reshape(value.shape))
            strides = tuple(s // value.itemsize for s in arrays[-1].strides)
            kind, key = TYPES[value.dtype.type], str(len(arrays) - 1)
            return _tensor(kind, key, value.size, 0, value.shape, strides)
        case _:
            raise TypeError(type(value))
