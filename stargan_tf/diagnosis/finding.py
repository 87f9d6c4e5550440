"""What the doctor found: one thing that is wrong, what to do about it, and where."""

import dataclasses
from collections.abc import Iterable
from typing import Any, Literal

MOST_NAMES = 1000  # of images that a finding keeps: 200,000 paths help nobody


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or may be.

    Attributes:
      kind: A word for programs, such as "unreadable"; several findings may be of one kind.
      severity: "failure": training would stop, or never start; "warning": it would learn worse;
        "hint": look for yourself.
      message: What is wrong, one sentence.
      advice: What to do, an order; "": nothing.
      names: The first images or files that it is about, with a word on each where there is one.
      count: How many it is about.
    """

    kind: str
    severity: Literal["failure", "warning", "hint"]
    message: str
    advice: str = ""
    names: tuple[str, ...] = ()
    count: int = 0

    def to_json(self) -> dict[str, Any]:
        """Returns a JSON-ready dictionary."""
        return dataclasses.asdict(self)


def naming(
    kind: str,
    severity: Literal["failure", "warning", "hint"],
    message: str,
    advice: str,
    names: Iterable[str],
) -> Finding:
    """Returns a finding about images or files; `names` is read once and cut to the first 1,000."""
    names = list(names)
    return Finding(kind, severity, message, advice, tuple(names[:MOST_NAMES]), len(names))


def of_error(kind: str, message: str, advice: str = "") -> Finding:
    """Returns the failure that the message of a UserError tells.

    That sentence ends with what to do, after the last semicolon; `advice` takes the place of that.
    """
    told = message.rpartition("; ")[2].rstrip(".")
    if told.startswith("expected "):
        told = f"lay the folder out as {told.removeprefix('expected ')}"
    return Finding(kind, "failure", message, advice or told)


def counted(count: int, noun: str) -> str:
    """Returns "1 image" or "2,117 images"."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def these(count: int, noun: str) -> str:
    """Returns "this image" or "these 2,117 images", for what a finding names."""
    return f"this {noun}" if count == 1 else f"these {counted(count, noun)}"
