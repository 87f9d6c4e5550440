"""Writes packed data sets: the same bytes for the same images, and never half a file.

A split becomes shards. Each is written under another name and then renamed, and its index after it:
a shard is whole if it has an index that fits. A run that was killed continues with the first shard
that has none.
"""

import contextlib
import dataclasses
import hashlib
import itertools
import json
import os
import pathlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent import futures
from typing import Any, Literal

import tensorflow as tf

from stargan_tf.base import errors, files
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import names as names_lib
from stargan_tf.data import options as options_lib
from stargan_tf.data import source
from stargan_tf.data.packs import packed_format, shard_writer
from stargan_tf.data.sources import image_files
from stargan_tf.data.tfds import labelling, tfds_source
from stargan_tf.reports import progress as progress_lib

_PARALLEL = 16  # images read at once: on network disks they wait
_CHUNK = 256  # keys for each task of the pool
_NAMED = 5  # bad images that a message names
_LOCK = "packing.lock"
_OWN = re.compile(
    rf"({re.escape(packed_format.MANIFEST)}|{re.escape(packed_format.JOB)}"
    rf"|({'|'.join(packed_format.SPLITS)})-\d+\.(tfrecord|index\.npz))({re.escape(files.PARTIAL)})?"
)


@dataclasses.dataclass(frozen=True)
class Split:
    """One split to pack: images in a fixed order, with or without random access.

    Attributes:
      label_space: What the labels mean.
      crop_size: See `Source`.
      identity: A text that differs for other images, labels or names; a run that continues must
        have the same.
      start: Returns the images from a number on; raises a UserError if one can't be read. Without
        random access it reads and drops those before.
      size: The number of images.
      pairs: How many pairs they are: image k and image pairs + k belong together; 0: none.
    """

    label_space: labels_lib.LabelSpace
    crop_size: int
    identity: str
    start: Callable[[int], Iterable[shard_writer.Item]]
    size: int
    pairs: int = 0


def split_of(images: source.Source, crop_size: int = 0, data_dir: str = "") -> Split:
    """Returns a data set as a split to pack: image files as they are, other images as PNG.

    Args:
      images: The data set.
      crop_size: Side of the centred square that training will cut out by default; 0: that of the
        pack, if one is packed again, or else the largest.
      data_dir: The data set's folder, which is removed from the names.

    Raises:
      UserError: Its examples are not images.
    """
    if images.sample_shape:
        raise errors.UserError(
            f"A pack holds images; received a data set of {images.sample_name}, which needs none: "
            "train on it as it is."
        )
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
    pairs = 0 if images.pairs is None else len(images.pairs)
    if pairs and images.pairs.T.ravel().tolist() != list(range(images.size)):
        raise ValueError("Of a data set of pairs, pack whole pairs: first all of one side.")
    return Split(images.label_space, crop_size, identity.hexdigest(), start, images.size, pairs)


def split_of_tfds(
    options: options_lib.DataOptions, split: Literal["train", "test"]
) -> tuple[Split, dict[str, str]]:
    """Returns a split to pack, read in order, and the problem of each image left out, by name.

    Reads all images of the data set "tfds:NAME" once, to find those that can't be used.

    Raises:
      UserError: As in `tfds_source.load_tfds`; or some images can't be used and
        `options.on_corrupt` is "error".
    """
    selection = labelling.Selection.from_options(options, split)
    opened = labelling.open_split(options.dataset.partition(":")[2], options.data_dir, selection)
    labelled = labelling.label_examples(opened, selection)

    def everything() -> Iterator[shard_writer.Item]:
        return itertools.starmap(shard_writer.Item, tfds_source.iterate(opened, labelled))

    problems, thorough = {}, options.on_corrupt == "skip"
    for item in everything():
        if reason := image_files.find_problem(item.image, thorough=thorough):
            problems[item.name] = reason
    size = len(labelled.rows)
    if problems and options.on_corrupt == "error":
        listed = errors.some([f"{name} ({why})" for name, why in problems.items()], _NAMED)
        raise errors.UserError(
            f"{len(problems)} of {size} images cannot be used: {listed}; pass on_corrupt=skip to "
            "pack the others."
        )

    def start(first: int) -> Iterator[shard_writer.Item]:
        usable = (item for item in everything() if item.name not in problems)
        return itertools.islice(usable, first, None)

    space = labelled.space
    identity = json.dumps([opened.examples.identity, space.to_json(), sorted(problems)])
    kept = Split(space, options.crop_size, identity, start, size - len(problems))
    return kept, problems


def _encoded(images: source.Source, first: int) -> Iterator[bytes]:
    """Reads, or encodes, the images from number `first` on: in parallel, in order."""

    def encoded(index):
        if isinstance(images, source.EncodedSource):
            return images.read(index)
        return tf.io.encode_png(images.load(index))

    numbers = tf.data.Dataset.range(first, images.size)
    contents = numbers.map(encoded, num_parallel_calls=_PARALLEL, deterministic=True)
    options = tf.data.Options()
    options.threading.private_threadpool_size = _PARALLEL  # else as many as there are cores
    return contents.prefetch(_PARALLEL).with_options(options).as_numpy_iterator()


def _keys(images: source.Source) -> Iterator[bytes]:
    def some(first: int) -> bytes:
        return b"".join(map(images.key, range(first, min(first + _CHUNK, images.size))))

    with futures.ThreadPoolExecutor(_PARALLEL) as pool:  # for files it asks the disk
        yield from pool.map(some, range(0, images.size, _CHUNK))


@contextlib.contextmanager
def output_folder(directory: pathlib.Path, settings: Mapping[str, Any]) -> Iterator[None]:
    """Creates or resumes an output folder, locks it, and removes half-written files.

    `settings` are the values of the options that decide what is packed.

    Raises:
      UserError: If the folder can't be written, holds something else or a pack made with other
        options, or another process is packing into it.
    """
    _refuse_others(directory)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(files.lock_folder(directory, _LOCK))
        except files.TakenError as error:
            raise errors.UserError(
                f"Another process is packing into output={directory} ({error}); wait for it, or "
                "choose another folder."
            ) from None
        except OSError as error:
            raise errors.UserError(
                f"output={directory} can't be written: {error.strerror}; choose another folder."
            ) from error
        before = _job(directory).get("settings", {})
        for name, value in settings.items():
            if before.get(name, value) != value:
                raise errors.UserError(
                    f"output={directory} holds a pack made with {name}={before[name]}; "
                    f"received {name}={value}; choose another folder, or delete that one."
                )
        files.remove_partial(directory)
        yield


def _refuse_others(directory: pathlib.Path) -> None:
    if not directory.exists():
        return
    if not directory.is_dir():
        raise errors.UserError(f"output={directory} is a file; choose a folder.")
    names = {name for name in os.listdir(directory) if name[0] != "." and name != _LOCK}
    foreign = {name for name in names if not _OWN.fullmatch(name)}
    begun = {packed_format.JOB, packed_format.JOB + files.PARTIAL}  # the first that is written
    if foreign or (names and not begun & names):
        raise errors.UserError(
            f"output={directory} holds something else ({min(foreign or names)}); choose an empty "
            "folder."
        )


def _job(directory: pathlib.Path) -> dict[str, Any]:
    """Returns the content of the folder's packing.json; {}: no pack was begun there."""
    path = directory / packed_format.JOB
    return packed_format.read_json(path) if path.exists() else {}


def pack(
    splits: Mapping[str, Split],
    directory: pathlib.Path,
    settings: Mapping[str, Any],
    shard_bytes: int,
) -> None:
    """Writes a pack, or the missing parts of one.

    If it was finished before, every shard is compared with its checksum, and those that are damaged
    or missing are written again.

    The folder and the settings are those of an open `output_folder`. A shard ends with the image
    that brings it to `shard_bytes`.

    Raises:
      UserError: If the folder holds a pack of other images, a split has none, one can't be read, a
        label's name can't be used in commands, or the disk is full.
    """
    identities = {name: split.identity for name, split in splits.items()}
    job = _job(directory)
    if not job:
        for split in splits.values():  # training would refuse them, after all the work
            kind = settings.get("dataset", "").partition(":")[0]
            names_lib.refuse(split.label_space.names, split.label_space.what, kind)
        job = {"settings": dict(settings), "images": identities}
        with files.atomic(directory / packed_format.JOB) as file:
            file.write(packed_format.json_bytes(job))
    elif job.get("images") != identities:
        raise errors.UserError(
            f"output={directory} holds a pack of other images, or of these before some were "
            "added, removed or changed; choose another folder, or delete that one."
        )
    thorough = (directory / packed_format.MANIFEST).exists()
    written = {}
    for name, split in splits.items():
        shards = tuple(_finish(directory, name, split, shard_bytes, thorough))
        written[name] = packed_format.Split(split.label_space, split.crop_size, shards, split.pairs)
    with files.atomic(directory / packed_format.MANIFEST, "the shards are whole") as file:
        file.write(packed_format.manifest_bytes(written))


def _finish(
    directory: pathlib.Path, name: str, split: Split, shard_bytes: int, thorough: bool
) -> Iterator[packed_format.Shard]:
    """Yields all shards of a split, each when it is whole; writes those that are not."""
    position, items = 0, None

    def shown(items: Iterable[shard_writer.Item]) -> Iterator[shard_writer.Item]:
        for number, item in enumerate(items, position + 1):
            yield item
            progress.show(number, shard, line=False)

    with progress_lib.Progress(split.size, "image") as progress:
        for number in itertools.count():
            shard = packed_format.shard_name(name, number)
            index_path = directory / packed_format.index_name(name, number)
            index = _whole(directory, name, number, position, thorough)
            if index is None:
                # An old index must not vouch for the shard that is written now.
                index_path.unlink(missing_ok=True)
                items = items or shown(split.start(position))
                index = shard_writer.write(directory / shard, items, position, shard_bytes)
                with files.atomic(index_path, shard_writer.CONSEQUENCE) as file:
                    file.write(index.to_bytes())
            else:
                items = None  # what comes next lies behind this shard
            count, digest = index.records.size, packed_format.file_digest(index_path)
            position += count
            progress.show(position, shard)
            yield packed_format.Shard(shard, count, index.shard_bytes, index.shard_digest, digest)
            if position >= split.size:
                return


def _whole(
    directory: pathlib.Path, name: str, number: int, first: int, thorough: bool
) -> packed_format.Index | None:
    """Returns the index of a shard that begins with image `first` and is whole, else None."""
    path = directory / packed_format.shard_name(name, number)
    try:
        index = packed_format.read_index(directory, name, number)
        whole = index.first == first and path.stat().st_size == index.shard_bytes
        whole = whole and (not thorough or packed_format.file_digest(path) == index.shard_digest)
    except (errors.UserError, OSError):
        return None
    return index if whole else None
