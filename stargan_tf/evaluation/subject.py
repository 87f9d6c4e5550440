"""What is measured: translations, direction by direction, and the real images beside them."""

import abc
import dataclasses
import enum
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Literal

import numpy as np

from stargan_tf.data import labels as labels_lib
from stargan_tf.evaluation import images as images_lib

Examples = Literal["images", "sequences"]


class Need(enum.Enum):
    """What a subject may offer and a metric may need; the value says it in a message.

    A subject that offers NETWORKS is a `run_subject.RunSubject`, with the algorithm. One of
    sequences is a `sequence_subject.SequenceSubject`.
    """

    INPUTS = "the images that were translated"
    REAL = "real images of the targets"
    NETWORKS = "the networks that translate"
    BACK = "networks that translate back, too"
    RENDERS = "a data set that can draw the true translations"
    TARGETS = "pairs of images and their true translations"
    ANSWERS = "pairs of which every true translation can be drawn"
    PARALLEL = (
        "held-out examples with the same content in several domains, such as recordings of one "
        "sentence that have the same file name"
    )
    CEPSTRA = "features that are mel-cepstra"


@dataclasses.dataclass(frozen=True)
class Direction:
    """Translations to one label.

    Attributes:
      name: "cat2dog" between two domains, "dog" from all the others, "Blond_Hair" or "-Eyeglasses"
        of attributes; of joint runs behind the name of the images' data set: "celeba: happy".
      target: The label that is asked for, by its name in its own data set.
      present: Whether the target shows the label; False: it lacks it ("-Eyeglasses").
      source: The domain of the inputs; "": any other than the target, or there are no domains.
      images_of: The number of the data set (of `Subject.members`) that the inputs are of.
      labels_of: The number of the data set that the label is of: only a joint run has others than
        `images_of`.
    """

    name: str
    target: str
    present: bool = True
    source: str = ""
    images_of: int = 0
    labels_of: int = 0


@dataclasses.dataclass(frozen=True)
class Batch:
    """Some translations of one direction. All images are uint8, as a PNG file would hold them.

    Attributes:
      direction: Of all of them.
      outputs: (N, K, H, W, 3), K translations of each input.
      images: (N, H, W, 3), the inputs; None: they are not known (a folder of generated images).
      labels: (N, width) of 0 and 1, the inputs' own, in the label space of data set
        `direction.labels_of`; None as above. Of a data set that does not know this label they are
        what the run's classifier sees.
      wanted: (N, width), what was asked for, in the same space; None as above.
      indices: (N,), the numbers of the inputs among the held-out images of data set
        `direction.images_of`; None as above.
      references: (N, K), the numbers of the images, among the same, whose styles were asked for;
        None: there are no references.
    """

    direction: Direction
    outputs: np.ndarray
    images: np.ndarray | None = None
    labels: np.ndarray | None = None
    wanted: np.ndarray | None = None
    indices: np.ndarray | None = None
    references: np.ndarray | None = None
    _made: dict[Hashable, Any] = dataclasses.field(default_factory=dict, repr=False)

    @property
    def count(self) -> int:
        """How many outputs it has."""
        return self.outputs.shape[0] * self.outputs.shape[1]

    def once(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        """Returns what `compute` gives, computed once for all metrics that ask with this key.

        So metrics that look at the same features of the outputs share them.
        """
        if key not in self._made:
            self._made[key] = compute()
        return self._made[key]


@dataclasses.dataclass(frozen=True)
class SequenceBatch:
    """Some conversions of sequences of one direction, N of them; each has T frames of its own.

    Attributes:
      direction: Of all of them.
      outputs: N conversions (T, F) float32, raw.
      inputs: N inputs (T, F) float32, raw.
      mapped: N inputs (T, F) float32 with the mean and the deviation of the target: what a linear
        map of each feature does.
      indices: (N,), the numbers of the inputs among the held-out examples.
    """

    direction: Direction
    outputs: Sequence[np.ndarray]
    inputs: Sequence[np.ndarray]
    mapped: Sequence[np.ndarray]
    indices: np.ndarray

    @property
    def count(self) -> int:
        """How many outputs it has."""
        return len(self.outputs)


@dataclasses.dataclass(frozen=True)
class Member:
    """One data set of the run: the only one, or one of a joint training.

    Attributes:
      name: Its name; "" if it is the only one.
      space: What its labels mean.
      training: Its training images; None: there are none to look at.
      held_out: Its held-out images; None: there are none.
    """

    name: str
    space: labels_lib.LabelSpace
    training: images_lib.Images | None = None
    held_out: images_lib.Images | None = None


class Subject(abc.ABC):
    """What is measured.

    Attributes:
      examples: What is translated or converted: "images", or "sequences" of features.
      image_size: Height and width of the outputs in pixels; 0: they are no images.
      members: The data sets, if they are of images.
      directions: In the order in which `batches` gives them.
      modes: The ways in which outputs are asked for, each measured for itself: ("",), or of runs
        with styles "latent" and "reference".
      outputs: How many translations of each input there are in a mode, the K of `Batch`.
      varies: Whether another draw gives other outputs.
      total: About how many outputs a mode and draw have, to show progress.
      offers: What metrics may need of it.
      about: What a report has to say of it, ready for JSON: the run and its step, the data set, the
        seeds.
    """

    examples: Examples = "images"
    image_size: int
    members: tuple[Member, ...]
    directions: tuple[Direction, ...]
    modes: tuple[str, ...] = ("",)
    outputs: int = 1
    varies: bool = False
    total: int
    offers: frozenset[Need]
    about: dict[str, Any]

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}

    @abc.abstractmethod
    def batches(self, mode: str, draw: int = 0) -> Iterator[Batch | SequenceBatch]:
        """Yields all translations of a mode, all those of a direction one after the other.

        Args:
          mode: Of `modes`.
          draw: Decides latent codes, references, and which images are taken where not all are.
        """

    def real(self, direction: Direction) -> images_lib.Images:
        """Returns the real images that show what the direction asks for: those trained on.

        Raises:
          ValueError: There are none; a metric that calls this needs `Need.REAL`.
        """
        numbers = self.real_numbers(direction)
        return self.members[direction.labels_of].training.subset(numbers)

    def real_numbers(self, direction: Direction) -> np.ndarray:
        """Returns the numbers of these images among the training images of their data set.

        Raises:
          ValueError: As in `real`.
        """
        training = self.members[direction.labels_of].training
        if training is None:
            raise ValueError("Metrics that look at real images have to need Need.REAL.")
        return training.numbers_showing(direction.target, direction.present)

    def translated_back(self, batch: Batch) -> np.ndarray:
        """Returns the outputs of a batch translated back to what the inputs were.

        Returns:
          (N, K, H, W, 3) uint8.

        Raises:
          ValueError: Nothing translates back; a metric that calls this needs `Need.BACK`.
        """
        raise ValueError("Metrics that translate back have to need Need.BACK.")

    def partners(self, indices: np.ndarray) -> np.ndarray:
        """Returns the numbers (N,) of the true translations of held-out images.

        Args:
          indices: (N,), the numbers of images that are translated; of the first data set.

        Raises:
          ValueError: One has no partner; a metric that calls this needs `Need.TARGETS`.
        """
        held_out = self.members[0].held_out
        pairs = None if held_out is None else held_out.source.pairs
        if pairs is None:
            raise ValueError("Metrics that look at true translations have to need Need.TARGETS.")
        partner = dict(pairs.tolist())
        missing = [int(i) for i in indices if int(i) not in partner]
        if missing:
            raise ValueError(f"Not all images have a partner. Received: {missing}")
        return np.array([partner[int(i)] for i in indices], np.int64)

    def once(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        """Returns what `compute` gives, computed once for as long as the subject lives.

        For what does not depend on the outputs, such as the statistics of real images: a monitor
        measures the same subject again and again.
        """
        if key not in self._made:
            self._made[key] = compute()
        return self._made[key]
