"""Which examples of a data set of TensorFlow Datasets are used, and their labels."""

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
    """Which part of a data set, and which labels.

    Attributes:
      split: "test" is the set's own test split, or its validation split, or else the share
        `val_fraction` of its train split, by what the image files hold; "train" is the rest.
      attributes: Those to learn, in the order of the labels; empty: all that the data set has.
      domains: Attributes, or some of the classes, that become the domains: only images that show
        exactly one of them are kept.
      groups: From the names of attributes to the groups of which an image shows at most one.
      val_fraction: The share that is held out where the data set has no split of its own.
    """

    split: Literal["train", "test"]
    attributes: Sequence[str] = ()
    domains: Sequence[str] = ()
    groups: Callable[[Sequence[str]], Sequence[Sequence[str]]] = lambda names: ()
    val_fraction: float = 0.1

    @classmethod
    def of(cls, options: options_lib.DataOptions, split: Literal["train", "test"]) -> "Selection":
        """Returns what the data flags select."""
        names = map(options_lib.split_names, (options.attributes, options.domains))
        return cls(split, *names, options.exclusive_groups, options.val_fraction)


@dataclasses.dataclass(frozen=True)
class Part:
    """An opened split.

    Attributes:
      examples: Of the split.
      columns: Its image and labels.
      is_divided: Whether some of its examples belong to the other part.
    """

    examples: tfds_examples.Examples
    columns: features.Columns
    is_divided: bool


@dataclasses.dataclass(frozen=True)
class Labelled:
    """The examples that are used.

    Attributes:
      space: What the labels mean.
      labels: (M, space.width) float32.
      rows: (M,) int64, ascending: their numbers in the split.
    """

    space: labels_lib.LabelSpace
    labels: np.ndarray
    rows: np.ndarray


def open_part(name: str, data_dir: str, selection: Selection) -> Part:
    """Opens the split of a data set that holds the selected part; prepares it where need be.

    Raises:
      UserError: There is no such data set, it can't be prepared, or it has no image, label or split
        that can be used.
    """
    builder = sets.open_set(name, data_dir)
    asked = selection.domains or selection.attributes
    columns = features.choose(builder.info.full_name, builder.info.features, asked)
    found = [split for split, info in builder.info.splits.items() if info.num_examples]
    if "train" not in found:
        raise errors.UserError(
            f"{builder.info.full_name} has no train split, its splits are "
            f"{', '.join(found) or 'empty'}; choose another data set."
        )
    own = next((split for split in ("test", "validation") if split in found), None)
    split = own if selection.split == "test" and own else "train"
    return Part(tfds_examples.Examples(builder, split), columns, own is None)


def label(part: Part, selection: Selection) -> Labelled:
    """Reads all examples of the part, for their labels and the format of their images.

    Args:
      part: Of the same selection.
      selection: Which labels.

    Raises:
      UserError: A name is unknown, labels can't be what they are asked to be, or no image is left.
    """
    table, digests = _scan(part)
    rows = np.arange(len(table))
    if part.is_divided:
        held_out = splits.held_out(digests, selection.val_fraction)
        held_out = splits.with_every_domain(held_out, digests, _members(part, selection, table))
        rows = np.flatnonzero(held_out == (selection.split == "test"))
    choose = _choose_classes if part.columns.are_classes else _choose_attributes
    space, labels, chosen = choose(part, selection, table[rows])
    rows = rows[chosen]
    if not len(rows):
        raise errors.UserError(
            f"No image of {part.examples.name} is in the {selection.split} part and has a label; "
            + ("choose another val_fraction." if part.is_divided else "choose another data set.")
        )
    return Labelled(space, labels, rows)


def _members(part: Part, selection: Selection, table: np.ndarray) -> np.ndarray:
    """Returns which examples are of which domain, (N, domains) bool; of attributes: no domain."""
    names = part.columns.names
    if part.columns.are_classes:
        return table[:, :1] == np.arange(len(names))
    shown = table[:, [names.index(name) for name in selection.domains if name in names]] == 1
    return shown & (shown.sum(axis=1, keepdims=True) == 1)


def _scan(part: Part) -> tuple[np.ndarray, list[str]]:
    """Returns what the examples hold, in order.

    Returns:
      (N, labels) int32, classes or 0 and 1; digests of the image files, where the split is divided.
    """
    image, keys = part.columns.image, part.columns.labels
    tables, digests = [np.zeros((0, len(keys)), np.int32)], []
    for batch in part.examples.batches([*keys, image]):
        tables.append(np.stack([batch[key] for key in keys], axis=1).astype(np.int32))
        if part.is_divided:
            digests += (hashlib.blake2b(file, digest_size=16).hexdigest() for file in batch[image])
    return np.concatenate(tables), digests


def _choose_attributes(
    part: Part, selection: Selection, table: np.ndarray
) -> tuple[labels_lib.LabelSpace, np.ndarray, np.ndarray]:
    names = selection.domains or selection.attributes or part.columns.names
    return columns_lib.choose(
        part.columns.names,
        table,
        names,
        selection.groups(names),
        as_domains=bool(selection.domains),
    )


def _choose_classes(
    part: Part, selection: Selection, table: np.ndarray
) -> tuple[labels_lib.LabelSpace, np.ndarray, np.ndarray]:
    """Like `columns.choose`, of one column of classes; -1 is no class."""
    known, name = part.columns.names, part.examples.name
    if selection.attributes:
        raise errors.UserError(
            f"{name} has classes ({', '.join(known[:5])}{', ...' if len(known) > 5 else ''}), not "
            f"attributes; received --attributes={','.join(selection.attributes)}; leave it out, or "
            "choose some of the classes with --domains."
        )
    domains = tuple(selection.domains or known)
    for domain in domains:
        if domain not in known:
            raise labels_lib.unknown_name(domain, known, what="class")
    if len(domains) < 2:
        raise errors.UserError(
            f"{name} has {len(domains)} class, but translation needs at least 2 domains; choose "
            "another data set."
        )
    space = labels_lib.LabelSpace("domains", domains)
    labels = table[:, :1] == [known.index(domain) for domain in domains]
    rows = np.flatnonzero(labels.any(axis=1))
    for domain, found in zip(domains, labels.any(axis=0), strict=True):
        if not found and selection.split == "train" and len(rows):
            raise errors.UserError(
                f"None of the {len(table)} images of {name} is of the class {domain}; choose the "
                "classes that have some with --domains=A,B."
            )
    return space, labels[rows].astype(np.float32), rows
