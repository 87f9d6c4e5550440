"""The doctor's report, as text for people and as JSON for programs."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from stargan_tf.diagnosis import finding
from stargan_tf.reports import table as table_lib

_FORMAT = 1
_HEADINGS = {
    "failure": "Training would fail:",
    "warning": "Training would learn worse:",
    "hint": "Look for yourself:",
}
_MOST_LABELS = 40  # lines of the table of counts


@dataclasses.dataclass(frozen=True)
class Report:
    """The results of an examination.

    Attributes:
      title: The data set, the paper and the image size.
      findings: The problems.
      summary: The result of `Collection.summary`; {} if no data could be loaded.
      folder: Lines on the data folders.
      cost: Lines on time, memory and disk space.
      trial: The fields of the `Trial`; None: no steps were tried.
      sheet: The path of the contact sheet; "": there is none.
    """

    title: str
    findings: Sequence[finding.Finding]
    summary: dict[str, Any] = dataclasses.field(default_factory=dict)
    folder: Sequence[str] = ()
    cost: Sequence[str] = ()
    trial: dict[str, Any] | None = None
    sheet: str = ""

    @property
    def fails(self) -> bool:
        """Whether training would fail."""
        return any(one.severity == "failure" for one in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Returns a JSON-ready dictionary."""
        return {
            "format": _FORMAT,
            "title": self.title,
            "fails": self.fails,
            **self.summary,
            "findings": [dataclasses.asdict(one) for one in self.findings],
            "trial": self.trial,
            "sheet": self.sheet,
        }

    def text(self, most_names: int) -> str:
        """Returns the report for people; each finding lists at most `most_names` images."""
        tables = [_counts(figures) for figures in self.summary.get("data_sets", ())]
        sheet = [f"Contact sheet: {self.sheet}"] if self.sheet else []
        sections = [[self.title], self.folder, *tables, _sizes(self.summary), self.cost, sheet]
        number, advice = 0, {}
        for severity, heading in _HEADINGS.items():
            section = [heading]
            for one in (f for f in self.findings if f.severity == severity):
                number += 1
                section += _lines(number, one, most_names)
                advice.setdefault(one.advice, []).append(str(number))
            sections.append(section if section[1:] else [])
        advice.pop("", None)
        # Advice has the numbers of its findings, since "these 3 files" are listed there.
        todo = [f"  {', '.join(n)}. {_sentence(text)}" for text, n in advice.items()]
        sections.append(["What to do:", *todo] if todo else ["Nothing is wrong."])
        return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _lines(number: int, one: finding.Finding, most_names: int) -> list[str]:
    lines = [f"  {number}. {one.message}", *(f"       {n}" for n in one.names[:most_names])]
    if one.names and one.count > most_names:
        lines.append(f"       and {one.count - most_names:,} more")
    return lines


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?")) else ".")


def _counts(figures: dict[str, Any]) -> list[str]:
    """The table of labels and splits of a data set."""
    splits = figures["splits"]
    rows = {name: list(own.values()) for name, own in figures["labels"]["counts"].items()}
    heading = f"{figures['noun'].capitalize()}s"
    heading += f" of {figures['name']}" if figures["name"] else ""
    shown = list(rows.items())[:_MOST_LABELS]
    total, looked_at, broken = (
        [split[key] for split in splits.values()] for key in ("images", "looked_at", "broken")
    )
    totals = [("all", total)]
    totals += [("looked at", looked_at)] if looked_at != total else []
    totals += [("broken", broken)] if any(broken) else []
    if all("pairs" in split for split in splits.values()):
        totals.append(("whole pairs", [split["pairs"] for split in splits.values()]))
    cells = [(f"  {name}", *(f"{n:,}" for n in numbers)) for name, numbers in [*shown, *totals]]
    lines = [table_lib.table([heading, *splits], cells)]
    if len(rows) > len(shown):
        lines.append(f"  ({len(rows) - len(shown)} more labels)")
    counts = [row[0] for row in rows.values()]
    if figures["labels"]["kind"] == "domains" and min(counts):
        lines.append(f"  largest : smallest = {max(counts) / min(counts):.1f} : 1")
    return lines


def _sizes(summary: dict[str, Any]) -> list[str]:
    """The table of sizes, and the formats."""
    if "sizes" not in summary:
        return []
    rows = []
    for name, numbers in summary["sizes"].items():
        spec = ".2f" if "/" in name else ",.0f"
        rows.append((f"  {name}", *(f"{n:{spec}}" for n in numbers)))
    sizes = table_lib.table(["Size in pixels", "smallest", "median", "largest"], rows)
    formats = ", ".join(f"{name} {count:,}" for name, count in summary["formats"].items())
    return [sizes, f"  formats: {formats}"]
