"""How much the translations of one input differ from each other."""

import collections

import numpy as np

from stargan_tf.evaluation import diversity, metric, options, subject


class Diversity(metric.Metric):
    """The mean distance over all pairs of an input's outputs, averaged over the inputs.

    The pixel-space sibling of StarGAN v2's LPIPS protocol (10 outputs of an input, 45 pairs);
    grey levels, 0 to 255.
    """

    name = "diversity"
    explanation = "pixels: mean absolute difference of an input's outputs, in grey levels (0-255)."
    figures = (metric.Figure("pixels", "pixels", ".2f", "higher"),)

    @classmethod
    def unsuitable(cls, subject: subject.Subject, options: options.MetricOptions) -> str:
        """Returns why it does not apply: there is only one output of each input."""
        del options
        return "" if subject.outputs > 1 else "there is only one translation of each input"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._distances: dict[str, list[float]] = collections.defaultdict(list)

    def add(self, batch: subject.Batch) -> None:
        """Adds the distances of a batch."""
        self._distances[batch.direction.name] += map(
            diversity.mean_pairwise_distance, batch.outputs
        )

    def result(self, draw: int = 0) -> metric.Result:
        """Returns the mean distance of each direction."""
        del draw
        return metric.Result(
            {name: {"pixels": float(np.mean(some))} for name, some in self._distances.items()}
        )


METRIC = Diversity
