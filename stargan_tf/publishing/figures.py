"""What `evaluate` has measured of a run, for its model card."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from stargan_tf.evaluation import metric


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What one metric says of one mode.

    Attributes:
      title: The metric's title and, where there are several, the mode: "diversity/latent".
      rows: The values by direction, and by column; the directions end with their mean.
      better: "lower", "higher" or "" by column.
      explanation: What the columns are, and remarks.
    """

    title: str
    rows: Mapping[str, Mapping[str, float]]
    better: Mapping[str, str]
    explanation: str

    @property
    def means(self) -> Mapping[str, float]:
        """The means over all directions, by column."""
        return self.rows.get(metric.MEAN, {})


@dataclasses.dataclass(frozen=True)
class Measured:
    """What was measured of a step.

    Attributes:
      measurements: Of each metric and mode.
      images: The most held-out images that were translated.
    """

    measurements: tuple[Measurement, ...]
    images: int


def find(folder: pathlib.Path, step: int) -> Measured | None:
    """Returns what the reports in RUN/evaluation say of a step; None: it was not measured.

    Args:
      folder: RUN/evaluation. What can't be read in it is left out.
      step: The step of the checkpoint.
    """
    found: dict[str, Measurement] = {}
    images = 0
    for path in sorted(folder.glob("*/report.json")):
        try:
            report = json.loads(path.read_text(encoding="utf-8"))
            if report["step"] == step:
                new = {title: _read(title, one) for title, one in report["measurements"].items()}
                images = max(images, sum(report["images"]))
                found |= new
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # no report, or another version's
    return Measured(tuple(found.values()), images) if found else None


def _read(title: str, one: Mapping[str, Any]) -> Measurement:
    rows = {
        row: {name: float(value["mean"]) for name, value in values.items()}
        for row, values in one["figures"].items()
    }
    return Measurement(title, rows, dict(one["better"]), " ".join(
        [one["explanation"].replace("\n", " "), *one["notes"]]
    ).strip())  # fmt: skip
