"""How long a step takes here and how much memory, found out by taking a few in another process.

In another process, since what may happen is that the memory ends, or that a step takes minutes.
"""

import dataclasses
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
from collections.abc import Collection, Sequence
from typing import Any, Literal

from stargan_tf import hyperparameters

COMMAND = (sys.executable, "-m", "stargan_tf.diagnosis.trial_process")

_LAST_WORDS = 5  # lines of a crashed process that are shown


@dataclasses.dataclass(frozen=True)
class Trial:
    """What came of it. Times are in seconds; None: it did not come to that.

    Attributes:
      outcome: "measured"; "cut_off": the time limit ended it, and what was known by then is there;
        "refused": by a UserError; "out_of_memory"; "crashed".
      detail: What was refused, or the last words of a crash.
      devices: What was trained on.
      gpus: Whether these are GPUs.
      seconds: How long it went on, TensorFlow's import included.
      prepared: Of TensorFlow's import and of building the networks.
      tracing: Of making the step's graph, after that.
      first_step: Which prepares kernels, too.
      step: The median of those after the first.
      memory: The most bytes that the process held at once; GPUs hold more.
      gpu_memory: The most bytes that TensorFlow held on each GPU.
      checkpoint: Bytes of a checkpoint.
      images_per_step: How many images a step consumes.
    """

    outcome: Literal["measured", "cut_off", "refused", "out_of_memory", "crashed"]
    detail: str = ""
    devices: tuple[str, ...] = ()
    gpus: bool = False
    seconds: float = 0.0
    prepared: float = 0.0
    tracing: float | None = None
    first_step: float | None = None
    step: float | None = None
    memory: int | None = None
    gpu_memory: tuple[int, ...] = ()
    checkpoint: int | None = None
    images_per_step: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns a JSON-ready dictionary."""
        return dataclasses.asdict(self)


def measure(
    config: hyperparameters.Config,
    broken: Collection[int],
    time_limit: float,
    command: Sequence[str] = COMMAND,
) -> Trial:
    """Builds what the flags ask for and takes a few steps on the training images, in a process.

    Args:
      config: All flags; no run directory is made.
      broken: The numbers of the training images to leave out.
      time_limit: Seconds after which the process is ended.
      command: What to start; it gets `config` on stdin and tells its progress on stdout.
    """
    asked = {"options": config.values(), "broken": sorted(broken), "time_limit": time_limit}
    # So that the process finds this package even where it is not installed.
    root = str(pathlib.Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=time_limit,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        known = _known(error.stdout or b"")
        return Trial("cut_off", seconds=time_limit, **known.values())
    known = _known(done.stdout)
    if done.returncode == 0 and known.outcome:
        return Trial(known.outcome, known.detail, **known.values())
    if done.returncode == -signal.SIGALRM:  # its own alarm, should this process have been late
        return Trial("cut_off", **known.values())
    if done.returncode == -signal.SIGKILL:  # as the kernel does where the memory ends
        return Trial("out_of_memory", "the system ended it", **known.values())
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    status = f"signal {-done.returncode}" if done.returncode < 0 else f"status {done.returncode}"
    words = " / ".join(line.strip() for line in lines[-_LAST_WORDS:])
    if "std::bad_alloc" in words:  # which nothing in C++ has caught
        return Trial("out_of_memory", words, **known.values())
    return Trial("crashed", f"{status}: {words or 'without a word'}", **known.values())


class _Known:
    """What the process has told."""

    def __init__(self):
        self.outcome, self.detail = "", ""
        self.facts: dict[str, Any] = {}
        self.steps: list[float] = []

    def add(self, told: dict[str, Any]) -> None:
        self.outcome = told.pop("outcome", self.outcome)
        self.detail = told.pop("detail", self.detail)
        if "step" in told:
            self.steps.append(told.pop("step"))
        self.facts |= {name: tuple(v) if isinstance(v, list) else v for name, v in told.items()}

    def values(self) -> dict[str, Any]:
        first, *others = self.steps or [None]
        step = statistics.median(others) if others else None
        return {**self.facts, "first_step": first, "step": step}


def _known(stdout: bytes) -> _Known:
    """Reads the lines of JSON; one that was cut off, or that a library printed, is left out."""
    known = _Known()
    names = {field.name for field in dataclasses.fields(Trial)}
    for line in stdout.splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and names.issuperset(told):
            known.add(told)
    return known
