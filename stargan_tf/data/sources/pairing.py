"""How pairs lie in a data set: first all images to translate, then all their true translations.

The two sides are the domains A and B. Each image is one of a domain, so that papers that need no
pairs can be trained on them too, and `Source.pairs` tells which two belong together.
"""

from collections.abc import Sequence

import numpy as np

from stargan_tf.data import labels as labels_lib
from stargan_tf.data import splits

DIRECTIONS = ("AtoB", "BtoA")


def label_space(direction: str) -> labels_lib.LabelSpace:
    """Returns the domains in the order of a direction, one of `DIRECTIONS`: source, then target."""
    if direction not in DIRECTIONS:
        raise ValueError(f"direction must be one of {DIRECTIONS}. Received: {direction!r}")
    return labels_lib.LabelSpace("domains", ("A", "B") if direction == "AtoB" else ("B", "A"))


def labels_and_pairs(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns labels (2 count, 2) and pairs (count, 2) of images that lie as the module says."""
    labels = np.repeat(np.eye(2, dtype=np.float32), count, axis=0)
    numbers = np.arange(count, dtype=np.int64)
    return labels, np.stack([numbers, numbers + count], axis=1)


def held_out(names: Sequence[str], fraction: float) -> np.ndarray:
    """Returns which pairs are held out by their names, (names,) bool, at least one.

    Raises:
      UserError: As of `splits.choose_held_out`.
    """
    everyone = labels_lib.LabelSpace("domains", ("pairs",))
    return splits.choose_held_out(names, fraction, np.ones((len(names), 1)), everyone)
