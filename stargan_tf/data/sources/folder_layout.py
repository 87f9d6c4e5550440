"""Where the domains of a folder of images are: in train and val, or in the folder itself."""

import dataclasses
import os
import re

from stargan_tf.base import errors
from stargan_tf.data.sources import image_files

LAYOUT = (
    "DIR/train/<domain>/*.jpg and DIR/val/<domain>/*.jpg, or DIR/<domain>/*.jpg, of which a part "
    "is held out"
)
# Names of parts, compared in lower case, the first that is there: never of domains, as else many
# a data set would become one of the two domains Train and Test.
_TRAIN = ("train", "training")
_HELD_OUT = ("val", "valid", "validation", "test", "testing")
PARTS = (*_TRAIN, *_HELD_OUT)
_CYCLEGAN = re.compile(r"(train|val|test)([A-Z])")
_NOT_DATA = "__MACOSX"  # beside what archives from a Mac hold
_DEEPEST = 4  # folders that archives are wrapped in


@dataclasses.dataclass(frozen=True)
class Layout:
    """The folders that hold the folders of domains.

    Attributes:
      train: Of the training images, or of all images.
      held_out: Of the held-out images; None: a part of those in `train` has to be held out.
    """

    train: str
    held_out: str | None


def find(data_dir: str) -> Layout:
    """Returns where the domains of `data_dir` are.

    With train and val (or valid, validation, test, testing, the first of them that is there) these
    hold the domains, and folders beside them are ignored. With train alone it holds all domains;
    with none, `data_dir` does.

    Raises:
      UserError: The folder is missing, or laid out another way; the message says what to pass, to
        rename or to move.
    """
    hint = f"expected {LAYOUT} (--dataset=cartoon_faces needs no files)."
    if not data_dir:
        raise errors.UserError(f"The data folder is empty, pass --data_dir=DIR; {hint}")
    if not os.path.isdir(data_dir):
        raise errors.UserError(f"There is no data folder {data_dir!r}; {hint}")
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
    """Returns the names of the visible folders, links to folders included, in order.

    Raises:
      UserError: The folder cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            return tuple(
                sorted(
                    entry.name
                    for entry in entries
                    if not entry.name.startswith((".", _NOT_DATA)) and entry.is_dir()
                )
            )
    except OSError as error:
        raise errors.UserError(
            f"Cannot list the folder {folder!r}: {error.strerror}; check its permissions."
        ) from error


def refuse_fewer_than_two(folder: str, names: tuple[str, ...]) -> None:
    """Raises a UserError if a folder holds fewer than two domains; does nothing otherwise."""
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
    """Returns the first of the wanted names that is there, as it is written there."""
    written = {name.lower(): name for name in reversed(names)}
    return next((written[name] for name in wanted if name in written), None)


def _refuse_without_train(data_dir: str, held_out: str, others: list[str]) -> None:
    advice = (
        f"move {_listed(others)} into {os.path.join(data_dir, 'train')!r} if those are the domains "
        f"to train on, or rename {held_out!r} if it is a domain itself"
        if others
        else f"add it, or pass --data_dir={os.path.join(data_dir, held_out)} to split those images"
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
    """Raises a UserError where a folder without parts does not hold domains, either."""
    if not names:
        found = _loose_images(data_dir)
        if not found:
            raise errors.UserError(
                f"There is no folder 'train' in {data_dir!r}, and no other; expected {LAYOUT}."
            )
        raise errors.UserError(
            f"{data_dir!r} holds images ({_listed(found)}) but no folder of a domain; sort them "
            f"into a folder for each domain; expected {LAYOUT}."
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
        f"{data_dir!r} itself holds no 'train', but {first!r} does; pass {several}"
        f"--data_dir={first}."
    )


def _refuse_wrapper(data_dir: str) -> None:
    """Names the folder to pass where an archive has wrapped what it holds."""
    folder = data_dir
    for _ in range(_DEEPEST):
        (name,) = folders(folder)
        folder = os.path.join(folder, name)
        inner = folders(folder)
        if len(inner) >= 2 or _first(inner, _TRAIN):
            what = "are the parts" if _first(inner, _TRAIN) else "are the domains"
            raise errors.UserError(
                f"{data_dir!r} holds a single folder, {name!r}, but translation needs at least 2 "
                f"domains; if {_listed(inner)} in {folder!r} {what}, pass --data_dir={folder}."
            )
        if not inner:
            return


def _loose_images(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(
            entry.name
            for entry in entries
            if entry.name.lower().endswith(image_files.IMAGE_SUFFIXES)
            and not entry.name.startswith(".")
        )


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
