"""Imports weights that were trained with the program of a paper's authors, as a run.

Everything that can be checked without TensorFlow is checked before it is imported.
"""

import dataclasses
import pathlib
import re
import shutil
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from stargan_tf import algorithms
from stargan_tf.algorithms import reference_files
from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import names as names_lib
from stargan_tf.data import options as data_options
from stargan_tf.runs import config as config_lib
from stargan_tf.weights import state_dicts


@dataclasses.dataclass(frozen=True)
class Request:
    """The options of an import.

    Attributes:
      algorithm: One of `papers()`.
      run_dir: The folder of the run, which must be empty or missing.
      given: Values for all papers' FILES, HPARAMS and DATA and for image_size, by option name; None
        if the user did not give one.
      attributes: Names, comma-separated, in the order of training.
      domains: Likewise, instead of `attributes`.
      exclusive: Groups of attributes, as in `DataOptions`.
      step: The step of the checkpoint; None: the number at the start of the files' names.
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
    """A checked request, with the contents of its files.

    Attributes:
      config: The options to train such a run with, as far as the files reveal them.
      label_space: The meaning of the labels.
      step: The step of the checkpoint.
      paths: The given files by option name.
      states: The state dicts in these files.
      networks: What these tell about their networks.
    """

    config: config_lib.Config
    label_space: labels_lib.LabelSpace
    step: int
    paths: Mapping[str, pathlib.Path]
    states: Mapping[str, state_dicts.State]
    networks: reference_files.Networks


def papers() -> dict[str, types.ModuleType]:
    """Returns the module `reference_files` of every paper that has one, by the paper's name."""
    modules = {name: algorithms.reference_module(name) for name in algorithms.names()}
    return {name: module for name, module in modules.items() if module}


def plan(request: Request) -> Plan:
    """Reads the files and determines which networks they belong to.

    Raises:
      UserError: If something is missing, contradictory, or belongs to another paper.
    """
    name, module = request.algorithm, papers()[request.algorithm]
    _refuse_options_of_others(name, module, request.given)
    directory = pathlib.Path(request.run_dir)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise errors.UserError(
            f"run_dir={directory} is not empty, and nothing in it was changed; choose another."
        )
    paths = _paths(name, module, request.given)
    space = _label_space(request, module)
    names_lib.refuse(space.names, space.what)
    step = request.step or _step(paths)
    states = {option: state_dicts.read(path) for option, path in paths.items()}
    for file in module.FILES:
        if file.flag in states:
            _recognize(file, paths[file.flag], states[file.flag])
    networks = module.describe(states, request.given)
    if networks.labels != space.width:
        raise errors.UserError(
            f"The networks have {networks.labels} labels; received {space.width} "
            f"({', '.join(space.names)}); name them all, in the order of training."
        )
    config = _config(request, space, networks, step)
    return Plan(config, space, step, paths, states, networks)


def write(plan: Plan) -> reference_files.Loaded:
    """Builds the networks, loads their weights, and writes the run completely or not at all.

    Raises:
      UserError: If the weights don't fit the networks, or the run can't be written.
    """
    import keras

    from stargan_tf.runs import checkpoints, runs

    # Written to another folder and renamed, so that a stopped import leaves no partial run.
    directory = pathlib.Path(plan.config.train.run_dir).absolute()
    partial = directory.with_name(f".{directory.name}.partial")
    keras.utils.set_random_seed(0)  # for the networks that are not imported
    found = _statistics(plan)
    shape = plan.networks.sample_shape
    run = runs.Run(partial, plan.config, plan.label_space, shape, statistics=found)
    algorithm = run.build(training=False)
    loaded = papers()[plan.config.train.algorithm].load(algorithm, plan.states)
    names = tuple(path.name for path in plan.paths.values())
    imported = runs.Imported(names, loaded.classifies, loaded.missing)
    run = dataclasses.replace(run, imported=imported)
    shutil.rmtree(partial, ignore_errors=True)
    try:
        run.create()
        checkpoints.Checkpoints(run.checkpoint_dir, algorithm.weights()).save(plan.step)
        partial.replace(directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return loaded


def _statistics(plan: Plan) -> Mapping[str, np.ndarray]:
    """Returns what the run keeps of its training data: what the files tell, and the data else."""
    data, told = plan.config.data, plan.networks.statistics
    if not plan.networks.sample_shape or not data.data_dir:
        return told
    from stargan_tf.data import loading

    examples, _ = loading.usable(loading.load(data, "train"), data.on_corrupt)
    return {**examples.statistics, **told}


def _refuse_options_of_others(name: str, own: types.ModuleType, given: Mapping[str, Any]) -> None:
    def options(module: types.ModuleType) -> set[str]:
        data = getattr(module, "DATA", {})
        return {file.flag for file in module.FILES} | set(module.HPARAMS) | set(data)

    for other, module in papers().items():
        for option in sorted(options(module) - options(own)):
            if given.get(option) is not None:
                raise errors.UserError(
                    f"`{option}` belongs to {other}; received it with algorithm={name}; leave it "
                    "out or choose that algorithm."
                )


def _paths(
    name: str, module: types.ModuleType, given: Mapping[str, Any]
) -> dict[str, pathlib.Path]:
    for file in module.FILES:
        if file.required and not given.get(file.flag):
            raise errors.UserError(f"algorithm={name} needs `{file.flag}`: {file.help}")
    options = [file.flag for file in module.FILES if given.get(file.flag)]
    if not options:
        names = ", ".join(f"`{file.flag}`" for file in module.FILES)
        raise errors.UserError(
            f"algorithm={name} needs a file to import; received none; pass one or more of {names}."
        )
    return {option: pathlib.Path(given[option]) for option in options}


def _label_space(request: Request, module: types.ModuleType) -> labels_lib.LabelSpace:
    names = {
        "attributes": data_options.split_names(request.attributes),
        "domains": data_options.split_names(request.domains),
    }
    kinds = [kind for kind in names if names[kind]]
    if len(kinds) != 1 or kinds[0] not in module.LABEL_KINDS:
        known = " or ".join(f"`{kind}`" for kind in module.LABEL_KINDS)
        received = " and ".join(f"`{kind}`" for kind in kinds) or "neither"
        raise errors.UserError(
            f"algorithm={request.algorithm} needs {known}, the names of the labels in the order "
            f"of training; received {received}."
        )
    if kinds == ["domains"]:
        if request.exclusive != Request.exclusive:
            raise errors.UserError(
                f"Domains exclude each other already; received exclusive={request.exclusive}; "
                "leave it out."
            )
        return labels_lib.LabelSpace("domains", names["domains"])
    options = data_options.DataOptions(exclusive=request.exclusive)
    groups = options.exclusive_groups(names["attributes"])
    return labels_lib.LabelSpace.of_attributes(names["attributes"], groups)


def _step(paths: Mapping[str, pathlib.Path]) -> int:
    """Returns the number at the start of the files' names: the authors' count of iterations."""
    names = [path.name for path in paths.values()]
    steps = {int(match.group()) for name in names if (match := re.match(r"\d+", name))} - {0}
    if len(steps) != 1:
        problem = (
            f"The names {', '.join(names)} begin with different numbers"
            if steps
            else f"No number from 1 on stands at the beginning of {' or '.join(names)}"
        )
        raise errors.UserError(
            f"{problem}, which gives the checkpoint its number; pass step=200000, or whatever "
            "number the checkpoint should have."
        )
    return steps.pop()


def _recognize(file: reference_files.File, path: pathlib.Path, state: state_dicts.State) -> None:
    """Raises a UserError if a file does not hold what it should, saying what it holds."""
    contents = [content for module in papers().values() if (content := module.recognize(state))]
    if file.content not in contents:
        names = errors.some(list(state))
        what = contents[0] if contents else f"something else ({len(state)} tensors: {names})"
        raise errors.UserError(
            f"`{file.flag}` is for {file.content}; received {path}, which looks like {what}; give "
            "the right file, or choose the right `algorithm` and option for this one."
        )


def _config(
    request: Request, space: labels_lib.LabelSpace, networks: reference_files.Networks, step: int
) -> config_lib.Config:
    values = {"algorithm": request.algorithm, "run_dir": request.run_dir, "total_steps": step}
    if space.kind == "domains":
        values["dataset"] = "image_folder"
    else:
        values |= {"dataset": "celeba", "attributes": ",".join(space.names)}
        values["exclusive"] = request.exclusive
    if networks.sample_shape:
        values["domains"] = ",".join(space.names)
    config = config_lib.Config.from_values({**values, **networks.values})
    config.train.check()
    config.data.check()
    config.hparams.check(config.data.image_size, networks.sample_shape)
    return config
