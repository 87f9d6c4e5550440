"""Whether a translation keeps its input: what comes back when it is translated back."""

import collections

import numpy as np

from stargan_tf.evaluation import metric, ranking, subject


class Cycle(metric.Metric):
    """The reconstruction error (equation 4 of StarGAN, 4 of StarGAN v2) on held-out images.

    Between the input and the 8-bit output that is translated back to the input's labels or, with
    styles, to its own style; the mean absolute difference in grey levels, 0 to 255. A generator
    that returns its input has none, so it says nothing alone.
    """

    name = "cycle"
    needs = frozenset({subject.Need.INPUTS, subject.Need.NETWORKS})
    explanation = "L1: between the inputs and the outputs translated back, in grey levels (0-255)."
    figures = (metric.Figure("l1", "L1", ".2f", "lower"),)

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._sums: dict[str, float] = collections.defaultdict(float)
        self._counts: collections.Counter[str] = collections.Counter()
        self._ranking = ranking.Ranking("lower")

    def add(self, batch: subject.Batch) -> None:
        """Adds the errors of a batch."""
        back = self.subject.translated_back(batch)
        errors = np.abs(back.astype(np.float64) - batch.images[:, np.newaxis])
        errors = errors.mean(axis=(2, 3, 4))
        self._sums[batch.direction.name] += errors.sum()
        self._counts[batch.direction.name] += errors.size
        first = np.stack([batch.images, batch.outputs[:, 0], back[:, 0]], axis=1)
        self._ranking.add(errors[:, 0], first)

    def result(self, draw: int = 0) -> metric.Result:
        """Returns the mean error of each direction, and a strip of outputs."""
        del draw
        rows = {name: {"l1": total / self._counts[name]} for name, total in self._sums.items()}
        strip = self._ranking.strip(".1f", ("input", "output", "translated back"))
        return metric.Result(rows, pictures={"strip": strip})


METRIC = Cycle
