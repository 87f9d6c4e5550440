"""Making a run of weights that were trained elsewhere: with the program of a paper's authors.

TensorFlow is imported only once everything is known that can be known without it.
"""

import dataclasses
import pathlib
import re
import shutil
import types
from collections.abc import Mapping
from typing import Any

from stargan_tf import algorithms, hyperparameters
from stargan_tf.algorithms import reference_files
from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import names as names_lib
from stargan_tf.data import options as data_options
from stargan_tf.weights import state_dicts


@dataclasses.dataclass(frozen=True)
class Request:
    """What a user asks for; fields are named as the flags.

    Attributes:
      algorithm: One of `papers()`.
      run_dir: Where the run goes: a folder that is empty or not there.
      given: The values of the flags of all papers' files and of their HPARAMS, and image_size;
        None where not given.
      attributes: Names, comma-separated, in the order of training.
      domains: Likewise, instead of `attributes`.
      exclusive: Groups of attributes, as in `DataOptions`.
      step: The number of the checkpoint; None: what the files' names begin with.
    """

    algorithm: str
    run_dir: str
    given: Mapping[str, Any]
    attributes: str = ""
    domains: str = ""
    exclusive: str = data_options.DataOptions.exclusive
    step: int | None = None


@dataclasses.dataclass(frozen=True)
class Plan:
    """A request that fits together.

    Attributes:
      config: The flags with which such a run would be trained, as far as the files tell them.
      label_space: What the labels mean.
      step: The number of the checkpoint.
      paths: The given files by flag.
      states: The state dicts in them.
    """

    config: hyperparameters.Config
    label_space: labels_lib.LabelSpace
    step: int
    paths: Mapping[str, pathlib.Path]
    states: Mapping[str, state_dicts.State]


def papers() -> dict[str, types.ModuleType]:
    """Returns, by name, the module `reference_files` of every paper that has one."""
    found = {name: algorithms.reference_module(name) for name in algorithms.names()}
    return {name: module for name, module in found.items() if module}


def plan(request: Request) -> Plan:
    """Reads the files, and finds out of which networks they are.

    Raises:
      UserError: If something is missing, contradicts something else, or is of another paper.
    """
    name, module = request.algorithm, papers()[request.algorithm]
    _refuse_flags_of_others(name, module, request.given)
    directory = pathlib.Path(request.run_dir)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise errors.UserError(
            f"--run_dir={directory} is not empty, and nothing in it was changed; choose another."
        )
    paths = _paths(name, module, request.given)
    space = _label_space(request, module)
    names_lib.refuse(space.names, space.what)
    step = request.step or _step(paths)
    states = {flag: state_dicts.read(path) for flag, path in paths.items()}
    for file in module.FILES:
        if file.flag in states:
            _recognize(file, paths[file.flag], states[file.flag])
    networks = module.describe(states, request.given)
    if networks.labels != space.width:
        raise errors.UserError(
            f"The networks have {networks.labels} labels; received {space.width} "
            f"({', '.join(space.names)}); name them all, in the order of training."
        )
    return Plan(_config(request, space, networks, step), space, step, paths, states)


def write(plan: Plan) -> reference_files.Loaded:
    """Builds the networks, loads their weights, and writes the run: all of it, or nothing.

    Raises:
      UserError: If the weights don't fit the networks, or the run can't be written.
    """
    import keras

    from stargan_tf.runs import checkpoints, runs

    # Written beside and renamed: an import that is stopped leaves nothing that looks like a run.
    directory = pathlib.Path(plan.config.train.run_dir).absolute()
    partial = directory.with_name(f".{directory.name}.partial")
    keras.utils.set_random_seed(0)  # for networks that are not imported
    run = runs.Run(partial, plan.config, plan.label_space)
    algorithm = run.build(training=False)
    loaded = papers()[plan.config.train.algorithm].load(algorithm, plan.states)
    names = tuple(path.name for path in plan.paths.values())
    run = dataclasses.replace(run, imported=runs.Imported(names, loaded.classifies))
    shutil.rmtree(partial, ignore_errors=True)
    try:
        run.create()
        checkpoints.Checkpoints(run.checkpoint_dir, algorithm.weights()).save(plan.step)
        partial.replace(directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return loaded


def _refuse_flags_of_others(name: str, own: types.ModuleType, given: Mapping[str, Any]) -> None:
    def flags(module: types.ModuleType) -> set[str]:
        return {file.flag for file in module.FILES} | set(module.HPARAMS)

    for other, module in papers().items():
        for flag in sorted(flags(module) - flags(own)):
            if given.get(flag) is not None:
                raise errors.UserError(
                    f"--{flag} is a flag of {other}; received it with --algorithm={name}; leave it "
                    "out or choose that algorithm."
                )


def _paths(
    name: str, module: types.ModuleType, given: Mapping[str, Any]
) -> dict[str, pathlib.Path]:
    for file in module.FILES:
        if file.required and not given.get(file.flag):
            raise errors.UserError(f"--algorithm={name} needs --{file.flag}: {file.help}")
    flags = [file.flag for file in module.FILES if given.get(file.flag)]
    return {flag: pathlib.Path(given[flag]) for flag in flags}


def _label_space(request: Request, module: types.ModuleType) -> labels_lib.LabelSpace:
    names = {
        "attributes": data_options.split_names(request.attributes),
        "domains": data_options.split_names(request.domains),
    }
    kinds = [kind for kind in names if names[kind]]
    if len(kinds) != 1 or kinds[0] not in module.LABEL_KINDS:
        known = " or ".join(f"--{kind}" for kind in module.LABEL_KINDS)
        received = " and ".join(f"--{kind}" for kind in kinds) or "neither"
        raise errors.UserError(
            f"--algorithm={request.algorithm} needs {known}, the names of the labels in the order "
            f"of training; received {received}."
        )
    if kinds == ["domains"]:
        if request.exclusive != Request.exclusive:
            raise errors.UserError(
                f"Domains exclude each other already; received --exclusive={request.exclusive}; "
                "leave it out."
            )
        return labels_lib.LabelSpace("domains", names["domains"])
    options = data_options.DataOptions(exclusive=request.exclusive)
    groups = options.exclusive_groups(names["attributes"])
    return labels_lib.LabelSpace.of_attributes(names["attributes"], groups)


def _step(paths: Mapping[str, pathlib.Path]) -> int:
    """Returns the number that files' names begin with: the authors' count of iterations."""
    names = [path.name for path in paths.values()]
    steps = {int(match.group()) for name in names if (match := re.match(r"\d+", name))} - {0}
    if len(steps) != 1:
        problem = (
            f"The names {', '.join(names)} begin with different numbers"
            if steps
            else f"No number from 1 on stands at the beginning of {' or '.join(names)}"
        )
        raise errors.UserError(
            f"{problem}, where the number of the checkpoint is taken from; pass --step=200000, or "
            "whatever number the checkpoint is to have."
        )
    return steps.pop()


def _recognize(file: reference_files.File, path: pathlib.Path, state: state_dicts.State) -> None:
    """Raises a UserError where a file holds something else than it should, saying what."""
    found = [content for module in papers().values() if (content := module.recognize(state))]
    if file.content not in found:
        names = state_dicts.some(list(state))
        what = found[0] if found else f"something else ({len(state)} tensors: {names})"
        raise errors.UserError(
            f"--{file.flag} is for {file.content}; received {path}, which looks like {what}; give "
            "the right file, or choose the right --algorithm and flag for this one."
        )


def _config(
    request: Request, space: labels_lib.LabelSpace, networks: reference_files.Networks, step: int
) -> hyperparameters.Config:
    values = {"algorithm": request.algorithm, "run_dir": request.run_dir, "total_steps": step}
    if space.kind == "domains":
        values["dataset"] = "image_folder"
    else:
        values |= {"dataset": "celeba", "attributes": ",".join(space.names)}
        values["exclusive"] = request.exclusive
    config = hyperparameters.Config.from_values({**values, **networks.values})
    config.train.check()
    config.data.check()
    config.hparams.check(config.data.image_size)
    return config
