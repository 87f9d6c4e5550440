"""The flags of training: made from the option dataclasses, and read into a run's configuration.

A flag that belongs to another paper than the one that is run is refused by name.
"""

import dataclasses
import pathlib
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from absl import flags

from stargan_tf import algorithms
from stargan_tf.base import errors, flag_files
from stargan_tf.data import option_checks
from stargan_tf.data import options as data_options
from stargan_tf.runs import config as config_lib

# Flags count as those of the command line that asks for them: `--help` lists them there.
flags.disclaim_key_flags()


def define_train_flags() -> None:
    """Defines the flags of training: of the loop, of the data, and of every paper."""
    define(config_lib.TrainOptions)
    define(data_options.DataOptions)
    flags.DEFINE_string("cache_dir", "", "Gone; flag files of earlier versions hold it, empty.")
    owners: dict[str, list[str]] = {}
    for name in algorithms.names():
        for field in dataclasses.fields(algorithms.hparams_class(name)):
            owners.setdefault(field.name, []).append(name)
    for name in algorithms.names():
        fields = dataclasses.fields(algorithms.hparams_class(name))
        # Papers may share a flag with different defaults, so a flag's own default is None.
        define(algorithms.hparams_class(name), [f for f in fields if owners[f.name][0] == name],
               owners)  # fmt: skip


def define(
    kind: type[Any],
    fields: Iterable[dataclasses.Field] | None = None,
    owners: Mapping[str, list[str]] | None = None,
) -> None:
    """Defines a flag for every field of an option dataclass (or for the given ones)."""
    for field in dataclasses.fields(kind) if fields is None else fields:
        text, default = field.metadata["help"], field.default
        if owners is not None:
            text = f"[{', '.join(owners[field.name])}] {text} (default: {_defaults(field, owners)})"
            default = None
        define_one(field, default, text)


def define_one(field: dataclasses.Field, default: Any, text: str) -> None:
    """Defines the flag of an option, with a default and a help text of its own."""
    if field.metadata["choices"]:
        flags.DEFINE_enum(field.name, default, field.metadata["choices"], text)
    else:
        makers = {bool: flags.DEFINE_boolean, int: flags.DEFINE_integer,
                  float: flags.DEFINE_float, str: flags.DEFINE_string}  # fmt: skip
        makers[type(field.default)](field.name, default, text)


def config_from_flags(*, check_model: bool = True) -> config_lib.Config:
    """Returns the configuration that the parsed flags give, checked, with a run's directory.

    Args:
      check_model: Whether to check the hyperparameters, too; False: the caller does, who can go on
        without a model.

    Raises:
      UserError: If a flag was given that belongs to another paper, or a value makes no sense.
    """
    values = flags.FLAGS.flag_values_dict()
    if values["cache_dir"]:
        raise errors.UserError(option_checks.NO_DISK_CACHE)
    name = values["algorithm"]
    own = {f.name for f in dataclasses.fields(algorithms.hparams_class(name))}
    for other in algorithms.names():
        for field in dataclasses.fields(algorithms.hparams_class(other)):
            if field.name not in own and values[field.name] is not None:
                raise errors.UserError(
                    f"--{field.name} is a flag of {other}; received it with --algorithm={name}; "
                    "leave it out or choose that algorithm."
                )
    values["run_dir"] = values["run_dir"] or default_run_dir(sys.argv, name)
    config = config_lib.Config.from_values({k: v for k, v in values.items() if v is not None})
    config.train.check()
    config.data.check()
    if check_model:
        config.hparams.check(config.data.image_size)
    return config


def default_run_dir(argv: Iterable[str], algorithm: str) -> str:
    """Returns runs/<name of the last flag file on the command line>, or runs/<algorithm>."""
    names = flag_files.named(list(argv))
    return str(pathlib.Path("runs") / (pathlib.Path(names[-1]).stem if names else algorithm))


def _defaults(field: dataclasses.Field, owners: Mapping[str, list[str]]) -> str:
    """Returns the default of a flag, or that of each paper where they differ."""
    defaults = {
        name: config_lib.text(getattr(algorithms.hparams_class(name), field.name))
        for name in owners[field.name]
    }
    if len(set(defaults.values())) == 1:
        return config_lib.text(field.default)
    return ", ".join(f"{value} in {name}" for name, value in defaults.items())
