"""Selects the examples of a TensorFlow Datasets data set, and labels them."""

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import columns as columns_lib
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import options as options_lib
from stargan_tf.data import splits
from stargan_tf.data.tfds import examples as tfds_examples
from stargan_tf.data.tfds import features, sets


@dataclasses.dataclass(frozen=True)
class Selection:
    """The part of a data set to load, and its labels.

    Attributes:
      split: "test" is the set's own test split, or its validation split, or else the share
        `val_fraction` of its train split, chosen by hashes of the image files; "train" is the rest.
      attributes: The attributes to learn, in the order of the labels; empty: all.
      domains: Attributes or classes that become the domains; only images that show exactly one of
        them are kept.
      groups: Maps names of attributes to groups of which an image shows at most one.
      val_fraction: The share to hold out if the data set has no split of its own.
    """

    split: Literal["train", "test"]
    attributes: Sequence[str] = ()
    domains: Sequence[str] = ()
    groups: Callable[[Sequence[str]], Sequence[Sequence[str]]] = lambda names: ()
    val_fraction: float = 0.1

    @classmethod
    def from_options(
        cls, options: options_lib.DataOptions, split: Literal["train", "test"]
    ) -> "Selection":
        """Returns the selection that the data options describe."""
        names = map(options_lib.split_names, (options.attributes, options.domains))
        return cls(split, *names, options.exclusive_groups, options.val_fraction)


@dataclasses.dataclass(frozen=True)
class OpenSplit:
    """An opened split.

    Attributes:
      examples: Its examples.
      columns: The keys of its image and labels.
      is_divided: Whether it holds both the training and the held-out images.
    """

    examples: tfds_examples.Examples
    columns: features.Columns
    is_divided: bool


@dataclasses.dataclass(frozen=True)
class Labelled:
    """The selected examples.

    Attributes:
      space: What the labels mean.
      labels: (M, space.width) float32.
      rows: (M,) int64, ascending, the numbers of the examples in the split.
    """

    space: labels_lib.LabelSpace
    labels: np.ndarray
    rows: np.ndarray


def open_split(name: str, data_dir: str, selection: Selection) -> OpenSplit:
    """Opens the split that holds the selected part; downloads and prepares the data set if needed.

    Raises:
      UserError: There is no such data set, it can't be prepared, or it has no usable image, label
        or split.
    """
    builder = sets.open_set(name, data_dir)
    asked = selection.domains or selection.attributes
    columns = features.choose(builder.info.full_name, builder.info.features, asked)
    filled = [split for split, info in builder.info.splits.items() if info.num_examples]
    if "train" not in filled:
        raise errors.UserError(
            f"{builder.info.full_name} has no train split, its splits are "
            f"{', '.join(filled) or 'empty'}; choose another data set."
        )
    own = next((split for split in ("test", "validation") if split in filled), None)
    split = own if selection.split == "test" and own else "train"
    return OpenSplit(tfds_examples.Examples(builder, split), columns, own is None)


def label_examples(opened: OpenSplit, selection: Selection) -> Labelled:
    """Reads all examples of a split, opened for the same selection, and labels the selected ones.

    Raises:
      UserError: A name is unknown, the options don't fit the labels, or no image is left.
    """
    table, digests = _scan(opened)
    rows = np.arange(len(table))
    if opened.is_divided:
        held_out = splits.held_out(digests, selection.val_fraction)
        held_out = splits.with_every_domain(held_out, digests, _members(opened, selection, table))
        rows = np.flatnonzero(held_out == (selection.split == "test"))
    if opened.columns.are_classes:
        space, labels, chosen = _choose_classes(opened, selection, table[rows])
    else:
        known, domains = opened.columns.names, selection.domains
        names = domains or selection.attributes or known
        space, labels, chosen = columns_lib.choose(
            known, table[rows], names, selection.groups(names), as_domains=bool(domains)
        )
    rows = rows[chosen]
    if not len(rows):
        raise errors.UserError(
            f"No image of {opened.examples.name} is in the {selection.split} part and has a label; "
            + ("choose another val_fraction." if opened.is_divided else "choose another data set.")
        )
    return Labelled(space, labels, rows)


def _members(opened: OpenSplit, selection: Selection, table: np.ndarray) -> np.ndarray:
    """Returns which example belongs to which domain, (N, domains) bool; attributes are none."""
    names = opened.columns.names
    if opened.columns.are_classes:
        return table[:, :1] == np.arange(len(names))
    shown = table[:, [names.index(name) for name in selection.domains if name in names]] == 1
    return shown & (shown.sum(axis=1, keepdims=True) == 1)


def _scan(opened: OpenSplit) -> tuple[np.ndarray, list[str]]:
    """Reads the labels of all examples, in order, and hashes their images if needed.

    Returns:
      (N, labels) int32, classes or 0 and 1; digests of the image files if the split is divided.
    """
    image, keys = opened.columns.image, opened.columns.labels
    tables, digests = [np.zeros((0, len(keys)), np.int32)], []
    for batch in opened.examples.batches([*keys, image]):
        tables.append(np.stack([batch[key] for key in keys], axis=1).astype(np.int32))
        if opened.is_divided:
            digests += (hashlib.blake2b(file, digest_size=16).hexdigest() for file in batch[image])
    return np.concatenate(tables), digests


def _choose_classes(
    opened: OpenSplit, selection: Selection, table: np.ndarray
) -> tuple[labels_lib.LabelSpace, np.ndarray, np.ndarray]:
    """Does what `columns.choose` does, for one column of classes; -1 is no class."""
    known, name = opened.columns.names, opened.examples.name
    if selection.attributes:
        raise errors.UserError(
            f"{name} has classes ({errors.some(known, 5)}), not attributes; received "
            f"attributes={','.join(selection.attributes)}; leave it out, or choose some of the "
            "classes with `domains`."
        )
    domains = tuple(selection.domains or known)
    labels_lib.refuse_unknown(domains, known, "class")
    if len(domains) < 2:
        raise errors.UserError(
            f"{name} has {len(domains)} class, but translation needs at least 2 domains; choose "
            "another data set."
        )
    space = labels_lib.LabelSpace("domains", domains)
    labels = table[:, :1] == [known.index(domain) for domain in domains]
    rows = np.flatnonzero(labels.any(axis=1))
    for domain, occurs in zip(domains, labels.any(axis=0), strict=True):
        if not occurs and selection.split == "train" and len(rows):
            raise errors.UserError(
                f"None of the {len(table)} images of {name} belongs to the class {domain}; choose "
                "classes that have some with domains=A,B."
            )
    return space, labels[rows].astype(np.float32), rows
