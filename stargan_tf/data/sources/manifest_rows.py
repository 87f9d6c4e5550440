"""The rows of a table of images: paths, parts, and labels or attributes, checked."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from stargan_tf.data import names as names_lib
from stargan_tf.data.sources import tables

PATH, LABEL, SPLIT = "path", "label", "split"  # names of columns

_PARTS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_BITS = {
    **dict.fromkeys(("1", "1.0", "true", "True"), 1),
    **dict.fromkeys(("0", "0.0", "false", "False", "-1", "-1.0"), 0),
}


class Row(NamedTuple):
    """An image of a table."""

    line: int
    path: str  # as it is written
    file: str  # the same from the current folder
    part: str  # "train", "val" or "test"; "" without such a column
    value: str | bytes  # the label, or 0 and 1 for every chosen attribute


def read(table: tables.Table, chosen: tuple[str, ...]) -> list[Row]:
    """Returns the rows of a table.

    Args:
      table: With a column `PATH`, and perhaps `SPLIT`.
      chosen: Its columns to read: `LABEL` alone, or those of attributes.

    Raises:
      UserError: A line is malformed or lists an image again, or a value is not what it should be.
    """
    path_at = table.columns.index(PATH)
    part_at = table.columns.index(SPLIT) if SPLIT in table.columns else None
    places = [table.columns.index(name) for name in chosen]
    folder = os.path.dirname(table.path)
    rows = []
    first: dict[str, int] = {}
    for line, cells in table.rows():
        path = cells[path_at].strip()
        if not path or "\0" in path:
            raise table.mistake(line, f"gives {path!r} as path; write the path of an image.")
        file = os.path.join(folder, path)
        other = first.setdefault(os.path.normpath(file), line)
        if other != line:
            raise table.mistake(line, f"lists {path!r} again, after line {other}; remove one.")
        part = "" if part_at is None else _part(table, line, cells[part_at])
        values = [cells[place] for place in places]
        value = _label(table, line, values) if chosen == (LABEL,) else None
        rows.append(Row(line, path, file, part, value or _bits(table, line, chosen, values)))
    return rows


def _part(table: tables.Table, line: int, value: str) -> str:
    part = _PARTS.get(value.strip().lower())
    if not part:
        raise table.mistake(line, f"has the split {value!r}; expected train, val or test.")
    return part


def _label(table: tables.Table, line: int, values: Sequence[str]) -> str:
    label = names_lib.normalized(values[0].strip())
    if not label:
        raise table.mistake(line, "has no label; write one, or remove the line.")
    return label


def _bits(table: tables.Table, line: int, names: Sequence[str], values: Sequence[str]) -> bytes:
    """Returns a 0 or 1 for every value."""
    try:
        return bytes([_BITS[value] for value in values])
    except KeyError:  # written another way, or wrong
        values = [value.strip().lower() for value in values]
    for name, value in zip(names, values, strict=True):
        if value not in _BITS:
            raise table.mistake(
                line,
                f"gives {name!r} the value {value!r}; expected 0 or 1 (or -1, true, false), or "
                f"else labels in a {table.term} called {LABEL!r}.",
            )
    return bytes([_BITS[value] for value in values])
