"""The images of all splits and data sets together, as they were inspected."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from stargan_tf.data import source
from stargan_tf.diagnosis import inspection as inspection_lib

TRAINING, HELD_OUT = "training", "held-out"


@dataclasses.dataclass(frozen=True)
class Part:
    """One split of a data set.

    Attributes:
      split: TRAINING or HELD_OUT.
      images: Its source, with labels of its own.
      inspection: What was found out about its images.
      crop_size: Side in pixels of the centred square that training cuts out; 0: the largest.
      data_set: Which of several data sets that are trained on jointly; "": the only one.
    """

    split: str
    images: source.Source
    inspection: inspection_lib.Inspection
    crop_size: int = 0
    data_set: str = ""

    def called(self, name: str) -> str:
        """Returns what a label is called: "celeba.Male" where there are several data sets."""
        return f"{self.data_set}.{name}" if self.data_set else name


class Collection:
    """The images of all splits that can be used and were looked at, numbered through.

    Attributes:
      parts: The splits, all data sets of one before those of the other.
      table: (N,) of `inspection.ROW`.
    """

    def __init__(self, parts: Sequence[Part]):
        self.parts = tuple(parts)
        good = [~np.isin(p.inspection.indices, list(p.inspection.problems)) for p in self.parts]
        chosen = list(zip(self.parts, good, strict=True))
        none = np.zeros(0, np.int64)
        self._parts = np.repeat(np.arange(len(good)), np.array([g.sum() for g in good], np.int64))
        self._indices = np.concatenate([none, *(p.inspection.indices[g] for p, g in chosen)])
        empty = np.zeros(0, inspection_lib.ROW)
        self.table = np.concatenate([empty, *(p.inspection.table[g] for p, g in chosen)])

    @property
    def size(self) -> int:
        """How many images there are."""
        return len(self.table)

    def part(self, k: int) -> Part:
        """Returns the part that image k is of."""
        return self.parts[self._parts[k]]

    def describe(self, k: int) -> str:
        """Returns where image k comes from."""
        return self.part(k).images.describe(int(self._indices[k]))

    def label(self, k: int) -> tuple[str, ...]:
        """Returns the names of what image k is labelled with."""
        images = self.part(k).images
        shown = np.flatnonzero(images.labels[self._indices[k]])
        return tuple(images.label_space.names[i] for i in shown)

    def sides(self) -> np.ndarray:
        """Returns the side (N,) in pixels of the square that training cuts out of each image."""
        largest = np.minimum(self.table["width"], self.table["height"])
        crops = np.array([p.crop_size or np.iinfo(np.int32).max for p in self.parts], np.int64)
        return np.minimum(largest, crops[self._parts])

    def training(self) -> tuple[Part, ...]:
        """Returns the parts that are trained on."""
        return tuple(part for part in self.parts if part.split == TRAINING)

    def summary(self) -> dict[str, Any]:
        """Returns the figures of a report, JSON-ready: data sets, sizes, formats."""
        found: dict[str, Any] = {"data_sets": [
            _figures(name, [part for part in self.parts if part.data_set == name])
            for name in dict.fromkeys(part.data_set for part in self.parts)
        ]}  # fmt: skip
        if self.size:
            width, height = self.table["width"], self.table["height"]
            ranges = {"width": width, "height": height, "width / height": width / height}
            found["sizes"] = {
                name: [float(f(values)) for f in (np.min, np.median, np.max)]
                for name, values in ranges.items()
            }
            counts = np.bincount(self.table["format"], minlength=len(inspection_lib.FORMATS))
            found["formats"] = {
                name or "not in files": int(count)
                for name, count in zip(inspection_lib.FORMATS, counts, strict=True)
                if count
            }
        return found


def _figures(name: str, parts: Sequence[Part]) -> dict[str, Any]:
    """Returns how many images of each label the splits of a data set have."""
    space = parts[0].images.label_space
    counts = {part.split: part.images.labels.sum(axis=0) for part in parts}
    return {
        "name": name,
        "splits": {
            part.split: {
                "images": part.images.size,
                "looked_at": len(part.inspection.indices),
                "broken": len(part.inspection.problems),
            }
            for part in parts
        },
        "labels": {
            "kind": space.kind,
            "counts": {
                label: {split: int(count[i]) for split, count in counts.items()}
                for i, label in enumerate(space.names)
            },
        },
    }
