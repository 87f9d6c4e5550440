"""The meaning of label vectors: their names, their kind, and which exclude each other."""

import collections
import dataclasses
import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import names as names_lib

KINDS = ("attributes", "domains", "joint")
_WHAT = {"attributes": "attribute", "domains": "domain", "joint": "label"}


@dataclasses.dataclass(frozen=True)
class Block:
    """The slice of a label vector that belongs to one data set; without joint training, all of it.

    Attributes:
      name: The name of the data set; "" if there is only one.
      space: What the labels of this data set mean.
      start: The position of its first label.
    """

    name: str
    space: "LabelSpace"
    start: int = 0

    def holds(self, index: int) -> bool:
        """Returns whether position `index` of a label vector lies in this block."""
        return self.start <= index < self.start + self.space.width

    def of(self, labels: Any) -> Any:
        """Returns this block of label vectors or logits, (N, width) or (N, names), as a view."""
        return labels[..., self.start : self.start + self.space.width]


@dataclasses.dataclass(frozen=True)
class LabelSpace:
    """The meaning of a label vector c of `width` numbers, each 0 or 1.

    Attributes:
      kind: "attributes": the entries are independent (CelebA). "domains": one-hot. "joint":
        labels of several data sets; see `JointSpace`.
      names: The name of every entry, in order, normalized by `names.normalized`. Methods normalize
        the names they receive.
      exclusive: For attributes: groups of names of which at most one is 1 (hair colours).
    """

    kind: Literal["attributes", "domains", "joint"]
    names: tuple[str, ...]
    exclusive: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {KINDS}. Received: {self.kind!r}")
        composed = tuple(map(names_lib.normalized, self.names))
        if len(set(composed)) == len(set(self.names)):  # old runs may differ; see `names.refuse`
            object.__setattr__(self, "names", composed)
            groups = (tuple(map(names_lib.normalized, group)) for group in self.exclusive)
            object.__setattr__(self, "exclusive", tuple(groups))
        if len(set(self.names)) != len(self.names):
            raise errors.UserError(
                f"The label names {list(self.names)} hold a name twice; name each once."
            )
        for name in (name for group in self.exclusive for name in group):
            self.index(name)

    @classmethod
    def of_attributes(
        cls, names: Iterable[str], exclusive: Iterable[Iterable[str]]
    ) -> "LabelSpace":
        """Creates the label space of attributes.

        Drops unknown names from the exclusive groups, then groups of fewer than two names.
        """
        names = tuple(map(names_lib.normalized, names))
        groups = (map(names_lib.normalized, group) for group in exclusive)
        groups = (tuple(n for n in dict.fromkeys(group) if n in names) for group in groups)
        return cls("attributes", names, tuple(group for group in groups if len(group) > 1))

    @property
    def what(self) -> str:
        """The noun for one label in messages: "attribute", "domain" or "label"."""
        return _WHAT[self.kind]

    @property
    def width(self) -> int:
        """The length of a label vector."""
        return len(self.names)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of the data sets, in order."""
        return (Block("", self),)

    def present(self, label: np.ndarray) -> tuple[str, ...]:
        """Returns the names of the entries that are 1 in a label (width,)."""
        entries = np.asarray(label)[: len(self.names)]
        return tuple(name for name, entry in zip(self.names, entries, strict=True) if entry)

    def index(self, name: str) -> int:
        """Returns the position of `name`; raises a UserError with similar names if unknown."""
        for spelling in (name, names_lib.normalized(name)):
            if spelling in self.names:
                return self.names.index(spelling)
        raise unknown_name(name, self.names, what=self.what)

    def rivals(self, name: str) -> tuple[int, ...]:
        """Returns the positions that must be 0 when `name` is 1."""
        own = self.index(name)
        if self.kind == "domains":
            return tuple(i for i in range(len(self.names)) if i != own)
        groups = [set(map(self.index, group)) for group in self.exclusive]
        return tuple(sorted(set().union(*(group for group in groups if own in group)) - {own}))

    def edited(self, label: np.ndarray, edits: Iterable[str]) -> np.ndarray:
        """Returns a copy of `label` (width,) with the named entries set or cleared.

        "name" sets its entry and clears its rivals; "-name" clears its entry. A domain's name
        replaces the domain.

        Raises:
          UserError: A name is unknown, two exclude each other, or a domain is cleared.
        """
        label = np.array(label, np.float32)
        set_names: list[str] = []
        for edit in map(names_lib.normalized, edits):
            name = edit.removeprefix("-")
            index = self.index(name)
            if edit.startswith("-") and self.kind == "domains":
                raise errors.UserError(
                    f"A domain can't be cleared; received {edit!r}; name the domain to translate "
                    f"to: {', '.join(self.names)}."
                )
            rivals = self.rivals(name)
            clash = [other for other in set_names if self.index(other) in rivals]
            if clash and not edit.startswith("-"):
                raise errors.UserError(
                    f"An image shows at most one of {clash[0]} and {name}; received both; ask for "
                    "one, or run once for each."
                )
            if edit.startswith("-"):
                label[index] = 0.0
                set_names = [other for other in set_names if other != name]
            else:
                label[list(rivals)] = 0.0
                label[index] = 1.0
                set_names.append(name)
        return label

    def changed(self, labels: np.ndarray, names: Iterable[str]) -> np.ndarray:
        """Returns target labels (N, width) that visibly differ from the images' in `names`.

        A name with rivals (a domain, a hair colour) is set; any other attribute is flipped.
        """
        labels = np.array(labels, np.float32)
        for name in names:
            index, rivals = self.index(name), list(self.rivals(name))
            labels[:, index] = 1.0 if rivals else 1.0 - labels[:, index]
            labels[:, rivals] = 0.0
        return labels

    def to_json(self) -> dict[str, Any]:
        """Returns a JSON-ready dictionary that `from_json` reads."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "exclusive": [list(group) for group in self.exclusive],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "LabelSpace":
        """Reads what `to_json` wrote."""
        if value["kind"] == "joint":
            sets = value["sets"]
            return JointSpace.of([(one["name"], LabelSpace.from_json(one)) for one in sets])
        return LabelSpace(
            value["kind"], tuple(value["names"]), tuple(tuple(g) for g in value["exclusive"])
        )


@dataclasses.dataclass(frozen=True)
class JointSpace(LabelSpace):
    """The unified label c~ = [c_1, ..., c_n, m] of n data sets (Choi et al. 2018, section 3.3).

    The mask m is one-hot and names the data set whose labels are known. The blocks of the others
    are 0 and mean nothing. `names` lists the names of all blocks; a name that two data sets share
    becomes "dataset.name".

    Attributes:
      sets: The name and the label space of every data set.
    """

    sets: tuple[tuple[str, LabelSpace], ...] = ()

    @classmethod
    def of(cls, sets: Sequence[tuple[str, LabelSpace]]) -> "JointSpace":
        """Creates the joint space of data sets, given as pairs of name and label space."""
        counts = collections.Counter(name for _, space in sets for name in space.names)
        names = tuple(
            f"{data_set}.{name}" if counts[name] > 1 else name
            for data_set, space in sets
            for name in space.names
        )
        exclusive, start = [], 0
        for _, space in sets:
            for group in space.exclusive:
                exclusive.append(tuple(names[start + space.index(name)] for name in group))
            start += space.width
        return cls("joint", names, tuple(exclusive), tuple(sets))

    @property
    def width(self) -> int:
        """The length of a label vector: all blocks and the mask."""
        return len(self.names) + len(self.sets)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of the data sets, in order."""
        starts = np.cumsum([0, *(space.width for _, space in self.sets)]).tolist()
        return tuple(Block(*one, start) for one, start in zip(self.sets, starts, strict=False))

    def unified(self, number: int, labels: np.ndarray) -> np.ndarray:
        """Turns labels (..., block width) of data set `number` into c~ (..., width)."""
        block, labels = self.blocks[number], np.asarray(labels, np.float32)
        joint = np.zeros((*labels.shape[:-1], self.width), np.float32)
        block.of(joint)[:] = labels
        joint[..., len(self.names) + number] = 1.0
        return joint

    def rivals(self, name: str) -> tuple[int, ...]:
        """Returns the positions that must be 0 when `name` is 1, also those of other data sets."""
        number, own = self._place(name)
        block = self.blocks[number]
        others = [i for i in range(len(self.names)) if not block.holds(i)]
        return tuple(sorted([block.start + i for i in block.space.rivals(own)] + others))

    def edited(self, label: np.ndarray, edits: Iterable[str]) -> np.ndarray:
        """Returns a c~ of the data set that the names belong to, edited as `LabelSpace.edited`.

        Keeps what `label` holds in that data set's block, whatever its mask says.

        Raises:
          UserError: A name is unknown, names belong to different data sets, or they clash.
        """
        edits = tuple(edits)
        if not edits:
            return np.array(label, np.float32)
        number, names = self._one_set(edits)
        block = self.blocks[number]
        return self.unified(number, block.space.edited(block.of(np.asarray(label)), names))

    def changed(self, labels: np.ndarray, names: Iterable[str]) -> np.ndarray:
        """Returns target labels that visibly differ in `names`; see `LabelSpace.changed`."""
        number, names = self._one_set(names)
        block = self.blocks[number]
        return self.unified(number, block.space.changed(block.of(np.asarray(labels)), names))

    def completed(self, labels: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """Fills the unknown blocks of labels with a classifier's answers: (N, width).

        Args:
          labels: (N, width), the c~ of images; the mask names the one block that is known.
          seen: (N, width), what a classifier sees in the images.
        """
        labels, filled = np.asarray(labels, np.float32), np.array(seen, np.float32)
        for number, block in enumerate(self.blocks):
            own = labels[:, len(self.names) + number] == 1
            block.of(filled)[own] = block.of(labels)[own]
        filled[:, len(self.names) :] = labels[:, len(self.names) :]
        return filled

    def to_json(self) -> dict[str, Any]:
        """Returns a JSON-ready dictionary that `LabelSpace.from_json` reads."""
        sets = [{"name": name, **space.to_json()} for name, space in self.sets]
        return {**super().to_json(), "sets": sets}

    def _one_set(self, edits: Iterable[str]) -> tuple[int, tuple[str, ...]]:
        """Returns the number of the data set that is edited, and the edits in its own names."""
        places = {edit: self._place(edit.removeprefix("-")) for edit in edits}
        numbers = {number for number, _ in places.values()}
        if len(numbers) > 1:
            listed = ", ".join(f"{edit} ({self.sets[n][0]})" for edit, (n, _) in places.items())
            raise errors.UserError(
                f"A translation changes the labels of one data set; received {listed}; ask for "
                "those of one, then translate the result again."
            )
        own = (("-" if edit.startswith("-") else "") + own for edit, (_, own) in places.items())
        return numbers.pop(), tuple(own)

    def _place(self, name: str) -> tuple[int, str]:
        """Returns the number of the data set that has this label, and its own name for it."""
        index = self.index(name)
        number = next(n for n, block in enumerate(self.blocks) if block.holds(index))
        block = self.blocks[number]
        return number, block.space.names[index - block.start]


def refuse_unknown(names: Iterable[str], known: Iterable[str], what: str) -> None:
    """Raises a UserError if a name is not among the known ones; `what` is the noun for a name."""
    known = list(known)
    for name in names:
        if name not in known:
            raise unknown_name(name, known, what)


def unknown_name(name: str, known: Iterable[str], what: str = "") -> errors.UserError:
    """Returns the error for a name that is not among the known ones; it suggests similar ones."""
    known = list(known)
    folded = {k.lower(): k for k in known}
    near = [folded[n] for n in difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.5)]
    hint = f"Did you mean {' or '.join(near)}?" if near else "Use one of those."
    return errors.UserError(
        f"Unknown {what or 'domain'} {name!r}; the known ones are {', '.join(known)}. {hint}"
    )
