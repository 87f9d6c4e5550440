"""Option dataclasses <-> absl flags <-> the resolved flags of a run.

Every flag is a field of a dataclass: of `TrainOptions` here, of `DataOptions`, or of a paper's
`HParams`. A flag that belongs to another paper than the one that is run is refused by name.
"""

import dataclasses
import pathlib
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from absl import flags

from stargan_tf import algorithms
from stargan_tf.base import errors, flag_files
from stargan_tf.base.options import check_ranges, option
from stargan_tf.data import options as data_options

# Flags count as those of the command line that asks for them: `--help` lists them there.
flags.disclaim_key_flags()


@dataclasses.dataclass(frozen=True)
class TrainOptions:
    """How to train: flags of no paper and of no data set."""

    algorithm: str = option(algorithms.DEFAULT, "The paper to train.", choices=algorithms.names())
    run_dir: str = option(
        "", "Where the run is written; empty: runs/<name of the flag file>.", may_change=True
    )
    init_from: str = option(
        "",
        "Start a new run from the weights of another: its folder, or FOLDER:STEP (default: its "
        "newest checkpoint). Optimizers are new, every flag but those of the networks' shapes may "
        "differ, and labels keep what was learnt of them by their names. A run that has begun goes "
        "on from its own checkpoints.",
        may_change=True,
    )
    batch_size: int = option(
        16, "Images in a global batch, over all devices (section 5: 16).", minimum=1
    )
    total_steps: int = option(
        40_000,
        "Steps to train. A step is the paper's whole cycle; for stargan_v1 n_critic D updates and "
        "one G update (section 5: 200,000 D updates, 40,000 steps).",
        may_change=True,
        minimum=1,
    )
    seed: int = option(
        0, "Decides the initial weights and every random draw.", minimum=0, maximum=2**32 - 1
    )
    precision: str = option(
        "float32",
        "What convolutions are computed in; bfloat16 is fast where the hardware has it.",
        choices=("float32", "bfloat16"),
    )
    normalization_backend: str = option(
        "auto",
        "What computes instance normalization: native: this package; addons: tensorflow-addons; "
        "auto: tensorflow-addons where it is installed (TensorFlow 2.15). The weights fit all.",
        choices=("auto", "native", "addons"),
        may_change=True,
    )
    strategy: str = option(
        "auto",
        "auto: all GPUs, or the CPU; mirrored: one replica on each device; one_device: one.",
        choices=("auto", "mirrored", "one_device"),
        may_change=True,
    )
    logical_cpus: int = option(
        0,
        "Split the CPU into so many devices, to try replicas without GPUs.",
        may_change=True,
        minimum=0,
    )
    jit_compile: bool = option(
        False, "Compile the gradient computations with XLA; for GPUs.", may_change=True
    )
    deterministic: bool = option(
        False, "Make every operation repeatable bit for bit; slower on GPUs.", may_change=True
    )
    checkpoint_every: int = option(1000, "Steps between checkpoints.", may_change=True, minimum=1)
    keep: int = option(3, "How many of the newest checkpoints to keep.", may_change=True, minimum=1)
    log_every: int = option(10, "Steps between lines of metrics.jsonl.", may_change=True, minimum=1)
    sample_every: int = option(1000, "Steps between sheets of samples.", may_change=True, minimum=1)
    sample_count: int = option(8, "Held-out images on a sheet.", may_change=True, minimum=1)

    def check(self) -> None:
        """Raises a UserError where a number is outside its range."""
        check_ranges(self)


@dataclasses.dataclass(frozen=True)
class Config:
    """All that a run was asked to be."""

    train: TrainOptions
    data: data_options.DataOptions
    hparams: Any

    def parts(self) -> tuple[Any, ...]:
        """Returns the dataclasses whose fields are the flags."""
        return (self.train, self.data, self.hparams)

    def values(self, *, identity: bool = False) -> dict[str, Any]:
        """Returns all values by flag name; with `identity`, those that must not change."""
        return {
            field.name: getattr(part, field.name)
            for part in self.parts()
            for field in dataclasses.fields(part)
            if not (identity and field.metadata["may_change"])
        }

    def to_flagfile(self) -> str:
        """Returns the text of a flag file that gives this configuration again."""
        return "".join(flag_files.line(name, _text(v)) for name, v in self.values().items())

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "Config":
        """Makes a configuration from `values()`; what is missing takes its default."""
        name = values.get("algorithm", TrainOptions.algorithm)
        kinds = (TrainOptions, data_options.DataOptions, algorithms.hparams_class(name))
        return cls(*(_make(kind, values) for kind in kinds))


def option_names() -> set[str]:
    """Returns the names of all options: of training, of the data and of every paper."""
    papers = map(algorithms.hparams_class, algorithms.names())
    kinds = (TrainOptions, data_options.DataOptions, *papers)
    return {field.name for kind in kinds for field in dataclasses.fields(kind)}


def define_train_flags() -> None:
    """Defines the flags of training: of the loop, of the data, and of every paper."""
    define(TrainOptions)
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
        if field.metadata["choices"]:
            flags.DEFINE_enum(field.name, default, field.metadata["choices"], text)
        else:
            makers = {bool: flags.DEFINE_boolean, int: flags.DEFINE_integer,
                      float: flags.DEFINE_float, str: flags.DEFINE_string}  # fmt: skip
            makers[type(field.default)](field.name, default, text)


def config_from_flags(*, check_model: bool = True) -> Config:
    """Returns the configuration that the parsed flags give, checked, with a run's directory.

    Args:
      check_model: Whether to check the hyperparameters, too; False: the caller does, who can go on
        without a model.

    Raises:
      UserError: If a flag was given that belongs to another paper, or a value makes no sense.
    """
    values = flags.FLAGS.flag_values_dict()
    if values["cache_dir"]:
        raise errors.UserError(data_options.NO_DISK_CACHE)
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
    config = Config.from_values({k: v for k, v in values.items() if v is not None})
    config.train.check()
    config.data.check()
    if check_model:
        config.hparams.check(config.data.image_size)
    return config


def default_run_dir(argv: Iterable[str], algorithm: str) -> str:
    """Returns runs/<name of the last flag file on the command line>, or runs/<algorithm>."""
    names = flag_files.named(list(argv))
    return str(pathlib.Path("runs") / (pathlib.Path(names[-1]).stem if names else algorithm))


def _make(kind: type[Any], values: Mapping[str, Any]) -> Any:
    names = {field.name for field in dataclasses.fields(kind)}
    made = kind(**{name: value for name, value in values.items() if name in names})
    for field in dataclasses.fields(kind):
        wanted = (int, float) if isinstance(field.default, float) else type(field.default)
        if not isinstance(getattr(made, field.name), wanted):
            raise TypeError(f"{field.name} is {getattr(made, field.name)!r}")
    return made


def _defaults(field: dataclasses.Field, owners: Mapping[str, list[str]]) -> str:
    """Returns the default of a flag, or that of each paper where they differ."""
    found = {
        name: _text(getattr(algorithms.hparams_class(name), field.name))
        for name in owners[field.name]
    }
    if len(set(found.values())) == 1:
        return _text(field.default)
    return ", ".join(f"{value} in {name}" for name, value in found.items())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
