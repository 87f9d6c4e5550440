"""LPIPS: how different translations look, from each other and from their inputs."""

import collections

import numpy as np

from stargan_tf.evaluation import metric, options, subject
from stargan_tf.evaluation.features import lpips

_BETWEEN = metric.Figure("outputs", "LPIPS", ".4f", "higher")
_FROM_INPUT = metric.Figure("input", "to input", ".4f")


class Lpips(metric.Metric):
    """The mean over inputs of the distance between all pairs of an input's outputs.

    StarGAN v2's protocol (Choi et al., 2020, appendix): ten outputs of an input, 45 pairs. Also the
    mean distance of outputs to their input.
    """

    name = "lpips"
    better = "higher"
    explanation = (
        "LPIPS: mean perceptual distance between the outputs of an input, over all pairs of them.\n"
        "to input: of outputs to their input."
    )

    @classmethod
    def unsuitable(cls, subject: subject.Subject, options: options.MetricOptions) -> str:
        """Returns why it does not apply: no weights, nothing to compare, or too small images."""
        if not options.lpips_weights:
            return f"it needs weights, so pass lpips_weights={lpips.SOURCES}"
        if not _figures(subject):
            return "there is only one translation of each input, and the inputs are not known"
        if subject.image_size < lpips.SMALLEST:
            return f"images of {subject.image_size} px are smaller than its {lpips.SMALLEST} px"
        lpips.of(subject, options)
        return ""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.figures = _figures(self.subject)
        self._network = lpips.of(self.subject, self.options)
        self._distances: dict[str, dict[str, list[float]]] = collections.defaultdict(
            lambda: {figure.key: [] for figure in self.figures}
        )

    def add(self, batch: subject.Batch) -> None:
        """Adds the distances of a batch."""
        found = self._distances[batch.direction.name]
        if _BETWEEN in self.figures:
            found["outputs"] += map(self._network.mean_pairwise_distance, batch.outputs)
        if _FROM_INPUT in self.figures:
            for of_input in np.moveaxis(batch.outputs, 1, 0):
                found["input"] += self._network.distances(of_input, batch.images).tolist()

    def result(self, draw: int = 0) -> metric.Result:
        """Returns the mean distances of each direction."""
        del draw
        rows = {
            name: {key: float(np.mean(values)) for key, values in found.items()}
            for name, found in self._distances.items()
        }
        return metric.Result(rows, tuple(filter(None, [self._network.remark])))

    def about(self) -> dict[str, object]:
        """Returns the network and its weights."""
        return {"network": "AlexNet, heads of LPIPS", "sha256": self._network.sha256}


def _figures(subject_: subject.Subject) -> tuple[metric.Figure, ...]:
    """Returns what can be told of a subject."""
    between = [_BETWEEN] if subject_.outputs > 1 else []
    known = [_FROM_INPUT] if subject.Need.INPUTS in subject_.offers else []
    return (*between, *known)


METRIC = Lpips
