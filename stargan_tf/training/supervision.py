"""Watches a training: looks, measures, warns, knows the best step and when to end."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms import watched
from stargan_tf.base import errors
from stargan_tf.evaluation import subject as subject_lib
from stargan_tf.runs import config as config_lib
from stargan_tf.training import alerts, evaluator, probe, stopping


@dataclasses.dataclass(frozen=True)
class Means:
    """What a training is watched with.

    Attributes:
      images: (N, S, S, 3) float32 in [-1, 1], held out, for looks; None: there are no looks.
      labels: (N, width), theirs.
      trained_on: The labels of the training images of each data set, (size, width).
      data_sets: What metrics measure with, as of `run_subject.members`; (): nothing is measured.
      wording: Turns a message that names options into one for the user.
    """

    images: np.ndarray | None = None
    labels: np.ndarray | None = None
    trained_on: Sequence[np.ndarray] = ()
    data_sets: Sequence[subject_lib.Member] = ()
    wording: Callable[[str], str] = str


UNWATCHED = Means()


class Supervisor:
    """Adds to the numbers of a step what a look, metrics and alerts have to say.

    All that it knows of earlier steps it has from the lines of metrics.jsonl, so that a training
    that was stopped goes on like one that was not.

    Args:
      options: What was asked for.
      means: What to watch with.
      algorithm: What is trained.
      measure: What metrics say of it.
      lines: Those of metrics.jsonl up to the step that the training continues from.

    Attributes:
      ended: Why the training ends; "": it goes on.
      failed: Whether that is an alert.
    """

    def __init__(
        self,
        options: config_lib.TrainOptions,
        means: Means,
        algorithm: algorithm_lib.Algorithm,
        measure: evaluator.Evaluator,
        lines: Sequence[Mapping[str, Any]] = (),
    ):
        self._options, self._means, self._measure = options, means, measure
        self._probe = self._alerts = None
        if options.watch_every and means.images is not None:
            batch = options.batch_size
            self._probe = probe.Probe(algorithm, means.images, means.labels, batch)
            watches = isinstance(algorithm, watched.Watched)
            watchlist = algorithm.watchlist(means.trained_on) if watches else watched.Watchlist()
            every = options.watch_every, options.log_every
            self._alerts = alerts.Alerts(watchlist, self._probe.chance, *every, lines)
        self._rules = check(options, measure.names)
        self._better = evaluator.better(options, measure.names)
        self._best_key = f"{stopping.EVALUATED}{evaluator.best(options, measure.names)}"
        self._candidates: dict[int, float] = {}
        self.ended, self.failed = "", False
        for line in lines:
            self._remember(line["step"], line)

    def due(self, step: int) -> bool:
        """Returns whether `seen` has anything to do at a step, which has to be complete then."""
        return bool(self._looks(step) or self._measures(step))

    def seen(self, step: int) -> dict[str, float]:
        """Returns what a look and metrics tell after a step."""
        numbers = self._probe.look() if self._looks(step) else {}
        return numbers | (self._measure() if self._measures(step) else {})

    def judged(self, step: int, numbers: Mapping[str, float]) -> tuple[dict[str, float], list[str]]:
        """Judges the numbers of a step; sets `ended`.

        Args:
          step: The step.
          numbers: Of losses and of `seen`.

        Returns:
          "alert/NAME" with 1 for each alert that is new, and what to tell the user.

        Raises:
          UserError: `stop_when` waits for a loss that there is not.
        """
        self._refuse_unknown(numbers)
        new = self._alerts.judge(step, numbers) if self._alerts else []
        marks = {f"{stopping.ALERTED}{alert.name}": 1.0 for alert in new}
        self._remember(step, {**numbers, **marks})
        return marks, [self._means.wording(alert.text) for alert in new]

    def best(self, steps: Sequence[int]) -> int | None:
        """Returns which of these steps `keep_best` finds best; None: it was measured at none."""
        found = None
        for step, value in self._candidates.items():
            if step in steps and (
                found is None
                or stopping.is_better(value, self._candidates[found], self._better[self._best_key])
            ):
                found = step
        return found

    def is_best(self, step: int, steps: Callable[[], Sequence[int]]) -> bool:
        """Returns whether a step is better than those that checkpoints were kept of."""
        return step in self._candidates and self.best([*steps(), step]) == step

    def _refuse_unknown(self, numbers: Mapping[str, float]) -> None:
        other = (probe.PREFIX, stopping.EVALUATED, stopping.ALERTED)
        losses = [name for name in numbers if not name.startswith(other)]
        for rule in self._rules if losses else ():
            key = getattr(rule, "key", other[0])
            if not key.startswith(other) and key not in losses:
                raise errors.UserError(
                    f"`stop_when` waits for {key}, which this training does not tell; its losses "
                    f"are {', '.join(losses)}; name one of them, or leave it out."
                )

    def _looks(self, step: int) -> bool:
        return bool(self._probe) and step % self._options.watch_every == 0

    def _measures(self, step: int) -> bool:
        options = self._options
        due = options.evaluate_every and (
            step % options.evaluate_every == 0 or step == options.total_steps
        )
        return bool(due and self._measure.names)

    def _remember(self, step: int, numbers: Mapping[str, float]) -> None:
        if self._options.keep_best and self._best_key in numbers:
            self._candidates[step] = numbers[self._best_key]
        for rule in self._rules:  # each has to see every line
            reason = rule.met(step, numbers)
            if reason and not self.ended:
                self.ended, self.failed = reason, isinstance(rule, stopping.Alerted)


def check(options: config_lib.TrainOptions, names: Sequence[str] = ()) -> tuple[stopping.Rule, ...]:
    """Returns the rules of `stop_when`.

    Args:
      options: What was asked for.
      names: The metrics that are measured; (): it is not known yet.

    Raises:
      UserError: `stop_when`, `keep_best` or `evaluate_metrics` can't be followed.
    """
    better = evaluator.better(options, names)
    measured = [name.removeprefix(stopping.EVALUATED) for name in better]
    best = evaluator.best(options, measured)
    if options.keep_best and not better.get(f"{stopping.EVALUATED}{best}"):
        raise errors.UserError(
            "`keep_best` is a metric that is measured in training and has good values; received "
            f"{options.keep_best}; pass `evaluate_every`, and such a metric in `evaluate_metrics` "
            f"(now {', '.join(measured) or 'none is measured'})."
        )
    rules = stopping.parse(options.stop_when, alerts.ALERTS, better)
    if not options.watch_every and any(isinstance(rule, stopping.Alerted) for rule in rules):
        raise errors.UserError(
            "An alert can't end a training with watch_every=0, which gives none; received "
            f"stop_when={options.stop_when}; leave one of the two out."
        )
    return rules
