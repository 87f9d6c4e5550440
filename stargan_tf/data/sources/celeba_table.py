"""CelebA's table of attributes: the authors' text file, or the same as CSV, as on Kaggle."""

import os
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import names as names_lib
from stargan_tf.data.sources import tables

TEXT, CSV = "list_attr_celeba.txt", "list_attr_celeba.csv"

_IMAGE = "image_id"  # the column of the CSV file that names the image
_HEADER_LINES = 2  # of the text file
_VALUES = frozenset(("-1", "0", "1"))

_Row = tuple[int, Sequence[str]]  # the number of a line, and what is on it: the file, the values


def find(folder: str) -> str | None:
    """Returns the path of the table in a folder; of both, the text file; None: there is none."""
    paths = (os.path.join(folder, name) for name in (TEXT, CSV))
    return next((path for path in paths if os.path.isfile(path)), None)


def read(path: str, attributes: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Reads the names of the images and their labels, in the order of the table.

    The text file has the number of images on its first line, the attributes on its second, then a
    line for each image: its name and 1 or -1 for every attribute, between blanks. The CSV file has
    the header "image_id,ATTRIBUTE,..." and no number.

    Args:
      path: As `find` gave it.
      attributes: The attributes that make the label, in its order.

    Returns:
      The names; (names, attributes) float32 of 0 and 1, 1 where the table has "1".

    Raises:
      UserError: The table can't be read or is malformed, or an attribute is unknown.
    """
    known, rows = (_csv if path.endswith(CSV) else _text)(path)
    for name in attributes:
        if name not in known:
            raise labels_lib.unknown_name(name, known, what="attribute")
    return _parse(rows, os.path.basename(path), known, attributes)


def _csv(path: str) -> tuple[list[str], Iterator[_Row]]:
    """Returns the attributes and the rows of a CSV file, the image in front."""
    table = tables.Table(path, required=_IMAGE)
    at = table.columns.index(_IMAGE)
    rows = (
        (line, [cells[at].strip(), *map(str.strip, cells[:at]), *map(str.strip, cells[at + 1 :])])
        for line, cells in table.rows()
    )
    return [name for name in table.columns if name != _IMAGE], rows


def _text(path: str) -> tuple[list[str], Iterator[_Row]]:
    """Returns the attributes and the rows of a text file."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = file.read().rstrip().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise errors.UserError(f"Cannot read {path!r}: {reason}; download it again.") from error
    count = lines[0].strip()
    if not count.isdecimal():
        raise errors.UserError(
            f"Line 1 of {path!r} must be the number of images but is {count[:60]!r}; "
            "download the table again."
        )
    if int(count) != len(lines) - _HEADER_LINES:  # A download that stopped early.
        raise errors.UserError(
            f"Line 1 of {path!r} announces {count} images but {max(len(lines) - 2, 0)} follow; "
            "download the table again, or correct line 1 if you shortened it."
        )
    rows = ((n, line.split() or [""]) for n, line in enumerate(lines[_HEADER_LINES:], 3))
    return list(map(names_lib.normalized, lines[1].split())), rows


def _parse(
    rows: Iterable[_Row], table: str, known: Sequence[str], attributes: Sequence[str]
) -> tuple[list[str], np.ndarray]:
    columns = [known.index(name) for name in attributes]
    files, labels = [], bytearray()
    for line, (file, *values) in rows:
        if len(values) != len(known) or not _VALUES.issuperset(values):
            raise errors.UserError(
                f"Line {line} of {table} must be a file name and {len(known)} values 1 or -1 but "
                f"is {' '.join([file, *values])[:60]!r}; download the table again."
            )
        if os.path.basename(file) != file or file in ("", os.curdir, os.pardir):
            raise errors.UserError(
                f"Line {line} of {table} names the image {file[:60]!r}, but images lie in one "
                "folder; write the name of the file alone."
            )
        files.append(file)
        labels += bytes(values[column] == "1" for column in columns)
    found = np.frombuffer(labels, np.uint8).reshape(len(files), len(columns))
    return files, found.astype(np.float32)
