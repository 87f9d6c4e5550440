"""Writes one shard of a packed data set."""

import contextlib
import os
import pathlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors, files
from stargan_tf.data.packs import packed_format

CONSEQUENCE = "the shards before it are whole"

_BEFORE, _AFTER = 12, 4  # bytes of a TFRecord around its content: length and checksums


class Item(NamedTuple):
    """An image to pack: its file's bytes, its label (width,) of 0 and 1, and its name."""

    image: bytes
    label: np.ndarray
    name: str


def write(
    path: pathlib.Path, items: Iterable[Item], first: int, shard_bytes: int
) -> packed_format.Index:
    """Writes images to a shard until it has `shard_bytes` or no image is left.

    Args:
      path: The shard; it exists only once it is whole.
      items: The images; the last one written may take the shard beyond `shard_bytes`.
      first: The number of the first in its split.
      shard_bytes: The size at which the shard ends.

    Returns:
      The index of the shard.

    Raises:
      UserError: If there is no image, or the shard can't be written.
    """
    rows, end = [], 0
    with files.atomic(path, CONSEQUENCE) as file:
        with _as_os_errors():
            writer = tf.io.TFRecordWriter(os.fsencode(file.name))
        for item in items:
            record = _record(item)
            with _as_os_errors():
                writer.write(record)
            rows.append(_row(item, record, end + _BEFORE))
            end += _BEFORE + len(record) + _AFTER
            if end >= shard_bytes:
                break
        with _as_os_errors():
            writer.close()
        if not rows:
            raise errors.UserError(
                f"{path.name} would be empty: the images end after {first:,}, too early to be "
                "packed; check the data set."
            )
        digest = packed_format.file_digest(file.name)
    return packed_format.Index(_records(rows), first, end, digest)


@contextlib.contextmanager
def _as_os_errors() -> Iterator[None]:
    """Lets TensorFlow's errors (a full disk) be handled as Python's own are."""
    try:
        yield
    except tf.errors.OpError as error:
        raise OSError(error.message.rpartition("; ")[2]) from error


def _record(item: Item) -> bytes:
    """Returns an image as a tf.train.Example."""
    label = np.asarray(item.label)
    if not np.isin(label, (0, 1)).all():
        raise ValueError(f"labels must be 0 or 1. Received: {label} of {item.name}")
    feature = {
        "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[item.image])),
        "name": tf.train.Feature(bytes_list=tf.train.BytesList(value=[os.fsencode(item.name)])),
        "labels": tf.train.Feature(int64_list=tf.train.Int64List(value=label.astype(np.int64))),
    }
    example = tf.train.Example(features=tf.train.Features(feature=feature))
    return example.SerializeToString(deterministic=True)  # else the features have no fixed order


def _row(item: Item, record: bytes, offset: int) -> tuple:
    """Returns what the index says of an image, in the order of the columns of `Records`."""
    image_offset = offset + record.find(item.image)  # wherever found, these are its bytes
    digest = np.frombuffer(packed_format.digest(record), np.uint8)
    label, name = np.asarray(item.label, np.uint8), os.fsencode(item.name)
    return offset, len(record), image_offset, len(item.image), digest, label, len(name), name


def _records(rows: list[tuple]) -> packed_format.Records:
    *columns, names = map(list, zip(*rows, strict=True))
    kinds = (np.int64,) * 4 + (np.uint8,) * 2 + (np.int64,)
    arrays = [np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return packed_format.Records(*arrays, np.frombuffer(b"".join(names), np.uint8))
