"""A finding of the doctor: one problem, what to do about it, and the images it concerns."""

import dataclasses
from collections.abc import Sequence
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
      names: The images or files concerned, some with a remark; the first MOST_NAMES are kept.
      count: The number of images or files concerned; 0: as many as `names`.
    """

    kind: str
    severity: Literal["failure", "warning", "hint"]
    message: str
    advice: str = ""
    names: Sequence[str] = ()
    count: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", self.count or len(self.names))
        object.__setattr__(self, "names", tuple(self.names[:MOST_NAMES]))


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
