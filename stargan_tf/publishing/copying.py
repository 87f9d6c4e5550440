"""Copies a run without what only its training needs, and without its owner's paths."""

import dataclasses
import json
import pathlib
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors, files
from stargan_tf.publishing import kinds
from stargan_tf.publishing.kinds import kind as kind_lib
from stargan_tf.runs import checkpoints, hub, places, runs, training_time
from stargan_tf.runs import config as config_lib

WEIGHTS = ("float32", "float16")
NETWORKS = ("all", "translating")
# Options whose values are names, in which a slash is no path.
_NAMES = ("attributes", "exclusive", "domains", "keep_share", "dataset", "datasets")
_OF_TRAINING = ("optimizers", "extra")  # where names in a checkpoint begin so


@dataclasses.dataclass(frozen=True)
class Copy:
    """A copy that was written, and how its outputs compare with the run's.

    Attributes:
      run: The copy.
      step: The step of its one checkpoint.
      parameters: The numbers of weights by network.
      left_out: The networks that the run has and the copy has not; of averages, neither has what
        they are averages of.
      weights: "float32" or "float16", in which they are stored.
      largest: The largest difference of any value of its outputs, as `Kind.told` says it: of
        translations in grey levels (0 to 255).
      mean: The mean difference.
      example: What to ask for, and what an input has to be of for that; "": anything.
    """

    run: runs.Run
    step: int
    parameters: Mapping[str, int]
    left_out: tuple[str, ...]
    weights: str
    largest: float
    mean: float
    example: tuple[str, str]


def write(
    run: runs.Run,
    folder: pathlib.Path,
    name: str,
    *,
    checkpoint: str = "latest",
    weights: str = "float32",
    networks: str = "all",
) -> Copy:
    """Writes a copy of a run with one checkpoint: its networks, no optimizer's state.

    Moving averages stand for the networks that they are of.

    Args:
      run: The run.
      folder: Where to; it must not exist.
      name: What the copy's flag file calls its run directory.
      checkpoint: "latest", "best" or a step.
      weights: "float32", or "float16" for half the size.
      networks: "all", so that a new training can start from the copy, or "translating": those that
        making outputs and classifying need.

    Raises:
      UserError: The run neither translates nor converts, or has no such checkpoint, a weight does
        not fit float16, or the folder can't be written.
    """
    kind = kinds.of(run)
    algorithm = run.build(training=False, precision="float32", jit_compile=False)
    step = runs.restore_weights(run, algorithm, checkpoint)
    stored = checkpoints.Checkpoints(run.checkpoint_dir, {}).read(step, _of_networks)
    there, kept = _networks(kind, algorithm, {_network(variable) for variable in stored}, networks)
    values = {
        variable: _stored(variable, value, weights)
        for variable, value in stored.items()
        if _network(variable) in kept
    }
    copy = dataclasses.replace(
        run,
        directory=folder,
        config=without_paths(run.config, name),
        published=runs.Published(kept),
        address="",
    )
    copy.create()
    (folder / "samples").rmdir()  # the card has pictures of its own
    checkpoints.Checkpoints(copy.checkpoint_dir, {}).write(step, values)
    _copy_time(run, copy, step)
    before = kind.made(algorithm)
    runs.restore_weights(copy, algorithm)
    differences = np.abs(kind.made(algorithm) - before)
    return Copy(
        copy,
        step,
        {n: sum(v.size for k, v in values.items() if _network(k) == n) for n in kept},
        tuple(name for name in there if name not in kept),
        weights,
        float(differences.max()),
        float(differences.mean()),
        kind.directions(algorithm)[0],
    )


def without_paths(config: config_lib.Config, name: str) -> config_lib.Config:
    """Returns a configuration that tells nothing of the owner's folders but their last names."""
    values = config.values()
    for option, value in values.items():
        if isinstance(value, str) and option not in _NAMES:
            values[option] = _without_folders(value)
    return config_lib.Config.from_values({**values, "run_dir": name})


def _without_folders(text: str) -> str:
    """Returns "data/celeba;/mnt/rafd" as "celeba;rafd"; addresses of runs stay."""
    if text.startswith(hub.SCHEME) or text.partition(":")[0] in places.names():
        return text
    parts = (re.split(r"[/\\]", part.rstrip("/\\"))[-1] for part in text.split(";"))
    return ";".join(parts)


def _network(variable: str) -> str:
    return variable.split("/")[0]


def _of_networks(names: set[str]) -> list[str]:
    """Returns the names of variables that are no optimizer's, nor anything else of training."""
    return sorted(name for name in names if _network(name) not in _OF_TRAINING)


def _networks(
    kind: kind_lib.Kind, algorithm: Any, stored: set[str], which: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the names of the networks that a checkpoint gives weights to, and of those to keep.

    Networks that have an average are not among them, nor those that were never trained.
    """
    run, unwanted = kind.run, set(algorithm.averages.values())
    unwanted |= set(run.imported.missing if run.imported else ())
    needed = {*kind.networks(algorithm)}
    if run.classifies:
        needed |= {*algorithm.classifies_with}
    elif isinstance(algorithm, algorithm_lib.Classifier):
        unwanted |= {*algorithm.classifies_with}
    there = tuple(sorted(stored - unwanted))
    return there, tuple(name for name in there if which == "all" or name in needed)


def _stored(name: str, value: np.ndarray, weights: str) -> np.ndarray:
    if weights != "float16" or value.dtype != np.float32:
        return value
    if np.abs(value).max(initial=0) > np.finfo(np.float16).max:
        raise errors.UserError(
            f"The weights of {name} are too large for float16 ({np.abs(value).max():g}); pass "
            "weights=float32."
        )
    return value.astype(np.float16)


def _copy_time(run: runs.Run, copy: runs.Run, step: int) -> None:
    """Writes how long the training up to the step took, if it is known."""
    spent = training_time.spent(run.directory, step)
    if spent:
        line = {"step": step, **dataclasses.asdict(spent)}
        with files.atomic(copy.directory / training_time.FILE) as file:
            file.write(json.dumps(line).encode() + b"\n")
