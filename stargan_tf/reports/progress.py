"""How far long work is: a bar on a terminal, lines in files and notebooks."""

import contextlib
import sys
import time
from typing import Any

import tqdm


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
            parts = f"{self._unit} {done}/{self._total}", left if done < self._total else "", note
            print("  ".join(filter(None, parts)), flush=True)

    def say(self, text: str) -> None:
        """Prints a line, above the bar if there is one."""
        self._bar.write(text, file=sys.stdout)
        sys.stdout.flush()
