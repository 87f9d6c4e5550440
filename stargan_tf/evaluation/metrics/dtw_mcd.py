"""How near conversions come to the target's own examples of the same content, in their own time."""

import numpy as np

from stargan_tf.evaluation import metric, subject
from stargan_tf.evaluation.distances import sequences


class DtwMcd(metric.Metric):
    """Mel-cepstral distortion along the best warping of time."""

    name = "dtw_mcd"
    examples = "sequences"
    needs = frozenset({subject.Need.REAL, subject.Need.PARALLEL, subject.Need.CEPSTRA})
    better = "lower"
    figures = (
        metric.Figure("", "dB", ".2f", "lower"),
        metric.Figure("linear", "linear map", ".2f"),
        metric.Figure("input", "input", ".2f"),
        metric.Figure("compared", "compared", ".0f", total=True),
    )
    explanation = (
        "dB: mel-cepstral distortion from what the target itself says, of the same content, along "
        "the best\nwarping of time. Linear map: the input with the target's mean and deviation of "
        "each feature."
    )

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._rows: dict[str, list[tuple[float, ...]]] = {}

    def add(self, batch: subject.SequenceBatch) -> None:
        """Compares those of a batch that the target has the content of."""
        target = self.subject.target(batch.direction)
        for index, output, *others in zip(
            batch.indices, batch.outputs, batch.mapped, batch.inputs, strict=True
        ):
            truth = self.subject.parallel(int(index), target)
            if truth is None:
                continue

            def compared(others=others, truth=truth) -> list[float]:
                return [sequences.warped_distortion(one, truth) for one in others]

            rows = self._rows.setdefault(batch.direction.name, [])
            same = self.subject.once((self.name, int(index), target), compared)  # in every mode
            rows.append((sequences.warped_distortion(output, truth), *same))

    def result(self, draw: int = 0) -> metric.Result:
        """Returns the figures."""
        del draw
        found = {}
        for name, rows in self._rows.items():
            output, mapped, given = np.mean(rows, axis=0).tolist()
            found[name] = {"": output, "linear": mapped, "input": given, "compared": len(rows)}
        drawn = subject.Need.RENDERS in self.subject.offers
        note = "Held-out examples of the same name were taken for the same content."
        return metric.Result(found, () if drawn else (note,))


METRIC = DtwMcd
