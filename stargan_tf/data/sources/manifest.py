"""Loads data sets from a table: the path of every image, its label or attributes, its part."""

import os
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import columns, splits
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import names as names_lib
from stargan_tf.data import options as options_lib
from stargan_tf.data.sources import image_files, tables

_LAYOUT = (
    "a .csv file with the columns path and label, or path and one of 0 and 1 for each attribute, "
    "or a .jsonl file with such keys"
)
_PATH, _LABEL, _SPLIT = "path", "label", "split"  # names of columns
_BITS = {
    **dict.fromkeys(("1", "1.0", "true", "True"), 1),
    **dict.fromkeys(("0", "0.0", "false", "False", "-1", "-1.0"), 0),
}
_MAX_LABELS = 1000  # A column with more of them holds names or measurements.
_MAX_NAMED = 5  # missing files that a message names


class _Row(NamedTuple):
    """An image in the table."""

    line: int
    path: str  # as the table spells it
    file: str  # the same path, relative to the current folder
    part: str  # "train", "val" or "test"; "" without a column for it
    value: str | bytes  # the label, or 0 and 1 for every chosen attribute


def load_manifest(
    options: options_lib.DataOptions, split: Literal["train", "test"]
) -> image_files.ImageFiles:
    """Reads the table `options.data_dir` and lists its images, in its order.

    Its columns (CSV) or keys (JSON Lines) are:
      path: The image's path, absolute or relative to the table's folder.
      label: The image's label. Labels become domains, sorted by name; `options.domains` may choose
        some, and their order.
      split (optional): "train", "val" or "test". If val and test occur, val is held out and test
        is ignored. Without either, the hash of each path as the table spells it holds out
        `options.val_fraction` of the images.
      others, if there is no label: attributes, 0 or 1 (-1 and false are 0, true is 1).
        `options.attributes` or `options.domains` may choose some; then the rest may hold anything.
    Columns without a name are ignored. No image is opened; see `image_files.find_problems`. Missing
    images are among the source's `problems` and take part in choosing the held-out images.

    Raises:
      UserError: The table is missing, malformed or empty; all files are missing, or one is listed
        twice; there are fewer than two domains, or one has no training image; or an option does
        not fit.
    """
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test'. Received: {split!r}")
    table = _open(options.data_dir)
    chosen = _choose_columns(table, options)
    rows = _without_test(table, _read(table, chosen))
    own_split = any(row.part in ("val", "test") for row in rows)
    label_space, labels, kept = _labels(table, rows, chosen, options)
    rows = [rows[i] for i in kept]
    if own_split:
        splits.refuse_fraction(options.val_fraction, f"{table.path!r} has a split of its own")
        held_out = _listed_split(table, rows, labels, label_space)
    else:
        names = [row.path for row in rows]
        held_out = splits.choose_held_out(names, options.val_fraction, labels, label_space)
    part = np.flatnonzero(held_out == (split == "test"))
    rows = [rows[i] for i in part]
    _refuse_if_all_missing(table, rows)
    return image_files.ImageFiles([row.file for row in rows], labels[part], label_space)


def _open(path: str) -> tables.Table:
    if not path:
        raise errors.UserError(f"No table is named, pass data_dir=FILE; expected {_LAYOUT}.")
    if os.path.isdir(path):
        raise errors.UserError(
            f"dataset=manifest reads a table; received the folder data_dir={path}; pass the "
            f"file itself, such as {os.path.join(path, 'labels.csv')}; expected {_LAYOUT}."
        )
    if not os.path.exists(path):
        raise errors.UserError(f"There is no table {path!r}; expected {_LAYOUT}.")
    return tables.Table(path, required=_PATH)


def _choose_columns(table: tables.Table, options: options_lib.DataOptions) -> tuple[str, ...]:
    """Returns the columns to read: that of the labels, or those of attributes."""
    others = tuple(name for name in table.columns if name not in (_PATH, _SPLIT, ""))
    if _LABEL in others:
        _check_label_options(table, others, options)
        return (_LABEL,)
    if not others:
        raise errors.UserError(
            f"{table.path!r} has the {table.term}s {', '.join(table.columns)} and so no labels; "
            f"add the {table.term} {_LABEL!r}, or one of 0 and 1 for each attribute."
        )
    names = options_lib.split_names(options.domains) or options_lib.split_names(options.attributes)
    labels_lib.refuse_unknown(names, others, "attribute")
    return names or others


def _check_label_options(
    table: tables.Table, others: Sequence[str], options: options_lib.DataOptions
) -> None:
    if len(others) > 1:
        attributes = ", ".join(name for name in others if name != _LABEL)
        raise errors.UserError(
            f"{table.path!r} has the {table.term} {_LABEL!r} and also {attributes}; images have "
            f"either a label or attributes; remove or rename {_LABEL!r}, or remove the others."
        )
    for field in ("attributes", "exclusive"):
        value = getattr(options, field)
        if value != getattr(options_lib.DataOptions, field):
            raise errors.UserError(
                f"The {table.term} {_LABEL!r} of {table.path!r} holds domains, not attributes; "
                f"received {field}={value}; leave it out."
            )


def _read(table: tables.Table, chosen: tuple[str, ...]) -> list[_Row]:
    """Reads the rows of the table with the chosen columns: the label, or attributes.

    Raises:
      UserError: A line is malformed or lists an image again, or a value is invalid.
    """
    path_at = table.columns.index(_PATH)
    part_at = table.columns.index(_SPLIT) if _SPLIT in table.columns else None
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
        named = "" if part_at is None else cells[part_at]
        part = "" if part_at is None else tables.PARTS.get(named.strip().lower())
        if part is None:
            raise table.mistake(line, f"has the split {named!r}; expected train, val or test.")
        values = [cells[place] for place in places]
        if chosen == (_LABEL,):
            value = names_lib.normalized(values[0].strip())
            if not value:
                raise table.mistake(line, "has no label; write one, or remove the line.")
        else:
            value = _bits(table, line, chosen, values)
        rows.append(_Row(line, path, file, part, value))
    return rows


def _bits(table: tables.Table, line: int, names: Sequence[str], values: Sequence[str]) -> bytes:
    """Converts every value to 0 or 1."""
    try:
        return bytes([_BITS[value] for value in values])
    except KeyError:  # spelled in another way, or wrong
        values = [value.strip().lower() for value in values]
    for name, value in zip(names, values, strict=True):
        if value not in _BITS:
            raise table.mistake(
                line,
                f"gives {name!r} the value {value!r}; expected 0 or 1 (or -1, true, false), or "
                f"else labels in a {table.term} called {_LABEL!r}.",
            )
    return bytes([_BITS[value] for value in values])


def _without_test(table: tables.Table, rows: list[_Row]) -> list[_Row]:
    """Drops the rows of test if there are some of val."""
    if not rows:
        raise errors.UserError(f"{table.path!r} lists no image; add a line for each.")
    parts = {row.part for row in rows}
    if parts.isdisjoint(("", "train")):
        raise errors.UserError(
            f"No line of {table.path!r} has the split 'train', but {' or '.join(sorted(parts))}; "
            f"add some, or remove the {table.term} {_SPLIT!r} to hold out a part of all."
        )
    return [row for row in rows if row.part != "test"] if "val" in parts else rows


def _labels(
    table: tables.Table,
    rows: Sequence[_Row],
    chosen: tuple[str, ...],
    options: options_lib.DataOptions,
) -> tuple[labels_lib.LabelSpace, np.ndarray, np.ndarray]:
    """Returns the label space, the labels, and the numbers of the rows that they belong to."""
    domains = options_lib.split_names(options.domains)
    if chosen != (_LABEL,):
        bits = np.frombuffer(b"".join(row.value for row in rows), np.uint8)
        bits = bits.reshape(len(rows), len(chosen))
        groups = () if domains else options.exclusive_groups(chosen)
        return columns.choose(chosen, bits, chosen, groups, as_domains=bool(domains))
    names = sorted({row.value for row in rows})
    if len(names) < 2:
        raise errors.UserError(
            f"{table.path!r} gives all {len(rows)} images the label {names[0]!r}, but translation "
            "needs at least 2 domains; add images with another label."
        )
    if len(names) > _MAX_LABELS:
        raise errors.UserError(
            f"{table.path!r} gives {len(rows)} images {len(names)} different labels, such as "
            f"{names[0]!r} and {names[1]!r}; a label names one of a few domains."
        )
    labels_lib.refuse_unknown(domains, names, "label")
    index = {name: i for i, name in enumerate(names)}
    one_hot = np.eye(len(names), dtype=np.uint8)[[index[row.value] for row in rows]]
    return columns.choose(names, one_hot, domains or names, as_domains=True)


def _listed_split(
    table: tables.Table,
    rows: Sequence[_Row],
    labels: np.ndarray,
    label_space: labels_lib.LabelSpace,
) -> np.ndarray:
    """Returns whether each row is held out, as the table says: (rows,) bool."""
    held_out = np.array([row.part != "train" for row in rows])
    for name, column in zip(label_space.names, labels.T, strict=True):
        if label_space.kind == "domains" and held_out[column == 1].all():
            line = rows[np.flatnonzero(column)[0]].line
            raise table.mistake(
                line, f"shows {name!r}, but no line of the split 'train' does; add some."
            )
    if not held_out.any():  # The chosen domains have images in train only.
        raise errors.UserError(
            f"None of the held-out images in {table.path!r} shows one of "
            f"{', '.join(label_space.names)} alone; choose other domains."
        )
    return held_out


def _refuse_if_all_missing(table: tables.Table, rows: Sequence[_Row]) -> None:
    """Raises a UserError if all files are missing; single ones are problems of the source."""
    if not rows or any(os.path.lexists(row.file) for row in rows):  # as a rule, the first exists
        return
    folder = os.path.dirname(table.path) or os.curdir
    listed = errors.some([f"line {row.line}: {row.path}" for row in rows], _MAX_NAMED)
    slashes = r"write / instead of \ in them, " if "\\" in rows[0].path else ""
    raise errors.UserError(
        f"None of the {len(rows)} images that {table.path!r} lists for this part is there "
        f"({listed}); paths are absolute, or relative to {folder!r}; {slashes}correct them "
        "or put the images there."
    )
