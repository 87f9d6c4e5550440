"""Checkpoints: one .npz file with every variable that determines the next steps, by name.

The format is NumPy's: files can be read without this package, hold a checksum for every array, and
are replaced in one step. (`tf.train.Checkpoint` silently drops layers that a Keras 3 model holds in
lists, and its checkpoints consist of several files.)
"""

import json
import pathlib
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors, files

_HEADER = "stargan_tf"
_FORMAT = 1
_BEST = "best.json"


class Checkpoints:
    """The checkpoints in a folder.

    Args:
      directory: The folder; created with the first checkpoint.
      variables: The variables to save and restore by name; float32 or integer.
      keep: How many of the newest checkpoints to keep, beside the best one.
    """

    def __init__(
        self, directory: pathlib.Path, variables: Mapping[str, tf.Variable], keep: int = 3
    ):
        self.directory = directory
        self.variables = dict(variables)
        self.keep = keep

    def steps(self) -> list[int]:
        """Returns the steps that have checkpoints, oldest first."""
        matches = (re.fullmatch(r"step-(\d+)\.npz", p.name) for p in self.directory.glob("step-*"))
        return sorted(int(match.group(1)) for match in matches if match)

    def path(self, step: int) -> pathlib.Path:
        """Returns the path of the checkpoint of `step`."""
        return self.directory / f"step-{step:08d}.npz"

    def best(self) -> int | None:
        """Returns the step of the checkpoint that was called the best; None: none was."""
        try:
            step = json.loads((self.directory / _BEST).read_text())["step"]
        except (OSError, ValueError, KeyError, TypeError):  # a training calls one the best again
            return None
        return step if step in self.steps() else None

    def call_best(self, step: int) -> None:
        """Calls the checkpoint of `step` the best one, which is kept for as long as it is."""
        with files.atomic(self.directory / _BEST) as file:
            file.write(json.dumps({"step": step}).encode() + b"\n")

    def save(self, step: int, *, best: bool = False) -> pathlib.Path:
        """Writes a checkpoint in one step, then removes all but the newest `keep` and the best.

        Args:
          step: Its step.
          best: Whether to call it the best.

        Raises:
          UserError: If a value is not finite or the disk is full; older checkpoints remain.
        """
        values = {name: variable.numpy() for name, variable in self.variables.items()}
        for name, value in values.items():
            if not np.isfinite(value).all():
                raise errors.UserError(
                    f"{name} is not finite at step {step}, so no checkpoint was written; "
                    f"{self._newest()}; {self.start_again()}."
                )
        path = self.write(step, values)
        if best:
            self.call_best(step)
        for old in set(self.steps()[: -self.keep]) - {self.best()}:
            self.path(old).unlink()
        return path

    def write(self, step: int, values: Mapping[str, np.ndarray]) -> pathlib.Path:
        """Writes arrays as the checkpoint of `step`, in one step; removes none.

        Raises:
          UserError: If the disk is full; older checkpoints remain.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        header = json.dumps({"format": _FORMAT, "step": step}).encode()
        stored = {**values, _HEADER: np.frombuffer(header, np.uint8)}
        with files.atomic(self.path(step), self._newest()) as file:
            np.savez(file, **stored)
        return self.path(step)

    def restore(self, step: int, names: Sequence[str] | None = None) -> None:
        """Assigns the values in the checkpoint of `step`, one of `steps()`, to the variables.

        `names` are the variables to restore; None: all, and the file must hold no others.

        Raises:
          UserError: If the file is damaged or of another model; no variable is changed then.
        """
        path = self.path(step)
        wanted = set(self.variables) if names is None else set(names)

        def choose(stored: set[str]) -> list[str]:
            missing = sorted(wanted - stored)
            extra = sorted(stored - wanted) if names is None else []
            if missing or extra:
                raise errors.UserError(
                    f"{path} belongs to another model: it lacks "
                    f"{errors.some(missing) or 'nothing'} and also has "
                    f"{errors.some(extra) or 'nothing'}; use the run it came from."
                )
            return sorted(wanted)

        values = self.read(step, choose)
        for name, value in values.items():
            if value.shape != tuple(self.variables[name].shape):
                raise errors.UserError(
                    f"{path} belongs to another model: {name} has shape {value.shape} there, and "
                    f"{tuple(self.variables[name].shape)} here; use the run it came from."
                )
        for name, value in values.items():
            self.variables[name].assign(value)

    def read(self, step: int, choose: Callable[[set[str]], Iterable[str]]) -> dict[str, np.ndarray]:
        """Returns arrays in the checkpoint of `step` by name; these need not be variables here.

        `choose` takes the names of all arrays and returns those to read; it may raise an error.
        Arrays of float16, which published copies may have, are read as float32.

        Raises:
          UserError: If the file is damaged or no checkpoint, or a training has removed it.
        """
        path = self.path(step)
        try:
            with np.load(path, allow_pickle=False) as file:
                if _HEADER not in file:
                    raise errors.UserError(
                        f"{path} is not a checkpoint of this program; remove it from the folder."
                    )
                header = json.loads(file[_HEADER].tobytes())
                if header["format"] > _FORMAT or header["step"] != step:
                    raise errors.UserError(
                        f"{path} holds step {header['step']}, format {header['format']}; give it "
                        "back its name, or use a newer version of this program."
                    )
                chosen = choose(set(file.files) - {_HEADER})
                return {name: _widened(file[name]) for name in chosen}
        except errors.UserError:
            raise
        except FileNotFoundError as error:
            raise errors.UserError(
                f"The checkpoint {path} is gone; if a training is under way, newer ones have "
                "replaced it, so run the same command again, or name a step that exists "
                f"({', '.join(map(str, self.steps())) or 'none left'})."
            ) from error
        except Exception as error:  # NumPy and zipfile raise many kinds on damaged files
            raise errors.UserError(
                f"The checkpoint {path} is damaged ({error}); remove it to continue from the one "
                f"before ({', '.join(str(s) for s in self.steps() if s != step) or 'none left'})."
            ) from error

    def start_again(self) -> str:
        """Returns the advice for a training whose numbers are no longer finite."""
        steps = self.steps()
        where = "in another `run_dir`"
        if steps:
            options = options_to_start_from(self.directory.parent, steps[-1])
            where = f"from that checkpoint ({options})"
        return f"start again {where} with a lower learning rate or precision=float32"

    def _newest(self) -> str:
        steps = self.steps()
        return f"the checkpoint of step {steps[-1]} is intact" if steps else "there is none yet"


def _widened(value: np.ndarray) -> np.ndarray:
    return value.astype(np.float32) if value.dtype == np.float16 else value


def options_to_start_from(run_dir: pathlib.Path, step: int | None = None) -> str:
    """Returns the options, quoted for a shell, that start a new run from the weights of a run.

    Args:
      run_dir: The run's folder. That of the new run is named after it, and does not exist yet.
      step: The step of the checkpoint; None: the newest.
    """
    number = 2
    while pathlib.Path(f"{run_dir}-{number}").exists():
        number += 1
    start = f"{run_dir}" if step is None else f"{run_dir}:{step}"
    return shlex.join([f"init_from={start}", f"run_dir={run_dir}-{number}"])
