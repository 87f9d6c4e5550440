"""The format of a packed data set on disk, for the reader and the writer.

  pack.json               written last: what the parts hold, and every shard's size and checksum
  packing.json            what was packed with which options, for a run that continues
  train-00000.tfrecord    a shard: TFRecords, each a tf.train.Example of `image` (the file's bytes),
                          `name` (bytes) and `labels` (int64, 0 and 1, in pack.json's order)
  train-00000.index.npz   where each record of that shard lies, its checksum, label and name

and the same of "test". Checksums are BLAKE2b of 16 bytes, as `b2sum -l 128` gives.
"""

import dataclasses
import hashlib
import io
import json
import os
import pathlib
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib

VERSION = 1
MANIFEST = "pack.json"
JOB = "packing.json"
SPLITS = ("train", "test")
AGAIN = "copy it again, or run the same command of stargan_tf.pack again, which mends it"

_FORMAT = "stargan_tf pack"
_HINT = "name a folder that `python -m stargan_tf.pack` has written"

# NumPy reads an array's header by Python's parser, and Python 3.11's fails now and then, with a
# SystemError about the depth of its recursion, where two threads parse at once.
_PARSING = threading.Lock()


@dataclasses.dataclass(frozen=True)
class Records:
    """N records, of one shard or of many, as columns. Positions and lengths are in bytes.

    Attributes:
      offset: (N,) int64, where the tf.train.Example begins in its shard.
      length: (N,) int64, its length.
      image_offset: (N,) int64, where the image's file begins in the shard.
      image_length: (N,) int64, its length.
      digest: (N, 16) uint8, the checksum of the tf.train.Example.
      labels: (N, width) uint8 of 0 and 1.
      name_length: (N,) int64.
      names: uint8, the bytes of all names, one after the other.
    """

    offset: np.ndarray
    length: np.ndarray
    image_offset: np.ndarray
    image_length: np.ndarray
    digest: np.ndarray
    labels: np.ndarray
    name_length: np.ndarray
    names: np.ndarray

    @property
    def size(self) -> int:
        """The number of records."""
        return len(self.offset)

    @classmethod
    def join(cls, parts: Sequence["Records"]) -> "Records":
        """Returns the records of all parts, of which there is at least one."""
        names = [field.name for field in dataclasses.fields(cls)]
        return cls(**{n: np.concatenate([getattr(part, n) for part in parts]) for n in names})


@dataclasses.dataclass(frozen=True)
class Index:
    """The content of a shard's index file.

    Attributes:
      records: The records of the shard, in order.
      first: The number of its first image in the split.
      shard_bytes: The size of the shard.
      shard_digest: Its checksum in hexadecimal.
    """

    records: Records
    first: int
    shard_bytes: int
    shard_digest: str

    def to_bytes(self) -> bytes:
        """Returns the index file: a NumPy archive, the same bytes for the same content."""
        file = io.BytesIO()
        np.savez(
            file,
            first=np.int64(self.first),
            shard_bytes=np.int64(self.shard_bytes),
            shard_digest=np.frombuffer(bytes.fromhex(self.shard_digest), np.uint8),
            **vars(self.records),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Index":
        """Reads what `to_bytes` gave; anything else raises some kind of Exception."""
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            records = Records(**{f.name: file[f.name] for f in dataclasses.fields(Records)})
            first, size = int(file["first"]), int(file["shard_bytes"])
            return cls(records, first, size, file["shard_digest"].tobytes().hex())


@dataclasses.dataclass(frozen=True)
class Shard:
    """A shard as pack.json lists it: its size in images and bytes, and two checksums (hex)."""

    file: str
    images: int
    bytes: int
    digest: str
    index_digest: str


@dataclasses.dataclass(frozen=True)
class Split:
    """One split as pack.json lists it.

    Attributes:
      label_space: What the labels mean.
      crop_size: See `Source`.
      shards: In order.
      pairs: How many pairs the images are: image k and image pairs + k belong together; 0: none.
    """

    label_space: labels_lib.LabelSpace
    crop_size: int
    shards: tuple[Shard, ...]
    pairs: int = 0


def shard_name(split: str, number: int) -> str:
    """Returns the name of a shard's file."""
    return f"{split}-{number:05d}.tfrecord"


def index_name(split: str, number: int) -> str:
    """Returns the name of the index file of a shard."""
    return f"{split}-{number:05d}.index.npz"


def digest(data: bytes) -> bytes:
    """Returns the checksum (16 bytes) of some bytes."""
    return hashlib.blake2b(data, digest_size=16).digest()


def file_digest(path: str | os.PathLike[str]) -> str:
    """Returns the checksum of a file in hexadecimal; reads all of it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def manifest_bytes(splits: dict[str, Split]) -> bytes:
    """Returns the file pack.json."""
    entries = {
        name: {
            "label_space": split.label_space.to_json(),
            "crop_size": split.crop_size,
            "shards": [dataclasses.asdict(shard) for shard in split.shards],
            **({"pairs": split.pairs} if split.pairs else {}),
        }
        for name, split in splits.items()
    }
    return json_bytes({"splits": entries})


def read_manifest(directory: pathlib.Path, split: str) -> Split:
    """Returns a split as pack.json lists it.

    Raises:
      UserError: If it is missing, damaged, of another program or of a newer version.
    """
    path = directory / MANIFEST
    if not path.exists() and (directory / JOB).exists():
        raise errors.UserError(
            f"{directory} is not packed to the end; run the same command of stargan_tf.pack again, "
            "which continues."
        )
    value = read_json(path)
    try:
        entry = value["splits"][split]
        shards = tuple(Shard(**shard) for shard in entry["shards"])
        expected = [shard_name(split, i) for i in range(len(shards))]
        if not shards or [shard.file for shard in shards] != expected:
            raise ValueError("other names than the format's")
        space = labels_lib.LabelSpace.from_json(entry["label_space"])
        pairs = int(entry.get("pairs", 0))
        if pairs and 2 * pairs != sum(shard.images for shard in shards):
            raise ValueError("not all images are of pairs")
        return Split(space, _asked_crop(directory, int(entry["crop_size"])), shards, pairs)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise errors.UserError(f"{path} is damaged; {AGAIN}.") from error


def _asked_crop(directory: pathlib.Path, crop_size: int) -> int:
    """Returns the crop of a pack if it was asked for, else 0.

    Earlier versions wrote one into every pack of CelebA (178) and of RaFD (256).
    """
    job = directory / JOB
    settings = read_json(job).get("settings", {}) if crop_size and job.exists() else {}
    own = settings.get("dataset") in ("celeba", "rafd") and not settings.get("crop_size")
    return 0 if own else crop_size


def json_bytes(value: dict[str, Any]) -> bytes:
    """Returns a JSON file of this format, with its version in it."""
    value = {"format": _FORMAT, "version": VERSION, **value}
    return (json.dumps(value, indent=1) + "\n").encode()


def read_json(path: pathlib.Path) -> dict[str, Any]:
    """Reads what `json_bytes` wrote.

    Raises:
      UserError: If it is missing, damaged, of another program or of a newer version.
    """
    try:
        value = json.loads(path.read_bytes())
        known, version = value["format"] == _FORMAT, int(value["version"])
    except OSError as error:
        raise errors.UserError(f"Cannot read {path}: {error.strerror}; {_HINT}.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise errors.UserError(f"{path} is damaged, or of another program; {_HINT}.") from error
    if not known:
        raise errors.UserError(f"{path} is of another program ({value['format']}); {_HINT}.")
    if version > VERSION:
        raise errors.UserError(
            f"{path} is of a newer version: {version}, while this one reads up to {VERSION}; "
            "install a newer stargan_tf, or pack again."
        )
    return value


def read_index(directory: pathlib.Path, split: str, number: int, expected: str = "") -> Index:
    """Returns the index of shard `number` of a split; may run in many threads at once.

    `expected` is the checksum (hex) that the index file must have; "": any.

    Raises:
      UserError: If it is missing, cut short, damaged, or of another pack.
    """
    path = directory / index_name(split, number)
    try:
        data = path.read_bytes()
        if expected and digest(data).hex() != expected:
            raise ValueError("another checksum")
        with _PARSING:
            return Index.from_bytes(data)
    except OSError as error:
        raise errors.UserError(
            f"Cannot read the index {path}: {error.strerror}; {AGAIN}."
        ) from error
    except Exception as error:  # NumPy and zipfile raise many kinds on damaged files
        raise errors.UserError(
            f"The index {path} is damaged, or of another pack; {AGAIN}."
        ) from error
