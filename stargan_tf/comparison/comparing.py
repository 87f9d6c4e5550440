"""Compares runs: measures all of them on the same images, counts what they cost, draws a sheet."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.comparison import common, costs, entries, translations
from stargan_tf.evaluation import images as images_lib
from stargan_tf.evaluation import measuring, run_subject
from stargan_tf.evaluation import options as options_lib
from stargan_tf.pictures import sheets

CLASSIFICATION = "classification"  # the metric that means the same for runs of all papers
_TIMED = 64  # held-out images among which a batch to time is looked for


@dataclasses.dataclass(frozen=True)
class Plan:
    """How runs are compared.

    Attributes:
      metrics: Names of metrics; (): those that apply to a run by default, and classification.
      inputs: How many of the common held-out images are translated; 0: all.
      outputs: How many translations of each, of runs with styles.
      real: How many real images metrics look at, at most; 0: all.
      draws: How often it is measured.
      rounds: How often a translation is timed; 0: never.
      rows: How many images the sheet shows.
      seed: Of the latent code that the sheet shows, and with which translations are timed.
      options: Of the metrics.
    """

    metrics: tuple[str, ...] = ()
    inputs: int = 0
    outputs: int = 2
    real: int = 0
    draws: int = 1
    rounds: int = 15
    rows: int = 6
    seed: int = 0
    options: options_lib.MetricOptions = dataclasses.field(
        default_factory=options_lib.MetricOptions
    )


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What is found of runs; mappings are by their names.

    Attributes:
      entries: The runs.
      ground: What they are compared on.
      images: How many images are translated.
      reports: What metrics tell; of runs to which one applies.
      left_out: Why metrics that were asked for do not apply to a run.
      costs: What the runs cost.
      seconds: The median seconds for an image, by the size of the batch.
      device: What translations were timed on.
      sheet: Their translations side by side.
      plan: How they were compared.
    """

    entries: tuple[entries.Entry, ...]
    ground: common.Ground
    images: int
    reports: Mapping[str, measuring.Report]
    left_out: Mapping[str, Mapping[str, str]]
    costs: Mapping[str, costs.Costs]
    seconds: Mapping[str, Mapping[int, float]]
    device: str
    sheet: sheets.Sheet
    plan: Plan


class Comparing:
    """Prepares a comparison, so that all errors come before the slow work.

    Args:
      candidates: The runs.
      ground: What they are compared on.
      plan: How.

    Attributes:
      total: About how many outputs will be measured, to show progress.

    Raises:
      UserError: A checkpoint is damaged, or a metric does not apply to any of the runs.
    """

    def __init__(self, candidates: Sequence[entries.Candidate], ground: common.Ground, plan: Plan):
        self._ground, self._plan = ground, plan
        self._entries = tuple(entries.load(one) for one in candidates)
        self._costs = {one.name: costs.of(one) for one in self._entries}
        self._subjects = {one.name: _subject(one, ground, plan) for one in self._entries}
        self._names, self._left_out = _metrics(self._subjects, plan)
        self.total = sum(
            len(one.modes) * one.total * (plan.draws if one.varies else 1)
            for name, one in self._subjects.items()
            if self._names[name]
        )

    def compare(self, show: Callable[[str, int], None] = lambda name, count: None) -> Comparison:
        """Does the work; `show` is told of progress: a run and outputs that were measured."""
        plan, member = self._plan, self._ground.member
        shown = member.held_out.subset(_shown(member.held_out, plan.rows))
        timed = member.held_out.spread(_TIMED)
        sheet = translations.sheet(
            self._entries, member.space, shown.take(range(shown.size)), shown.labels, plan.seed
        )
        seconds = {one.name: {} for one in self._entries}
        if plan.rounds:
            seconds = translations.times(
                self._entries, member.space, timed.take(range(timed.size)), timed.labels,
                plan.rounds, plan.seed,
            )  # fmt: skip
        reports = {}
        for name, subject in self._subjects.items():
            if self._names[name]:
                reports[name] = measuring.measure(
                    subject, self._names[name], plan.options, draws=plan.draws,
                    show=lambda direction, count, name=name: show(f"{name} {direction}", count),
                )  # fmt: skip
        count = len(next(iter(self._subjects.values())).inputs(0))
        return Comparison(
            self._entries, self._ground, count, reports, self._left_out, self._costs, seconds,
            _device(), sheet, plan,
        )  # fmt: skip


def _shown(images: images_lib.Images, count: int) -> np.ndarray:
    """Returns the numbers of the images for the sheet: the first of each domain, equally many.

    Of attributes they are evenly spaced.
    """
    if images.space.kind != "domains":
        return np.linspace(0, images.size - 1, min(count, images.size)).round().astype(int)
    domains = images.labels.argmax(axis=1)
    ranks = np.zeros(images.size, int)
    for domain in np.unique(domains):
        own = np.flatnonzero(domains == domain)
        ranks[own] = np.arange(len(own))
    chosen = np.lexsort((domains, ranks))[:count]
    return chosen[np.lexsort((chosen, domains[chosen]))]


def _subject(entry: entries.Entry, ground: common.Ground, plan: Plan) -> run_subject.RunSubject:
    """Returns a run as what is measured: the same inputs and draws for all."""
    amount = run_subject.Plan(
        inputs=plan.inputs, outputs=plan.outputs, real=plan.real, classifies=entry.run.classifies
    )
    about = {
        "run": entry.run.shown,
        "algorithm": entry.run.config.train.algorithm,
        "step": entry.step,
        "draws": plan.draws,
        "protocol": plan.options.protocol,
    }
    return run_subject.RunSubject(entry.model.algorithm, [ground.member], amount, about)


def _metrics(
    subjects: Mapping[str, run_subject.RunSubject], plan: Plan
) -> tuple[dict[str, tuple[str, ...]], dict[str, dict[str, str]]]:
    """Returns the metrics to measure each run with, and why others don't apply to it, by name.

    Raises:
      UserError: A metric that is asked for applies to no run, or can't do what the options say.
    """
    chosen: dict[str, list[str]] = {name: [] for name in subjects}
    left_out: dict[str, dict[str, str]] = {name: {} for name in subjects}
    for metric in plan.metrics or (measuring.DEFAULT, CLASSIFICATION):
        failures = []
        for name, subject in subjects.items():
            try:
                measuring.choose(subject, [metric], plan.options)
                chosen[name].append(metric)
            except errors.UserError as error:
                failures.append(error)
                left_out[name][metric] = _reason(error)
        if plan.metrics and len(failures) == len(subjects):
            raise failures[0]
    return {name: tuple(some) for name, some in chosen.items()}, left_out


def _reason(error: errors.UserError) -> str:
    """Returns the half of a refusal's sentence that says why a metric does not apply."""
    return str(error).partition(": ")[2].partition("; leave it out")[0]


def _device() -> str:
    """Returns what TensorFlow computes on, for reports."""
    gpus = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(one) for one in gpus[:1]]
    return details[0].get("device_name", "GPU") if details else "CPU"
