"""CelebA: 202,599 aligned faces with 40 binary attributes, in the reference's split."""

import os
import random
from collections.abc import Sequence
from typing import Literal

import numpy as np

from stargan_tf import errors
from stargan_tf.data import image_files
from stargan_tf.data import labels as labels_lib

DEFAULT_ATTRIBUTES = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Male", "Young")
HAIR_COLOURS = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair")

_TABLE = "list_attr_celeba.txt"
_IMAGE_FOLDERS = ("images", "img_align_celeba")
_LAYOUT = (
    f"DIR/{_TABLE} and the images in DIR/images or DIR/img_align_celeba "
    "(--dataset=cartoon_faces needs no files)"
)
_SPLIT_SEED = 1234
_HEADER_LINES = 2


def load_celeba(
    data_dir: str,
    split: Literal["train", "test"],
    attributes: Sequence[str] = DEFAULT_ATTRIBUTES,
    exclusive: Sequence[Sequence[str]] = (HAIR_COLOURS,),
    test_size: int = 1999,
    *,
    as_domains: bool = False,
) -> image_files.ImageFiles:
    """Reads the attribute table and splits it as the reference implementation of StarGAN does.

    The images in the order of the table are shuffled by `random.Random(1234)`; the first
    `test_size` are the test set, the rest is the training set, both in the shuffled order. No image
    is opened; see `image_files.find_problems`.

    Args:
      data_dir: The folder that holds list_attr_celeba.txt and the images.
      split: Which part.
      attributes: The attributes that make the label, in its order.
      exclusive: Groups of attributes of which at most one is 1. Names that are not among
        `attributes` are dropped, then groups of fewer than two.
      test_size: The size of the test set; 1999 is the reference's.
      as_domains: Whether the attributes are domains: then only images that show exactly one of
        them are kept, after the split, and `exclusive` does not matter.

    Returns:
      The images; a label entry is 1 where the table has "1".

    Raises:
      UserError: A file or folder is missing or malformed, an attribute is unknown, or no image of
        this split shows a domain alone.
    """
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test'. Received: {split!r}")
    if test_size < 1:
        raise ValueError(f"test_size must be at least 1. Received: {test_size}")
    if not attributes:
        raise errors.UserError("No attribute was chosen; choose at least one, such as Male.")
    paths, labels = _read(data_dir, attributes)
    chosen = _split(len(paths), split, test_size)
    label_space = labels_lib.LabelSpace.of_attributes(attributes, exclusive)
    if as_domains:
        label_space = labels_lib.LabelSpace("domains", tuple(attributes))
        chosen = _of_one_domain(chosen, labels, label_space.names, split)
    paths = [paths[i] for i in chosen]
    return image_files.ImageFiles(paths, labels[chosen], label_space)


def _split(count: int, split: str, test_size: int) -> list[int]:
    """Returns the rows of the split, in the reference's order."""
    if count < test_size + 1:
        raise errors.UserError(
            f"{_TABLE} lists {count} images, but a test set of {test_size} needs at least "
            f"{test_size + 1}; use the whole table or a smaller test set."
        )
    order = list(range(count))
    random.Random(_SPLIT_SEED).shuffle(order)  # Permutes as it does a list of the lines.
    return order[:test_size] if split == "test" else order[test_size:]


def _of_one_domain(
    chosen: Sequence[int], labels: np.ndarray, names: Sequence[str], split: str
) -> list[int]:
    """Returns those of the chosen rows that have exactly one label."""
    kept = [i for i, one in zip(chosen, labels[chosen].sum(axis=1) == 1, strict=True) if one]
    counts = labels[kept].sum(axis=0)
    for name, count in zip(names, counts, strict=True):
        if not count:
            raise errors.UserError(
                f"None of the {len(chosen)} images of the {split} set shows {name} and no other of "
                f"the domains {', '.join(names)}; choose other domains."
            )
    return kept


def _read(data_dir: str, attributes: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Returns the paths of the images and their labels, in the order of the table."""
    _check_data_dir(data_dir)
    known, lines = _read_table(os.path.join(data_dir, _TABLE))
    files, labels = _parse(lines, known, attributes)
    folder = _image_folder(data_dir)
    _check_listed(folder, files)
    return [os.path.join(folder, file) for file in files], labels


def _check_data_dir(data_dir: str) -> None:
    if not data_dir:
        raise errors.UserError(
            f"The data folder is empty, pass --data_dir=DIR; expected {_LAYOUT}."
        )
    if not os.path.isdir(data_dir):
        raise errors.UserError(f"There is no data folder {data_dir!r}; expected {_LAYOUT}.")
    if not os.path.isfile(os.path.join(data_dir, _TABLE)):
        raise errors.UserError(f"There is no {_TABLE} in {data_dir!r}; expected {_LAYOUT}.")


def _read_table(path: str) -> tuple[list[str], list[str]]:
    """Returns the attribute names and the lines of the images."""
    try:
        with open(path, encoding="utf-8") as file:
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
    return lines[1].split(), lines[_HEADER_LINES:]


def _parse(
    lines: Sequence[str], known: Sequence[str], attributes: Sequence[str]
) -> tuple[list[str], np.ndarray]:
    """Returns the file names and the (len(lines), len(attributes)) float32 labels."""
    for name in attributes:
        if name not in known:
            raise labels_lib.unknown_name(name, known, what="attribute")
    columns = [known.index(name) for name in attributes]
    files = []
    labels = np.zeros((len(lines), len(columns)), np.float32)
    for row, line in enumerate(lines):
        file, *values = line.split() or [""]
        if len(values) != len(known) or not {"-1", "0", "1"}.issuperset(values):
            raise errors.UserError(
                f"Line {row + _HEADER_LINES + 1} of {_TABLE} must be a file name and {len(known)} "
                f"values 1 or -1 but is {line[:60]!r}; download the table again."
            )
        files.append(file)
        labels[row] = [values[column] == "1" for column in columns]
    return files, labels


def _image_folder(data_dir: str) -> str:
    for name in _IMAGE_FOLDERS:
        folder = os.path.join(data_dir, name)
        if os.path.isdir(folder):
            nested = os.path.join(folder, name)  # As some archives unpack.
            return nested if os.path.isdir(nested) else folder
    raise errors.UserError(
        f"There is no folder {' or '.join(_IMAGE_FOLDERS)} in {data_dir!r}; expected {_LAYOUT}."
    )


def _check_listed(folder: str, files: Sequence[str]) -> None:
    # One listing instead of 202,599 calls of stat; it also refuses names that leave the folder.
    try:
        with os.scandir(folder) as entries:
            present = {entry.name for entry in entries}
    except OSError as error:
        raise errors.UserError(
            f"Cannot list the folder {folder!r}: {error.strerror}; check its permissions."
        ) from error
    missing = [file for file in files if file not in present]
    if missing:
        listed = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise errors.UserError(
            f"{len(missing)} of the {len(files)} images that {_TABLE} lists are not in {folder!r} "
            f"({listed}); unpack the images there again."
        )
