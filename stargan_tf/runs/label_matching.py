"""Matches the labels of two runs by name."""

import collections

from stargan_tf.data import labels


def matching(new: labels.LabelSpace, old: labels.LabelSpace) -> dict[int, int]:
    """Returns the index in label vectors of `old` for each index in those of `new`.

    In joint training a label is first looked up in the data set of the same name. If that does not
    have it, a label of the same name matches if it is the only one on both sides. The entries of
    the mask are matched by their data sets.

    Args:
      new: The labels to look up.
      old: The labels to look them up in.

    Returns:
      Indices from 0 on; those of `new` without a match are left out.
    """
    wanted, known = _meanings(new), _meanings(old)
    places = {meaning: position for position, meaning in enumerate(known)}
    counts = [collections.Counter(name for _, name in some) for some in (wanted, known)]
    by_name = {name: position for position, (_, name) in enumerate(known)}
    matches = {}
    for position, (data_set, name) in enumerate(wanted):
        if (data_set, name) in places:
            matches[position] = places[data_set, name]
        elif name and all(count[name] == 1 for count in counts):
            matches[position] = by_name[name]
    return matches


def entry_names(space: labels.LabelSpace) -> tuple[str, ...]:
    """Returns the names of all entries of a label vector, including the mask, for messages."""
    masks = (f"the mask of {data_set}" for data_set, name in _meanings(space) if not name)
    return (*space.names, *masks)


def _meanings(space: labels.LabelSpace) -> list[tuple[str, str]]:
    """Returns the data set and the name of every entry; the mask's names are ""."""
    entries = [(block.name, name) for block in space.blocks for name in block.space.names]
    masks = [(block.name, "") for block in space.blocks]
    return [*entries, *masks[: space.width - len(entries)]]
