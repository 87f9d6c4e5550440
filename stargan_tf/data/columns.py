"""Turns a table of 0 and 1, one column per attribute, into the labels to learn."""

from collections.abc import Sequence

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib


def choose(
    names: Sequence[str],
    table: np.ndarray,
    chosen: Sequence[str],
    exclusive: Sequence[Sequence[str]] = (),
    *,
    as_domains: bool = False,
) -> tuple[labels_lib.LabelSpace, np.ndarray, np.ndarray]:
    """Selects the columns to learn and the rows that can be labelled with them.

    Args:
      names: The names of the columns.
      table: (N, len(names)) of 0 and 1.
      chosen: The attributes to learn, in the order of the labels.
      exclusive: Groups of attributes of which at most one is 1; see `LabelSpace.of_attributes`.
      as_domains: Whether the chosen attributes are domains. Then only rows that show exactly one
        of them are kept, and `exclusive` is ignored.

    Returns:
      label_space; labels (M, len(chosen)) float32; rows (M,) int64, ascending: the row numbers
      that the labels belong to.

    Raises:
      UserError: A name is unknown, or no row shows a domain alone.
    """
    labels_lib.refuse_unknown(chosen, names, "attribute")
    labels = np.asarray(table, np.float32)[:, [list(names).index(name) for name in chosen]]
    if not as_domains:
        space = labels_lib.LabelSpace.of_attributes(chosen, exclusive)
        return space, labels, np.arange(len(labels))
    space = labels_lib.LabelSpace("domains", tuple(chosen))
    rows = np.flatnonzero(labels.sum(axis=1) == 1)
    for name, count in zip(chosen, labels[rows].sum(axis=0), strict=True):
        if not count:
            raise errors.UserError(
                f"None of the {len(labels)} images shows {name} and no other of the domains "
                f"{', '.join(chosen)}; choose other domains."
            )
    return space, labels[rows], rows
