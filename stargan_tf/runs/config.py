"""What a run was asked to be: option dataclasses and their values, as they are stored with it.

Every option is a field of a dataclass: of `TrainOptions` here, of `DataOptions`, or of a paper's
`HParams`.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from stargan_tf import algorithms
from stargan_tf.base import flag_files
from stargan_tf.base.options import check_ranges, option
from stargan_tf.data import options as data_options


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
    accumulate: int = option(
        1,
        "Compute each update's gradients in so many parts of the batch, one after the other, and "
        "apply their mean: less memory, with the results of the whole batch within rounding.",
        may_change=True,
        minimum=1,
    )
    deterministic: bool = option(
        False, "Make every operation repeatable bit for bit; slower on GPUs.", may_change=True
    )
    checkpoint_every: int = option(1000, "Steps between checkpoints.", may_change=True, minimum=1)
    keep: int = option(3, "How many of the newest checkpoints to keep.", may_change=True, minimum=1)
    log_every: int = option(10, "Steps between lines of metrics.jsonl.", may_change=True, minimum=1)
    sample_every: int = option(1000, "Steps between sheets of samples.", may_change=True, minimum=1)
    sample_count: int = option(8, "Held-out images on a sheet.", may_change=True, minimum=1)
    tracker: str = option(
        "",
        "Where to follow the training, besides TensorBoard: wandb, mlflow, or both, separated by "
        "commas; each needs the extra of its name.",
        may_change=True,
    )

    watch_every: int = option(
        100,
        "Steps between looks at what the networks make of some held-out images, which is what "
        "warnings about a sick training rest on; 0: none.",
        may_change=True,
        minimum=0,
    )
    evaluate_every: int = option(
        0, "Steps between measurements by `evaluate_metrics`; 0: none.", may_change=True, minimum=0
    )
    evaluate_metrics: str = option(
        "",
        "The metrics of these measurements, by the names that evaluate has for them, separated by "
        "commas; empty: that of --keep_best, or else one that fits the data, such as kid_lite0 for "
        "images.",
        may_change=True,
    )
    evaluate_images: int = option(
        200,
        "How many held-out images of each data set, or recordings, these measurements translate or "
        "convert, evenly spaced.",
        may_change=True,
        minimum=2,
    )
    keep_best: str = option(
        "",
        "A metric of `evaluate_metrics`, or default for the first of them: the checkpoint that it "
        "finds best is kept beside the newest ones, and other commands take it as "
        "--checkpoint=best.",
        may_change=True,
    )
    stop_when: str = option(
        "",
        "What ends the training early, separated by commas: alert or alert:NAME (a warning), "
        "FIGURE<NUMBER or FIGURE>NUMBER (a metric or a number of metrics.jsonl), "
        "stalled:METRIC:STEPS (no better for so long).",
        may_change=True,
    )

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
        return "".join(flag_files.line(name, text(v)) for name, v in self.values().items())

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


def _make(kind: type[Any], values: Mapping[str, Any]) -> Any:
    names = {field.name for field in dataclasses.fields(kind)}
    made = kind(**{name: value for name, value in values.items() if name in names})
    for field in dataclasses.fields(kind):
        wanted = (int, float) if isinstance(field.default, float) else type(field.default)
        if not isinstance(getattr(made, field.name), wanted):
            raise TypeError(f"{field.name} is {getattr(made, field.name)!r}")
    return made


def text(value: Any) -> str:
    """Returns a value as a flag file has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
