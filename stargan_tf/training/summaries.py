"""What a run tells while it trains: metrics.jsonl, progress."""

import json
import pathlib
import time
from collections.abc import Mapping

from stargan_tf.base import files
from stargan_tf.reports import progress


class MetricsLog:
    """metrics.jsonl: a line {"step": ..., loss: ...} every so many steps, nothing that varies.

    No times are in it, so that a run that was interrupted leaves the same file as one that was not.

    Attributes:
      lines: Those that were there, without what was cut away.
    """

    def __init__(self, path: pathlib.Path, step: int):
        """Cuts away what was logged after `step`, the one the run continues from."""
        self.lines = [line for line in _lines(path) if line["step"] <= step]
        with files.atomic(path) as file:
            file.writelines(json.dumps(line).encode() + b"\n" for line in self.lines)
        self._path = path

    def write(self, step: int, losses: Mapping[str, float]) -> None:
        """Appends a line."""
        with open(self._path, "a") as file:
            file.write(json.dumps({"step": step, **losses}) + "\n")


def _lines(path: pathlib.Path) -> list[dict]:
    kept = []
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            kept.append(json.loads(line))
        except ValueError:  # the last line of a process that was killed while writing it
            break
    return kept


class Progress:
    """How far training is and how fast.

    Attributes:
      bar: The context manager within which it is shown.
    """

    def __init__(
        self, first_step: int, total_steps: int, images_per_step: int, what: str = "images"
    ):
        """Begins at a step; `what` the line calls the examples, of which a step has so many."""
        self.bar = progress.Progress(total_steps, "step", first_step)
        self._images, self._what = images_per_step, what
        self._mark, self._mark_step, self._waited = time.monotonic(), first_step, 0.0
        self._watched = 0.0
        self._given: list[float] = []

    def waited(self, seconds: float) -> None:
        """Adds time in which Python waited for a batch."""
        self._waited += seconds

    def watched(self, seconds: float) -> None:
        """Adds time in which the device looked at or measured what is trained."""
        self._watched += seconds

    def given(self) -> None:
        """Notes that the device has just been given a step."""
        self._given.append(time.monotonic())

    def show(self, step: int, losses: Mapping[str, float]) -> dict[str, float]:
        """Shows step, speed and losses; returns the speed since it was last shown.

        Call it when the losses of the last step that was given have been read, so that it is done.
        """
        now = time.monotonic()
        span = max(now - self._mark, 1e-9)
        rate = (step - self._mark_step) / span
        # While Python waited, the device may have been busy with the steps before.
        waited = min(self._waited, max(span - self._busy(now), 0.0))
        speed = {
            "speed/steps_per_second": rate,
            "speed/images_per_second": rate * self._images,
            "speed/waiting_for_data": waited / span,
            "speed/watching": self._watched / span,
        }
        numbers = "  ".join(f"{name} {value:.3f}" for name, value in losses.items())
        self.bar.show(
            step,
            f"{speed['speed/images_per_second']:.1f} {self._what}/s  "
            f"{speed['speed/waiting_for_data']:.0%} waiting for data  {numbers}",
        )
        self._mark, self._mark_step, self._given = now, step, []
        self._waited = self._watched = 0.0
        return speed

    def _busy(self, now: float) -> float:
        """Returns how long a device that is done now has worked, if all steps take equally long.

        A step and those after it took no longer than the time since the device was given it; and
        exactly that time if the device was never without work from then on, which is true at least
        of the last step. (CPUs are done when the call returns, and so add nothing here.)
        """
        count = len(self._given)
        each = ((now - given) / (count - k) for k, given in enumerate(self._given))
        return count * min(each, default=0.0)
