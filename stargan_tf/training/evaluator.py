"""Measures the networks of a training by the metrics of `evaluate`, on some held-out images."""

import contextlib
from collections.abc import Sequence

from stargan_tf import algorithms
from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.evaluation import measuring, metrics, run_subject, sequence_subject
from stargan_tf.evaluation import metric as metric_lib
from stargan_tf.evaluation import options as metric_options
from stargan_tf.evaluation import subject as subject_lib
from stargan_tf.runs import config as config_lib
from stargan_tf.training import stopping

DEFAULT = measuring.DEFAULT  # what `keep_best` calls the first metric that is measured
_OUTPUTS = 2  # of each image and kind of style: what the diversity of styles needs
_REAL = 10_000  # training images that metrics look at, at most


class Evaluator:
    """Measures an algorithm as it is at the moment.

    Attributes:
      names: Of the metrics; (): nothing is measured.
    """

    def __init__(
        self,
        options: config_lib.TrainOptions,
        algorithm: algorithm_lib.Algorithm,
        data_sets: Sequence[subject_lib.Member],
    ):
        """Finds out what is to be measured; reads no image.

        Args:
          options: `evaluate_every` and what else they say of it.
          algorithm: What is trained.
          data_sets: Its data, as of `run_subject.members`.

        Raises:
          UserError: A metric is unknown or does not apply, or the algorithm does not translate.
        """
        self.names: tuple[str, ...] = ()
        if not options.evaluate_every or not data_sets:
            return
        self._options = metric_options.MetricOptions()
        self._subject = _subject(options, algorithm, data_sets)
        if names := _named(options):
            where = "evaluate_metrics" if options.evaluate_metrics.strip() else "keep_best"
            self._refuse(names, f"leave it out of `{where}` (training takes no files of weights)")
            self.names = names
        else:
            self.names = (self._fitting(),)

    def __call__(self) -> dict[str, float]:
        """Measures; returns the figures, over all directions, by their names in metrics.jsonl.

        "evaluate/METRIC" is what stands for a metric, in the mean over latent and reference styles
        where there are both; "evaluate/METRIC/FIGURE" and the like are its figures.
        """
        report = measuring.measure(self._subject, self.names, self._options)
        found = {name: report.headline(name).value for name in self.names}
        for name, scalar in report.scalars().items():
            figure, _, row = name.rpartition("/")
            if row == metric_lib.MEAN:
                found.setdefault(figure, scalar.value)
        return {f"{stopping.EVALUATED}{name}": value for name, value in found.items()}

    def _refuse(self, names: Sequence[str], advice: str) -> None:
        """Raises a UserError with this advice unless these metrics can be measured."""
        try:
            measuring.choose(self._subject, names, self._options)
        except errors.UserError as error:
            reason = str(error).partition("; leave it out")[0]
            raise errors.UserError(f"{reason}; {advice}.") from error

    def _fitting(self) -> str:
        """Returns the metric that fits what is trained, where none is named."""
        *others, last = metrics.for_training(self._subject.examples)
        for name in others:
            with contextlib.suppress(errors.UserError):
                self._refuse([name], "")
                return name
        self._refuse([last], "name others in `evaluate_metrics`")
        return last


def _subject(
    options: config_lib.TrainOptions,
    algorithm: algorithm_lib.Algorithm,
    data_sets: Sequence[subject_lib.Member],
) -> subject_lib.Subject:
    """Returns what is measured: translations of images, or conversions of sequences."""
    if isinstance(algorithm, algorithm_lib.Converts):
        sources = data_sets[0].training.source, data_sets[0].held_out.source
        plan = sequence_subject.Plan(options.evaluate_images, sequence_subject.MODES[:1])
        return sequence_subject.SequenceSubject(algorithm, *sources, plan)
    if not isinstance(algorithm, algorithm_lib.Translates):
        raise errors.UserError(
            f"`evaluate_every` measures translations of images; received it with "
            f"algorithm={options.algorithm}, which makes none; leave it out."
        )
    plan = run_subject.Plan(options.evaluate_images, _OUTPUTS, _REAL)
    return run_subject.RunSubject(algorithm, data_sets, plan)


def better(options: config_lib.TrainOptions, names: Sequence[str] = ()) -> dict[str, str]:
    """Returns, by its name in metrics.jsonl, which values of each metric are good.

    Args:
      options: Say which metrics are measured in training.
      names: Those that an `Evaluator` has chosen; (): it is not there yet. Of options that name
        none, all count then that it may choose.

    Returns:
      "lower", "higher" or "" (neither) for what stands for each metric.

    Raises:
      UserError: There is no such metric.
    """
    if not options.evaluate_every:
        return {}
    if not (names := names or _named(options)):
        kind = algorithms.algorithm_class(options.algorithm)
        converts = issubclass(kind, algorithm_lib.Converts)
        names = metrics.for_training("sequences" if converts else "images")
    return {f"{stopping.EVALUATED}{name}": _good(metrics.metric_class(name)) for name in names}


def _good(kind: type[metric_lib.Metric]) -> str:
    figures = getattr(kind, "figures", ())  # which some have only when they are made
    return figures[0].better if figures else kind.better


def best(options: config_lib.TrainOptions, names: Sequence[str]) -> str:
    """Returns the metric that `keep_best` means, of those that are measured; "": none."""
    if options.keep_best != DEFAULT:
        return options.keep_best
    return names[0] if names else ""


def _named(options: config_lib.TrainOptions) -> tuple[str, ...]:
    """Returns the metrics that the options name; (): none."""
    names = (name.strip() for name in options.evaluate_metrics.split(","))
    named = tuple(dict.fromkeys(name for name in names if name))
    if not named and options.keep_best not in ("", DEFAULT):
        return (options.keep_best,)
    return named
