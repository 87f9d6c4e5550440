"""Shows a comparison: tables of text and of Markdown, report.json, sheet.png."""

import dataclasses
import json
import pathlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import stargan_tf
from stargan_tf.base import files
from stargan_tf.comparison import comparing
from stargan_tf.evaluation import measuring, metric, report_files
from stargan_tf.pictures import photos, sheets
from stargan_tf.reports import durations, table

_FORMAT = 1
_UNKNOWN = "unknown"
_ABSENT = "-"
_ARROWS = {"higher": " (more is better)", "lower": " (less is better)", "": ""}
_MOST_ROWS = 40  # of a table of directions; report.json has all

Rows = list[list[str]]
_Figure = tuple[str, str, str]  # the metric's title, the figure's key, "reference" or ""


def tables(found: comparing.Comparison) -> list[tuple[list[str], Rows]]:
    """Returns the tables, each as headings and rows of cells.

    The first is what the runs are, cost and reach, over all directions. Then for each figure that
    stands for a metric, and that several runs have, its values by direction.
    """
    names = [one.name for one in found.entries]
    figures = _figures(found)
    rows = [*_facts(found), *_cost_rows(found), *_time_rows(found)]
    for key, (heading, figure) in figures.items():
        values = (_values(found.reports.get(name), key) for name in names)
        cells = [report_files.cell(v.get(metric.MEAN), figure.spec) or _ABSENT for v in values]
        rows.append([heading + _ARROWS[figure.better], *cells])
    made = [(["", *names], rows)]
    leading = {
        (one.title, one.figures[0].key) for r in found.reports.values() for one in r.measured
    }
    for key, (heading, figure) in figures.items():
        by_run = [_values(found.reports.get(name), key) for name in names]
        directions = [
            d for d in dict.fromkeys(d for one in by_run for d in one) if d != metric.MEAN
        ]
        if key[:2] in leading and sum(map(bool, by_run)) > 1 and len(directions) > 1:
            cells = [
                [d, *(report_files.cell(one.get(d), figure.spec) or _ABSENT for one in by_run)]
                for d in directions[:_MOST_ROWS]
            ]
            made.append(([heading, *names], cells))
    return made


def notes(found: comparing.Comparison) -> list[str]:
    """Returns what has to be known to read the tables, a sentence each."""
    space = found.ground.member.space
    lines = [
        f"All runs translate the same {found.images:,} held-out images of "
        f"{found.ground.member.held_out.size:,} to {', '.join(space.names)}.",
        *found.ground.notes,
    ]
    for one in found.entries:
        if one.run.imported:
            lines.append(f"{one.name} was imported, so what its training took is not known.")
        elif one.run.config.train.init_from:
            lines.append(
                f"{one.name} started from the weights of {one.run.config.train.init_from}; what "
                "these took is not counted."
            )
    if any(one.styled for one in found.entries):
        lines.append(
            "Figures of runs with styles are of random latent codes, unless they say that they are "
            "by reference; the sheet and the times are of the latent code of seed "
            f"{found.plan.seed}."
        )
    if any(found.seconds.values()):
        lines.append(
            f"Times for an image are medians, with all of `Model.translate`, on this machine's "
            f"{found.device}; times of training are of the machine that trained."
        )
    absent = _left_out(found)
    lines += [f"{name}: without {metric_}, as {reason}." for name, metric_, reason in absent]
    explained = {}
    for report in found.reports.values():
        for one in report.measured:
            explained[one.title, one.explanation] = f"{one.title}. {one.explanation}"
            lines += [f"{report.about['algorithm']}: {note}" for note in one.notes]
    lines += [" ".join(text.split()) for (_, why), text in explained.items() if why]
    return list(dict.fromkeys(lines))


def as_text(found: comparing.Comparison) -> str:
    """Returns the tables and notes for a terminal."""
    parts = [table.table(headings, rows) for headings, rows in tables(found)]
    return "\n\n".join([*parts, "\n".join(f"note: {one}" for one in notes(found))])


def as_markdown(found: comparing.Comparison) -> str:
    """Returns the tables and notes as a page of Markdown, with the sheet."""
    parts = ["![The same held-out images, translated by each run](sheet.png)"]
    for headings, rows in tables(found):
        lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
        parts.append("\n".join(f"| {' | '.join(map(_escaped, line))} |" for line in lines))
    parts.append("\n".join(f"- {_escaped(one)}" for one in notes(found)))
    return "\n\n".join(parts) + "\n"


def write(found: comparing.Comparison, folder: pathlib.Path) -> list[pathlib.Path]:
    """Writes report.json, table.md and sheet.png, and of each run what `evaluate` would write.

    Args:
      found: The comparison.
      folder: Where to; made if there is none.

    Returns:
      The files of the comparison itself.

    Raises:
      UserError: They can't be written.
    """
    files.make_folder(folder)
    for name, report in found.reports.items():
        report_files.write(report, folder / re.sub(r"[^-.\w]+", "_", name))
    paths = [folder / name for name in ("report.json", "table.md", "sheet.png")]
    with files.atomic(paths[0]) as file:
        file.write(json.dumps(as_json(found), indent=2).encode() + b"\n")
    with files.atomic(paths[1]) as file:
        file.write(as_markdown(found).encode())
    photos.save_png(paths[2], sheets.render(found.sheet))
    return paths


def as_json(found: comparing.Comparison) -> dict[str, Any]:
    """Returns all of it, ready for JSON; null is what is not known."""
    space = found.ground.member.space
    return {
        "format": _FORMAT,
        "stargan_tf": stargan_tf.__version__,
        "labels": {"kind": space.kind, "names": list(space.names)},
        "images": found.images,
        "held_out_images": found.ground.member.held_out.size,
        "draws": found.plan.draws,
        "outputs_of_each": found.plan.outputs,
        "seed_of_sheet_and_times": found.plan.seed,
        "timed_on": found.device,
        "notes": notes(found),
        "runs": {one.name: _run_as_json(found, one) for one in found.entries},
        "figures": [
            {
                "metric": key[0],
                "figure": key[1] or key[0],
                "by_reference": key[2] == "reference",
                "better": figure.better,
                "runs": {
                    name: {row: dataclasses.asdict(value) for row, value in values.items()}
                    for name in found.reports
                    if (values := _values(found.reports[name], key))
                },
            }
            for key, (_, figure) in _figures(found).items()
        ],
    }


def _run_as_json(found: comparing.Comparison, entry) -> dict[str, Any]:
    costs = dataclasses.asdict(found.costs[entry.name])
    spent = costs.pop("spent")
    return {
        "run": entry.run.shown,
        "algorithm": entry.run.config.train.algorithm,
        "step": entry.step,
        "parameters": {name: costs[name] for name in ("translating", "trained")},
        "updates": costs["updates"] and {k: list(v) for k, v in costs["updates"].items()},
        "images_in_training": costs["images"],
        "training_seconds": spent,
        "seconds_for_an_image": {str(k): v for k, v in found.seconds[entry.name].items()},
    }


def _facts(found: comparing.Comparison) -> Rows:
    return [
        ["algorithm", *(one.run.config.train.algorithm for one in found.entries)],
        ["step", *(f"{one.step:,}" for one in found.entries)],
    ]


def _cost_rows(found: comparing.Comparison) -> Rows:
    costs = [found.costs[one.name] for one in found.entries]
    rows = [
        ["parameters, to translate", *(f"{one.translating:,}" for one in costs)],
        ["parameters, trained", *(_number(one.trained) for one in costs)],
    ]
    for name in dict.fromkeys(name for one in costs for name in one.updates or ()):
        rows.append([f"updates of {name}", *(_updates(one.updates, name) for one in costs)])
    rows.append(["images in training", *(_number(one.images) for one in costs)])
    for what, field in (("elapsed", "elapsed"), ("processor", "processor")):
        cells = [one.spent and durations.text(getattr(one.spent, field)) for one in costs]
        rows.append([f"training time, {what}", *(cell or _UNKNOWN for cell in cells)])
    devices = [", ".join(one.spent.devices) if one.spent else _UNKNOWN for one in costs]
    return [*rows, ["trained on", *devices]]


def _time_rows(found: comparing.Comparison) -> Rows:
    sizes = dict.fromkeys(size for one in found.seconds.values() for size in one)
    texts = {1: "time for an image alone"}
    return [
        [
            texts.get(size, f"time for an image of a batch of {size}"),
            *(f"{1000 * found.seconds[one.name][size]:.1f} ms" for one in found.entries),
        ]
        for size in sizes
    ]


def _figures(found: comparing.Comparison) -> dict[_Figure, tuple[str, metric.Figure]]:
    """Returns every figure that a run has, with what tables call it; those of all runs first."""
    made: dict[_Figure, tuple[str, metric.Figure]] = {}
    for one in _measured(found):
        headings = [figure.heading for figure in one.figures]
        for figure in (figure for figure in one.figures if not figure.total):
            by = "reference" if one.mode == "reference" else ""
            # Two columns of a metric may share a heading, which their order then tells apart.
            what = figure.heading if headings.count(figure.heading) == 1 else figure.key
            heading = one.title if what == one.title else f"{one.title}, {what}"
            made[one.title, figure.key, by] = (heading + (by and ", by reference"), figure)
    shared = {
        key: sum(bool(_values(report, key)) for report in found.reports.values()) for key in made
    }
    return {key: made[key] for key in sorted(made, key=lambda key: -shared[key])}


def _measured(found: comparing.Comparison) -> Iterator[measuring.Measured]:
    for report in found.reports.values():
        yield from report.measured


def _values(report: measuring.Report | None, key: _Figure) -> dict[str, measuring.Value]:
    """Returns a figure of a report by row; {}: it has none."""
    found = {}
    for one in report.measured if report else ():
        if one.title == key[0] and (one.mode == "reference") == (key[2] == "reference"):
            found = {row: values[key[1]] for row, values in one.rows.items() if key[1] in values}
            if found:
                return found
    return found


def _left_out(found: comparing.Comparison) -> Iterator[tuple[str, str, str]]:
    """Yields the runs that a metric of another run does not apply to, and why."""
    measured = {one.name for one in _measured(found)}
    for name, reasons in found.left_out.items():
        report = found.reports.get(name)
        for metric_, reason in {**reasons, **(report.left_out if report else {})}.items():
            if metric_ in measured - {one.name for one in (report.measured if report else ())}:
                yield name, metric_, reason


def _updates(updates, name: str) -> str:
    """Returns "2,500", or "3 x 2,500" of three pairs of networks."""
    if updates is None:
        return _UNKNOWN
    counts: Sequence[int] = updates.get(name, ())
    if len(set(counts)) > 1:
        return f"{min(counts):,} to {max(counts):,}, {len(counts)} of them"
    if not counts:
        return _ABSENT
    return f"{len(counts)} x {counts[0]:,}" if len(counts) > 1 else f"{counts[0]:,}"


def _number(value: int | None) -> str:
    return _UNKNOWN if value is None else f"{value:,}"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
