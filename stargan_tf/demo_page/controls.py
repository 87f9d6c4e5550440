"""Which switches and choices a label space needs, and the labels that they stand for."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from stargan_tf.data import labels as labels_lib

NONE = ""  # the value of a choice that names nothing

# Of a choice a name or NONE (None: nothing is chosen), of switches the names that are on.
Value = str | list[str] | None


@dataclasses.dataclass(frozen=True)
class Control:
    """Labels that the user sets together.

    Attributes:
      names: Theirs, as in the label space.
      block: The number of their block in `LabelSpace.blocks`.
      one: Whether an image shows at most one of them: a choice; otherwise they are switches.
      optional: Whether an image may show none of them; domains are not.
    """

    names: tuple[str, ...]
    block: int
    one: bool
    optional: bool

    def value(self, present: Sequence[str]) -> Value:
        """Returns the value that shows the names in `present`."""
        shown = [name for name in self.names if name in present]
        if not self.one:
            return shown
        return shown[0] if shown else NONE if self.optional else None

    def edits(self, value: Value) -> list[str]:
        """Returns the edits, as of `LabelSpace.edited`, that make labels show a value."""
        wanted = [value] if isinstance(value, str) else list(value or ())
        wanted = [name for name in wanted if name != NONE]
        off = [f"-{name}" for name in self.names if name not in wanted] if self.optional else []
        return off + wanted


def of_space(space: labels_lib.LabelSpace) -> tuple[Control, ...]:
    """Returns the controls of a label space, in the order of its blocks.

    Domains are one choice. Attributes that exclude each other are a choice, too, and all others of
    a block are switches.
    """
    made = []
    for number, block in enumerate(space.blocks):
        names = space.names[block.start : block.start + len(block.space.names)]
        if block.space.kind == "domains":
            made.append(Control(names, number, one=True, optional=False))
            continue
        free = list(names)
        for group in block.space.exclusive:
            own = tuple(name for name in (names[block.space.index(n)] for n in group)
                        if name in free)  # fmt: skip
            if len(own) > 1:
                made.append(Control(own, number, one=True, optional=True))
                free = [name for name in free if name not in own]
        if free:
            made.append(Control(tuple(free), number, one=False, optional=True))
    return tuple(made)


def edits(controls: Sequence[Control], values: Sequence[Value], block: int) -> list[str]:
    """Returns the edits that the values of all controls ask for, of one block alone."""
    asked = [
        edit
        for control, value in zip(controls, values, strict=True)
        if control.block == block
        for edit in control.edits(value)
    ]
    return sorted(asked, key=lambda edit: not edit.startswith("-"))  # what is cleared comes first


def block_of(space: labels_lib.LabelSpace, label: np.ndarray) -> int:
    """Returns the number of the block that a label (width,) tells something of; 0: of none."""
    own = [np.any(block.of(np.asarray(label))) for block in space.blocks]
    return own.index(True) if True in own else 0


def shown(name: str) -> str:
    """Returns a name as people write it: "Blond Hair" for "Blond_Hair"."""
    return name.replace("_", " ").strip() or name
