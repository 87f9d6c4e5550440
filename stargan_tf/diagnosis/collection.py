"""The inspected images of all splits and data sets."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from stargan_tf.data import source
from stargan_tf.diagnosis import inspection as inspection_lib

TRAINING, HELD_OUT = "training", "held-out"


@dataclasses.dataclass(frozen=True)
class InspectedSplit:
    """One split of a data set.

    Attributes:
      split: TRAINING or HELD_OUT.
      images: The source, with its own labels.
      inspection: The properties and problems of its images.
      crop_size: Side in pixels of the centred square that training cuts out; 0: the largest.
      data_set: The name of the data set in joint training; "": there is only one.
    """

    split: str
    images: source.Source
    inspection: inspection_lib.Inspection
    crop_size: int = 0
    data_set: str = ""

    def called(self, name: str) -> str:
        """Returns the full name of a label: "celeba.Male" if there are several data sets."""
        return f"{self.data_set}.{name}" if self.data_set else name


class Collection:
    """All usable, inspected images of all splits, numbered from 0.

    Attributes:
      splits: The splits: first the training images of all data sets, then the held-out ones.
      table: (N,) of `inspection.ROW`.
    """

    def __init__(self, splits: Sequence[InspectedSplit]):
        self.splits = tuple(splits)
        numbers, indices = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        tables = [np.zeros(0, inspection_lib.ROW)]
        for number, inspection in enumerate(split.inspection for split in self.splits):
            good = ~np.isin(inspection.indices, list(inspection.problems))
            numbers.append(np.full(good.sum(), number))
            indices.append(inspection.indices[good])
            tables.append(inspection.table[good])
        self._split, self._indices = np.concatenate(numbers), np.concatenate(indices)
        self.table = np.concatenate(tables)

    @property
    def size(self) -> int:
        """The number of images."""
        return len(self.table)

    def split_of(self, k: int) -> InspectedSplit:
        """Returns the split that contains image k."""
        return self.splits[self._split[k]]

    def describe(self, k: int) -> str:
        """Returns the file or other origin of image k."""
        return self.split_of(k).images.describe(int(self._indices[k]))

    def label(self, k: int) -> tuple[str, ...]:
        """Returns the names of the labels of image k."""
        images = self.split_of(k).images
        shown = np.flatnonzero(images.labels[self._indices[k]])
        return tuple(images.label_space.names[i] for i in shown)

    def sides(self) -> np.ndarray:
        """Returns the side (N,) in pixels of the square that training cuts from each image."""
        largest = np.minimum(self.table["width"], self.table["height"])
        crops = np.array([p.crop_size or np.iinfo(np.int32).max for p in self.splits], np.int64)
        return np.minimum(largest, crops[self._split])

    def training(self) -> tuple[InspectedSplit, ...]:
        """Returns the splits to train on."""
        return tuple(part for part in self.splits if part.split == TRAINING)

    def summary(self) -> dict[str, Any]:
        """Returns the statistics for the report, JSON-ready: data sets, sizes, formats."""
        summary: dict[str, Any] = {"data_sets": [
            _figures(name, [part for part in self.splits if part.data_set == name])
            for name in dict.fromkeys(part.data_set for part in self.splits)
        ]}  # fmt: skip
        if self.size:
            width, height = self.table["width"], self.table["height"]
            ranges = {"width": width, "height": height, "width / height": width / height}
            summary["sizes"] = {
                name: [float(f(values)) for f in (np.min, np.median, np.max)]
                for name, values in ranges.items()
            }
            counts = np.bincount(self.table["format"], minlength=len(inspection_lib.FORMATS))
            summary["formats"] = {
                name or "not in files": int(count)
                for name, count in zip(inspection_lib.FORMATS, counts, strict=True)
                if count
            }
        return summary


def _whole_pairs(part: InspectedSplit) -> int:
    """Returns how many pairs have no image with a problem."""
    bad = list(part.inspection.problems)
    return int((~np.isin(part.images.pairs, bad).any(axis=1)).sum())


def _figures(name: str, parts: Sequence[InspectedSplit]) -> dict[str, Any]:
    """Returns the numbers of images in each split of a data set, in all and by label."""
    space = parts[0].images.label_space
    counts = {part.split: part.images.labels.sum(axis=0) for part in parts}
    return {
        "name": name,
        "noun": parts[0].images.noun,
        "splits": {
            part.split: {
                "images": part.images.size,
                "looked_at": part.images.size
                if part.images.sample_shape
                else len(part.inspection.indices),
                "broken": len(part.inspection.problems),
                **({} if part.images.pairs is None else {"pairs": _whole_pairs(part)}),
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
