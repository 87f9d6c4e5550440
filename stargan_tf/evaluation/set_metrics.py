"""Metrics that compare the outputs with real images as sets of features: which distance.

A metric in metrics/ joins one of these with one of the networks in feature_metrics.
"""

import collections
from collections.abc import Mapping

import numpy as np

from stargan_tf.evaluation import feature_metrics, metric, subject
from stargan_tf.evaluation.distances import frechet, kernel, neighbours

ENOUGH = 2048  # images of each set for a Frechet distance: with fewer it is far too large
_SEED = 0


class Frechet(feature_metrics.FeatureMetric):
    """The Frechet distance between Gaussians with the moments of the sets."""

    figures = (metric.Figure("", "Frechet", ".2f", "lower"),)
    explanation = (
        "Frechet: distance of the features of the outputs to those of the real images of the\n"
        "target, each set taken for a Gaussian. 0: the same mean and covariance."
    )

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._moments: dict[str, frechet.Moments] = {}

    def _take(self, name: str, features: np.ndarray) -> None:
        if name not in self._moments:
            self._moments[name] = frechet.Moments.empty(features.shape[1])
        self._moments[name].add(features)

    def _compare(self, name: str, real: np.ndarray, draw: int) -> Mapping[str, float]:
        del draw
        direction = self._directions[name]
        key = (direction.labels_of, direction.target, direction.present)
        moments = self.subject.once(
            ("real moments", self._network.key, *key), lambda: _moments(real)
        )
        return {"": frechet.distance(moments, self._moments[name])}

    def _notes(self) -> tuple[str, ...]:
        fewest = min([*self._real.values(), *self._generated.values()], default=ENOUGH)
        if fewest >= ENOUGH:
            return super()._notes()
        return (
            f"A Frechet distance of fewer than {ENOUGH:,} images (here {fewest:,}) is too large "
            "and can't be compared with one of another number; measure the kernel distance too.",
            *super()._notes(),
        )


class _Kept(feature_metrics.FeatureMetric):
    """Keeps the features of all outputs."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._features: dict[str, list[np.ndarray]] = collections.defaultdict(list)

    def _take(self, name: str, features: np.ndarray) -> None:
        self._features[name].append(features)


class Kernel(_Kept):
    """The kernel distance (KID), times 1,000."""

    least = 4
    figures = (
        metric.Figure("x1000", "KID x 1000", ".2f", "lower"),
        metric.Figure("x1000_deviation", "+-", ".2f"),
        metric.Figure("x1000_input", "input", ".2f"),
    )
    explanation = (
        "KID: unbiased kernel distance of the features of the outputs to those of the real images\n"
        "of the target, times 1,000: around 0 for images of one kind. +-: standard deviation over\n"
        "random subsets of 1,000 images, or of half of the smaller set (below: their mean).\n"
        "input: KID of the unchanged inputs, which a good translation brings down."
    )

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._inputs: dict[str, list[np.ndarray]] = collections.defaultdict(list)

    def add(self, batch: subject.Batch) -> None:
        """Adds the inputs' features, too, where the inputs are known."""
        super().add(batch)
        if batch.images is not None:
            features = batch.once(
                ("features of inputs", self._network.key), lambda: self._network(batch.images)
            )
            self._inputs[batch.direction.name].append(features)

    def _compare(self, name: str, real: np.ndarray, draw: int) -> Mapping[str, float]:
        found = kernel.estimate(real, np.concatenate(self._features[name]), (_SEED, draw))
        figures = {"x1000": 1000 * found.mean, "x1000_deviation": 1000 * found.deviation}
        inputs = self._inputs.get(name, [])
        if sum(map(len, inputs)) >= self.least:
            unchanged = kernel.estimate(real, np.concatenate(inputs), (_SEED, draw))
            figures["x1000_input"] = 1000 * unchanged.mean
        return figures


class Neighbours(_Kept):
    """Precision, recall, density and coverage for 3 and 5 neighbours."""

    least = 6
    figures = tuple(
        metric.Figure(f"{name}_{k}", f"{name} {k}", ".3f", "higher")
        for k in (3, 5)
        for name in ("precision", "recall", "density", "coverage")
    )
    explanation = (
        "precision: share of the outputs that lie among the real images; recall: of the real\n"
        "images that lie among the outputs; density: in how many real images' neighbourhoods an\n"
        "output lies, over the number of neighbours (1: as real images do); coverage: share of\n"
        "the real images with an output in their neighbourhood. 3, 5: neighbours that bound it."
    )

    def _notes(self) -> tuple[str, ...]:
        most = max([*self._real.values(), *self._generated.values()], default=0)
        if most <= neighbours.MOST:
            return super()._notes()
        note = f"Of {most:,} images neighbours are sought among {neighbours.MOST:,} random ones."
        return (note, *super()._notes())

    def _compare(self, name: str, real: np.ndarray, draw: int) -> Mapping[str, float]:
        generator = np.random.default_rng((_SEED, draw))
        real, generated = (
            _some(features, generator) for features in (real, np.concatenate(self._features[name]))
        )
        return {
            f"{figure}_{k}": value
            for k in (3, 5)
            for figure, value in vars(neighbours.measure(real, generated, k)).items()
        }


def _moments(features: np.ndarray) -> frechet.Moments:
    moments = frechet.Moments.empty(features.shape[1])
    for start in range(0, len(features), ENOUGH):
        moments.add(features[start : start + ENOUGH])
    return moments


def _some(features: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Returns at most `neighbours.MOST` rows, as the time grows with their square."""
    if len(features) <= neighbours.MOST:
        return features
    return features[generator.choice(len(features), neighbours.MOST, replace=False)]
