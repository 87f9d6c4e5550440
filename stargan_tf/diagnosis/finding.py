"""A finding of the doctor: one problem, what to do about it, and the images it concerns."""

import dataclasses
from collections.abc import Iterable
from typing import Literal

MOST_NAMES = 1000  # of images that a finding keeps; 200,000 paths would help nobody


@dataclasses.dataclass(frozen=True)
class Finding:
    """A problem, or a possible one.

    Attributes:
      kind: A word for programs, such as "unreadable"; several findings may share it.
      severity: "failure": training would stop or not start; "warning": it would learn worse;
        "hint": the user should look.
      message: The problem in one sentence.
      advice: What to do, as a command without a full stop; "": nothing.
      names: The first images or files concerned, some with a remark.
      count: The number of images or files concerned.
    """

    kind: str
    severity: Literal["failure", "warning", "hint"]
    message: str
    advice: str = ""
    names: tuple[str, ...] = ()
    count: int = 0


def naming(
    kind: str,
    severity: Literal["failure", "warning", "hint"],
    message: str,
    advice: str,
    names: Iterable[str],
) -> Finding:
    """Returns a finding about images or files; it counts all `names` and keeps MOST_NAMES."""
    names = list(names)
    return Finding(kind, severity, message, advice, tuple(names[:MOST_NAMES]), len(names))


def of_error(kind: str, message: str, advice: str = "") -> Finding:
    """Returns the message of a UserError as a failure.

    Unless `advice` is given, it is what follows the last semicolon of the message.
    """
    last = message.rpartition("; ")[2].rstrip(".")
    if last.startswith("expected "):
        last = f"lay the folder out as {last.removeprefix('expected ')}"
    return Finding(kind, "failure", message, advice or last)


def counted(count: int, noun: str) -> str:
    """Returns "1 image" or "2,117 images"."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def these(count: int, noun: str) -> str:
    """Returns "this image" or "these 2,117 images"."""
    return f"this {noun}" if count == 1 else f"these {counted(count, noun)}"
