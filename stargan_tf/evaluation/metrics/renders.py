"""How near translations of drawn faces come to the true ones, which can be drawn, too."""

import numpy as np

from stargan_tf.algorithms import algorithm
from stargan_tf.evaluation import label_evaluation, metric, style_evaluation, subject
from stargan_tf.pictures import sheets


class Renders(metric.Metric):
    """Compares with the true renders, by labels or by styles, whatever the algorithm takes."""

    name = "renders"
    needs = frozenset({subject.Need.INPUTS, subject.Need.NETWORKS, subject.Need.RENDERS})
    each_mode = False
    better = "higher"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._styled = isinstance(self.subject.algorithm, algorithm.Styled)
        way = style_evaluation if self._styled else label_evaluation
        self.figures, self.explanation = way.FIGURES, way.EXPLANATION
        if not self._styled:
            self._found = label_evaluation.LabelRenders(self.subject)

    def add(self, batch: subject.Batch) -> None:
        """Compares a batch; for styles other outputs are needed, which `result` makes."""
        if not self._styled:
            self._found.add(batch)

    def result(self, draw: int = 0) -> metric.Result:
        """Returns the figures, and a sheet of outputs beside the true renders."""
        if self._styled:
            source, count = self.subject.members[0].held_out.source, len(self.subject.inputs(0))
            rows, sheet = style_evaluation.against_renders(
                self.subject.algorithm, source, count, draw
            )
        else:
            rows, sheet = self._found.rows(), self._found.sheet()
        return metric.Result(rows, pictures={"sheet": np.asarray(sheets.render(sheet))})


METRIC = Renders
