"""Chooses the held-out images of data sets that have no split of their own."""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import options


def held_out(names: Iterable[str], fraction: float) -> np.ndarray:
    """Returns whether each name is held out, as its hash decides: (names,) bool.

    The decision for one name does not depend on other names, their order or the machine.

    Args:
      names: Unique names, such as paths relative to the data set's folder, joined by "/".
      fraction: The expected share of held-out names, from 0 to 1.
    """
    return np.array([hash_fraction(name) < fraction for name in names], bool)


def hash_fraction(name: str) -> float:
    """Maps a name to a pseudo-random number in [0, 1), the same on every machine."""
    # File names need not be text.
    digest = hashlib.blake2b(name.encode(errors="surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def with_every_domain(held: np.ndarray, names: Sequence[str], members: np.ndarray) -> np.ndarray:
    """Holds out one more image of every domain that has no held-out image yet.

    This image is the one whose name has the smallest hash, together with all images of the same
    name. If that would be all images of a domain, or its only one, none is held out, because
    training needs them.

    Args:
      held: (names,) bool, the result of `held_out`; the result has its shape and type.
      names: The names of the images.
      members: (names, domains) bool: which image belongs to which domain, if to any.
    """
    extended = held.copy()
    for own in map(np.flatnonzero, members.T):
        if len(own) > 1 and not held[own].any():
            hashes = np.array([hash_fraction(names[i]) for i in own])
            first = own[hashes == hashes.min()]
            if len(first) < len(own):
                extended[first] = True
    return extended


def choose_held_out(
    names: Sequence[str],
    fraction: float,
    labels: np.ndarray,
    label_space: labels_lib.LabelSpace,
) -> np.ndarray:
    """Chooses the held-out images and checks that both parts can be used: (names,) bool.

    Every domain with at least two images gets a held-out one; see `with_every_domain`. `names` and
    `fraction` are those of `held_out`, and labels (len(names), label_space.width) are 0 or 1.

    Raises:
      UserError: No image is held out, none is left to train on, or none of a domain is.
    """
    held = held_out(names, fraction)
    if label_space.kind == "domains":
        held = with_every_domain(held, names, np.asarray(labels) == 1)
    why = f"the hash of each name and val_fraction={fraction:g} decide"
    if not held.any():
        raise errors.UserError(
            f"None of the {len(held)} images falls into the held-out part ({why}); add images, or "
            "pass a larger `val_fraction`."
        )
    for name, column in zip(label_space.names, labels.T, strict=True):
        own = held[column == 1]
        if label_space.kind == "domains" and own.all():
            raise errors.UserError(
                f"All {len(own)} images of the domain {name!r} fall into the held-out part ({why}),"
                " but training needs some; add images to it, or pass a smaller `val_fraction`."
            )
    if held.all():
        raise errors.UserError(
            f"All {len(held)} images fall into the held-out part ({why}), but training needs some; "
            "add images, or pass a smaller `val_fraction`."
        )
    return held


def refuse_fraction(fraction: float, reason: str) -> None:
    """Raises a UserError if the user chose a held-out share (`val_fraction`) that would be ignored.

    `reason` says why it would be, as the beginning of a sentence.
    """
    if fraction != options.DataOptions.val_fraction:
        raise errors.UserError(
            f"{reason}, so there is nothing to choose; received val_fraction={fraction:g}; "
            "leave it out."
        )
