"""How far the modulation spectrum of conversions is from that of the target's real examples."""

import numpy as np

from stargan_tf.evaluation import metric, subject
from stargan_tf.evaluation.distances import sequences


class Msd(metric.Metric):
    """Root mean square difference of mean log modulation spectra."""

    name = "msd"
    examples = "sequences"
    needs = frozenset({subject.Need.REAL})
    better = "lower"
    figures = (
        metric.Figure("", "dB", ".2f", "lower"),
        metric.Figure("linear", "linear map", ".2f"),
        metric.Figure("input", "input", ".2f"),
    )
    explanation = (
        "dB: root mean square difference of the mean log modulation spectra of outputs and of the "
        "target's\ntraining examples: large where outputs move less than speech does. Linear map: "
        "the input with the\ntarget's mean and deviation of each feature."
    )

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._sums: dict[str, list] = {}

    def add(self, batch: subject.SequenceBatch) -> None:
        """Adds the modulation spectra of a batch."""
        target = self.subject.target(batch.direction)
        sums = self._sums.setdefault(batch.direction.name, [target, 0, 0.0])
        sums[1] += batch.count
        sums[2] = sums[2] + np.stack([
            np.sum([sequences.modulation(one) for one in made], axis=0)
            for made in (batch.outputs, batch.mapped, batch.inputs)
        ])  # fmt: skip

    def result(self, draw: int = 0) -> metric.Result:
        """Returns the figures."""
        del draw
        keys, rows = [figure.key for figure in self.figures], {}
        for name, (target, count, total) in self._sums.items():
            real = self._real(target)
            distances = [sequences.modulation_distance(one / count, real) for one in total]
            rows[name] = dict(zip(keys, distances, strict=True))
        return metric.Result(rows)

    def _real(self, target: int) -> np.ndarray:
        """Returns the mean log modulation spectrum of a domain's training examples."""
        training = self.subject.training

        def compute() -> np.ndarray:
            numbers = np.flatnonzero(training.labels[:, target])
            spectra = (sequences.modulation(training.whole(int(i))) for i in numbers)
            return np.sum(list(spectra), axis=0) / len(numbers)

        return self.subject.once((self.name, target), compute)


METRIC = Msd
