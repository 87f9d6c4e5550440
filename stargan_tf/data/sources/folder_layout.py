"""Finds the domains in a folder of images: in train and val, or in the folder itself."""

import dataclasses
import functools
import os
import re

from stargan_tf.base import errors
from stargan_tf.data.images import photo_folders
from stargan_tf.data.sources import image_files

LAYOUT = (
    "DIR/train/<domain>/*.jpg and DIR/val/<domain>/*.jpg, or DIR/<domain>/*.jpg, of which a part "
    "is held out"
)
# Names of parts in lower case, by preference. They are never domains; otherwise many a data set
# would have the two domains Train and Test.
_TRAIN = ("train", "training")
_HELD_OUT = ("val", "valid", "validation", "test", "testing")
PARTS = (*_TRAIN, *_HELD_OUT)
_CYCLEGAN = re.compile(r"(train|val|test)([A-Z])")
_NOT_DATA = "__MACOSX"  # a folder that a Mac adds to archives
_MAX_WRAPPERS = 4  # nested single folders that archives may unpack to

_listed = functools.partial(errors.some, count=5)


@dataclasses.dataclass(frozen=True)
class Layout:
    """The folders that hold the domains' folders.

    Attributes:
      train: The folder of the training images, or of all images.
      held_out: The folder of the held-out images; None: hold out a part of `train`.
    """

    train: str
    held_out: str | None


def find(data_dir: str) -> Layout:
    """Finds the folders in `data_dir` that hold the domains.

    If train and val exist (or valid, validation, test, testing, in this order), they hold the
    domains, and other folders are ignored. If only train exists, it holds all domains; if neither
    does, `data_dir` holds them.

    Raises:
      UserError: The folder is missing or laid out another way; the message says what to pass,
        rename or move.
    """
    hint = f"expected {LAYOUT} (dataset=cartoon_faces needs no files)."
    image_files.check_folder(data_dir, hint)
    names = folders(data_dir)
    train, held_out = _first(names, _TRAIN), _first(names, _HELD_OUT)
    if train and held_out:
        return Layout(os.path.join(data_dir, train), os.path.join(data_dir, held_out))
    others = [name for name in names if name not in (train, held_out)]
    if held_out:
        _refuse_without_train(data_dir, held_out, others)
    if train:
        _refuse_beside_train(data_dir, train, others)
        return Layout(os.path.join(data_dir, train), None)
    _refuse_mistakes(data_dir, names)
    return Layout(data_dir, None)


def folders(folder: str) -> tuple[str, ...]:
    """Returns the names of the visible folders in a folder, including links to folders, sorted.

    Raises:
      UserError: The folder can't be listed.
    """
    entries = photo_folders.entries(folder)
    visible = (entry for entry in entries if not entry.name.startswith((".", _NOT_DATA)))
    return tuple(sorted(entry.name for entry in visible if entry.is_dir()))


def refuse_fewer_than_two(folder: str, names: tuple[str, ...]) -> None:
    """Raises a UserError if a folder holds fewer than two domains."""
    if len(names) >= 2:
        return
    advice = ""
    if names and len(inner := folders(os.path.join(folder, names[0]))) >= 2:
        advice = f"; if {_listed(inner)} in {names[0]!r} are the domains, move them up one folder"
    elif names or _loose_images(folder):
        advice = "; sort the images into a folder for each domain"
    raise errors.UserError(
        f"{folder!r} holds {len(names)} domains ({', '.join(names) or 'no folder'}), but "
        f"translation needs at least 2; expected {LAYOUT}{advice}."
    )


def _first(names: tuple[str, ...], wanted: tuple[str, ...]) -> str | None:
    """Returns the first wanted name that is among `names`, ignoring case, as spelled there."""
    written = {name.lower(): name for name in reversed(names)}
    return next((written[name] for name in wanted if name in written), None)


def _refuse_without_train(data_dir: str, held_out: str, others: list[str]) -> None:
    advice = (
        f"move {_listed(others)} into {os.path.join(data_dir, 'train')!r} if those are the domains "
        f"to train on, or rename {held_out!r} if it is a domain itself"
        if others
        else f"add it, or pass data_dir={os.path.join(data_dir, held_out)} to split those images"
    )
    raise errors.UserError(
        f"{data_dir!r} holds {held_out!r}, the name of a held-out part, but no 'train'; {advice}."
    )


def _refuse_beside_train(data_dir: str, train: str, others: list[str]) -> None:
    full = [n for n in others if image_files.find_images(os.path.join(data_dir, n))]
    if full:
        raise errors.UserError(
            f"{data_dir!r} holds images in {train!r}, the name of a part, and beside it in "
            f"{_listed(full)}, but no 'val'; rename {train!r} if it is a domain itself, or else "
            "move the others out of this folder."
        )


def _refuse_mistakes(data_dir: str, names: tuple[str, ...]) -> None:
    """Raises a UserError if the folders in `data_dir`, which has no parts, can't be domains."""
    if not names:
        images = _loose_images(data_dir)
        if not images:
            raise errors.UserError(
                f"There is no folder 'train' in {data_dir!r}, and no other; expected {LAYOUT}."
            )
        raise errors.UserError(
            f"{data_dir!r} holds images ({_listed(images)}) but no domain folder; sort them into "
            f"a folder for each domain; expected {LAYOUT}."
        )
    sides = [match for name in names if (match := _CYCLEGAN.fullmatch(name))]
    if sides:
        moves = ", ".join(f"{side.group()} to {side[1]}/{side[2]}" for side in sides)
        raise errors.UserError(
            f"{data_dir!r} is laid out as for CycleGAN, a folder for each part and domain; "
            f"expected {LAYOUT}; move {moves}."
        )
    split = [n for n in names if _is_split(os.path.join(data_dir, n))]
    if split:
        _refuse_inner_parts(data_dir, names, split)
    if len(names) == 1:
        _refuse_wrapper(data_dir)


def _is_split(folder: str) -> bool:
    names = folders(folder)
    return bool(_first(names, _TRAIN) and _first(names, _HELD_OUT))


def _refuse_inner_parts(data_dir: str, names: tuple[str, ...], split: list[str]) -> None:
    first = os.path.join(data_dir, split[0])
    train = _first(folders(first), _TRAIN)
    if len(split) == len(names) > 1 and not folders(os.path.join(first, train)):
        raise errors.UserError(
            f"Each of {_listed(split)} in {data_dir!r} is split by itself; the parts have to come "
            f"first; expected {LAYOUT}; move {os.path.join(split[0], train)} to "
            f"{os.path.join(train, split[0])}, and so on."
        )
    several = f"one of {_listed(split)}, such as " if len(split) > 1 else ""
    raise errors.UserError(
        f"{data_dir!r} itself holds no 'train', but {first!r} does; pass {several}data_dir={first}."
    )


def _refuse_wrapper(data_dir: str) -> None:
    """Raises a UserError that names the folder to pass if single folders wrap the data set."""
    folder = data_dir
    for _ in range(_MAX_WRAPPERS):
        (name,) = folders(folder)
        folder = os.path.join(folder, name)
        inner = folders(folder)
        if len(inner) >= 2 or _first(inner, _TRAIN):
            what = "are the parts" if _first(inner, _TRAIN) else "are the domains"
            raise errors.UserError(
                f"{data_dir!r} holds a single folder, {name!r}, but translation needs at least 2 "
                f"domains; if {_listed(inner)} in {folder!r} {what}, pass data_dir={folder}."
            )
        if not inner:
            return


def _loose_images(folder: str) -> list[str]:
    names = (entry.name for entry in photo_folders.entries(folder))
    visible = (name for name in names if not name.startswith("."))
    return sorted(n for n in visible if n.lower().endswith(image_files.IMAGE_SUFFIXES))
