"""Runs a study arm by arm and seed by seed; what is done is not done again."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stargan_tf.base import errors, files
from stargan_tf.evaluation import images as images_lib
from stargan_tf.evaluation.augmentation import arms as arms_lib
from stargan_tf.evaluation.augmentation import images as pool_lib
from stargan_tf.evaluation.augmentation import intervals
from stargan_tf.evaluation.classifiers import training
from stargan_tf.pictures import bars

EXPLANATION = """\
Shares of real held-out images that the classifier is right on: of domains, of the label's own
images; of attributes, of all. Intervals are of 95 % over the seeds (Student's t). gain: the mean
less that of real with the same seed. One generator and one split: what others would change is not
in the intervals."""
_SETTINGS, _REPORT, _FIGURE = "study.json", "report.json", "accuracy.png"

# By arm and label the figures of every seed.
Found = dict[str, dict[str, list[float]]]


def claim(folder: pathlib.Path, settings: Mapping[str, Any]) -> None:
    """Makes the folder of a study, or checks that the one there is of the same study.

    Args:
      folder: The folder.
      settings: All that decides the results but the seeds, ready for JSON.

    Raises:
      UserError: It can't be made, or is of another study, naming what differs.
    """
    files.make_folder(folder, "`output`")
    path = folder / _SETTINGS
    settings = json.loads(json.dumps(settings))
    if path.exists():
        there = json.loads(path.read_text())
        differing = [
            f"{name} ({there.get(name)} there, {settings.get(name)} here)"
            for name in sorted({*there, *settings})
            if there.get(name) != settings.get(name)
        ]
        if differing:
            raise errors.UserError(
                f"`output`={folder} holds another study: {', '.join(differing)}; choose another "
                "folder."
            )
        return
    with files.atomic(path) as file:
        file.write(json.dumps(settings, indent=2).encode() + b"\n")


def run(
    folder: pathlib.Path,
    pool: pool_lib.Pool,
    held_out: images_lib.Images,
    flip: bool,
    recipe: training.Recipe,
    steps: int,
    seeds: Sequence[int],
) -> Found:
    """Trains and measures every arm with every seed; takes from the folder what is there already.

    Seed by seed, so that all arms are equally far. Several processes may share a folder if each has
    seeds of its own. The other arguments are those of `arms.measure`.
    """
    found: Found = {}
    for seed in seeds:
        for arm in arms_lib.of(pool):
            path = folder / f"{arm.name.replace(' ', '_').replace(',', '')}-seed{seed}.json"
            if not path.exists():
                own = dataclasses.replace(recipe, seed=seed)
                shares = arms_lib.measure(arm, pool, held_out, flip, own, steps)
                with files.atomic(path, "the arms before are kept") as file:
                    file.write(json.dumps(shares, indent=2).encode() + b"\n")
            for name, share in json.loads(path.read_text()).items():
                found.setdefault(arm.name, {}).setdefault(name, []).append(share)
    return found


def summary(found: Found, base: str = "real") -> dict[str, dict[str, dict[str, Any]]]:
    """Returns by arm and label the values, their mean and interval, and the same of the gains.

    A gain is the difference to the arm `base` of the same seed.
    """
    table: dict[str, dict[str, dict[str, Any]]] = {}
    for arm, labels in found.items():
        for name, values in labels.items():
            whole = intervals.mean(values)
            gain = intervals.mean(np.subtract(values, found[base][name]).tolist())
            table.setdefault(arm, {})[name] = {
                "values": values,
                "mean": whole.mean,
                "half_width": whole.half_width,
                "gain": gain.mean,
                "gain_half_width": gain.half_width,
            }
    return table


def write(
    folder: pathlib.Path, table: Mapping[str, Any], counts: Mapping[str, Any], notes: Sequence[str]
) -> list[pathlib.Path]:
    """Writes the report and the figure; returns their paths.

    Args:
      folder: Of the study.
      table: As from `summary`.
      counts: Of images, by arm and label.
      notes: What else to know.
    """
    settings = json.loads((folder / _SETTINGS).read_text())
    report = {**settings, "images": counts, "notes": list(notes), "arms": table}
    with files.atomic(folder / _REPORT) as file:
        file.write(json.dumps(report, indent=2).encode() + b"\n")
    groups = list(next(iter(table.values())))
    series = {
        arm: [(labels[name]["mean"], labels[name]["half_width"] or 0.0) for name in groups]
        for arm, labels in table.items()
    }
    bars.save(folder / _FIGURE, groups, series, "right on real held-out images")
    return [folder / _REPORT, folder / _FIGURE]


def rows(table: Mapping[str, Any]) -> list[list[str]]:
    """Returns the cells of a printed table: the arm, and of each label mean, interval and gain."""
    lines = []
    for arm, labels in table.items():
        cells = [arm]
        for one in labels.values():
            cells.append(_percent(one["mean"], one["half_width"]))
        mean = labels["mean"]
        cells.append(_percent(mean["gain"], mean["gain_half_width"], "+"))
        lines.append(cells)
    return lines


def _percent(value: float, half_width: float | None, sign: str = "") -> str:
    interval = "" if half_width is None else f" ± {100 * half_width:.1f}"
    return f"{100 * value:{sign}.1f}{interval} %"
