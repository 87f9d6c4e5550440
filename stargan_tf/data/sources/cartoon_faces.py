"""The embedded data set: drawn faces, with the true translation of each to any label.

A face is an identity, attributes and a style, all pure functions of (seed, index). What a face
would look like with other attributes can therefore be drawn, and a translation measured.
"""

import copy
import itertools

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.cartoon import drawing
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import source

_SEED = 0  # of the data set; a run's own seed orders the faces, it does not change them
_FIRST_TEST_INDEX = 2**32  # no training set is so large: the identities are disjoint
_FACES_OF_A_SET = 2**27
_CACHE_BYTES = 2**30


class CartoonFaces(source.Source):
    """`count` faces, drawn when they are first asked for and then kept, up to 1 GiB in all.

    Args:
      split: "train" or "test"; no identity is in both.
      image_size: Of the drawings, 32 to 512 pixels.
      count: The number of faces.
      attributes: Those to label, of `drawing.ATTRIBUTES`; the others vary unlabelled.
      exclusive: Groups of attributes that exclude each other; names not in `attributes` are left
        out of them.
      spread: How far the styles spread, from 0 to 1.
      as_domains: Whether the attributes are domains: then only faces that show exactly one of them
        are in the set, labels are one-hot, and `exclusive` does not matter.
      member: Sets of different numbers have no identity in common.

    Raises:
      UserError: An argument is out of its range, or some domain can have no face.
    """

    in_memory = True

    def __init__(
        self,
        split: str,
        image_size: int,
        count: int,
        attributes: tuple[str, ...] = drawing.ATTRIBUTES,
        exclusive: tuple[tuple[str, ...], ...] = (drawing.HAIR_COLOURS,),
        spread: float = 0.25,
        *,
        as_domains: bool = False,
        member: int = 0,
    ):
        if split not in ("train", "test"):
            raise ValueError(f"split must be 'train' or 'test'. Received: {split!r}")
        _check(image_size, count, attributes, spread)
        self.image_size = image_size
        self.label_space = labels_lib.LabelSpace.of_attributes(attributes, exclusive)
        if as_domains:
            _check_domains(attributes)
            self.label_space = labels_lib.LabelSpace("domains", tuple(attributes))
        self._spread = spread
        self._columns = [drawing.ATTRIBUTES.index(name) for name in attributes]
        first = member * _FACES_OF_A_SET + (_FIRST_TEST_INDEX if split == "test" else 0)
        sampled = ((n, drawing.sample_attributes(_SEED, n)) for n in itertools.count(first))
        if as_domains:
            sampled = (face for face in sampled if face[1][self._columns].sum() == 1)
        numbers, rows = zip(*itertools.islice(sampled, count), strict=True)
        self._numbers, self._attributes = numbers, np.stack(rows)
        self.labels = self._attributes[:, self._columns]
        cached = count * image_size**2 * 3 <= _CACHE_BYTES
        self._cache: dict[int, np.ndarray] | None = {} if cached else None

    def labelled(self, label_space: labels_lib.LabelSpace) -> "CartoonFaces":
        """Returns the same faces with other attributes labelled: those of `label_space`."""
        other = copy.copy(self)
        other.label_space = label_space
        other._columns = [drawing.ATTRIBUTES.index(name) for name in label_space.names]
        other.labels = other._attributes[:, other._columns]
        return other

    def image(self, index: int) -> np.ndarray:
        """Returns face `index`: (S, S, 3) uint8."""
        index = int(index)
        if self._cache is None:
            return self.render(index, self.labels[index])
        if index not in self._cache:
            self._cache[index] = self.render(index, self.labels[index])
            self._cache[index].setflags(write=False)
        return self._cache[index]

    def render(
        self,
        index: int,
        label: np.ndarray,
        *,
        style_of: int | None = None,
        looks_of: int | None = None,
    ) -> np.ndarray:
        """Draws face `index` with another label: the true translation.

        Args:
          index: Of the face, whose identity it is.
          label: (width,) of 0 and 1.
          style_of: The face of this set whose style it takes: cut and shade of the hair, shape of
            the glasses, width of the smile; None: its own.
          looks_of: The face of this set whose unlabelled attributes it takes; None: its own.

        Returns:
          (S, S, 3) uint8.
        """
        index = int(index)
        attributes = self._attributes[index if looks_of is None else int(looks_of)].copy()
        attributes[self._columns] = label
        identity = drawing.sample_identity(_SEED, self._numbers[index])
        worn = self._numbers[index if style_of is None else int(style_of)]
        style = drawing.sample_style(_SEED, worn, self._spread)
        return drawing.draw(identity, attributes, style, self.image_size)

    def load(self, index: tf.Tensor) -> tf.Tensor:
        """Returns face `index` in a graph."""
        image = tf.numpy_function(self.image, [index], tf.uint8, stateful=False)
        return tf.ensure_shape(image, (self.image_size, self.image_size, 3))

    def describe(self, index: int) -> str:
        """Returns the number of the drawing."""
        return f"cartoon face {self._numbers[index]}"


def _check(image_size: int, count: int, attributes: tuple[str, ...], spread: float) -> None:
    if not 32 <= image_size <= 512:
        raise errors.UserError(
            f"cartoon_faces are drawn at 32 to 512 pixels; received image_size={image_size}; "
            "choose a size in that range."
        )
    if count < 1:
        raise errors.UserError(f"cartoon_faces needs at least one face; received {count}.")
    if not 0 <= spread <= 1:
        raise errors.UserError(f"cartoon_spread goes from 0 to 1; received {spread}.")
    if not attributes:
        raise errors.UserError("cartoon_faces needs at least one attribute; received none.")
    for name in attributes:
        if name not in drawing.ATTRIBUTES:
            raise labels_lib.unknown_name(name, drawing.ATTRIBUTES, what="attribute")


def _check_domains(names: tuple[str, ...]) -> None:
    # Every face shows a hair colour: beside all colours nothing else is shown alone.
    hair = drawing.HAIR_COLOURS
    others = [name for name in names if name not in hair]
    if others and set(hair) <= set(names):
        raise errors.UserError(
            f"Every cartoon face shows one of {', '.join(hair)}, so none shows {others[0]} and no "
            f"other domain; received the domains {', '.join(names)}; leave a colour or "
            f"{' and '.join(others)} out."
        )
