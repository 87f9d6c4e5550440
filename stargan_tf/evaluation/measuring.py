"""Measures a subject by some metrics: one pass over its translations feeds them all."""

import collections
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from stargan_tf.base import errors
from stargan_tf.evaluation import metric as metric_lib
from stargan_tf.evaluation import metrics
from stargan_tf.evaluation import options as options_lib
from stargan_tf.evaluation import subject as subject_lib

DEFAULT = "default"  # among the names: all metrics that apply


@dataclasses.dataclass(frozen=True)
class Value:
    """A figure over the draws: its mean, and its standard deviation.

    That is None of one draw, and where nothing is drawn: neither the outputs nor by the metric.
    """

    mean: float
    deviation: float | None = None


@dataclasses.dataclass(frozen=True)
class Measured:
    """What one metric tells of one mode.

    Attributes:
      name: The metric's.
      title: What reports call it.
      mode: The mode; "" where there is only one, or where it tells of all.
      figures: The columns.
      rows: The values by row and by key of the figure.
      notes: Warnings and remarks.
      pictures: (H, W, 3) uint8 by name, of the first draw.
      explanation: What the columns are.
      about: What it was computed with.
    """

    name: str
    title: str
    mode: str
    figures: tuple[metric_lib.Figure, ...]
    rows: Mapping[str, Mapping[str, Value]]
    notes: tuple[str, ...]
    pictures: Mapping[str, np.ndarray]
    explanation: str
    about: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Scalar:
    """A figure with which values are good: "lower", "higher", or "" for neither."""

    value: float
    better: str
    deviation: float | None = None


@dataclasses.dataclass(frozen=True)
class Report:
    """What all metrics tell.

    Attributes:
      measured: Of each mode every metric.
      counts: The number of outputs by direction: the same in all modes.
      left_out: Why the other metrics do not apply, by name.
      about: What was measured, see `Subject.about`.
    """

    measured: tuple[Measured, ...]
    counts: Mapping[str, int]
    left_out: Mapping[str, str]
    about: Mapping[str, Any]

    def scalars(self) -> dict[str, Scalar]:
        """Returns every figure by its name.

        The name joins, by "/", the metric's title, the figure's key, the mode and the row, without
        those that are empty: "kid_lite0/mean", "classification/accuracy/cat2dog",
        "diversity/pixels/latent/mean".
        """
        found = {}
        for one in self.measured:
            for row, values in one.rows.items():
                for figure in (figure for figure in one.figures if figure.key in values):
                    value = values[figure.key]
                    name = "/".join(filter(None, (one.title, figure.key, one.mode, row)))
                    found[name] = Scalar(value.mean, figure.better, value.deviation)
        return found

    def headline(self, name: str) -> Scalar:
        """Returns what stands for a metric: the mean row of its first figure, over its modes.

        Args:
          name: The metric's name or title.
        """
        found = [one for one in self.measured if name in (one.name, one.title)]
        if not found:
            raise KeyError(name)
        figure = found[0].figures[0]
        means = [one.rows[metric_lib.MEAN][figure.key].mean for one in found]
        return Scalar(float(np.mean(means)), figure.better)


def choose(
    subject: subject_lib.Subject, names: Sequence[str], options: options_lib.MetricOptions
) -> tuple[list[type[metric_lib.Metric]], dict[str, str]]:
    """Returns the metrics to measure with, and why others do not apply; before any slow work.

    Args:
      subject: What is to be measured.
      names: Of metrics; with "default" among them, also those that are measured by default.
      options: For all metrics.

    Raises:
      UserError: A name is unknown, a metric that was asked for by name does not apply, or one
        can't do what the options say.
    """
    for name in (name for name in names if name != DEFAULT):
        metrics.refuse_unknown(name)
    chosen, left_out = [], {}
    for name in metrics.names() if DEFAULT in names else dict.fromkeys(names):
        default = name not in names
        kind = metrics.metric_class(name)
        if kind.examples != subject.examples:
            if default:
                continue
            raise errors.UserError(
                f"The metric {name} does not apply: it measures {kind.examples}, and these are "
                f"{subject.examples}; leave it out of `metrics`, or pass metrics={DEFAULT} for "
                "those that do."
            )
        missing = [need.value for need in subject_lib.Need if need in kind.needs - subject.offers]
        reason = f"it needs {' and '.join(missing)}" if missing else ""
        drawn = subject.offers & {subject_lib.Need.RENDERS, subject_lib.Need.ANSWERS}
        if default and drawn and subject_lib.Need.REAL in kind.needs:
            reason = "the true renders tell more; name it to measure it"
        reason = reason or kind.unsuitable(subject, options)
        if not reason:
            chosen.append(kind)
        elif default:
            left_out[name] = reason
        else:
            raise errors.UserError(
                f"The metric {name} does not apply: {reason}; leave it out of `metrics`, or pass "
                f"metrics={DEFAULT} for those that do."
            )
    if not chosen:
        raise errors.UserError(
            "No metric applies; name some with `metrics`: "
            + ", ".join(metrics.names(subject.examples))
            + "."
        )
    return chosen, left_out


def measure(
    subject: subject_lib.Subject,
    names: Sequence[str] = (DEFAULT,),
    options: options_lib.MetricOptions | None = None,
    *,
    draws: int = 1,
    show: Callable[[str, int], None] = lambda direction, count: None,
) -> Report:
    """Measures a subject by some metrics.

    Args:
      subject: What to measure: a run, a live algorithm, folders of images.
      names: Of metrics; with "default" among them, also those that are measured by default.
      options: For the metrics; None: the default ones.
      draws: How often to repeat it, with other latent codes, references and random subsets. Where
        the outputs do not vary they are made once.
      show: Is told of progress: the direction, and the outputs that have just been measured.

    Raises:
      UserError: See `choose`.
    """
    options = options or options_lib.MetricOptions()
    kinds, left_out = choose(subject, names, options)
    measured: list[Measured] = []
    counts: dict[str, int] = {}
    for mode in subject.modes:
        own = [kind for kind in kinds if kind.each_mode or mode == subject.modes[0]]
        results: list[list[metric_lib.Result]] = []
        for draw in range(draws if own else 0):
            if draw == 0 or subject.varies:
                made = [kind(subject, options, mode if kind.each_mode else "") for kind in own]
                counts |= _pass(subject, mode, draw, made, show)
            results.append([one.result(draw) for one in made])
        for place, of_draws in enumerate(zip(*results, strict=True)):
            measured.append(_summary(made[place], of_draws, subject.varies))
    return Report(tuple(measured), counts, left_out, subject.about)


def _pass(subject, mode, draw, made, show) -> dict[str, int]:
    """Gives all outputs of a mode and draw to the metrics; returns how many by direction."""
    counts: collections.Counter[str] = collections.Counter()
    for batch in subject.batches(mode, draw):
        for one in made:
            one.add(batch)
        counts[batch.direction.name] += batch.count
        show(batch.direction.name, batch.count)
    return dict(counts)


def _summary(
    made: metric_lib.Metric, results: Sequence[metric_lib.Result], varies: bool
) -> Measured:
    """Returns what a metric tells over its results of all draws."""
    totals = {figure.key for figure in made.figures if figure.total}
    tables = [_with_mean(made.figures, result.rows) for result in results]
    rows = {
        row: {
            key: _value([table[row][key] for table in tables], varies and key not in totals)
            for key in values
        }
        for row, values in tables[0].items()
    }
    notes = tuple(dict.fromkeys(note for result in results for note in result.notes))
    return Measured(
        made.name, made.title, made.mode, made.figures, rows, notes, results[0].pictures,
        made.explanation, made.about(),
    )  # fmt: skip


def _with_mean(
    figures: Sequence[metric_lib.Figure], rows: Mapping[str, Mapping[str, float]]
) -> dict[str, Mapping[str, float]]:
    """Returns the rows with one more, their mean, if there is none; sums for totals."""
    if metric_lib.MEAN in rows or not rows:
        return dict(rows)
    mean = {}
    for figure in figures:
        column = [row[figure.key] for row in rows.values() if figure.key in row]
        if column:
            mean[figure.key] = float(np.sum(column) if figure.total else np.mean(column))
    return {**rows, metric_lib.MEAN: mean}


def _value(draws: Sequence[float], varies: bool) -> Value:
    if len(set(draws)) == 1 and (len(draws) == 1 or not varies):
        return Value(draws[0])
    return Value(float(np.mean(draws)), float(np.std(draws, ddof=1)))
