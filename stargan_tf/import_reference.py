r"""Makes a run of weights that a paper's authors released, or that their program trained.

  python -m stargan_tf.import_reference --algorithm=stargan_v1 --generator=200000-G.ckpt \\
      --discriminator=200000-D.ckpt --attributes=Black_Hair,Blond_Hair,Brown_Hair,Male,Young \\
      --run_dir=runs/celeba

The other commands take the run as one of their own. Files are PyTorch's (which needs the package
torch), .safetensors or .npz; nothing in them is run.
"""

import pathlib
import re
import shutil
from collections.abc import Callable, Mapping
from typing import Any

from absl import flags

from stargan_tf import algorithms, command_line, errors, hyperparameters, state_dicts
from stargan_tf.algorithms import reference_files
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import options as data_options

_MODULES = {name: module for name in algorithms.names()
            if (module := algorithms.reference_module(name))}  # fmt: skip

_ALGORITHM = flags.DEFINE_enum(
    "algorithm", None, list(_MODULES), "The paper whose weights they are.", required=True
)
_RUN_DIR = flags.DEFINE_string("run_dir", None, "Where the run is written.", required=True)
_ATTRIBUTES = flags.DEFINE_string(
    "attributes", "", "The attributes of the labels, comma-separated, in the order of training."
)
_DOMAINS = flags.DEFINE_string(
    "domains", "", "Instead of --attributes: the domains, in the order of training (by name)."
)
_EXCLUSIVE = flags.DEFINE_string(
    "exclusive",
    data_options.DataOptions.exclusive,
    "Groups of attributes of which one image shows at most one: A,B;C,D.",
)
_IMAGE_SIZE = flags.DEFINE_integer(
    "image_size", None, "Pixels; where the files don't tell (StarGAN v1 without D: 128).", 1
)
_STEP = flags.DEFINE_integer(
    "step", None, "The checkpoint's number; else the number that the files' names begin with.", 1
)


def _define_flags_of_papers() -> None:
    for name, module in _MODULES.items():
        for file in module.FILES:
            need = "needed" if file.required else "optional"
            flags.DEFINE_string(file.flag, None, f"[{name}, {need}] {file.help}")
        kind = algorithms.hparams_class(name)
        fields = [kind.__dataclass_fields__[field] for field in module.HPARAMS]
        hyperparameters.define(kind, fields, {field: [name] for field in module.HPARAMS})


_define_flags_of_papers()


def main() -> None:
    """Imports; writes the run only once all of it is known to fit."""
    name, module = _ALGORITHM.value, _MODULES[_ALGORITHM.value]
    _refuse_flags_of_others(name)
    directory = pathlib.Path(_RUN_DIR.value)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise errors.UserError(
            f"--run_dir={directory} is not empty, and nothing in it was changed; choose another."
        )
    paths = _paths(name, module)
    space = _label_space(name, module)
    step = _STEP.value or _step(paths)
    states = {flag: state_dicts.read(path) for flag, path in paths.items()}
    for file in module.FILES:
        if file.flag in states:
            _recognize(file, paths[file.flag], states[file.flag])
    given = {field: flags.FLAGS[field].value for field in (*module.HPARAMS, "image_size")}
    networks = module.describe(states, given)
    if networks.labels != space.width:
        raise errors.UserError(
            f"The networks have {networks.labels} labels; received {space.width} "
            f"({', '.join(space.names)}); name them all, in the order of training."
        )
    config = _config(name, space, networks, step)
    loaded = _write(directory, config, space, step, lambda made: module.load(made, states), paths)
    _report(directory, config, space, step, loaded)


def _write(
    directory: pathlib.Path,
    config: hyperparameters.Config,
    space: labels_lib.LabelSpace,
    step: int,
    load: Callable[[Any], reference_files.Loaded],
    paths: Mapping[str, pathlib.Path],
) -> reference_files.Loaded:
    """Builds the algorithm, loads its weights, and writes the run."""
    command_line.import_tensorflow()
    import keras

    from stargan_tf.training import checkpoints, runs

    keras.utils.set_random_seed(0)  # for networks that are not imported
    algorithm = runs.Run(directory, config, space).build(training=False)
    loaded = load(algorithm)
    imported = runs.Imported(tuple(path.name for path in paths.values()), loaded.classifies)
    # Written beside and renamed: an import that is stopped leaves nothing that looks like a run.
    target = directory.absolute()
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        run = runs.Run(partial, config, space, imported)
        run.create()
        checkpoints.Checkpoints(run.checkpoint_dir, algorithm.weights()).save(step)
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return loaded


def _refuse_flags_of_others(name: str) -> None:
    own = {file.flag for file in _MODULES[name].FILES} | set(_MODULES[name].HPARAMS)
    for other, module in _MODULES.items():
        for flag in (*(file.flag for file in module.FILES), *module.HPARAMS):
            if flag not in own and flags.FLAGS[flag].value is not None:
                raise errors.UserError(
                    f"--{flag} is a flag of {other}; received it with --algorithm={name}; leave it "
                    "out or choose that algorithm."
                )


def _paths(name: str, module: Any) -> dict[str, pathlib.Path]:
    """Returns the given files by flag."""
    given = {file: flags.FLAGS[file.flag].value for file in module.FILES}
    for file, path in given.items():
        if file.required and not path:
            raise errors.UserError(f"--algorithm={name} needs --{file.flag}: {file.help}")
    return {file.flag: pathlib.Path(path) for file, path in given.items() if path}


def _label_space(name: str, module: Any) -> labels_lib.LabelSpace:
    names = {
        "attributes": data_options.split_names(_ATTRIBUTES.value),
        "domains": data_options.split_names(_DOMAINS.value),
    }
    given = [kind for kind in names if names[kind]]
    if len(given) != 1 or given[0] not in module.LABEL_KINDS:
        known = " or ".join(f"--{kind}" for kind in module.LABEL_KINDS)
        received = " and ".join(f"--{kind}" for kind in given) or "neither"
        raise errors.UserError(
            f"--algorithm={name} needs {known}, the names of the labels in the order of training; "
            f"received {received}."
        )
    if given == ["domains"]:
        if _EXCLUSIVE.value != data_options.DataOptions.exclusive:
            raise errors.UserError(
                f"Domains exclude each other already; received --exclusive={_EXCLUSIVE.value}; "
                "leave it out."
            )
        return labels_lib.LabelSpace("domains", names["domains"])
    groups = data_options.DataOptions(exclusive=_EXCLUSIVE.value).exclusive_groups(
        names["attributes"]
    )
    return labels_lib.LabelSpace.of_attributes(names["attributes"], groups)


def _step(paths: Mapping[str, pathlib.Path]) -> int:
    """Returns the number that the files' names begin with."""
    found = {path.name: re.match(r"\d+", path.name) for path in paths.values()}
    steps = {int(match.group()) for match in found.values() if match} - {0}
    if len(steps) != 1:
        problem = "begins with a number from 1 on" if not steps else "differ in their numbers"
        subject = "None of the names" if not steps else "The names"
        raise errors.UserError(
            f"{subject} {', '.join(found)} {problem}, which would be the step; pass it as "
            "--step=200000, or any number that you want the checkpoint to have."
        )
    return steps.pop()


def _recognize(file: reference_files.File, path: pathlib.Path, state: state_dicts.State) -> None:
    """Raises a UserError where a file holds something else than it should, saying what."""
    found = [content for module in _MODULES.values() if (content := module.recognize(state))]
    if file.content not in found:
        names = state_dicts.some(list(state))
        what = found[0] if found else f"something else ({len(state)} tensors: {names})"
        raise errors.UserError(
            f"--{file.flag} is for {file.content}; received {path}, which looks like {what}; give "
            "the right file, or choose the right --algorithm and flag for this one."
        )


def _config(
    name: str, space: labels_lib.LabelSpace, networks: reference_files.Networks, step: int
) -> hyperparameters.Config:
    """Returns the flags with which such a run would be trained, as far as the files tell them."""
    values = {"algorithm": name, "run_dir": _RUN_DIR.value, "total_steps": step}
    if space.kind == "domains":
        values["dataset"] = "image_folder"
    else:
        values |= {"dataset": "celeba", "attributes": ",".join(space.names)}
        values["exclusive"] = _EXCLUSIVE.value
    config = hyperparameters.Config.from_values({**values, **networks.values})
    config.train.check()
    config.data.check()
    config.hparams.check(config.data.image_size)
    return config


def _report(
    directory: pathlib.Path,
    config: hyperparameters.Config,
    space: labels_lib.LabelSpace,
    step: int,
    loaded: reference_files.Loaded,
) -> None:
    size = config.data.image_size
    print(f"\n{config.train.algorithm}, {size} x {size} pixels, {space.kind} "
          f"{', '.join(space.names)}, step {step}\n")  # fmt: skip
    if loaded.ignored:
        count = len(loaded.ignored)
        print(f"ignored  {count} tensors without effect: {state_dicts.some(loaded.ignored)}")
    print(f"run      {directory}")
    known = ""
    if not loaded.classifies and space.kind == "attributes":
        known = f"--from={space.names[-1]} "
        print("note     without the discriminator, translate needs --from: what the photo shows")
    print(
        f"next     {command_line.python()} -m stargan_tf.translate --run={directory} "
        f"--image=YOUR_PHOTO.jpg {known}--to={space.names[0]} --output=out.png"
    )


if __name__ == "__main__":
    command_line.run(main)
