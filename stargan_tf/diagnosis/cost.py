"""Estimates the time, memory and disk space of a training from a trial of a few steps."""

import dataclasses
import os
import pathlib
import shutil

from stargan_tf.base import errors
from stargan_tf.diagnosis import finding
from stargan_tf.diagnosis import trial as trial_lib
from stargan_tf.reports import durations
from stargan_tf.runs import config as config_lib
from stargan_tf.training import memory

_DAY = 86_400.0
_LONG = {False: _DAY, True: 7 * _DAY}  # seconds of training to warn of; True: on GPUs
_SLOW = 60.0  # seconds in an unfinished first step to warn of
_FULL = 0.8  # share of the machine's memory to warn of
_FAILURES = {
    "out_of_memory": "The memory did not suffice",
    "crashed": "The trial of a step crashed",
}


@dataclasses.dataclass(frozen=True)
class Machine:
    """The resources of a machine.

    Attributes:
      memory: Bytes.
      free_disk: Free bytes on the disk of the run's folder.
      idle_gpu: Whether there is an NVIDIA driver although TensorFlow sees no GPU.
    """

    memory: int
    free_disk: int
    idle_gpu: bool = False

    @classmethod
    def this(cls, run_dir: str, idle_gpu: bool = False) -> "Machine":
        """Returns the resources of this machine."""
        path = pathlib.Path(run_dir).absolute()
        existing = next(p for p in (path, *path.parents) if p.exists())
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return cls(memory, shutil.disk_usage(existing).free, idle_gpu)


def lines(
    trial: trial_lib.Trial,
    config: config_lib.Config,
    machine: Machine,
    images: int,
    noun: str = "image",
) -> list[str]:
    """Returns the lines of the report on time, memory and disk space.

    `images` is the number of training images, which are called `noun`.
    """
    options = config.train
    devices = ", ".join(trial.devices) or "no device"
    text = []
    if trial.step is not None:
        first = durations.text((trial.tracing or 0) + (trial.first_step or 0))
        text.append(
            f"A step takes {durations.text(trial.step)} on {devices}; the first, with what it "
            f"prepares, {first}."
        )
        total = durations.text(trial.step * options.total_steps)
        text.append(f"{finding.counted(options.total_steps, 'step')}: {total}.")
    elif trial.outcome == "cut_off":
        text.append(_cut_off(trial, options.total_steps))
    if trial.images_per_step:
        shown = trial.images_per_step * options.total_steps
        text.append(
            f"{noun.capitalize()}s: {trial.images_per_step} a step, {shown:,} in all: each of the "
            f"{images:,} on average {shown / images:,.0f} times."
        )
    if trial.memory:
        gpus = "".join(
            f"; on {name} {size_text(used)}"
            for name, used in zip(trial.devices, trial.gpu_memory, strict=False)
        )
        text.append(
            f"Memory: {size_text(trial.memory)} of the machine's {size_text(machine.memory)}{gpus}."
        )
    if trial.checkpoint:
        text.append(
            f"Checkpoints: {size_text(trial.checkpoint)} each, {options.keep} are kept; "
            f"{size_text(machine.free_disk)} are free."
        )
    return text


def findings(
    trial: trial_lib.Trial, config: config_lib.Config, machine: Machine
) -> list[finding.Finding]:
    """Returns the problems with time, memory and disk space; the arguments are those of `lines`."""
    problems = []
    less_memory = f"Pass {memory.smaller(config, max(len(trial.devices), 1))}"
    if trial.outcome == "refused":
        problems.append(finding.of_error("refused", trial.detail))
    elif trial.outcome in _FAILURES:
        text = f"{_FAILURES[trial.outcome]} ({trial.detail})."
        advice = "Send the message to the authors of this program"
        if trial.outcome == "out_of_memory":
            advice = less_memory
        problems.append(finding.Finding(trial.outcome, "failure", text, advice))
    total = (trial.step or 0.0) * config.train.total_steps
    if trial.outcome == "cut_off" and trial.step is None:
        advice = "Pass a longer `time_limit` to learn how long a step takes"
        if _in_first_step(trial) > _SLOW:
            advice = f"Pass {_for_laptops(config)}, or use a GPU; or a longer `time_limit`"
        text = f"No step was timed within {durations.text(trial.seconds)}."
        problems.append(finding.Finding("time", "warning", text, advice))
    elif total > _LONG[trial.gpus]:
        text = (
            f"A step takes about {durations.text(trial.step)} here, "
            f"{finding.counted(config.train.total_steps, 'step')} {durations.text(total)}."
        )
        advice = "Pass a smaller `total_steps`, or use more GPUs"
        if not trial.gpus:
            advice = f"Pass {_for_laptops(config)}, or use a GPU"
        problems.append(finding.Finding("time", "warning", text, advice))
    if trial.memory and trial.memory > _FULL * machine.memory:
        text = f"A step takes {trial.memory / machine.memory:.0%} of the machine's memory."
        problems.append(finding.Finding("memory", "warning", text, less_memory))
    wanted = (trial.checkpoint or 0) * (config.train.keep + 1)  # the next is written beside them
    if wanted > machine.free_disk:
        text = (
            f"{finding.counted(config.train.keep + 1, 'checkpoint')} need {size_text(wanted)}, but "
            f"{size_text(machine.free_disk)} are free."
        )
        advice = "Free some space, pass a smaller `keep`, or another `run_dir`"
        problems.append(finding.Finding("disk", "warning", text, advice))
    if machine.idle_gpu:
        text = "This machine has an NVIDIA driver, but TensorFlow uses no GPU."
        advice = f"Install what it lacks: {errors.install_command('cuda')}"
        problems.append(finding.Finding("idle_gpu", "warning", text, advice))
    return problems


def size_text(count: float) -> str:
    """Returns a number of bytes for people: "350 MB", "5.1 GB"."""
    for unit, length in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= length:
            number = count / length
            return f"{number:.1f} {unit}" if number < 10 else f"{number:,.0f} {unit}"
    return f"{count:.0f} bytes"


def _cut_off(trial: trial_lib.Trial, total_steps: int) -> str:
    limit = f"The trial was cut off after {durations.text(trial.seconds)}"
    steps = finding.counted(total_steps, "step")
    if trial.first_step is not None:
        most = durations.text(trial.first_step * total_steps)
        return (
            f"{limit}, in the second step; the first, in which much is prepared, took "
            f"{durations.text(trial.first_step)}: {steps} take less than {most}, perhaps far less."
        )
    if trial.tracing is not None:
        left = _in_first_step(trial)
        return (
            f"{limit}; the first step had not ended after {durations.text(left)}; if each takes as "
            f"long, {steps} take {durations.text(left * total_steps)}."
        )
    return f"{limit}, before the first step; pass a longer `time_limit`."


def _in_first_step(trial: trial_lib.Trial) -> float:
    """Returns the seconds spent in the first step when it was cut off; 0: it had ended."""
    running = trial.tracing is not None and trial.first_step is None
    return trial.seconds - trial.prepared - trial.tracing if running else 0.0


def _for_laptops(config: config_lib.Config) -> str:
    """Returns the paper's options for CPUs if they cost less; else advice to take fewer steps."""
    values = config.values()
    less, others = [], []
    for option in type(config.hparams).for_laptops.replace("--", "").split():
        name, wanted = option.split("=")
        value = values[name]
        if isinstance(value, int):
            # 0 stands for the paper's value, which is large.
            less += [option] if value > int(wanted) or not value else []
        elif value != type(value)(wanted):  # learning rates, which depend on the size
            others.append(option)
    return " ".join([*less, *others]) if less else "a smaller `total_steps`"
