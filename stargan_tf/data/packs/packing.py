"""Writing packed data sets: the same bytes for the same images, and never half a file.

A split becomes shards. Each is written under another name and then renamed, and its index after it:
a shard is whole if it has an index that fits, and what was killed continues with the first that has
none.
"""

import dataclasses
import hashlib
import itertools
import json
import os
import pathlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent import futures
from typing import Any

import tensorflow as tf

from stargan_tf.base import errors, files
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import names as names_lib
from stargan_tf.data import source
from stargan_tf.data.packs import packed_format, shard_writer

_PARALLEL = 16  # images read at once: on network disks they wait
_CHUNK = 256  # keys for each task of the pool
_SAY_EVERY = 10.0  # seconds, within a shard


@dataclasses.dataclass(frozen=True)
class Part:
    """One split, as it is packed: images in a fixed order, whether or not with random access.

    Attributes:
      label_space: What the labels mean.
      crop_size: See `Source`.
      identity: Tells these images, labels and names from all others; a run that continues must
        have the same.
      start: Returns the images from a number on. What can't be read it raises as a UserError.
        Without random access it reads and drops those before.
      size: How many there are, for messages; None: unknown.
    """

    label_space: labels_lib.LabelSpace
    crop_size: int
    identity: str
    start: Callable[[int], Iterable[shard_writer.Item]]
    size: int | None = None


def part_of(images: source.Source, crop_size: int = 0, data_dir: str = "") -> Part:
    """Returns a data set as it is packed: files as they are, other images as PNG.

    Args:
      images: The data set; its keys, of files a look at each, are asked for at once.
      crop_size: Side of the centred square that training will cut out unless it is told otherwise;
        0: that of the pack, if one is packed again, or else the largest.
      data_dir: The data set's folder, which its names lose.
    """
    folder = os.path.join(data_dir, "") if data_dir else ""

    def name(index: int) -> str:
        return images.describe(index).removeprefix(folder)

    def start(first: int) -> Iterator[shard_writer.Item]:
        read = _encoded(images, first)
        for index in range(first, images.size):
            try:
                contents = next(read)
            except tf.errors.OpError as error:
                raise errors.UserError(
                    f"{images.describe(index)} is damaged or gone; replace it and run the same "
                    "command again."
                ) from error
            yield shard_writer.Item(contents, images.labels[index], name(index))

    identity = hashlib.blake2b(images.labels.tobytes(), digest_size=16)
    identity.update(json.dumps(images.label_space.to_json()).encode())
    for index in range(images.size):
        identity.update(os.fsencode(name(index)) + b"\0")
    for keys in _keys(images):
        identity.update(keys)
    crop_size = crop_size or images.crop_size
    return Part(images.label_space, crop_size, identity.hexdigest(), start, images.size)


def _encoded(images: source.Source, first: int) -> Iterator[bytes]:
    """Reads, or encodes, the images from number `first` on: in parallel, in order."""

    def encoded(index):
        if isinstance(images, source.EncodedSource):
            return images.read(index)
        return tf.io.encode_png(images.load(index))

    numbers = tf.data.Dataset.range(first, images.size)
    found = numbers.map(encoded, num_parallel_calls=_PARALLEL, deterministic=True)
    options = tf.data.Options()
    options.threading.private_threadpool_size = _PARALLEL  # else as many as there are cores
    return found.prefetch(_PARALLEL).with_options(options).as_numpy_iterator()


def _keys(images: source.Source) -> Iterator[bytes]:
    def some(first: int) -> bytes:
        return b"".join(map(images.key, range(first, min(first + _CHUNK, images.size))))

    with futures.ThreadPoolExecutor(_PARALLEL) as pool:  # for files it asks the disk
        yield from pool.map(some, range(0, images.size, _CHUNK))


def pack(
    parts: Mapping[str, Part],
    directory: pathlib.Path,
    settings: Mapping[str, Any],
    shard_bytes: int,
    say: Callable[[str], None],
) -> None:
    """Writes a pack, or what is missing of it.

    Where it was finished before, every shard is compared with its checksum, and what is damaged or
    gone is written again.

    Args:
      parts: What to pack, by split.
      directory: A folder that is `packing_folder.claimed`.
      settings: As there.
      shard_bytes: A shard ends with the image that takes it so far.
      say: Gets a line now and then.

    Raises:
      UserError: If the folder holds a pack of other images, a part has none, one can't be read, a
        label's name can't be used in commands, or the disk is full.
    """
    identities = {split: part.identity for split, part in parts.items()}
    path = directory / packed_format.JOB
    if not path.exists():
        for part in parts.values():  # training would refuse them, after all the work
            kind = settings.get("dataset", "").partition(":")[0]
            names_lib.refuse(part.label_space.names, part.label_space.what, kind)
        job = {"settings": dict(settings), "images": identities}
        with files.atomic(path) as file:
            file.write(packed_format.json_bytes(job))
    elif packed_format.read_json(path).get("images") != identities:
        raise errors.UserError(
            f"--output={directory} holds a pack of other images, or of these before some were "
            "added, removed or changed; choose another folder, or delete that one."
        )
    thorough = (directory / packed_format.MANIFEST).exists()
    written = {}
    for split, part in parts.items():
        made = _Split(directory, split, part, shard_bytes, say).finish(thorough)
        written[split] = packed_format.Part(part.label_space, part.crop_size, tuple(made))
    with files.atomic(directory / packed_format.MANIFEST, "the shards are whole") as file:
        file.write(packed_format.manifest_bytes(written))


class _Split:
    """Writes the shards of one split."""

    def __init__(self, directory, split, part, shard_bytes, say):
        self._directory: pathlib.Path = directory
        self._split, self._part, self._shard_bytes = split, part, shard_bytes
        self._say, self._said = say, time.monotonic()

    def finish(self, thorough: bool) -> Iterator[packed_format.Shard]:
        """Yields all shards, each when it is whole; writes those that are not."""
        position, items, last = 0, None, False
        for number in itertools.count():
            if last:
                return
            index = self._finished(number, position, thorough)
            if index is None:
                items = items or shard_writer.Items(self._part.start(position), position)
                index = self._write(number, items)
            else:
                items = None  # what comes next lies behind this shard
            position += index.records.size
            self._tell(number, position)
            yield packed_format.Shard(
                packed_format.shard_name(self._split, number),
                index.records.size,
                index.shard_bytes,
                index.shard_digest,
                packed_format.file_digest(self._index_path(number)),
            )
            last = index.last

    def _finished(self, number: int, first: int, thorough: bool) -> packed_format.Index | None:
        """Returns the index of a shard that begins with image `first` and is whole, else None."""
        path = self._path(number)
        try:
            index = packed_format.read_index(self._directory, self._split, number)
            whole = index.first == first and path.stat().st_size == index.shard_bytes
            whole = whole and (
                not thorough or packed_format.file_digest(path) == index.shard_digest
            )
        except (errors.UserError, OSError):
            return None
        return index if whole else None

    def _write(self, number: int, items: shard_writer.Items) -> packed_format.Index:
        if items.ahead is None:
            raise errors.UserError(
                f"The {self._split} split ends after {items.position:,} images, too early to be "
                "packed; check the data set."
            )
        # An index that lies there must not vouch for a shard that comes to be after it.
        self._index_path(number).unlink(missing_ok=True)

        def progress(position: int) -> None:
            if time.monotonic() - self._said > _SAY_EVERY:
                self._tell(number, position)

        index = shard_writer.write(self._path(number), items, self._shard_bytes, progress)
        with files.atomic(self._index_path(number), shard_writer.CONSEQUENCE) as file:
            file.write(index.to_bytes())
        return index

    def _tell(self, number: int, position: int) -> None:
        self._said = time.monotonic()
        size = self._part.size
        of = "" if size is None else f" of {size:,}"
        self._say(f"{self._path(number).name}: {position:,}{of} images")

    def _path(self, number: int) -> pathlib.Path:
        return self._directory / packed_format.shard_name(self._split, number)

    def _index_path(self, number: int) -> pathlib.Path:
        return self._directory / packed_format.index_name(self._split, number)
