"""Packed data sets: the images of a split in a few large files, each read by itself at random.

For a million images, and for disks over a network, where opening a file takes longer than reading
it. `packing` writes them; `packed_format` tells how they lie on disk.
"""

import copy
import functools
import io
import os
import pathlib
from collections.abc import Sequence
from concurrent import futures

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.data import columns, source
from stargan_tf.data import labels as labels_lib
from stargan_tf.data.images import decoding
from stargan_tf.data.packs import packed_format
from stargan_tf.data.sources import image_files

_OPEN = 128  # shards kept open at most; many systems let a process have 1,024 files
_THREADS = 8  # On network disks they wait.


class Packed(source.EncodedSource):
    """One split of a packed data set."""

    def __init__(
        self,
        directory: pathlib.Path,
        shards: Sequence[packed_format.Shard],
        records: Sequence[packed_format.Records],
        label_space: labels_lib.LabelSpace,
        crop_size: int = 0,
        pairs: int = 0,
    ) -> None:
        """Creates the source from at least one shard and the records of each; opens no file."""
        self.label_space, self.crop_size = label_space, crop_size
        self._directory, self._shards = directory, tuple(shards)
        self._records = packed_format.Records.join(records)
        self._shard = np.repeat(np.arange(len(shards)), [part.size for part in records])
        self._name_end = np.cumsum(self._records.name_length)
        self._rows = np.arange(self._records.size)  # the record of every image
        if pairs:
            self.pairs = np.arange(2 * pairs).reshape(2, pairs).T
        self.labels = self._records.labels.astype(np.float32)
        self._opened = functools.lru_cache(_OPEN)(lambda number: io.FileIO(self._path(number)))

    def choose(
        self,
        names: Sequence[str],
        exclusive: Sequence[Sequence[str]] | None = None,
        *,
        as_domains: bool = False,
    ) -> "Packed":
        """Returns this data set with labels chosen from its own; see `columns.choose`.

        Args:
          names: The attributes to learn; none: all.
          exclusive: Groups of attributes of which at most one is 1; None: those of the pack.
          as_domains: Whether the attributes become domains.

        Raises:
          UserError: If its labels are domains, a name is unknown, or no image shows a domain alone.
        """
        space = self.label_space
        if space.kind == "domains":
            raise errors.UserError(
                f"{self._directory} was packed with the domains {', '.join(space.names)}, which "
                "are no attributes to choose from; leave `attributes`, `domains` and `exclusive` "
                "out, or pack again with others."
            )
        groups = space.exclusive if exclusive is None else exclusive
        chosen, labels, rows = columns.choose(
            space.names, self.labels, names or space.names, groups, as_domains=as_domains
        )
        other = copy.copy(self)
        other.label_space, other.labels, other._rows = chosen, labels, self._rows[rows]
        return other

    def read(self, index: tf.Tensor) -> tf.Tensor:
        """Returns the file of image `index` (int64 scalar) as a string scalar; a graph function."""
        contents = tf.numpy_function(self._read, [index], tf.string, stateful=False)
        return tf.ensure_shape(contents, ())

    def problems(self, *, thorough: bool = False) -> dict[int, str]:
        """Returns what is wrong with each image that can't be used, by its number.

        Args:
          thorough: Whether to compare every record with its checksum and to decode every image;
            otherwise only the sizes of the shards are looked at.
        """
        if not thorough:
            wrong = [self._shard_problem(number) for number in range(len(self._shards))]
            shards = self._shard[self._rows].tolist()
            return {i: wrong[number] for i, number in enumerate(shards) if wrong[number]}
        self._opened.cache_clear()  # What lies there now counts.
        return image_files.problems_of_each(self._problem, self.size)

    def describe(self, index: int) -> str:
        """Returns the name that image `index` had before it was packed."""
        row = self._rows[index]
        end = self._name_end[row]
        start = end - self._records.name_length[row]
        return os.fsdecode(self._records.names[start:end].tobytes())

    def key(self, index: int) -> bytes:
        """Returns the checksum of image `index`, its name and label as they were packed."""
        return self._records.digest[self._rows[index]].tobytes()

    def _path(self, number: int) -> pathlib.Path:
        return self._directory / self._shards[number].file

    def _read(self, index: np.ndarray) -> bytes:
        """Returns the file of an image."""
        contents, problem = self._contents(index)
        if problem:
            path = self._path(int(self._shard[self._rows[index]]))
            raise decoding.UnreadableError(f"{self.describe(index)} in {path}: {problem}")
        return contents

    def _contents(self, index: int | np.ndarray) -> tuple[bytes, str]:
        """Returns the file of an image, and what is wrong with it; runs in many threads at once."""
        row = self._rows[index]
        records, number = self._records, int(self._shard[row])
        offset, length = int(records.offset[row]), int(records.length[row])
        try:
            # A file is closed with the last reference to it, and this function holds one, so that
            # no other file can take its descriptor meanwhile.
            file = self._opened(number)
            record = os.pread(file.fileno(), length, offset)
        except OSError as error:
            return b"", error.strerror or "it can't be read"
        if packed_format.digest(record) != records.digest[row].tobytes():
            return b"", "its checksum differs"
        start = int(records.image_offset[row]) - offset
        return record[start : start + int(records.image_length[row])], ""

    def _shard_problem(self, number: int) -> str:
        shard = self._shards[number]
        try:
            size = os.stat(self._path(number)).st_size
        except OSError as error:
            return f"{shard.file}: {error.strerror}"
        if size != shard.bytes:
            return f"{shard.file} has {size:,} bytes instead of {shard.bytes:,}"
        return ""

    def _problem(self, index: int) -> str:
        contents, problem = self._contents(index)
        if problem:
            return f"{self._shards[self._shard[self._rows[index]]].file}: {problem}"
        return image_files.find_problem(contents, thorough=True)


def load_packed(data_dir: str, split: str) -> Packed:
    """Reads the index of one split, "train" or "test", of a packed data set; opens no shard.

    Raises:
      UserError: If the folder holds no pack, an unfinished one, one of a newer version, or an index
        is missing or damaged.
    """
    if split not in packed_format.SPLITS:
        raise ValueError(f"split must be 'train' or 'test'. Received: {split!r}")
    if not data_dir:
        raise errors.UserError(
            "The data folder is empty, pass data_dir=DIR with a folder that "
            "`python -m stargan_tf.pack` has written."
        )
    directory = pathlib.Path(data_dir)
    pack = packed_format.read_manifest(directory, split)

    def records(number: int) -> packed_format.Records:
        expected = pack.shards[number].index_digest
        return packed_format.read_index(directory, split, number, expected).records

    with futures.ThreadPoolExecutor(_THREADS) as pool:
        parts = list(pool.map(records, range(len(pack.shards))))
    return Packed(directory, pack.shards, parts, pack.label_space, pack.crop_size, pack.pairs)
