"""CelebA: 202,599 aligned faces with 40 binary attributes, in the reference's split."""

import os
import random
from collections.abc import Sequence
from typing import Literal

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import names as names_lib
from stargan_tf.data.sources import celeba_table, image_files

DEFAULT_ATTRIBUTES = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Male", "Young")
HAIR_COLOURS = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair")

_IMAGE_FOLDERS = ("images", "img_align_celeba", "img_align_celeba_png")
_LAYOUT = (
    f"DIR/{celeba_table.TEXT} (or .csv) and the images in DIR/images or DIR/img_align_celeba "
    "(--dataset=cartoon_faces needs no files)"
)
_SPLIT_SEED = 1234
_TEST_SIZE = 1999  # the reference's
_LEAST_SHARE = 10  # a table shorter than 10 x 1999 lines holds out a tenth
_NAMED = 5  # how many missing images a message names


def load_celeba(
    data_dir: str,
    split: Literal["train", "test"],
    attributes: Sequence[str] = DEFAULT_ATTRIBUTES,
    exclusive: Sequence[Sequence[str]] = (HAIR_COLOURS,),
    test_size: int | None = None,
    *,
    as_domains: bool = False,
) -> image_files.ImageFiles:
    """Reads the attribute table and splits it as the reference implementation of StarGAN does.

    The images in the order of the table are shuffled by `random.Random(1234)`; the first
    `test_size` are the test set, the rest is the training set, both in the shuffled order. An image
    that is missing keeps its place, and is one of the source's `problems`. No image is opened.

    Args:
      data_dir: The folder that holds list_attr_celeba.txt (or .csv) and the images; a .png file
        stands in for a .jpg file that is listed, and the other way round.
      split: Which part.
      attributes: The attributes that make the label, in its order.
      exclusive: Groups of attributes of which at most one is 1. Names that are not among
        `attributes` are dropped, then groups of fewer than two.
      test_size: The size of the test set; None: the reference's 1999, or of a table with fewer
        than 19,990 lines a tenth, at least 1.
      as_domains: Whether the attributes are domains: then only images that show exactly one of
        them are kept, after the split, and `exclusive` does not matter.

    Raises:
      UserError: The table, the folder or all images are missing, the table is malformed, an
        attribute is unknown, or no image of this split shows a domain alone.
    """
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test'. Received: {split!r}")
    if not attributes:
        raise errors.UserError("No attribute was chosen; choose at least one, such as Male.")
    table = _table(data_dir)
    files, labels = celeba_table.read(table, tuple(map(names_lib.normalized, attributes)))
    paths = _paths(_image_folder(data_dir), files, os.path.basename(table))
    chosen = _split(len(paths), split, test_size, os.path.basename(table))
    label_space = labels_lib.LabelSpace.of_attributes(attributes, exclusive)
    if as_domains:
        label_space = labels_lib.LabelSpace("domains", tuple(attributes))
        chosen = _of_one_domain(chosen, labels, label_space.names, split)
    kept = [paths[i] for i in chosen]
    return image_files.ImageFiles(kept, labels[chosen], label_space)


def _split(count: int, split: str, test_size: int | None, table: str) -> list[int]:
    """Returns the rows of the split, in the reference's order."""
    if test_size is not None and test_size < 1:
        raise ValueError(f"test_size must be at least 1. Received: {test_size}")
    if test_size is None:
        test_size = min(_TEST_SIZE, max(1, count // _LEAST_SHARE))
    if count < test_size + 1:
        raise errors.UserError(
            f"{table} lists {count} images, but a test set of {test_size} needs at least "
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


def _table(data_dir: str) -> str:
    if not data_dir:
        raise errors.UserError(
            f"The data folder is empty, pass --data_dir=DIR; expected {_LAYOUT}."
        )
    if not os.path.isdir(data_dir):
        raise errors.UserError(f"There is no data folder {data_dir!r}; expected {_LAYOUT}.")
    if table := celeba_table.find(data_dir):
        return table
    raise errors.UserError(
        f"There is no {celeba_table.TEXT} or {celeba_table.CSV} in {data_dir!r}; expected "
        f"{_LAYOUT}."
    )


def _image_folder(data_dir: str) -> str:
    for name in _IMAGE_FOLDERS:
        folder = os.path.join(data_dir, name)
        if os.path.isdir(folder):
            nested = os.path.join(folder, name)  # As some archives unpack.
            return nested if os.path.isdir(nested) else folder
    raise errors.UserError(
        f"There is no folder {' or '.join(_IMAGE_FOLDERS)} in {data_dir!r}; expected {_LAYOUT}."
    )


def _paths(folder: str, files: Sequence[str], table: str) -> list[str]:
    """Returns the path of every image: of that name or, where there is none, of the same stem.

    One that is missing keeps the name that is listed, and is found among the source's problems.
    """
    # One listing instead of 202,599 calls of stat.
    try:
        with os.scandir(folder) as entries:
            present = sorted(entry.name for entry in entries)
    except OSError as error:
        raise errors.UserError(
            f"Cannot list the folder {folder!r}: {error.strerror}; check its permissions."
        ) from error
    stems: dict[str, str] = {}
    known, wanted = set(present), set(files)
    for name in present:
        stem, suffix = os.path.splitext(name)
        if suffix.lower() in image_files.IMAGE_SUFFIXES and name not in wanted:
            stems.setdefault(stem, name)
    found = [f if f in known else stems.get(os.path.splitext(f)[0], "") for f in files]
    if not any(found):
        raise errors.UserError(
            f"None of the {len(files)} images that {table} lists is in {folder!r} "
            f"({', '.join(files[:_NAMED])}, ...); unpack the images there again."
        )
    pairs = zip(found, files, strict=True)
    return [os.path.join(folder, name or listed) for name, listed in pairs]
