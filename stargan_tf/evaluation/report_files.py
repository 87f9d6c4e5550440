"""Shows what was measured: tables of text, report.json, pictures, the protocols' own files."""

import dataclasses
import json
import pathlib
import re
from collections.abc import Mapping
from typing import Any

from stargan_tf.base import files
from stargan_tf.evaluation import measuring, metric
from stargan_tf.pictures import photos
from stargan_tf.reports import table

_FORMAT = 1
_MOST_ROWS = 40  # of a table; report.json has all
# What the program of StarGAN v2's authors calls the figures of these metrics.
_AUTHORS_NAMES = {"frechet": "FID", "lpips": "LPIPS"}


def as_text(report: measuring.Report) -> str:
    """Returns a table for each metric and mode, with notes and explanations below."""
    explained: set[str] = set()
    return "\n\n".join(_table(one, report.counts, explained) for one in report.measured)


def write(
    report: measuring.Report, folder: pathlib.Path, authors_step: int | None = None
) -> list[pathlib.Path]:
    """Writes report.json and the pictures into a folder, which is made if there is none.

    Metrics that an earlier report of the same subject has, with the same images and draws, stay in
    it.

    Args:
      report: What was measured.
      folder: Where to.
      authors_step: If given, FID_{step}_{mode}.json and LPIPS_{step}_{mode}.json are written, too,
        with the names of StarGAN v2's authors for the figures.

    Returns:
      The files.

    Raises:
      UserError: They can't be written.
    """
    files.make_folder(folder)
    path = folder / "report.json"
    about = {"format": _FORMAT, **report.about, "outputs": dict(report.counts)}
    measurements = _earlier(path, about)
    contents: dict[pathlib.Path, Any] = {}
    for one in report.measured:
        name = "/".join(filter(None, (one.title, one.mode)))
        measurements[name] = _as_json(one)
        if authors_step is not None and one.name in _AUTHORS_NAMES:
            own = f"{_AUTHORS_NAMES[one.name]}_{one.mode}"
            key = one.figures[0].key
            authors = folder / f"{own.replace('_', f'_{authors_step}_', 1)}.json"
            contents[authors] = {
                f"{own}/{row}": values[key].mean for row, values in one.rows.items()
            }
    contents[path] = {**about, "measurements": measurements}
    for file_path, content in contents.items():
        with files.atomic(file_path) as file:
            file.write(json.dumps(content, indent=2).encode() + b"\n")
    return [path, *(p for p in contents if p != path), *_write_pictures(report, folder)]


def _write_pictures(report: measuring.Report, folder: pathlib.Path) -> list[pathlib.Path]:
    written = []
    for one in report.measured:
        for name, picture in one.pictures.items():
            stem = "-".join(filter(None, (one.title, one.mode, name)))
            stem = re.sub(r"[^-.\w]+", "_", stem)
            written.append(folder / f"{stem}.png")
            photos.save_png(written[-1], picture)
    return written


def _earlier(path: pathlib.Path, about: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a report in `path` holds, if it is of the same subject, images and draws."""
    try:
        old = json.loads(path.read_text())
        measurements = old.pop("measurements")
        return measurements if old == json.loads(json.dumps(about)) else {}
    except (OSError, ValueError, AttributeError, KeyError, TypeError):  # none, or another program's
        return {}


def _as_json(one: measuring.Measured) -> dict[str, Any]:
    return {
        "metric": one.name,
        "mode": one.mode,
        **one.about,
        "better": {figure.key or one.title: figure.better for figure in one.figures},
        "figures": {
            row: {key or one.title: dataclasses.asdict(value) for key, value in values.items()}
            for row, values in one.rows.items()
        },
        "notes": list(one.notes),
        "explanation": one.explanation,
    }


def _table(one: measuring.Measured, counts: Mapping[str, int], explained: set[str]) -> str:
    shown = dict(list(one.rows.items())[:_MOST_ROWS])
    notes = list(one.notes)
    if len(shown) < len(one.rows):
        shown[metric.MEAN] = one.rows[metric.MEAN]
        notes.append(f"{_MOST_ROWS} of {len(one.rows) - 1} rows; report.json has all.")
    own = any(figure.total for figure in one.figures)  # it counts for itself
    counted = not own and any(row in counts for row in shown)
    headings = [one.title + (f", {one.mode}" if one.mode else "")]
    headings += ["outputs"] * counted + [figure.heading for figure in one.figures]
    lines = []
    for row, values in shown.items():
        count = sum(counts.values()) if row == metric.MEAN else counts.get(row, "")
        cells = [cell(values.get(figure.key), figure.spec) for figure in one.figures]
        lines.append([row, *[str(count)] * counted, *cells])
    parts = [table.table(headings, lines)]
    if one.explanation and one.title not in explained:
        explained.add(one.title)
        parts.append(one.explanation)
    return "\n".join([*parts, *(f"note: {note}" for note in notes)])


def cell(value: measuring.Value | None, spec: str) -> str:
    """Returns a figure as tables have it: "12.3 ± 0.4"; "" where there is none."""
    if value is None:
        return ""
    deviation = "" if value.deviation is None else f" ± {value.deviation:{spec}}"
    return f"{value.mean:{spec}}{deviation}"
