"""Which images are held out, where a data set has no split of its own."""

import hashlib
from collections.abc import Iterable

import numpy as np


def held_out(names: Iterable[str], fraction: float) -> np.ndarray:
    """Returns, for every name, whether it is held out: by its hash, so each for itself.

    What is held out stays so as names are added or removed, on every machine and in every order.

    Args:
      names: Such as paths relative to the data set's folder, with "/" between their parts.
      fraction: How many of them are held out in the long run, from 0 to 1.

    Returns:
      (names,) bool.
    """
    return np.array([_place(name) < fraction for name in names], bool)


def _place(name: str) -> float:
    """Returns a number in [0, 1) that is as good as random."""
    # Names of files need not be text.
    digest = hashlib.blake2b(name.encode(errors="surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
