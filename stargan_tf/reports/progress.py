"""How far long work is: a bar on a terminal, lines in files and notebooks."""

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import tqdm

Item = TypeVar("Item")


def counted(items: Iterable[Item], total: int, unit: str) -> Iterator[Item]:
    """Yields items and shows how far it is; without a terminal ten times, evenly.

    `total` may be an estimate, and 0 if nobody knows: lines then come at every hundredth item.
    """
    with Progress(total, unit) as shown:
        for number, item in enumerate(items, 1):
            yield item
            tenth = number * 10 // total > (number - 1) * 10 // total if total else False
            shown.show(number, line=tenth or (not total and number % 100 == 0))


class Progress(contextlib.AbstractContextManager):
    """Shows progress on stdout: a bar if that is a terminal, else a line each time.

    Use it as a context manager, so that what is printed afterwards begins on a line of its own.

    Args:
      total: How much there is to do.
      unit: Of what, such as "step".
      done: How much of it was done before.
    """

    def __init__(self, total: int, unit: str, done: int = 0):
        self._total, self._unit, self._first = total, unit, done
        self._start = time.monotonic()
        self._bar = tqdm.tqdm(
            total=total,
            initial=done,
            unit=f" {unit}s",
            file=sys.stdout,
            disable=None,  # where stdout is no terminal
            dynamic_ncols=True,
            miniters=1,  # else a few slow steps after many quick ones are not shown
        )

    def __exit__(self, *unused: Any) -> None:
        self._bar.close()

    def show(self, done: int, note: str = "", *, line: bool = True) -> None:
        """Shows how much is done.

        Args:
          done: How much, with what was done before.
          note: What else to say of it.
          line: Whether this is worth a line of its own where there is no terminal.
        """
        if not self._bar.disable:
            self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(done - self._bar.n)
        elif line:
            each = (time.monotonic() - self._start) / max(done - self._first, 1)
            left = f"{self._bar.format_interval(each * (self._total - done))} left"
            known = done <= self._total
            parts = (
                f"{self._unit} {done}{f'/{self._total}' if known else ''}",
                left if done < self._total else "",
                note,
            )
            print("  ".join(filter(None, parts)), flush=True)

    def say(self, text: str) -> None:
        """Prints a line, above the bar if there is one."""
        self._bar.write(text, file=sys.stdout)
        sys.stdout.flush()
