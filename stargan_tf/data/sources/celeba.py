"""CelebA: 202,599 aligned faces with 40 binary attributes, in the reference's split.

The table of attributes is the authors' text file, or the same as CSV, as on Kaggle.
"""

import os
import random
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import columns
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import names as names_lib
from stargan_tf.data.images import photo_folders
from stargan_tf.data.sources import image_files, tables

DEFAULT_ATTRIBUTES = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Male", "Young")
HAIR_COLOURS = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair")

_TEXT, _CSV = "list_attr_celeba.txt", "list_attr_celeba.csv"
_IMAGE = "image_id"  # the column of the CSV file that names the image
_HEADER_LINES = 2  # of the text file
_VALUES = frozenset(("-1", "0", "1"))
_IMAGE_FOLDERS = ("images", "img_align_celeba", "img_align_celeba_png")
_LAYOUT = (
    f"DIR/{_TEXT} (or .csv) and the images in DIR/images or DIR/img_align_celeba "
    "(dataset=cartoon_faces needs no files)"
)
_SPLIT_SEED = 1234
_TEST_SIZE = 1999  # the reference's
_MIN_RATIO = 10  # a table shorter than 10 x 1999 lines holds out a tenth
_MAX_NAMED = 5  # missing images that a message names

_Row = tuple[int, Sequence[str]]  # the number of a line; its cells: the file, then the values


def load_celeba(
    data_dir: str,
    split: Literal["train", "test"],
    attributes: Sequence[str] = DEFAULT_ATTRIBUTES,
    exclusive: Sequence[Sequence[str]] = (HAIR_COLOURS,),
    *,
    as_domains: bool = False,
) -> image_files.ImageFiles:
    """Reads the attribute table and splits it like the reference implementation of StarGAN.

    The rows of the table are shuffled by `random.Random(1234)`; the first 1999 (or a tenth, at
    least 1, of a table with fewer than 19,990 lines) are the test set, the rest is the training
    set, both in the shuffled order. A missing image keeps its place and is one of the source's
    `problems`. No image is opened.

    Args:
      data_dir: The folder that holds list_attr_celeba.txt (or .csv) and the images. If a listed
        .jpg file is missing, a .png file of the same name is taken, and the other way round.
      split: The part to load.
      attributes: The attributes to learn, in the order of the labels.
      exclusive: Groups of attributes of which at most one is 1. Names that are not among
        `attributes` are dropped, then groups of fewer than two.
      as_domains: Whether the attributes are domains. Then only images that show exactly one of
        them are kept, after the split, and `exclusive` is ignored.

    Raises:
      UserError: The table, the folder or all images are missing, the table is malformed, an
        attribute is unknown, or no image of this split shows a domain alone.
    """
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test'. Received: {split!r}")
    if not attributes:
        raise errors.UserError("No attribute was chosen; choose at least one, such as Male.")
    attributes = tuple(map(names_lib.normalized, attributes))
    image_files.check_folder(data_dir, f"expected {_LAYOUT}.")
    table = find_table(data_dir)
    if not table:
        raise errors.UserError(
            f"There is no {_TEXT} or {_CSV} in {data_dir!r}; expected {_LAYOUT}."
        )
    names, labels = _read_table(table, attributes)
    paths = _paths(_image_folder(data_dir), names, os.path.basename(table))
    rows = np.array(_split(len(paths), split, os.path.basename(table)))
    label_space, labels, kept = columns.choose(
        attributes, labels[rows], attributes, exclusive, as_domains=as_domains
    )
    return image_files.ImageFiles([paths[i] for i in rows[kept]], labels, label_space)


def find_table(folder: str) -> str | None:
    """Returns the path of the table in a folder, of the text file if both exist, or None."""
    paths = (os.path.join(folder, name) for name in (_TEXT, _CSV))
    return next((path for path in paths if os.path.isfile(path)), None)


def _split(count: int, split: str, table: str) -> list[int]:
    """Returns the rows of the split, in the reference's order."""
    test_size = min(_TEST_SIZE, max(1, count // _MIN_RATIO))
    if count < test_size + 1:
        raise errors.UserError(
            f"{table} lists {count} images, but a test set of {test_size} needs at least "
            f"{test_size + 1}; use the whole table or a smaller test set."
        )
    order = list(range(count))
    random.Random(_SPLIT_SEED).shuffle(order)  # the same permutation as of a list of lines
    return order[:test_size] if split == "test" else order[test_size:]


def _image_folder(data_dir: str) -> str:
    for name in _IMAGE_FOLDERS:
        folder = os.path.join(data_dir, name)
        if os.path.isdir(folder):
            nested = os.path.join(folder, name)  # as some archives unpack
            return nested if os.path.isdir(nested) else folder
    raise errors.UserError(
        f"There is no folder {' or '.join(_IMAGE_FOLDERS)} in {data_dir!r}; expected {_LAYOUT}."
    )


def _paths(folder: str, names: Sequence[str], table: str) -> list[str]:
    """Returns the path of every image; one of the same stem if the listed file is missing.

    If there is neither, the path is that of the listed file, and the source reports the problem.
    """
    # Lists the folder once instead of calling stat 202,599 times.
    present = sorted(entry.name for entry in photo_folders.entries(folder))
    stems: dict[str, str] = {}
    known, wanted = set(present), set(names)
    for name in present:
        stem, suffix = os.path.splitext(name)
        if suffix.lower() in image_files.IMAGE_SUFFIXES and name not in wanted:
            stems.setdefault(stem, name)
    matches = [n if n in known else stems.get(os.path.splitext(n)[0], "") for n in names]
    if not any(matches):
        raise errors.UserError(
            f"None of the {len(names)} images that {table} lists is in {folder!r} "
            f"({', '.join(names[:_MAX_NAMED])}, ...); unpack the images there again."
        )
    pairs = zip(matches, names, strict=True)
    return [os.path.join(folder, match or name) for match, name in pairs]


def _read_table(path: str, attributes: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Reads the names of the images and their labels, in the order of the table.

    The text file has the number of images on its first line, the attributes on its second, then a
    line for each image: its name and 1 or -1 for every attribute, separated by blanks. The CSV
    file has the header "image_id,ATTRIBUTE,..." and no number.

    Returns:
      The names; (names, attributes) float32 of 0 and 1, 1 where the table has "1".

    Raises:
      UserError: The table can't be read or is malformed, or an attribute is unknown.
    """
    known, rows = (_read_csv if path.endswith(_CSV) else _read_text)(path)
    labels_lib.refuse_unknown(attributes, known, "attribute")
    table, places = os.path.basename(path), [known.index(name) for name in attributes]
    names, labels = [], bytearray()
    for line, (name, *values) in rows:
        if len(values) != len(known) or not _VALUES.issuperset(values):
            raise errors.UserError(
                f"Line {line} of {table} must be a file name and {len(known)} values 1 or -1 but "
                f"is {' '.join([name, *values])[:60]!r}; download the table again."
            )
        if os.path.basename(name) != name or name in ("", os.curdir, os.pardir):
            raise errors.UserError(
                f"Line {line} of {table} names the image {name[:60]!r}, but images lie in one "
                "folder; write the name of the file alone."
            )
        names.append(name)
        labels += bytes(values[place] == "1" for place in places)
    bits = np.frombuffer(labels, np.uint8).reshape(len(names), len(places))
    return names, bits.astype(np.float32)


def _read_csv(path: str) -> tuple[list[str], Iterator[_Row]]:
    """Returns the attributes and the rows of a CSV file, with the image's cell moved to front."""
    table = tables.Table(path, required=_IMAGE)
    at = table.columns.index(_IMAGE)
    rows = (
        (line, [cells[at].strip(), *map(str.strip, cells[:at]), *map(str.strip, cells[at + 1 :])])
        for line, cells in table.rows()
    )
    return [name for name in table.columns if name != _IMAGE], rows


def _read_text(path: str) -> tuple[list[str], Iterator[_Row]]:
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
    if int(count) != len(lines) - _HEADER_LINES:  # a download that stopped early
        raise errors.UserError(
            f"Line 1 of {path!r} announces {count} images but {max(len(lines) - 2, 0)} follow; "
            "download the table again, or correct line 1 if you shortened it."
        )
    rows = ((n, line.split() or [""]) for n, line in enumerate(lines[_HEADER_LINES:], 3))
    return list(map(names_lib.normalized, lines[1].split())), rows
