"""What the labels of a data set mean: names, kind, and which of them exclude each other."""

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np

from stargan_tf import errors


@dataclasses.dataclass(frozen=True)
class LabelSpace:
    """The meaning of a label vector c of `width` numbers, each 0 or 1.

    Attributes:
      kind: "attributes": every entry is 0 or 1 by itself (CelebA). "domains": one-hot.
      names: The name of every entry, in order.
      exclusive: For attributes: groups of names of which at most one is 1 (hair colours).
    """

    kind: Literal["attributes", "domains"]
    names: tuple[str, ...]
    exclusive: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in ("attributes", "domains"):
            raise ValueError(f"kind must be 'attributes' or 'domains'. Received: {self.kind!r}")
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
        """Returns the space of the attributes `names`.

        Names that are not among them are left out of the exclusive groups, and then groups of
        fewer than two.
        """
        names = tuple(names)
        groups = (tuple(n for n in dict.fromkeys(group) if n in names) for group in exclusive)
        return cls("attributes", names, tuple(group for group in groups if len(group) > 1))

    @property
    def width(self) -> int:
        """The length of a label vector."""
        return len(self.names)

    def index(self, name: str) -> int:
        """Returns the position of `name`, or raises a UserError with the nearest names."""
        if name in self.names:
            return self.names.index(name)
        raise unknown_name(name, self.names, what="attribute" if self.kind == "attributes" else "")

    def rivals(self, name: str) -> tuple[int, ...]:
        """Returns the positions that must be 0 when `name` is 1."""
        if self.kind == "domains":
            return tuple(i for i, other in enumerate(self.names) if other != name)
        groups = [group for group in self.exclusive if name in group]
        return tuple(sorted({self.index(n) for group in groups for n in group if n != name}))

    def edited(self, label: np.ndarray, edits: Iterable[str]) -> np.ndarray:
        """Returns a copy of `label` (width,) with the named entries set.

        A name sets its entry and clears its rivals; "-name" clears it. For domains the one name
        replaces all.

        Raises:
          UserError: If a name is unknown, two exclude each other, or a domain is cleared.
        """
        label = np.array(label, np.float32)
        set_names: list[str] = []
        for edit in edits:
            name = edit.removeprefix("-")
            index = self.index(name)
            if edit.startswith("-") and self.kind == "domains":
                raise errors.UserError(
                    f"A domain can't be cleared; received {edit!r}; name the domain to go to: "
                    f"{', '.join(self.names)}."
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

    def shown(self, labels: np.ndarray, names: Iterable[str]) -> np.ndarray:
        """Returns the target labels of a sheet's column: the fact that it shows, for every image.

        What is exclusive (a domain, a hair colour) is set; every other attribute is flipped.

        Args:
          labels: (N, width), the images' own.
          names: Of the column.
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
        return cls(
            value["kind"], tuple(value["names"]), tuple(tuple(g) for g in value["exclusive"])
        )


def unknown_name(name: str, known: Iterable[str], what: str = "") -> errors.UserError:
    """Returns the error for a name that is not among the known ones, naming the nearest."""
    known = list(known)
    folded = {k.lower(): k for k in known}
    near = [folded[n] for n in difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.5)]
    hint = f"Did you mean {' or '.join(near)}?" if near else "Use one of those."
    return errors.UserError(
        f"Unknown {what or 'domain'} {name!r}; the known ones are {', '.join(known)}. {hint}"
    )
