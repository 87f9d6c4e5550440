"""The metrics: every module here is one, and is found by being there.

A metric's module defines `METRIC`, a subclass of `stargan_tf.evaluation.metric.Metric` with the
module's name. What several metrics share lies outside of this folder. Imports no TensorFlow.
"""

import importlib
import pkgutil
from typing import Any

from stargan_tf.data import labels as labels_lib


def names(examples: str = "") -> tuple[str, ...]:
    """Returns the names of all metrics, sorted; of "images" or "sequences" alone, if it is told."""
    found = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(n for n in found if not examples or metric_class(n).examples == examples)


def for_training(examples: str) -> tuple[str, ...]:
    """Returns the metrics that a training may choose from if none is named, the best first.

    Args:
      examples: "images" or "sequences".
    """
    ranks = {name: metric_class(name).training_rank for name in names(examples)}
    return tuple(sorted((name for name, rank in ranks.items() if rank), key=ranks.get))


def refuse_unknown(name: str) -> None:
    """Raises a UserError that names similar ones if there is no metric of that name."""
    labels_lib.refuse_unknown([name], names(), what="metric")


def metric_class(name: str) -> type[Any]:
    """Returns the metric of a name, a subclass of `stargan_tf.evaluation.metric.Metric`.

    Raises:
      UserError: There is none of that name.
    """
    refuse_unknown(name)
    return importlib.import_module(f"{__name__}.{name}").METRIC
