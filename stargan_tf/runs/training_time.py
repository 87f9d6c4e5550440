"""How long a run has trained: times.jsonl, which a training that is continued carries on.

A line for each checkpoint, written just before it: {"step": ..., "elapsed": ..., "processor": ...}
in seconds from step 0 on, and "devices". Only steps count, with what they wait for; not what a
training looks at, measures, draws or saves. A run that was killed and continued counts once what
it took twice: the time behind its weights.
"""

import dataclasses
import json
import pathlib
import time
from collections.abc import Sequence

from stargan_tf.base import files

FILE = "times.jsonl"


@dataclasses.dataclass(frozen=True)
class Spent:
    """What the training up to a step took.

    Attributes:
      elapsed: Seconds by the clock on the wall.
      processor: Seconds of all processor cores together.
      devices: What the last part of it was trained on, such as "GPU:0".
    """

    elapsed: float
    processor: float
    devices: tuple[str, ...]


def spent(directory: pathlib.Path, step: int) -> Spent | None:
    """Returns what the training of a run took up to a checkpoint's step; None: it is not known.

    It is of runs, and parts of runs, that were trained before times were recorded, and of imported
    ones.

    Args:
      directory: The run's folder.
      step: The step.
    """
    for line in _lines(directory / FILE):
        if line["step"] == step:
            return Spent(line["elapsed"], line["processor"], tuple(line["devices"]))
    return None


class Stopwatch:
    """Measures a training and writes times.jsonl.

    Where a training continues from a step whose time is not known, nothing is written: what
    follows would be taken for all.
    """

    def __init__(self, directory: pathlib.Path, step: int, devices: Sequence[str]):
        """Starts, or goes on after `step`; cuts away what was recorded after it."""
        self._path, self._devices = directory / FILE, list(devices)
        before = spent(directory, step) if step else Spent(0.0, 0.0, ())
        self._known = before is not None
        kept = [line for line in _lines(self._path) if line["step"] <= step]
        if self._path.exists():
            with files.atomic(self._path) as file:
                file.writelines(json.dumps(line).encode() + b"\n" for line in kept)
        self._elapsed, self._processor = (before.elapsed, before.processor) if before else (0, 0)
        self._since = time.monotonic(), time.process_time()

    def pause(self) -> None:
        """Adds what has passed since `go_on`; what follows does not count."""
        elapsed, processor = self._since
        self._elapsed += time.monotonic() - elapsed
        self._processor += time.process_time() - processor

    def go_on(self) -> None:
        """Counts from now on."""
        self._since = time.monotonic(), time.process_time()

    def write(self, step: int) -> None:
        """Appends the line of a step, while it is paused."""
        if not self._known:
            return
        line = {
            "step": step,
            "elapsed": round(self._elapsed, 3),
            "processor": round(self._processor, 3),
            "devices": self._devices,
        }
        with open(self._path, "a") as file:
            file.write(json.dumps(line) + "\n")


def _lines(path: pathlib.Path) -> list[dict]:
    """Returns the lines that are whole: a process may have been killed while it wrote the last."""
    found = []
    try:
        for text in path.read_text().splitlines():
            line = json.loads(text)
            Spent(float(line["elapsed"]), float(line["processor"]), tuple(line["devices"]))
            found.append({**line, "step": int(line["step"])})
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return found
