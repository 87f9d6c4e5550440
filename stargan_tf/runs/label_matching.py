"""Which entries of the label vectors of two runs mean the same, by name."""

import collections

from stargan_tf.data import labels


def matching(new: labels.LabelSpace, old: labels.LabelSpace) -> dict[int, int]:
    """Returns, by position in a label vector of `new`, where one of `old` has the same meaning.

    In joint training a label is looked for in the data set of the same name first. Where that does
    not have it, a label of the same name counts if there is only one of it on both sides. The
    entries of the mask are matched by their data sets.

    Args:
      new: The labels to find.
      old: The labels to find them among.

    Returns:
      Positions from 0 on; those of `new` that have no counterpart are left out.
    """
    wanted, known = _meanings(new), _meanings(old)
    places = {meaning: position for position, meaning in enumerate(known)}
    counts = [collections.Counter(name for _, name in those) for those in (wanted, known)]
    by_name = {name: position for position, (_, name) in enumerate(known)}
    found = {}
    for position, (data_set, name) in enumerate(wanted):
        if (data_set, name) in places:
            found[position] = places[data_set, name]
        elif name and all(count[name] == 1 for count in counts):
            found[position] = by_name[name]
    return found


def entry_names(space: labels.LabelSpace) -> tuple[str, ...]:
    """Returns what each entry of a label vector is called in a message, the mask's among them."""
    masks = (f"the mask of {data_set}" for data_set, name in _meanings(space) if not name)
    return (*space.names, *masks)


def _meanings(space: labels.LabelSpace) -> list[tuple[str, str]]:
    """Returns the data set and the name of every entry; of the mask's the name is ""."""
    found = [(block.name, name) for block in space.blocks for name in block.space.names]
    masks = [(block.name, "") for block in space.blocks]
    return [*found, *masks[: space.width - len(found)]]
