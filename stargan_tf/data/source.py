"""What every data set offers to the pipeline: random access to examples and their labels."""

import abc
import dataclasses
import hashlib
import types
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data.images import decoding

_NAMED = 5  # how many bad images a message names


@dataclasses.dataclass(frozen=True)
class Remark:
    """What a look at all examples shows that would make a training worse.

    Attributes:
      kind: A word for programs, such as "clipped".
      severity: "warning", or "hint": the user should look.
      message: The problem in one sentence.
      advice: What to do, as a command without a full stop; "": nothing.
      names: The examples concerned.
    """

    kind: str
    severity: Literal["warning", "hint"]
    message: str
    advice: str = ""
    names: Sequence[str] = ()


class Source(abc.ABC):
    """One split of a data set, as a finite list of labelled images, or of other examples.

    Attributes:
      noun: What messages call an example.
      sample_name: What `load` returns, as examples name it.
      sample_spec: Its shape and type; None where a size may differ between examples.
      label_space: What the label vectors mean.
      labels: (size, width) float32 of 0 and 1, the label of every image.
      pairs: (P, 2) int64, the numbers of images that belong together: one that is translated, and
        its true translation, of the same size; None: no image has a partner.
      crop_size: Side in pixels of the centred square that its images are cut to where the user asks
        for no other; 0: the largest that fits. Only a pack has one, if it was packed with it.
      in_memory: Whether images are held in memory as they are, so that no cache is of use.
      statistics: What the training data tell that a run has to keep, as arrays by name, such as
        means to normalize by. A held-out split has those of the training split. {}: nothing.
    """

    noun: str = "image"
    sample_name: str = "image"
    sample_spec: tf.TensorSpec = tf.TensorSpec((None, None, 3), tf.uint8)
    label_space: labels_lib.LabelSpace
    labels: np.ndarray
    pairs: np.ndarray | None = None
    crop_size: int = 0
    in_memory: bool = False
    statistics: Mapping[str, np.ndarray] = types.MappingProxyType({})

    @property
    def size(self) -> int:
        """How many images there are."""
        return len(self.labels)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape of an example that is not an image; (): examples are images."""
        return () if self.sample_name == "image" else tuple(self.sample_spec.shape)

    @property
    def example_spec(self) -> dict[str, tf.TensorSpec]:
        """The tensors of an example, by name; of pairs also "target", the true translation."""
        spec = {
            self.sample_name: self.sample_spec,
            "label": tf.TensorSpec((self.label_space.width,), tf.float32),
        }
        return spec if self.pairs is None else {**spec, "target": self.sample_spec}

    @abc.abstractmethod
    def load(self, index: tf.Tensor) -> tf.Tensor:
        """Returns example `index` (int64 scalar), a tensor of `sample_spec`; a graph function."""

    def load_part(self, index: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
        """Returns a part of example `index`, where `load` returns one without any chance.

        Args:
          index: int64 scalar.
          start: Decides which part: a float32 scalar, uniform in [0, 1).

        Returns:
          A tensor of `sample_spec`; of a source whose examples have no parts what `load` returns.
        """
        del start
        return self.load(index)

    def whole(self, index: int) -> np.ndarray:
        """Returns the whole example `index`, if `load` returns a part of it."""
        return self.load(tf.constant(index, tf.int64)).numpy()

    def restricted(self, kept: Sequence[int]) -> "Source | None":
        """Returns examples `kept` as a source of the same class; None: a view is as good."""
        del kept
        return None

    @abc.abstractmethod
    def describe(self, index: int) -> str:
        """Returns where image `index` comes from (a path), for messages."""

    def drawn_at(self, image_size: int) -> "Source":
        """Returns the same images, at this height and width in pixels if they are drawn."""
        del image_size
        return self

    def problems(self, *, thorough: bool = False) -> dict[int, str]:
        """Returns what is wrong with each image that can't be used, by its number.

        Args:
          thorough: Whether to decode every image, which takes about a millisecond for each;
            otherwise only what the ends of each file show.
        """
        del thorough
        return {}  # what is drawn or generated can't be broken

    def notes(self) -> list[str]:
        """Returns lines on how the examples are read that a user should see before training."""
        return []

    def remarks(self) -> list[Remark]:
        """Returns what a look at every example shows, where that is the source's own matter."""
        return []

    def key(self, index: int) -> bytes:
        """Returns 16 bytes that tell image `index` from every other, and from a changed one."""
        return hashlib.blake2b(self.describe(index).encode(), digest_size=16).digest()


class EncodedSource(Source):
    """A data set whose images are stored as image files, wherever their bytes are."""

    @abc.abstractmethod
    def read(self, index: tf.Tensor) -> tf.Tensor:
        """Returns the file of image `index` (int64 scalar) as a string scalar; a graph function."""

    def load(self, index: tf.Tensor) -> tf.Tensor:
        """Returns image `index` (int64 scalar) as (height, width, 3) uint8; a graph function."""
        return decoding.decode(self.read(index))


class Answers(abc.ABC):
    """What a source of pairs is besides if it knows all true translations of an image."""

    @abc.abstractmethod
    def answer(self, index: int, style_of: int) -> np.ndarray:
        """Returns the true translation of image `index` in the style of another pair's.

        Args:
          index: An image that is translated: in the first column of `Source.pairs`.
          style_of: The number of either image of the pair that gives the style.

        Returns:
          (H, W, 3) uint8.
        """


class Conversions(abc.ABC):
    """What a source of sequences is besides if it knows how each domain would have every one."""

    @abc.abstractmethod
    def conversion(self, index: int, domain: int) -> np.ndarray:
        """Returns the true conversion of the whole example `index` to a domain.

        Args:
          index: The number of the example.
          domain: A position in labels; that of the example itself gives the example.

        Returns:
          (T, F) float32, frame for frame what `whole` returns for the example.
        """


class Parallel(abc.ABC):
    """What a source of sequences is besides if examples of several domains may say the same."""

    @abc.abstractmethod
    def parallel(self, index: int, domain: int) -> int | None:
        """Returns the number of an example of another domain with the same content.

        Args:
          index: The number of the example.
          domain: A position in labels.

        Returns:
          None: the domain has no such example. The two need not have the same number of frames.
        """


def refuse(
    problems: Mapping[int, str],
    images: Source,
    advice: str = "remove or replace them, or pass on_corrupt=skip to train without them",
) -> None:
    """Raises a UserError that lists the images with problems; does nothing where there are none."""
    if not problems:
        return
    named = [f"{images.describe(i)} ({reason})" for i, reason in list(problems.items())[:_NAMED]]
    more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
    raise errors.UserError(
        f"{len(problems)} of {images.size} {images.noun}s cannot be used: "
        f"{', '.join(named)}{more}; {advice}."
    )
