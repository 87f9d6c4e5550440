"""Whether a classifier of real images takes translations for what was asked for."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from stargan_tf.evaluation import metric, options, ranking, subject
from stargan_tf.evaluation.classifiers import classifier
from stargan_tf.pictures import confusion

_MOST_REAL = 2000  # held-out images of a data set by which the classifier itself is judged
_GOOD = 0.9  # of a classifier to rely on
_NONE = "none"  # of a group of attributes


class Classification(metric.Metric):
    """StarGAN v1's measure (section 5.4): one minus its classification error.

    The classifier is trained on the run's real training images, and has seen none that is held out.
    Of attributes, what was asked for is measured apart from what was to stay: one answer for each
    group of labels that exclude each other, and for each other attribute.
    """

    name = "classification"
    needs = frozenset({subject.Need.REAL})
    better = "higher"
    explanation = """\
right: share of the outputs that a classifier, trained on the real training images, takes for what
was asked for; 100 % minus it is the classification error. kept: of what was not asked for, the
share of answers that are the input's own labels. input: right, of the unchanged inputs. real:
right, of real held-out images of the target: what the classifier itself is worth."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        directions = self.subject.directions
        self._judges = {n: self._judge(n) for n in sorted({one.labels_of for one in directions})}
        self._outputs, self._inputs = (
            {one.name: _Tally(self._judges[one.labels_of], one) for one in directions}
            for _ in range(2)
        )
        others = any(tally.others for tally in self._outputs.values())
        self.figures = (
            metric.Figure("accuracy", "right", ".1%", "higher"),
            *([metric.Figure("kept", "kept", ".1%", "higher")] if others else []),
            metric.Figure("input", "input", ".1%"),
            metric.Figure("real", "real", ".1%"),
        )
        self._ranking = ranking.Ranking("higher")
        self._rows = ("output",)

    @classmethod
    def unsuitable(cls, subject: subject.Subject, options: options.MetricOptions) -> str:
        """Returns why it does not apply: there is nothing to tell apart."""
        del options
        few = any(one.space.kind == "domains" and one.space.width < 2 for one in subject.members)
        return "there are no real images of two domains or more" if few else ""

    def add(self, batch: subject.Batch) -> None:
        """Adds what the classifier sees in a batch."""
        direction, judge = batch.direction, self._judges[batch.direction.labels_of]
        count = batch.outputs.shape[1]
        probabilities = judge.predict(batch.outputs.reshape(-1, *batch.outputs.shape[2:]))
        wanted = None if batch.wanted is None else np.repeat(batch.wanted, count, axis=0)
        self._outputs[direction.name].add(judge.labels(probabilities), wanted)
        shown = [batch.outputs[:, 0]]
        if batch.images is not None:
            seen = judge.labels(judge.predict(batch.images))
            self._inputs[direction.name].add(seen, batch.wanted)
            shown, self._rows = [batch.images, *shown], ("input", "output")
        shares = probabilities[::count, judge.space.index(direction.target)]
        self._ranking.add(shares if direction.present else 1 - shares, np.stack(shown, axis=1))

    def result(self, draw: int = 0) -> metric.Result:
        """Returns the figures by direction, notes, confusion matrices, and a strip."""
        del draw
        rows = {}
        for name, outputs in self._outputs.items():
            if outputs.total:
                inputs, real = self._inputs[name], self._real(outputs)
                figures = {"accuracy": outputs.right, "kept": outputs.kept}
                figures |= {"input": inputs.right, "real": real.right}
                rows[name] = {key: value for key, value in figures.items() if value is not None}
        pictures = {"strip": self._ranking.strip(".0%", self._rows)} if rows else {}
        return metric.Result(rows, tuple(self._notes()), self._matrices() | pictures)

    def about(self) -> dict[str, Any]:
        """Returns what the classifiers learned from, and what was taken for what how often."""
        facts = {}
        for number, judge in self._judges.items():
            member = self.subject.members[number]
            facts["classifier" + (f" of {member.name}" if member.name else "")] = {
                "training_images": member.training.size,
                "training_images_key": member.training.key,
                "taken_for": _columns(judge),
                **{what: {name: counts.tolist() for name, counts in rows.items()}
                   for what, rows in self._confusion(number).items()},
            }  # fmt: skip
        return facts

    def _judge(self, number: int) -> classifier.Classifier:
        training = self.subject.members[number].training
        return self.subject.once(
            ("classifier", number),
            lambda: classifier.for_sampler(training.sampler, self.options.cache_folder),
        )

    def _held_out(self, number: int) -> tuple[np.ndarray, np.ndarray] | None:
        """Returns the labels of real held-out images, those seen and their own: (N, width)."""
        member, judge = self.subject.members[number], self._judges[number]
        if member.held_out is None:
            return None
        images = member.held_out.spread(_MOST_REAL)
        seen = self.subject.once(
            ("classified", number),
            lambda: np.concatenate([judge.labels(judge.predict(x)) for x in images.batches()]),
        )
        return seen, images.labels

    def _real(self, outputs: "_Tally") -> "_Tally":
        """Returns the same of the real held-out images that show what a direction asks for."""
        tally, known = _Tally(outputs.judge, outputs.direction), self._held_out(outputs.number)
        if known:
            shows = known[1][:, outputs.index] == outputs.direction.present
            tally.add(known[0][shows], known[1][shows])
        return tally

    def _confusion(self, number: int) -> dict[str, dict[str, np.ndarray]]:
        """Returns what outputs of each direction, and real images, were taken for how often."""
        own = {n: t for n, t in self._outputs.items() if t.number == number and t.total}
        real = {}
        for tally in own.values():
            name = ("" if tally.direction.present else "-") + tally.direction.target
            real.setdefault(name, self._real(tally))
        return {
            "outputs": {name: tally.counts for name, tally in own.items()},
            "real_images": {name: tally.counts for name, tally in real.items() if tally.total},
        }

    def _matrices(self) -> dict[str, np.ndarray]:
        pictures = {}
        for number, judge in self._judges.items():
            for what, rows in self._confusion(number).items():
                if rows:
                    name = "-".join(
                        filter(None, ("confusion", self.subject.members[number].name, what))
                    )
                    pictures[name] = confusion.render(
                        list(rows), _columns(judge), np.stack(list(rows.values())),
                        f"{what.replace('_', ' ')}, and what they are taken for",
                    )  # fmt: skip
        return pictures

    def _notes(self) -> Iterator[str]:
        for number, judge in self._judges.items():
            known = self._held_out(number)
            for group in judge.heads.groups if known else ():
                share = (known[0] == known[1])[:, group].all(axis=1).mean()
                if share < _GOOD:
                    names = " / ".join(judge.space.names[i] for i in group)
                    yield (
                        f"The classifier of {names} is right on {share:.1%} of real held-out "
                        "images: rely on large differences only."
                    )


class _Tally:
    """Counts what the classifier sees in the images of one direction.

    Attributes:
      judge: The classifier.
      direction: The direction.
      number: Of the data set whose labels are seen.
      index: Of the label that is asked for.
      others: The groups of labels that are to stay.
      total: How many images there were.
      counts: Of the columns of the confusion matrix.
    """

    def __init__(self, judge: classifier.Classifier, direction: subject.Direction):
        self.judge, self.direction, self.number = judge, direction, direction.labels_of
        self.index = judge.space.index(direction.target)
        asked = {self.index, *judge.space.rivals(direction.target)}
        self.others = [group for group in judge.heads.groups if not asked & {*group}]
        self.total = self._right = 0
        self.counts = np.zeros(len(_columns(judge)), np.int64)
        self._kept: list[float] = []

    def add(self, seen: np.ndarray, wanted: np.ndarray | None) -> None:
        """Adds the labels (N, width) that are seen in images, and those that are wanted."""
        self.total += len(seen)
        self._right += int((seen[:, self.index] == self.direction.present).sum())
        group = self.judge.heads.group_of(self.index)
        self.counts[group] += seen[:, group].sum(axis=0).astype(np.int64)
        if self.judge.space.kind != "domains":
            self.counts[-1] += (seen[:, group].sum(axis=1) == 0).sum()
        if wanted is not None and self.others:
            same = [(seen == wanted)[:, other].all(axis=1) for other in self.others]
            self._kept += np.mean(same, axis=0).tolist()

    @property
    def right(self) -> float | None:
        """The share that is taken for what was asked for; None: there are no images."""
        return self._right / self.total if self.total else None

    @property
    def kept(self) -> float | None:
        """The share of answers on what was not asked for that are right; None: there are none."""
        return float(np.mean(self._kept)) if self._kept else None


def _columns(judge: classifier.Classifier) -> list[str]:
    """Returns what images can be taken for: the labels, and none of a group of attributes."""
    return [*judge.space.names, *([] if judge.space.kind == "domains" else [_NONE])]


METRIC = Classification
