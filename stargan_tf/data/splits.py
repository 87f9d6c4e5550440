"""Which images are held out, where a data set has no split of its own."""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import options


def held_out(names: Iterable[str], fraction: float) -> np.ndarray:
    """Returns, for every name, whether it is held out: by its hash, so each for itself.

    What is held out stays so as names are added or removed, on every machine and in every order.

    Args:
      names: Such as paths relative to the data set's folder, with "/" between their parts.
      fraction: How many of them are held out in the long run, from 0 to 1.

    Returns:
      (names,) bool.
    """
    return np.array([place(name) < fraction for name in names], bool)


def place(name: str) -> float:
    """Returns a number in [0, 1) that is as good as random, the same for a name everywhere."""
    # Names of files need not be text.
    digest = hashlib.blake2b(name.encode(errors="surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def with_every_domain(held: np.ndarray, names: Sequence[str], members: np.ndarray) -> np.ndarray:
    """Returns what is held out, and of every domain that has no such image yet one more.

    That is the image whose name has the smallest place, with all that have the same name: what was
    held out stays so. A domain whose images all have that name, as one with a single image, has
    none held out: it needs them to train on.

    Args:
      held: (names,) bool, as `held_out` gave it.
      names: Of the images.
      members: (names, domains) bool, which images are of which domain; those of none are possible.

    Returns:
      (names,) bool.
    """
    found = held.copy()
    for own in map(np.flatnonzero, members.T):
        if len(own) > 1 and not held[own].any():
            places = np.array([place(names[i]) for i in own])
            first = own[places == places.min()]
            if len(first) < len(own):
                found[first] = True
    return found


def held_out_checked(
    names: Sequence[str],
    fraction: float,
    labels: np.ndarray,
    label_space: labels_lib.LabelSpace,
) -> np.ndarray:
    """Returns which images are held out, as `held_out` does, if that can be trained with.

    Every domain of at least two images has one that is held out; see `with_every_domain`.

    Args:
      names: Of the images, see `held_out`.
      fraction: `DataOptions.val_fraction`.
      labels: (len(names), label_space.width) of 0 and 1.
      label_space: What they mean.

    Returns:
      (names,) bool.

    Raises:
      UserError: If no image is held out, or none is left, or none of a domain.
    """
    held = held_out(names, fraction)
    if label_space.kind == "domains":
        held = with_every_domain(held, names, np.asarray(labels) == 1)
    why = f"the hash of each name and --val_fraction={fraction:g} decide about that"
    if not held.any():
        raise errors.UserError(
            f"None of the {len(held)} images falls into the held-out part ({why}); add images, or "
            "pass a larger --val_fraction."
        )
    for name, column in zip(label_space.names, labels.T, strict=True):
        own = held[column == 1]
        if label_space.kind == "domains" and own.all():
            raise errors.UserError(
                f"All {len(own)} images of the domain {name!r} fall into the held-out part ({why}),"
                " and training needs some; add images to it, or pass a smaller --val_fraction."
            )
    if held.all():
        raise errors.UserError(
            f"All {len(held)} images fall into the held-out part ({why}), and training needs some; "
            "add images, or pass a smaller --val_fraction."
        )
    return held


def refuse_fraction(fraction: float, reason: str) -> None:
    """Raises a UserError if the user chose a share of images where it would be ignored.

    Args:
      fraction: `DataOptions.val_fraction`.
      reason: Why it would, as the beginning of a sentence.
    """
    if fraction != options.DataOptions.val_fraction:
        raise errors.UserError(
            f"{reason}, so that there is nothing to choose; received --val_fraction={fraction:g}; "
            "leave it out."
        )
