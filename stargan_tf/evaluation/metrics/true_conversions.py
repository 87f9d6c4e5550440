"""How near conversions come to the true ones, frame by frame: of data that know them."""

import numpy as np

from stargan_tf.evaluation import metric, subject
from stargan_tf.evaluation.distances import sequences


class TrueConversions(metric.Metric):
    """Compares with the true conversions to all domains, as mel-cepstral distortion."""

    name = "true_conversions"
    examples = "sequences"
    training_rank = 1
    needs = frozenset({subject.Need.RENDERS, subject.Need.CEPSTRA})
    better = "higher"
    figures = (
        metric.Figure("nearest", "nearest", ".1%", "higher"),
        metric.Figure("nearest_linear", "linear map", ".1%", "higher"),
        metric.Figure("mcd", "MCD dB", ".2f", "lower"),
        metric.Figure("mcd_linear", "linear map", ".2f"),
        metric.Figure("mcd_input", "input", ".2f"),
    )
    explanation = (
        "nearest: share of outputs that are nearer to the target's true conversion than to that "
        "of any\nother domain. MCD: mel-cepstral distortion from the target's, over its frames "
        "within 40 dB of\nthe loudest. Linear map: the input with the target's mean and deviation "
        "of each feature."
    )

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._rows: dict[str, list[tuple[float, ...]]] = {}

    def add(self, batch: subject.SequenceBatch) -> None:
        """Compares a batch."""
        rows = self._rows.setdefault(batch.direction.name, [])
        target, source = self.subject.target(batch.direction), self.subject.held_out
        for index, *made in zip(
            batch.indices, batch.outputs, batch.mapped, batch.inputs, strict=True
        ):
            domains = range(source.label_space.width)
            truth = np.stack([source.conversion(int(index), k) for k in domains])
            frames = sequences.loud(truth[target])
            output, mapped, given = (
                sequences.distortion(one[frames], truth[:, frames]).mean(axis=1) for one in made
            )
            rows.append((
                output.argmin() == target, mapped.argmin() == target,
                output[target], mapped[target], given[target],
            ))  # fmt: skip

    def result(self, draw: int = 0) -> metric.Result:
        """Returns the figures."""
        del draw
        keys = [figure.key for figure in self.figures]
        means = {name: np.mean(rows, axis=0).tolist() for name, rows in self._rows.items()}
        return metric.Result({n: dict(zip(keys, row, strict=True)) for n, row in means.items()})


METRIC = TrueConversions
