"""Loads pairs of images from a table with the columns A and B."""

import os
from typing import Literal

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import options as options_lib
from stargan_tf.data import splits
from stargan_tf.data.sources import paired_files, pairing, tables

_SIDES, _SPLIT = ("A", "B"), "split"  # names of columns
_NAMED = 5  # files that a message names


def load(
    options: options_lib.DataOptions, split: Literal["train", "test"]
) -> paired_files.PairedFiles:
    """Reads the table `options.data_dir` and lists its pairs, in its order.

    Its columns (CSV) or keys (JSON Lines) are A and B, the paths of the two images, absolute or
    relative to the table's folder, and perhaps split: "train", "val" or "test". If val and test
    occur, val is held out and test is ignored. Without either, the hash of each path A decides.

    Raises:
      UserError: The table is malformed or empty, a line lacks a path, or a file of A is listed
        twice, all files are missing, or no pair is left for a part.
    """
    table = tables.Table(options.data_dir, required=_SIDES[0])
    if _SIDES[1] not in table.columns:
        raise errors.UserError(
            f"{table.path!r} has the {table.term}s {', '.join(table.columns)}, but none called "
            f"{_SIDES[1]!r}; pairs need the {table.term}s A and B."
        )
    rows = _rows(table)
    parts = [part for *_, part in rows]
    if {"val", "test"} & set(parts):
        splits.refuse_fraction(options.val_fraction, f"{table.path!r} has a split of its own")
        chosen = "train" if split == "train" else "val" if "val" in parts else "test"
        kept = [k for k, part in enumerate(parts) if (part or "train") == chosen]
    else:
        held = pairing.held_out([a for a, *_ in rows], options.val_fraction)
        kept = np.flatnonzero(held == (split == "test")).tolist()
    if not kept:
        raise errors.UserError(
            f"{table.path!r} has no pair for the part {split!r} among {len(rows)}; add lines, or "
            f"correct the {table.term} {_SPLIT!r}."
        )
    folder = os.path.dirname(table.path)
    sides = [[os.path.join(folder, rows[k][side]) for k in kept] for side in (0, 1)]
    if not any(map(os.path.lexists, (*sides[0], *sides[1]))):
        raise errors.UserError(
            f"None of the files that {table.path!r} lists for this part is there "
            f"({errors.some(sides[0], _NAMED)}); paths are absolute, or relative to "
            f"{folder or os.curdir!r}."
        )
    if options.direction == "BtoA":
        sides.reverse()
    return paired_files.PairedFiles(*sides, options.direction)


def _rows(table: tables.Table) -> list[tuple[str, str, str]]:
    """Returns the two paths of every line, and its part or ""."""
    places = [table.columns.index(name) for name in _SIDES]
    part_at = table.columns.index(_SPLIT) if _SPLIT in table.columns else None
    rows, first = [], {}
    for line, cells in table.rows():
        paths = [cells[place].strip() for place in places]
        for name, path in zip(_SIDES, paths, strict=True):
            if not path or "\0" in path:
                raise table.mistake(
                    line, f"gives {path!r} as {name}; write the paths of both images of a pair."
                )
        if (other := first.setdefault(os.path.normpath(paths[0]), line)) != line:
            raise table.mistake(line, f"lists {paths[0]!r} again, after line {other}; remove one.")
        named = "" if part_at is None else cells[part_at].strip()
        part = "" if part_at is None else tables.PARTS.get(named.lower())
        if part is None:
            raise table.mistake(line, f"has the split {named!r}; expected train, val or test.")
        rows.append((*paths, part))
    if not rows:
        raise errors.UserError(f"{table.path!r} lists no pair; add a line for each.")
    return rows
