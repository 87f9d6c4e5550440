"""Writing one shard of a packed data set."""

import contextlib
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from stargan_tf.base import files
from stargan_tf.data.packs import packed_format

CONSEQUENCE = "the shards before it are whole"

_BEFORE, _AFTER = 12, 4  # bytes of a TFRecord around its content: length and checksums


class Item(NamedTuple):
    """An image as it is packed: its file's bytes, its label (width,) of 0 and 1, and its name."""

    image: bytes
    label: np.ndarray
    name: str


class Items:
    """Images one after the other, of which the next is known before it is taken.

    Attributes:
      position: How many there were before the next.
      ahead: The next; None at the end.
    """

    def __init__(self, items: Iterable[Item], position: int = 0) -> None:
        self._items = iter(items)
        self.position = position
        self.ahead = next(self._items, None)

    def take(self) -> Item:
        """Returns the next, of which there must be one."""
        item, self.ahead = self.ahead, next(self._items, None)
        self.position += 1
        return item


def write(
    path: pathlib.Path, items: Items, shard_bytes: int, progress: Callable[[int], None]
) -> packed_format.Index:
    """Writes images to a shard until it has `shard_bytes` or no image is left.

    Args:
      path: The shard, which is there only once it is whole.
      items: At least one is left.
      shard_bytes: The last image may take the shard beyond it.
      progress: Gets, after each image, how many there were since the first of the split.

    Returns:
      Its index.

    Raises:
      UserError: If it can't be written.
    """
    rows, end, first = [], 0, items.position
    with files.atomic(path, CONSEQUENCE) as file:
        with _as_os_errors():
            writer = tf.io.TFRecordWriter(os.fsencode(file.name))
        while items.ahead is not None and end < shard_bytes:
            item = items.take()
            record = _record(item)
            with _as_os_errors():
                writer.write(record)
            rows.append(_row(item, record, end + _BEFORE))
            end += _BEFORE + len(record) + _AFTER
            progress(items.position)
        with _as_os_errors():
            writer.close()
        digest = packed_format.file_digest(file.name)
    return packed_format.Index(_records(rows), first, end, digest, items.ahead is None)


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
    label, name = np.asarray(item.label, np.uint8), os.fsencode(item.name)
    digest = packed_format.digest(record)
    return offset, len(record), image_offset, len(item.image), digest, label, len(name), name


def _records(rows: list[tuple]) -> packed_format.Records:
    offset, length, image_offset, image_length, digests, labels, name_length, names = zip(
        *rows, strict=True
    )
    return packed_format.Records(
        np.array(offset, np.int64),
        np.array(length, np.int64),
        np.array(image_offset, np.int64),
        np.array(image_length, np.int64),
        np.frombuffer(b"".join(digests), np.uint8).reshape(len(rows), -1),
        np.stack(labels),
        np.array(name_length, np.int64),
        np.frombuffer(b"".join(names), np.uint8),
    )
