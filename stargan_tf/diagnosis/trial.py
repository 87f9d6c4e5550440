"""Measures the time and memory of a few training steps, in another process.

A separate process can run out of memory, or be ended if a step takes minutes.
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

from stargan_tf.runs import config as config_lib

COMMAND = (sys.executable, "-m", "stargan_tf.diagnosis.trial_process")

_LAST_LINES = 5  # of a crashed process, to show


@dataclasses.dataclass(frozen=True)
class Trial:
    """Result of a trial run. Times are in seconds; None if that phase was not reached.

    Attributes:
      outcome: "measured"; "cut_off": by the time limit, with the measurements made so far;
        "refused": by a UserError; "out_of_memory"; "crashed".
      detail: The message of the UserError, or the last lines of a crash.
      devices: The devices that were used.
      gpus: Whether these are GPUs.
      seconds: The duration, including TensorFlow's import.
      prepared: Time to import TensorFlow and build the networks.
      tracing: Time to trace the step's graph, after that.
      first_step: Time of the first step, which also prepares kernels.
      step: Median time of the later steps.
      memory: Peak memory of the process in bytes, without that of GPUs.
      gpu_memory: Peak memory of TensorFlow on each GPU in bytes.
      checkpoint: Size of a checkpoint in bytes.
      images_per_step: Number of images in a step.
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


def measure(
    config: config_lib.Config,
    broken: Collection[int],
    time_limit: float,
    command: Sequence[str] = COMMAND,
) -> Trial:
    """Builds the networks and takes a few steps on the training images in another process.

    Args:
      config: All options; no run directory is created.
      broken: The numbers of the training images to leave out.
      time_limit: Seconds after which the process is ended.
      command: The process to start; it reads `config` from stdin and reports to stdout.
    """
    request = {"options": config.values(), "broken": sorted(broken), "time_limit": time_limit}
    # The process must find this package even if it is not installed.
    root = str(pathlib.Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=time_limit,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return _result(error.stdout or b"", outcome="cut_off", seconds=time_limit)
    result = _result(done.stdout)
    if done.returncode == 0 and result.outcome != "crashed":
        return result
    if done.returncode == -signal.SIGALRM:  # by its own alarm, if this process was late
        return dataclasses.replace(result, outcome="cut_off")
    if done.returncode == -signal.SIGKILL:  # as the kernel does if memory runs out
        return dataclasses.replace(result, outcome="out_of_memory", detail="the system ended it")
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    status = f"signal {-done.returncode}" if done.returncode < 0 else f"status {done.returncode}"
    message = " / ".join(line.strip() for line in lines[-_LAST_LINES:])
    if "std::bad_alloc" in message:  # uncaught in C++
        return dataclasses.replace(result, outcome="out_of_memory", detail=message)
    message = f"{status}: {message or 'without a word'}"
    return dataclasses.replace(result, outcome="crashed", detail=message)


def _result(stdout: bytes, **known: Any) -> Trial:
    """Reads the process's lines of JSON; skips those that are cut off or printed by a library."""
    names = {field.name for field in dataclasses.fields(Trial)}
    reported: dict[str, Any] = {"outcome": "crashed"}  # unless the process says another
    steps: list[float] = []
    for line in stdout.splitlines():
        try:
            facts = json.loads(line)
        except ValueError:
            continue
        if isinstance(facts, dict) and names.issuperset(facts):
            steps += [facts.pop("step")] if "step" in facts else []
            reported |= {name: tuple(v) if isinstance(v, list) else v for name, v in facts.items()}
    first, *others = steps or [None]
    step = statistics.median(others) if others else None
    return Trial(**{**reported, "first_step": first, "step": step, **known})
