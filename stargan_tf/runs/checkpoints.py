"""Checkpoints: one .npz file with every variable that decides what comes next, by name.

NumPy's own format: readable anywhere without this package, with a checksum for every array, and
replaced in one atomic step. (`tf.train.Checkpoint` silently drops layers that a Keras 3 model
holds in lists, and its checkpoints are several files.)
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


class Checkpoints:
    """The checkpoints in a folder, and the variables that they are of.

    Args:
      directory: The folder; made when first saved to.
      variables: By name; float32 or integer.
      keep: How many of the newest to keep.
    """

    def __init__(
        self, directory: pathlib.Path, variables: Mapping[str, tf.Variable], keep: int = 3
    ):
        self.directory = directory
        self.variables = dict(variables)
        self.keep = keep

    def steps(self) -> list[int]:
        """Returns the steps of which there are checkpoints, oldest first."""
        found = (re.fullmatch(r"step-(\d+)\.npz", p.name) for p in self.directory.glob("step-*"))
        return sorted(int(match.group(1)) for match in found if match)

    def path(self, step: int) -> pathlib.Path:
        """Returns where the checkpoint of `step` is."""
        return self.directory / f"step-{step:08d}.npz"

    def save(self, step: int) -> pathlib.Path:
        """Writes a checkpoint atomically, then removes all but the newest `keep`.

        Raises:
          UserError: If a value is not finite or the disk is full; older checkpoints stay.
        """
        values = {name: variable.numpy() for name, variable in self.variables.items()}
        for name, value in values.items():
            if not np.isfinite(value).all():
                raise errors.UserError(
                    f"{name} is not finite at step {step}, so no checkpoint was written; "
                    f"{self._newest()}; {self.start_again()}."
                )
        self.directory.mkdir(parents=True, exist_ok=True)
        header = json.dumps({"format": _FORMAT, "step": step}).encode()
        values[_HEADER] = np.frombuffer(header, np.uint8)
        with files.atomic(self.path(step), self._newest()) as file:
            np.savez(file, **values)
        for old in self.steps()[: -self.keep]:
            self.path(old).unlink()
        return self.path(step)

    def restore(self, step: int, names: Sequence[str] | None = None) -> None:
        """Gives the variables the values of the checkpoint of `step`.

        Args:
          step: One of `steps()`.
          names: The variables to restore; None: all, and the file must hold nothing else.

        Raises:
          UserError: If the file is damaged or of another model; no variable is changed then.
        """
        values = self._read(step, names)
        for name, value in values.items():
            self.variables[name].assign(value)

    def _read(self, step: int, names: Sequence[str] | None) -> dict[str, np.ndarray]:
        path = self.path(step)
        wanted = set(self.variables) if names is None else set(names)

        def choose(found: set[str]) -> list[str]:
            self._compare(path, wanted, found if names is None else found & wanted)
            return sorted(wanted)

        values = self.read(step, choose)
        for name, value in values.items():
            if value.shape != tuple(self.variables[name].shape):
                raise errors.UserError(
                    f"{path} is of another model: {name} has shape {value.shape} there, and "
                    f"{tuple(self.variables[name].shape)} here; use the run it came from."
                )
        return values

    def read(self, step: int, choose: Callable[[set[str]], Iterable[str]]) -> dict[str, np.ndarray]:
        """Returns arrays of the checkpoint of `step` by name, whatever the variables here are.

        Args:
          step: One of `steps()`.
          choose: Takes the names of all arrays and returns those to read; it may raise.

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
                        f"{path} is of step {header['step']}, format {header['format']}; give it "
                        "back its name, or use a newer version of this program."
                    )
                return {name: file[name] for name in choose(set(file.files) - {_HEADER})}
        except errors.UserError:
            raise
        except FileNotFoundError as error:
            raise errors.UserError(
                f"The checkpoint {path} is gone; where a training is under way, newer ones have "
                "replaced it, so run the same command again, or name a step that is there "
                f"({', '.join(map(str, self.steps())) or 'none left'})."
            ) from error
        except Exception as error:  # NumPy and zipfile raise many kinds on damaged files
            raise errors.UserError(
                f"The checkpoint {path} is damaged ({error}); remove it to continue from the one "
                f"before ({', '.join(str(s) for s in self.steps() if s != step) or 'none left'})."
            ) from error

    def _compare(self, path: pathlib.Path, wanted: set[str], found: set[str]) -> None:
        if wanted != found:
            missing, extra = sorted(wanted - found), sorted(found - wanted)
            raise errors.UserError(
                f"{path} is of another model: it lacks {_some(missing)} and has besides "
                f"{_some(extra)}; use the run it came from."
            )

    def start_again(self) -> str:
        """Returns the advice for a training whose numbers are no longer finite."""
        steps = self.steps()
        where = "in another --run_dir"
        if steps:
            where = (
                f"from that checkpoint ({flags_to_start_from(self.directory.parent, steps[-1])})"
            )
        return f"start again {where} with a lower learning rate or --precision=float32"

    def _newest(self) -> str:
        steps = self.steps()
        return f"the checkpoint of step {steps[-1]} is intact" if steps else "there is none yet"


def flags_to_start_from(run_dir: pathlib.Path, step: int | None = None) -> str:
    """Returns the flags, ready for a shell, that start a new run from the weights of a run.

    Args:
      run_dir: The run's folder. The new one's is named after it, and is not there yet.
      step: Of the checkpoint; None: the newest.
    """
    number = 2
    while pathlib.Path(f"{run_dir}-{number}").exists():
        number += 1
    start = f"{run_dir}" if step is None else f"{run_dir}:{step}"
    return shlex.join([f"--init_from={start}", f"--run_dir={run_dir}-{number}"])


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more if names else "nothing"
