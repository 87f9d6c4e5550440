"""Starting a new run from the weights of another: what is taken, what fits, what is new.

No paper is named here: `Algorithm` says which networks there are, which flags shape them, and where
their variables hold a part for each label.
"""

import dataclasses
import pathlib
import re
from collections.abc import Mapping, Sequence

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.runs import checkpoints, label_matching, runs


@dataclasses.dataclass(frozen=True)
class Start:
    """The checkpoint that a new run starts from.

    Attributes:
      run: The run that has it.
      step: Its step.
    """

    run: runs.Run
    step: int

    @property
    def flag(self) -> str:
        """The value of --init_from that names it."""
        return f"{self.run.directory}:{self.step}"


def find(run: runs.Run) -> Start | None:
    """Returns the checkpoint that the run asks to start from; changes nothing.

    Args:
      run: The new run.

    Returns:
      None where it asks for none, or has begun already, which the other run is not needed for.

    Raises:
      UserError: If there is no such checkpoint, it is of another paper or of the run itself, or the
        run has begun from elsewhere.
    """
    text = run.config.train.init_from
    if not text:
        return None
    directory, checkpoint = _parse(text)
    if _same_folder(directory, run.directory):
        raise errors.UserError(
            f"--init_from={text} is the new run's own folder; choose another --run_dir for it, or "
            "leave --init_from out to continue."
        )
    if checkpoints.Checkpoints(run.checkpoint_dir, {}).steps():
        _refuse_another_start(run, directory, checkpoint)
        return None
    old = runs.open_run(directory, "init_from")
    step = runs.find_step(old, checkpoint)
    wanted, there = run.config.train.algorithm, old.config.train.algorithm
    if wanted != there:
        raise errors.UserError(
            f"{directory} is a run of {there}, whose weights do not fit the networks of {wanted}; "
            f"pass --algorithm={there}, or start from a run of {wanted}."
        )
    return Start(old, step)


def give(start: Start, run: runs.Run, algorithm: algorithm_lib.Algorithm) -> list[str]:
    """Gives the networks of a new run what they start with; optimizers stay as they are.

    A network and its moving average both get the average's weights where there is one: those that
    the other run translates with. Where labels differ, a label of the same name keeps its part.

    Args:
      start: As `find` returned it.
      run: The new run.
      algorithm: Its own, as built: with the initial weights of its seed.

    Returns:
      Lines that say what was taken and what is new.

    Raises:
      UserError: If the weights don't fit or can't be read; no variable is changed then.
    """
    origins: dict[str, str] = {}

    def choose(names: set[str]) -> list[str]:
        origins.update(_origins(start, algorithm, {name.split("/")[0] for name in names}))
        return [name for name in names if name.split("/")[0] in origins.values()]

    values = checkpoints.Checkpoints(start.run.checkpoint_dir, {}).read(start.step, choose)
    same = label_matching.matching(run.label_space, start.run.label_space)
    axes, merged, misfits = algorithm.label_axes(), [], {}
    for network, origin in origins.items():
        variables = algorithm_lib.named_variables(network, algorithm.networks[network])
        there = {n for n in values if n.startswith(f"{origin}/")}
        names = {name: origin + name.removeprefix(network) for name in variables}
        if set(names.values()) != there:
            misfits[network] = sorted(set(names.values()) ^ there)[0]
        for name, variable in variables.items():
            fresh, old = variable.numpy(), values.get(names[name])
            value = None if old is None else _merged(fresh, old, axes.get(name), same)
            if value is None:
                misfits.setdefault(network, names[name])
            merged.append((variable, value))
    if misfits:
        raise _misfit(start, run, algorithm, misfits)
    for variable, value in merged:
        variable.assign(value)
    return _lines(start, run, algorithm, origins, same)


def recorded(run: runs.Run, start: Start | None) -> runs.Run:
    """Returns the run as it is to be written down: with where it once started from.

    Args:
      run: The new run, or one that goes on.
      start: As `find` returned it.
    """
    origin = start.flag if start else _recorded_start(run)
    if origin is None:
        return run
    train = dataclasses.replace(run.config.train, init_from=origin)
    return dataclasses.replace(run, config=dataclasses.replace(run.config, train=train))


def _parse(text: str) -> tuple[pathlib.Path, str]:
    """Returns the folder and "latest" or a step, of FOLDER or FOLDER:STEP."""
    match = re.fullmatch(r"(.+?)(?::(\d+|latest))?", text, re.DOTALL)
    return pathlib.Path(match[1]), match[2] or "latest"


def _same_folder(one: pathlib.Path, other: pathlib.Path) -> bool:
    return one.resolve() == other.resolve()


def _recorded_start(run: runs.Run) -> str | None:
    """Returns where a run that has begun started from, "" for nowhere; None: it has not begun."""
    if not checkpoints.Checkpoints(run.checkpoint_dir, {}).steps():
        return None
    return runs.open_run(run.directory, "run_dir").config.train.init_from


def _refuse_another_start(run: runs.Run, directory: pathlib.Path, checkpoint: str) -> None:
    """Raises a UserError where a run that has begun is asked to start from elsewhere."""
    begun = _recorded_start(run)
    if begun:
        folder, step = _parse(begun)
        if _same_folder(folder, directory) and checkpoint in ("latest", step):
            return
    raise errors.UserError(
        f"{run.directory} has begun already, from {begun or 'no other run'}; received "
        f"--init_from={run.config.train.init_from}; leave that out to continue, or choose another "
        "--run_dir for a new run."
    )


def _origins(start: Start, algorithm: algorithm_lib.Algorithm, there: set[str]) -> dict[str, str]:
    """Returns, by network of the new run, the network there whose weights it takes."""
    averages = {network: average for average, network in algorithm.averages.items()}
    trained = {network for networks in algorithm.trains.values() for network in networks}
    if not start.run.classifies and isinstance(algorithm, algorithm_lib.Classifier):
        there = there - set(algorithm.classifies_with)  # random numbers
    found = {}
    for network in (n for n in algorithm.networks if n in trained or n in algorithm.averages):
        base = algorithm.averages.get(network, network)
        origin = next((n for n in (averages.get(base), base) if n in there), None)
        if origin:
            found[network] = origin
    return found | {network: network for network in algorithm.unfilled}


def _merged(
    fresh: np.ndarray,
    old: np.ndarray,
    axis: algorithm_lib.LabelAxis | None,
    same: Mapping[int, int],
) -> np.ndarray | None:
    """Returns a variable's first value; None where the shapes differ in more than the labels.

    Args:
      fresh: The initial value of the new run.
      old: The value in the other run.
      axis: Where labels are, if they are.
      same: As `label_matching.matching` returned it.
    """
    if axis is None or old.ndim != fresh.ndim:
        return old if old.shape == fresh.shape else None
    value = fresh.copy()
    rows, old_rows = (np.moveaxis(array, axis.axis, 0) for array in (value, old))
    if rows.shape[1:] != old_rows.shape[1:]:
        return None
    places = [(i, i) for i in range(axis.first)]
    places += [(axis.first + i, axis.first + j) for i, j in same.items()]
    for i, j in places:
        if i < len(rows) and j < len(old_rows):
            rows[i] = old_rows[j]
    return value


def _misfit(
    start: Start,
    run: runs.Run,
    algorithm: algorithm_lib.Algorithm,
    misfits: Mapping[str, str],
) -> errors.UserError:
    """Returns the error that names the flags to blame; `misfits`: by network, a variable's name."""
    networks = list(dict.fromkeys(algorithm.averages.get(n, n) for n in misfits))
    flags = dict.fromkeys(flag for n in networks for flag in algorithm.shaped_by[n])
    there, here = start.run.config.values(), run.config.values()
    differing = [flag for flag in flags if there[flag] != here[flag]]
    what = f"The weights of {start.run.directory} do not fit {', '.join(networks)}"
    if not differing:
        return errors.UserError(
            f"{what}: {next(iter(misfits.values()))} is not the same in both; train the run to "
            "start from with this version of the program."
        )
    listed = ", ".join(f"{flag} ({there[flag]} there, {here[flag]} here)" for flag in differing)
    wanted = " ".join(f"--{flag}={there[flag]}" for flag in differing)
    return errors.UserError(
        f"{what}, which these flags shape: {listed}; pass {wanted}, or start from another run."
    )


def _lines(
    start: Start,
    run: runs.Run,
    algorithm: algorithm_lib.Algorithm,
    origins: Mapping[str, str],
    same: Mapping[int, int],
) -> list[str]:
    """Returns what is told of a start."""
    own = [n for n in algorithm.networks if n not in algorithm.averages]
    taken = [f"{n} (from {origins[n]})" if origins[n] != n else n for n in own if n in origins]
    lines = [
        f"Starting from {start.run.directory}, step {start.step}, with new optimizers: took "
        f"{', '.join(taken)}."
    ]
    missing = [n for names in algorithm.trains.values() for n in names if n not in origins]
    if missing:
        lines.append(
            f"{', '.join(missing)} starts with random weights: {start.run.directory} has none "
            "that were trained."
        )
    new, old = (label_matching.entry_names(r.label_space) for r in (run, start.run))
    lists: dict[str, Sequence[str]] = {
        "Labels carried over": [new[i] for i in same] or ["none"],
        "new": [name for i, name in enumerate(new) if i not in same],
        "not used": [name for i, name in enumerate(old) if i not in same.values()],
    }
    told = [f"{what}: {', '.join(names)}" for what, names in lists.items() if names]
    return [*lines, f"{'; '.join(told)}."]
