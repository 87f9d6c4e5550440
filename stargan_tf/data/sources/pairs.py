"""Loads pairs of images: side by side in files, in two folders with equal names, or in a table."""

import os
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import options as options_lib
from stargan_tf.data import source, splits
from stargan_tf.data.sources import (
    folder_layout,
    image_files,
    paired_files,
    paired_table,
    pairing,
)

LAYOUT = (
    "DIR/{train,val}/ with files that hold both images side by side; or A and B, each with "
    "{train,val}/, with equal names; or a table with the columns A and B"
)
_TRAIN, _HELD_OUT = folder_layout.PARTS[:2], folder_layout.PARTS[2:]
_LOOKED_AT = 8  # files from which it is told that they hold no two images


class _Folders(NamedTuple):
    """Where one part's images are: of two sides, or of both side by side (b is "")."""

    a: str
    b: str = ""


def load_pairs(options: options_lib.DataOptions, split: Literal["train", "test"]) -> source.Source:
    """Lists the pairs of `options.data_dir`; see `LAYOUT`. No image is opened but a few headers.

    Two sides may lie in A/train and B/train, train/A and train/B, trainA and trainB, or in A and B.
    Names are equal if the paths below the two folders are, without the kind of the file: x/1.png
    belongs to x/1.jpg. An image without a partner is one of the source's `problems`, and so is one
    that differs from its partner in size.

    Without a held-out part, the hash of each name decides which pairs are held out.

    Raises:
      UserError: The folder or table is missing, malformed or empty, a name occurs twice in a
        folder, or an option does not fit.
    """
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test'. Received: {split!r}")
    path = options.data_dir
    if path and os.path.isfile(path):
        return paired_table.load(options, split)
    image_files.check_folder(path, f"expected {LAYOUT}.")
    train, held_out = _find(path)
    if held_out:
        splits.refuse_fraction(options.val_fraction, f"{path!r} has held-out images of its own")
    folders = held_out if held_out and split == "test" else train
    names, make = _side_by_side(folders.a, options)
    if folders.b:
        names, make = _two_sides(folders, options)
    rows = np.arange(len(names))
    if not held_out:
        rows = np.flatnonzero(pairing.held_out(names, options.val_fraction) == (split == "test"))
    return make([names[row] for row in rows])


def _find(root: str) -> tuple[_Folders, _Folders | None]:
    """Returns the folders of the training images (or of all), and of the held-out ones."""
    names = folder_layout.folders(root)
    parts = {part: _part(root, names, part) for part in ("train", "test")}
    if parts["train"] and parts["test"] and bool(parts["train"].b) != bool(parts["test"].b):
        raise errors.UserError(
            f"{root!r} holds both images of a pair in one file in one of {parts['train'].a!r} and "
            f"{parts['test'].a!r}, and in two in the other; expected {LAYOUT}."
        )
    if parts["train"]:
        return parts["train"], parts["test"]
    if parts["test"]:
        raise errors.UserError(
            f"{root!r} holds held-out pairs in {parts['test'].a!r}, but none to train on; "
            f"expected {LAYOUT}."
        )
    if {"A", "B"} <= set(names):
        sides = [os.path.join(root, side) for side in "AB"]
        return _Folders(*sides), None
    if len({"A", "B"} & set(names)) == 1:
        raise errors.UserError(
            f"{root!r} holds the folder {min({'A', 'B'} & set(names))}, but not "
            f"{min({'A', 'B'} - set(names))}, where the partners would be; expected {LAYOUT}."
        )
    return _Folders(root), None


def _part(root: str, names: Sequence[str], part: str) -> _Folders | None:
    """Returns where a part lies, in whichever layout; None: nowhere."""
    known = _TRAIN if part == "train" else _HELD_OUT
    written = {name.lower(): name for name in reversed(names)}
    for word in known:
        flat = [written.get(f"{word}{side}") for side in "ab"]
        if all(flat):  # trainA, trainB
            return _Folders(*(os.path.join(root, name) for name in flat))
        nested = [os.path.join(root, side) for side in "AB" if side in names]
        inner = [_child(folder, word) for folder in nested]
        if len(inner) == 2 and all(inner):  # A/train, B/train
            return _Folders(*inner)
        if any(inner) or any(flat):
            raise errors.UserError(
                f"{root!r} holds {word!r} of one side of the pairs only; expected {LAYOUT}."
            )
        if word in written:
            folder = os.path.join(root, written[word])
            sides = [side for side in "AB" if side in folder_layout.folders(folder)]
            if len(sides) == 2:  # train/A, train/B
                return _Folders(*(os.path.join(folder, side) for side in sides))
            return _Folders(folder)
    return None


def _child(folder: str, name: str) -> str:
    """Returns the path of a folder inside another, whatever the case of its name, or ""."""
    found = [n for n in folder_layout.folders(folder) if n.lower() == name]
    return os.path.join(folder, found[0]) if found else ""


def _side_by_side(folder: str, options: options_lib.DataOptions):
    """Returns the names of the files in a folder, and what makes a source of some of them."""
    start = len(os.path.join(folder, ""))
    names = [path[start:] for path in image_files.find_images(folder)]
    if not names:
        raise errors.UserError(
            f"There is no image in {folder!r}; expected {LAYOUT} (dataset=cartoon_pairs needs no "
            "files)."
        )

    def make(chosen: Sequence[str]) -> source.Source:
        paths = [os.path.join(folder, name) for name in chosen]
        if options.fast_decode:
            raise errors.UserError(
                f"Images side by side, as in {folder!r}, are decoded whole; received fast_decode="
                f"{options.fast_decode}; leave it out."
            )
        _refuse_single(folder, paths)
        return paired_files.SideBySide(paths, options.direction, options.max_grey)

    return names, make


def _refuse_single(folder: str, paths: Sequence[str]) -> None:
    """Raises a UserError if no file is wider than high, so that none can hold two images."""
    sizes = [size for path in paths[:_LOOKED_AT] if (size := paired_files.size_of(path))]
    if sizes and all(width <= height for height, width in sizes):
        height, width = sizes[0]
        raise errors.UserError(
            f"The files in {folder!r} do not look like two images side by side: {paths[0]} is "
            f"{width} x {height} pixels; expected {LAYOUT}."
        )


def _two_sides(folders: _Folders, options: options_lib.DataOptions):
    """Returns the names of all pairs in two folders, and what makes a source of some of them."""
    sides = [_stems(folder) for folder in folders]
    names = sorted(sides[0].keys() | sides[1].keys())
    if not sides[0].keys() & sides[1].keys():
        shown = [next(iter(side), "no image") for side in sides]
        raise errors.UserError(
            f"No image in {folders.a!r} ({shown[0]}, ...) has the name of one in {folders.b!r} "
            f"({shown[1]}, ...); partners have equal names."
        )

    def make(chosen: Sequence[str]) -> source.Source:
        missing, paths = {}, []
        for side, folder, other in zip(sides, folders, reversed(folders), strict=True):
            lacking = f"no file of this name, which would be the partner of one in {other}"
            paths.append([side.get(name) or os.path.join(folder, name) for name in chosen])
            missing |= {os.path.join(folder, name): lacking for name in chosen if name not in side}
        if options.direction == "BtoA":
            paths.reverse()
        return paired_files.PairedFiles(*paths, options.direction, missing)

    return names, make


def _stems(folder: str) -> dict[str, str]:
    """Returns the path of every image in a folder by its name without its kind."""
    start, found = len(os.path.join(folder, "")), {}
    for path in image_files.find_images(folder):
        stem = os.path.splitext(path[start:])[0]
        if stem in found:
            raise errors.UserError(
                f"{found[stem]!r} and {path!r} have one name, so it is not known which of them is "
                "the partner; remove or rename one."
            )
        found[stem] = path
    return found
