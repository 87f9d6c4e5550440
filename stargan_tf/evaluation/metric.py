"""The contract of a metric: a file in metrics/ with `METRIC`, a subclass of `Metric`.

All metrics see the same outputs: `measuring.measure` translates once and gives every batch to each
of them, so that nothing is computed twice and no metric has to keep images.
"""

import abc
import dataclasses
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from stargan_tf.evaluation import options as options_lib
from stargan_tf.evaluation import subject as subject_lib

MEAN = "mean"  # the row over all directions


@dataclasses.dataclass(frozen=True)
class Figure:
    """One number that a metric tells.

    Attributes:
      key: Its name in report.json and in `measuring.Report.scalars`; "" where it is the metric
        itself and has no other name.
      heading: Of its column.
      spec: How it is printed, such as ".1%".
      better: Which values are good; "": neither.
      total: Whether the mean row has the sum (a number of images), not the mean.
    """

    key: str
    heading: str
    spec: str = ".3f"
    better: Literal["lower", "higher", ""] = ""
    total: bool = False


@dataclasses.dataclass(frozen=True)
class Result:
    """What a metric has found.

    Attributes:
      rows: The figures by row and by key: a row for each direction, by its name, or for whatever
        else the metric tells apart. The row "mean" is made of them, if it is missing; a figure that
        only some rows have is averaged over these.
      notes: Warnings and remarks, a sentence each.
      pictures: (H, W, 3) uint8 by name, drawn.
    """

    rows: Mapping[str, Mapping[str, float]]
    notes: tuple[str, ...] = ()
    pictures: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)


class Metric(abc.ABC):
    """Measures the outputs of one mode and draw; made anew for each.

    Attributes:
      name: The name of its file, which users call it by.
      examples: What it measures: "images", or "sequences" of features.
      needs: What a subject has to offer.
      explanation: What the columns are, in a few lines, printed below the table.
      training_rank: Where no metric is named for the measurements of a training, that of the lowest
        rank which applies is taken: one that is quick and needs no file. 0: never this one.
      each_mode: Whether it is made for each mode; False: for the first alone, as it tells of all.
      figures: What it tells, in the order of the columns; the first is what stands for the metric.
      better: Which values of the first are good, where the class does not know its figures before
        it has seen the subject.
      title: What reports call it: the name, and that of the network where one decides.
    """

    name: ClassVar[str]
    examples: ClassVar[subject_lib.Examples] = "images"
    needs: ClassVar[frozenset[subject_lib.Need]] = frozenset()
    explanation: ClassVar[str] = ""
    training_rank: ClassVar[int] = 0
    each_mode: ClassVar[bool] = True
    figures: tuple[Figure, ...]
    better: ClassVar[Literal["lower", "higher", ""]] = ""

    def __init__(
        self, subject: subject_lib.Subject, options: options_lib.MetricOptions, mode: str = ""
    ):
        """Prepares to see the outputs of a mode.

        Args:
          subject: What is measured; `unsuitable` has returned "" for it.
          options: What the user asked for.
          mode: The mode, of `subject.modes`.
        """
        self.subject, self.options, self.mode = subject, options, mode
        self.title = self.name

    @classmethod
    def unsuitable(cls, subject: subject_lib.Subject, options: options_lib.MetricOptions) -> str:
        """Returns why the metric does not apply, "" if it does; before any slow work.

        The reason is half a sentence that follows "kid does not apply: ". A metric that is asked
        for by name is refused with it, and the default metrics leave it out.

        Args:
          subject: Offers what `needs` says.
          options: What the user asked for.

        Raises:
          UserError: The user asked for what can't be done: a file of weights is missing or wrong.
        """
        del subject, options
        return ""

    @abc.abstractmethod
    def add(self, batch: subject_lib.Batch | subject_lib.SequenceBatch) -> None:
        """Takes the next translations; those of a direction come one after the other."""

    @abc.abstractmethod
    def result(self, draw: int = 0) -> Result:
        """Returns what it has found, after all batches.

        Called again, with another draw, for outputs that do not vary: the result differs in what
        the metric itself draws, such as random subsets.
        """

    def about(self) -> dict[str, object]:
        """Returns what a report has to say of it, ready for JSON: weights, sha256, resizing."""
        return {}
