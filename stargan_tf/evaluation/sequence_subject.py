"""Sequences of held-out examples, converted by an algorithm, as what is measured."""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.data import source as source_lib
from stargan_tf.evaluation import directions as directions_lib
from stargan_tf.evaluation import subject as subject_lib
from stargan_tf.inference import batches

PLAIN, DIFFERENTIAL = "", "differential"
MODES = (PLAIN, DIFFERENTIAL)
_BATCH = 8  # inputs at a time; each is converted for itself, in its own length


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much of a run is measured.

    Attributes:
      inputs: How many held-out examples are converted, evenly spaced; 0: all.
      modes: In which forms: "" G(x, t), "differential" x + G(x, t) - G(x, s).
    """

    inputs: int = 0
    modes: tuple[str, ...] = MODES


class SequenceSubject(subject_lib.Subject):
    """The conversions of held-out sequences, whose algorithm may change its weights later.

    Attributes:
      algorithm: What converts.
      training: The examples that it is trained on.
      held_out: Those that are converted.
    """

    examples = "sequences"
    image_size = 0
    members = ()

    def __init__(
        self,
        algorithm: algorithm_lib.Converts,
        training: source_lib.Source,
        held_out: source_lib.Source,
        plan: Plan = Plan(),
        about: Mapping[str, object] = {},
    ):
        """Prepares to convert; loads nothing.

        Args:
          algorithm: Built; `Converts`. Its weights of the moment count in each measurement. The
            linear map is by "mean" and "deviation" (K, F) of its statistics.
          training: What `loading.load` gives for "train".
          held_out: The same for "test".
          plan: How much is measured.
          about: What a report has to say of the run.
        """
        super().__init__()
        self.algorithm, self.training, self.held_out = algorithm, training, held_out
        self.modes, space = plan.modes, held_out.label_space
        self.directions = tuple(directions_lib.to_labels(space, space.names, None, True))
        self.offers = frozenset(
            {subject_lib.Need.INPUTS, subject_lib.Need.REAL, subject_lib.Need.NETWORKS}
        )
        if isinstance(held_out, source_lib.Conversions):
            self.offers |= {subject_lib.Need.RENDERS}
        if getattr(held_out, "kind", "") == "mcep":
            self.offers |= {subject_lib.Need.CEPSTRA}
        self._inputs = np.arange(held_out.size)
        if plan.inputs and plan.inputs < held_out.size:
            self._inputs = np.linspace(0, held_out.size - 1, plan.inputs).round().astype(np.int64)
        self.domains = held_out.labels.argmax(axis=1)
        if self._has_parallel():
            self.offers |= {subject_lib.Need.PARALLEL}
        self.total = sum(len(self._asked(one)) for one in self.directions)
        self.about = {
            "images": [len(self._inputs)], "outputs_of_each": 1, "seed": 0, **about
        }  # fmt: skip

    def batches(self, mode: str, draw: int = 0) -> Iterator[subject_lib.SequenceBatch]:
        """Yields all conversions of a mode; see `Subject.batches`."""
        del draw  # nothing is drawn
        for direction in self.directions:
            asked = self._asked(direction)
            for part in batches.slices(len(asked), _BATCH):
                yield self._converted(direction, asked[part], mode)

    def target(self, direction: subject_lib.Direction) -> int:
        """Returns the position in labels of what a direction asks for."""
        return self.held_out.label_space.index(direction.target)

    def parallel(self, index: int, domain: int) -> np.ndarray | None:
        """Returns the features (U, F) of another domain's example of the same content.

        None: it has none. A metric that calls this needs `Need.PARALLEL`.
        """
        if isinstance(self.held_out, source_lib.Conversions):
            return self.held_out.conversion(int(index), domain)
        number = self.held_out.parallel(int(index), domain)
        return None if number is None else self.held_out.whole(number)

    def linear(self, features: np.ndarray, source: int, target: int) -> np.ndarray:
        """Returns features (T, F) of a domain with the mean and deviation of another."""
        known = self.algorithm.settings.statistics
        if "mean" not in known:
            return features
        mean, deviation = known["mean"], known["deviation"]
        scaled = (features - mean[source]) / deviation[source]
        return (scaled * deviation[target] + mean[target]).astype(np.float32)

    def _has_parallel(self) -> bool:
        """Returns whether `parallel` finds anything for any input; reads no example."""
        if isinstance(self.held_out, source_lib.Conversions):
            return True
        return isinstance(self.held_out, source_lib.Parallel) and any(
            self.held_out.parallel(int(index), domain) is not None
            for index in self._inputs
            for domain in range(self.held_out.label_space.width)
            if domain != self.domains[index]
        )

    def _asked(self, direction: subject_lib.Direction) -> np.ndarray:
        """Returns the numbers of the inputs of a direction."""
        own, space = self.domains[self._inputs], self.held_out.label_space
        if direction.source:
            return self._inputs[own == space.index(direction.source)]
        return self._inputs[own != self.target(direction)]

    def _converted(
        self, direction: subject_lib.Direction, indices: np.ndarray, mode: str
    ) -> subject_lib.SequenceBatch:
        target, inputs = self.target(direction), [self.held_out.whole(int(i)) for i in indices]
        outputs, mapped = [], []
        labels = np.eye(self.held_out.label_space.width, dtype=np.float32)
        for features, source in zip(inputs, self.domains[indices], strict=True):
            made = self.algorithm.convert(
                features[np.newaxis],
                labels[[source]],
                labels[[target]],
                differential=mode == DIFFERENTIAL,
            )
            outputs.append(np.asarray(made[0]))
            mapped.append(self.linear(features, source, target))
        if not all(np.isfinite(one).all() for one in outputs):
            raise errors.UserError(
                "The networks give features that are not finite: the training has diverged; choose "
                "an earlier `checkpoint`, or train again."
            )
        return subject_lib.SequenceBatch(direction, outputs, inputs, mapped, indices)
