"""Data sets that a table lists: the path of every image, its label or attributes, its part."""

import os
from collections.abc import Sequence
from typing import Literal

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import columns, splits
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import options as options_lib
from stargan_tf.data.sources import image_files, manifest_rows, tables
from stargan_tf.data.sources.manifest_rows import LABEL, PATH, SPLIT, Row

_LAYOUT = (
    "a .csv file with the columns path and label, or path and one of 0 and 1 for each attribute, "
    "or a .jsonl file with such keys"
)
_MOST_LABELS = 1000  # With more, the column is no label but a name or a measurement.
_NAMED = 5  # how many missing files a message names


def load_manifest(
    options: options_lib.DataOptions, split: Literal["train", "test"]
) -> image_files.ImageFiles:
    """Reads the table `options.data_dir` and lists its images, in its order.

    Its columns (of CSV) or keys (of JSON Lines) are:
      path: Of the image, relative to the table's folder, or absolute.
      label: What the image shows. Labels become domains in the order of their names;
        `options.domains` chooses some, and their order.
      split (optional): "train", "val" or "test". Where there are val and test, val is held out and
        test is left alone. Without either, `options.val_fraction` of the images is held out by the
        hash of the path as it is written.
      others, if there is no label: attributes, 0 or 1 (-1 and false are 0, true is 1).
        `options.attributes` or `options.domains` choose some; then the rest may hold anything.
    Columns without a name are ignored. No image is opened; see `image_files.find_problems`. Images
    that are missing are among the source's `problems`: what is held out is decided with them.

    Raises:
      UserError: The table is missing, malformed or empty; all files are missing, or one is listed
        twice; there are fewer than two domains, or one has no training image; or an option does
        not fit.
    """
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test'. Received: {split!r}")
    table = _open(options.data_dir)
    chosen = _chosen(table, options)
    rows = _used(table, manifest_rows.read(table, chosen))
    own_split = any(row.part in ("val", "test") for row in rows)
    label_space, labels, kept = _labels(table, rows, chosen, options)
    rows = [rows[i] for i in kept]
    if own_split:
        splits.refuse_fraction(
            options.val_fraction, f"The split in {table.path!r} tells what is held out"
        )
        held_out = _as_listed(table, rows, labels, label_space)
    else:
        names = [row.path for row in rows]
        held_out = splits.held_out_checked(names, options.val_fraction, labels, label_space)
    part = np.flatnonzero(held_out == (split == "test"))
    rows = [rows[i] for i in part]
    _refuse_if_all_missing(table, rows)
    return image_files.ImageFiles([row.file for row in rows], labels[part], label_space)


def _open(path: str) -> tables.Table:
    if not path:
        raise errors.UserError(f"No table is named, pass --data_dir=FILE; expected {_LAYOUT}.")
    if os.path.isdir(path):
        raise errors.UserError(
            f"--dataset=manifest reads a table; received the folder --data_dir={path}; pass the "
            f"file itself, such as {os.path.join(path, 'labels.csv')}; expected {_LAYOUT}."
        )
    if not os.path.exists(path):
        raise errors.UserError(f"There is no table {path!r}; expected {_LAYOUT}.")
    return tables.Table(path, required=PATH)


def _chosen(table: tables.Table, options: options_lib.DataOptions) -> tuple[str, ...]:
    """Returns the columns to read: that of the labels, or those of the attributes."""
    others = tuple(name for name in table.columns if name not in (PATH, SPLIT, ""))
    if LABEL in others:
        _check_label_options(table, others, options)
        return (LABEL,)
    if not others:
        raise errors.UserError(
            f"{table.path!r} has the {table.term}s {', '.join(table.columns)} and so no labels; "
            f"add the {table.term} {LABEL!r}, or one of 0 and 1 for each attribute."
        )
    names = options_lib.split_names(options.domains) or options_lib.split_names(options.attributes)
    for name in names:
        if name not in others:
            raise labels_lib.unknown_name(name, others, what="attribute")
    return names or others


def _check_label_options(
    table: tables.Table, others: Sequence[str], options: options_lib.DataOptions
) -> None:
    if len(others) > 1:
        attributes = ", ".join(name for name in others if name != LABEL)
        raise errors.UserError(
            f"{table.path!r} has the {table.term} {LABEL!r} and also {attributes}; images have "
            f"either a label or attributes; remove or rename {LABEL!r}, or remove the others."
        )
    given = {"attributes": options.attributes, "exclusive": options.exclusive}
    for flag, value in given.items():
        if value != getattr(options_lib.DataOptions, flag):
            raise errors.UserError(
                f"The {table.term} {LABEL!r} of {table.path!r} holds domains, not attributes; "
                f"received --{flag}={value}; leave it out."
            )


def _used(table: tables.Table, rows: list[Row]) -> list[Row]:
    """Returns the rows without those of test, if there are some of val."""
    if not rows:
        raise errors.UserError(f"{table.path!r} lists no image; add a line for each.")
    parts = {row.part for row in rows}
    if parts.isdisjoint(("", "train")):
        raise errors.UserError(
            f"No line of {table.path!r} has the split 'train', but {' or '.join(sorted(parts))}; "
            f"add some, or remove the {table.term} {SPLIT!r} to hold out a part of all."
        )
    return [row for row in rows if row.part != "test"] if "val" in parts else rows


def _labels(
    table: tables.Table,
    rows: Sequence[Row],
    chosen: tuple[str, ...],
    options: options_lib.DataOptions,
) -> tuple[labels_lib.LabelSpace, np.ndarray, np.ndarray]:
    """Returns what labels mean, the labels, and the numbers of the rows that they are of."""
    domains = options_lib.split_names(options.domains)
    if chosen != (LABEL,):
        found = np.frombuffer(b"".join(row.value for row in rows), np.uint8)
        found = found.reshape(len(rows), len(chosen))
        groups = () if domains else options.exclusive_groups(chosen)
        return columns.choose(chosen, found, chosen, groups, as_domains=bool(domains))
    names = sorted({row.value for row in rows})
    if len(names) < 2:
        raise errors.UserError(
            f"{table.path!r} gives all {len(rows)} images the label {names[0]!r}, but translation "
            "needs at least 2 domains; add images with another label."
        )
    if len(names) > _MOST_LABELS:
        raise errors.UserError(
            f"{table.path!r} gives {len(rows)} images {len(names)} different labels, such as "
            f"{names[0]!r} and {names[1]!r}; a label names one of a few domains."
        )
    for name in domains:
        if name not in names:
            raise labels_lib.unknown_name(name, names, what="label")
    index = {name: i for i, name in enumerate(names)}
    one_hot = np.eye(len(names), dtype=np.uint8)[[index[row.value] for row in rows]]
    return columns.choose(names, one_hot, domains or names, as_domains=True)


def _as_listed(
    table: tables.Table,
    rows: Sequence[Row],
    labels: np.ndarray,
    label_space: labels_lib.LabelSpace,
) -> np.ndarray:
    """Returns, for every row, whether its split says that it is held out."""
    held_out = np.array([row.part != "train" for row in rows])
    for name, column in zip(label_space.names, labels.T, strict=True):
        if label_space.kind == "domains" and held_out[column == 1].all():
            line = rows[np.flatnonzero(column)[0]].line
            raise table.mistake(
                line, f"shows {name!r}, but no line of the split 'train' does; add some."
            )
    if not held_out.any():  # Images of the chosen domains are in train only.
        raise errors.UserError(
            f"None of the held-out images in {table.path!r} shows one of "
            f"{', '.join(label_space.names)} alone; choose other domains."
        )
    return held_out


def _refuse_if_all_missing(table: tables.Table, rows: Sequence[Row]) -> None:
    """Raises a UserError where all files are missing; single ones are problems of the source."""
    if not rows or any(os.path.lexists(row.file) for row in rows):  # the first one, as a rule
        return
    folder = os.path.dirname(table.path) or os.curdir
    listed = ", ".join(f"line {row.line}: {row.path}" for row in rows[:_NAMED])
    more = ", ..." if len(rows) > _NAMED else ""
    slashes = r"write / instead of \ in them, " if "\\" in rows[0].path else ""
    raise errors.UserError(
        f"None of the {len(rows)} images that {table.path!r} lists for this part is there "
        f"({listed}{more}); paths are absolute, or relative to {folder!r}; {slashes}correct them "
        "or put the images there."
    )
