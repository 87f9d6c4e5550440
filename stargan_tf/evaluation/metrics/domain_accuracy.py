"""How often a classifier of real examples takes conversions for the target's own."""

import numpy as np

from stargan_tf.evaluation import metric, mixtures, subject
from stargan_tf.evaluation.distances import sequences


class DomainAccuracy(metric.Metric):
    """Recognizes whose each output is, by mixtures that were fitted to the training examples."""

    name = "domain_accuracy"
    examples = "sequences"
    training_rank = 2
    needs = frozenset({subject.Need.REAL})
    better = "higher"
    figures = (
        metric.Figure("", "accuracy", ".1%", "higher"),
        metric.Figure("linear", "linear map", ".1%"),
        metric.Figure("real", "real examples", ".1%"),
    )
    explanation = (
        f"accuracy: share of outputs that mixtures of {mixtures.COMPONENTS} normal distributions, "
        "of training frames without\ntheir loudness, take for the target's. Linear map: the input "
        "with the target's mean and deviation of\neach feature. Real examples: the target's own "
        "held-out ones."
    )

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._rows: dict[str, list[tuple[bool, bool]]] = {}
        self._targets: dict[str, int] = {}

    def add(self, batch: subject.SequenceBatch) -> None:
        """Looks at a batch."""
        target = self._targets[batch.direction.name] = self.subject.target(batch.direction)
        rows = self._rows.setdefault(batch.direction.name, [])
        for both in zip(batch.outputs, batch.mapped, strict=True):
            rows.append(tuple(self._whose(one) == target for one in both))

    def result(self, draw: int = 0) -> metric.Result:
        """Returns the figures."""
        del draw
        found = {}
        for name, rows in self._rows.items():
            output, mapped = np.mean(rows, axis=0).tolist()
            real = self._of_real(self._targets[name])
            found[name] = {"": output, "linear": mapped, "real": real}
        return metric.Result(found)

    def _whose(self, features: np.ndarray) -> int:
        return mixtures.recognized(self._mixtures(), self._frames(features))

    def _of_real(self, domain: int) -> float:
        """Returns the accuracy on held-out examples of a domain."""
        held_out = self.subject.held_out

        def compute() -> float:
            numbers = np.flatnonzero(held_out.labels[:, domain])
            right = [self._whose(held_out.whole(int(i))) == domain for i in numbers]
            return float(np.mean(right))

        return self.subject.once((self.name, "real", domain), compute)

    def _mixtures(self) -> list[mixtures.Mixture]:
        training = self.subject.training

        def compute() -> list[mixtures.Mixture]:
            examples = [
                [self._frames(training.whole(int(i))) for i in np.flatnonzero(of_domain)]
                for of_domain in training.labels.T
            ]
            return [mixtures.fit(np.concatenate(some)) for some in examples]

        return self.subject.once((self.name, "mixtures"), compute)

    def _frames(self, features: np.ndarray) -> np.ndarray:
        """Returns the frames to look at; of mel-cepstra those that are heard, without loudness."""
        if subject.Need.CEPSTRA not in self.subject.offers:
            return features
        return features[sequences.loud(features)][:, 1:]


METRIC = DomainAccuracy
