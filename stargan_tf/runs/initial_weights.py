"""Starts a new run from the weights of another: which weights fit, and which are new.

This works for every paper: `Algorithm` says which networks there are, which options shape them, and
which axes of their variables have an entry for each label.
"""

import collections
import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.runs import checkpoints, runs


@dataclasses.dataclass(frozen=True)
class Start:
    """The checkpoint that a new run starts from: the run it belongs to, and its step."""

    run: runs.Run
    step: int

    @property
    def option(self) -> str:
        """The value of init_from that names this checkpoint."""
        return f"{self.run.shown}:{self.step}"


def find(run: runs.Run) -> Start | None:
    """Returns the checkpoint that a new run is to start from; changes nothing.

    Returns None if `init_from` is empty, or if the run has begun already and the checkpoint is not
    needed any more.

    Raises:
      UserError: If there is no such checkpoint, it belongs to another paper or to the run itself,
        or the run has begun from another checkpoint.
    """
    text = run.config.train.init_from
    if not text:
        return None
    directory, checkpoint = runs.folder_and_checkpoint(text)
    if _same_place(directory, run.directory):
        raise errors.UserError(
            f"init_from={text} is the new run's own folder; choose another `run_dir` for it, or "
            "leave `init_from` out to continue."
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
            f"pass algorithm={there}, or start from a run of {wanted}."
        )
    return Start(old, step)


def give(start: Start, run: runs.Run, algorithm: algorithm_lib.Algorithm) -> list[str]:
    """Assigns initial weights to the networks of a new run; leaves its optimizers alone.

    If the other run has a moving average of a network, with which it translates, the network and
    its average both start from the average. If the labels differ, weights of a label are taken from
    the label of the same name.

    Args:
      start: The result of `find`.
      run: The new run.
      algorithm: The new run's, with the initial weights of its seed.

    Returns:
      Lines that say which weights were taken and which are new.

    Raises:
      UserError: If the weights don't fit or can't be read; no variable is changed then.
    """
    origins: dict[str, str] = {}

    def choose(names: set[str]) -> list[str]:
        origins.update(_origins(start, algorithm, {name.split("/")[0] for name in names}))
        return [name for name in names if name.split("/")[0] in origins.values()]

    values = checkpoints.Checkpoints(start.run.checkpoint_dir, {}).read(start.step, choose)
    same = matching(run.label_space, start.run.label_space)
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
    """Returns the run, new or continued, with the `init_from` to store: where it once started.

    `start` is the result of `find`.
    """
    origin = start.option if start else _recorded_start(run)
    if origin is None:
        return run
    train = dataclasses.replace(run.config.train, init_from=origin)
    return dataclasses.replace(run, config=dataclasses.replace(run.config, train=train))


def matching(new: labels_lib.LabelSpace, old: labels_lib.LabelSpace) -> dict[int, int]:
    """Returns the index in label vectors of `old` for each index in those of `new`.

    In joint training a label is first looked up in the data set of the same name. If that does not
    have it, a label of the same name matches if it is the only one on both sides. The entries of
    the mask are matched by their data sets. Labels of `new` without a match are left out.
    """
    wanted, known = _meanings(new), _meanings(old)
    places = {meaning: position for position, meaning in enumerate(known)}
    counts = [collections.Counter(name for _, name in some) for some in (wanted, known)]
    by_name = {name: position for position, (_, name) in enumerate(known)}
    matches = {}
    for position, (data_set, name) in enumerate(wanted):
        if (data_set, name) in places:
            matches[position] = places[data_set, name]
        elif name and all(count[name] == 1 for count in counts):
            matches[position] = by_name[name]
    return matches


def entry_names(space: labels_lib.LabelSpace) -> tuple[str, ...]:
    """Returns the names of all entries of a label vector, including the mask, for messages."""
    masks = (f"the mask of {data_set}" for data_set, name in _meanings(space) if not name)
    return (*space.names, *masks)


def _same_place(one: str | pathlib.Path, other: str | pathlib.Path) -> bool:
    return pathlib.Path(one).resolve() == pathlib.Path(other).resolve()


def _recorded_start(run: runs.Run) -> str | None:
    """Returns the stored `init_from` of a run; None if the run has not begun."""
    if not checkpoints.Checkpoints(run.checkpoint_dir, {}).steps():
        return None
    return runs.open_run(run.directory, "run_dir").config.train.init_from


def _refuse_another_start(run: runs.Run, directory: str, checkpoint: str) -> None:
    """Raises a UserError if a run that has begun is to start from another checkpoint."""
    begun = _recorded_start(run)
    if begun:
        folder, step = runs.folder_and_checkpoint(begun)
        if _same_place(folder, directory) and checkpoint in ("latest", "best", step):
            return
    raise errors.UserError(
        f"{run.directory} has begun already, from {begun or 'no other run'}; received "
        f"init_from={run.config.train.init_from}; leave that out to continue, or choose another "
        "`run_dir` for a new run."
    )


def _origins(start: Start, algorithm: algorithm_lib.Algorithm, there: set[str]) -> dict[str, str]:
    """Returns which network of the old run each network of the new run takes its weights from."""
    averages = {network: average for average, network in algorithm.averages.items()}
    trained = {network for networks in algorithm.trains.values() for network in networks}
    if not start.run.classifies and isinstance(algorithm, algorithm_lib.Classifier):
        there = there - set(algorithm.classifies_with)  # not trained
    if start.run.imported:
        there = there - set(start.run.imported.missing)
    origins = {}
    for network in (n for n in algorithm.networks if n in trained or n in algorithm.averages):
        base = algorithm.averages.get(network, network)
        origin = next((n for n in (averages.get(base), base) if n in there), None)
        if origin:
            origins[network] = origin
    return origins | {network: network for network in algorithm.unfilled}


def _merged(
    fresh: np.ndarray,
    old: np.ndarray,
    axis: algorithm_lib.LabelAxis | None,
    same: Mapping[int, int],
) -> np.ndarray | None:
    """Returns the initial value of a variable; None if shapes differ in more than the labels.

    Args:
      fresh: The random initial value in the new run.
      old: The value in the other run.
      axis: The axis that has an entry for each label; None: there is none.
      same: The result of `matching`.
    """
    if axis is None or old.ndim != fresh.ndim:
        return old if old.shape == fresh.shape else None
    value = fresh.copy()
    rows, old_rows = (np.moveaxis(array, axis.axis, 0) for array in (value, old))
    if rows.shape[1:] != old_rows.shape[1:]:
        return None
    before = min(axis.first, len(rows), len(old_rows))
    rows[:before] = old_rows[:before]
    # Of each label vector the variable may hold fewer parts than the vector has entries.
    entries, old_entries = ((len(r) - axis.first) // axis.vectors for r in (rows, old_rows))
    for i, j in same.items():
        if i < entries and j < old_entries:
            for k in range(axis.vectors):
                rows[axis.first + k * entries + i] = old_rows[axis.first + k * old_entries + j]
    return value


def _misfit(
    start: Start,
    run: runs.Run,
    algorithm: algorithm_lib.Algorithm,
    misfits: Mapping[str, str],
) -> errors.UserError:
    """Returns an error that names the options to blame; `misfits`: a variable's name by network."""
    networks = list(dict.fromkeys(algorithm.averages.get(n, n) for n in misfits))
    options = dict.fromkeys(option for n in networks for option in algorithm.shaped_by[n])
    there, here = start.run.config.values(), run.config.values()
    differing = [option for option in options if there[option] != here[option]]
    what = f"The weights of {start.run.shown} do not fit {', '.join(networks)}"
    if not differing:
        return errors.UserError(
            f"{what}: {next(iter(misfits.values()))} differs; train the run to start from with "
            "this version of the program."
        )
    listed = ", ".join(f"{name} ({there[name]} there, {here[name]} here)" for name in differing)
    wanted = " ".join(f"{name}={there[name]}" for name in differing)
    return errors.UserError(
        f"{what}, which depend on: {listed}; pass {wanted}, or start from another run."
    )


def _lines(
    start: Start,
    run: runs.Run,
    algorithm: algorithm_lib.Algorithm,
    origins: Mapping[str, str],
    same: Mapping[int, int],
) -> list[str]:
    """Returns lines that say which weights were taken and which are new."""
    own = [n for n in algorithm.networks if n not in algorithm.averages]
    taken = [f"{n} (from {origins[n]})" if origins[n] != n else n for n in own if n in origins]
    lines = [
        f"Starting from {start.run.shown}, step {start.step}, with new optimizers: took "
        f"{', '.join(taken)}."
    ]
    missing = [n for names in algorithm.trains.values() for n in names if n not in origins]
    if missing:
        lines.append(
            f"{', '.join(missing)} starts with random weights: {start.run.shown} has none "
            "that were trained."
        )
    new, old = (entry_names(r.label_space) for r in (run, start.run))
    lists: dict[str, Sequence[str]] = {
        "Labels carried over": [new[i] for i in same] or ["none"],
        "new": [name for i, name in enumerate(new) if i not in same],
        "not used": [name for i, name in enumerate(old) if i not in same.values()],
    }
    listed = [f"{what}: {', '.join(names)}" for what, names in lists.items() if names]
    return [*lines, f"{'; '.join(listed)}."]


def _meanings(space: labels_lib.LabelSpace) -> list[tuple[str, str]]:
    """Returns the data set and the name of every entry; the mask's names are ""."""
    entries = [(block.name, name) for block in space.blocks for name in block.space.names]
    masks = [(block.name, "") for block in space.blocks]
    return [*entries, *masks[: space.width - len(entries)]]
