"""How near translations come to the true ones, of pairs of images."""

import collections

import numpy as np

from stargan_tf.algorithms import algorithm
from stargan_tf.evaluation import metric, ranking, subject
from stargan_tf.evaluation import outputs as outputs_lib

_OUTPUTS = metric.Figure("outputs", "outputs", ".2f", "lower")
_NEAREST = metric.Figure("nearest", "nearest", ".2f", "lower")
_ENCODED = metric.Figure("encoded", "encoded", ".2f", "lower")


class Targets(metric.Metric):
    """The mean absolute difference to the true translation, in grey levels, 0 to 255.

    Where one image has many right translations, a random one need not be near the one that is
    known. With styles the translation in the style of the true one, G(a, E(b)), has to be: it
    stands for the metric.
    """

    name = "targets"
    needs = frozenset({subject.Need.INPUTS, subject.Need.NETWORKS, subject.Need.TARGETS})
    each_mode = False
    better = "lower"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._styled = isinstance(self.subject.algorithm, algorithm.Styled)
        several = [_NEAREST] if self.subject.outputs > 1 else []
        self.figures = (*([_ENCODED] if self._styled else []), _OUTPUTS, *several)
        self.explanation = (
            "Mean absolute differences to the true translation, in grey levels (0-255). outputs: "
            "of the outputs."
        )
        if several:
            self.explanation += " nearest: of an input's nearest output."
        if self._styled:
            self.explanation += " encoded: of the output in the true translation's own style."
        self._errors: dict[str, dict[str, list[np.ndarray]]] = collections.defaultdict(
            lambda: collections.defaultdict(list)
        )
        self._ranking = ranking.Ranking("lower")

    def add(self, batch: subject.Batch) -> None:
        """Adds the errors of a batch."""
        held_out = self.subject.members[0].held_out
        true = held_out.take(self.subject.partners(batch.indices))
        errors = outputs_lib.difference(batch.outputs, true[:, np.newaxis])
        found = self._errors[batch.direction.name]
        found["outputs"].append(errors.mean(axis=1))
        found["nearest"].append(errors.min(axis=1))
        shown = batch.outputs[:, 0]
        if self._styled:
            styles = outputs_lib.styles_of(self.subject.algorithm, true, batch.wanted)
            render = self.subject.algorithm.render
            shown = outputs_lib.in_grey_levels(render, batch.images, styles)
            found["encoded"].append(outputs_lib.difference(shown, true))
        key = self.figures[0].key
        self._ranking.add(found[key][-1], np.stack([batch.images, true, shown], axis=1))

    def result(self, draw: int = 0) -> metric.Result:
        """Returns the mean errors of each direction, and a strip of outputs."""
        del draw
        rows = {
            name: {
                figure.key: float(np.concatenate(found[figure.key]).mean(dtype=np.float64))
                for figure in self.figures
            }
            for name, found in self._errors.items()
        }
        what = "encoded" if self._styled else "output"
        return metric.Result(
            rows, pictures={"strip": self._ranking.strip(".1f", ("input", "true", what))}
        )


METRIC = Targets
