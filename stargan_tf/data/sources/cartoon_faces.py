"""The embedded data set: drawn faces, and the true translation of each to any label.

A face is an identity, attributes and a style, all pure functions of (seed, index). The same face
can therefore be drawn with other attributes, to measure how good a translation is.
"""

import copy
import dataclasses
import itertools

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.cartoon import drawing, sampling
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import source

_SEED = 0  # the data set's seed; a run's seed orders the faces but does not change them
_FIRST_TEST_INDEX = 2**32  # above the numbers of any training set: the identities are disjoint
_FACES_PER_SET = 2**27
_CACHE_BYTES = 2**30


class CartoonFaces(source.Source):
    """`count` faces, drawn on first use and then kept if all fit into 1 GiB.

    Args:
      split: "train" or "test"; they share no identity.
      image_size: Side of the drawings, 32 to 512 pixels.
      count: The number of faces.
      attributes: The attributes to label, from `sampling.ATTRIBUTES`; the others vary unlabelled.
      exclusive: Groups of attributes that exclude each other; names that are not in `attributes`
        are dropped.
      spread: How much the styles vary, from 0 to 1.
      as_domains: Whether the attributes are domains. Then the set has only faces that show exactly
        one of them, labels are one-hot, and `exclusive` is ignored.
      pose: How much position, size and turn of the head vary, from 0 (little) to 1.
      member: Number of the set in a joint training; sets of different numbers share no identity.

    Raises:
      UserError: An argument is out of range, or a domain can't have any face.
    """

    in_memory = True

    def __init__(
        self,
        split: str,
        image_size: int,
        count: int,
        attributes: tuple[str, ...] = sampling.ATTRIBUTES,
        exclusive: tuple[tuple[str, ...], ...] = (sampling.HAIR_COLOURS,),
        spread: float = 0.25,
        *,
        as_domains: bool = False,
        pose: float = 0.0,
        member: int = 0,
    ):
        if split not in ("train", "test"):
            raise ValueError(f"split must be 'train' or 'test'. Received: {split!r}")
        _check(image_size, count, attributes, spread, pose)
        self.image_size = image_size
        self.label_space = labels_lib.LabelSpace.of_attributes(attributes, exclusive)
        if as_domains:
            _check_domains(attributes)
            self.label_space = labels_lib.LabelSpace("domains", tuple(attributes))
        self._spread, self._pose = spread, pose
        self._columns = [sampling.ATTRIBUTES.index(name) for name in attributes]
        first = member * _FACES_PER_SET + (_FIRST_TEST_INDEX if split == "test" else 0)
        sampled = ((n, sampling.sample_attributes(_SEED, n)) for n in itertools.count(first))
        if as_domains:
            sampled = (face for face in sampled if face[1][self._columns].sum() == 1)
        numbers, rows = zip(*itertools.islice(sampled, count), strict=True)
        self._numbers, self._attributes = numbers, np.stack(rows)
        self.labels = self._attributes[:, self._columns]
        self._cache = self._new_cache()

    def drawn_at(self, image_size: int) -> "CartoonFaces":
        """Returns the same faces, drawn at another size: 32 to 512 pixels.

        Raises:
          UserError: It is another size, which is the user's `load_size`.
        """
        _check_size(image_size, "load_size")
        other = copy.copy(self)
        other.image_size = image_size
        other._cache = other._new_cache()
        return other

    def _new_cache(self) -> dict[int, np.ndarray] | None:
        """Returns an empty cache; None: the drawings would not fit."""
        fits = len(self._numbers) * self.image_size**2 * 3 <= _CACHE_BYTES
        return {} if fits else None

    def labelled(self, label_space: labels_lib.LabelSpace) -> "CartoonFaces":
        """Returns the same faces, labelled with the attributes of `label_space`."""
        other = copy.copy(self)
        other.label_space = label_space
        other._columns = [sampling.ATTRIBUTES.index(name) for name in label_space.names]
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
        pose_of: int | None = None,
        colours_of: int | None = None,
    ) -> np.ndarray:
        """Draws face `index` with another label: the true translation.

        Args:
          index: The face that gives the identity.
          label: (width,) of 0 and 1.
          style_of: The face that gives the style: cut and shade of the hair, shape of the glasses,
            width of the smile; None: face `index`.
          looks_of: The face that gives the unlabelled attributes; None: face `index`.
          pose_of: The face that gives position, size and turn of the head; None: face `index`.
          colours_of: The face that gives the shade of the hair, the skin, the background and the
            light; None: face `index`, and for the shade the face that gives the style.

        Returns:
          (S, S, 3) uint8.
        """
        index = int(index)
        attributes = self._attributes[index if looks_of is None else int(looks_of)].copy()
        attributes[self._columns] = label
        identity = self._identity(index)
        style = self._style(index if style_of is None else style_of)
        if pose_of is not None:
            identity = _with(identity, self._identity(pose_of), sampling.POSE)
        if colours_of is not None:
            identity = _with(identity, self._identity(colours_of), sampling.COLOURS)
            style = _with(style, self._style(colours_of), ("shade",))
        return drawing.draw(identity, attributes, style, self.image_size)

    def _identity(self, index: int) -> sampling.Identity:
        return sampling.sample_identity(_SEED, self._numbers[int(index)], self._pose)

    def _style(self, index: int) -> sampling.Style:
        return sampling.sample_style(_SEED, self._numbers[int(index)], self._spread)

    def load(self, index: tf.Tensor) -> tf.Tensor:
        """Returns face `index` as (S, S, 3) uint8; a graph function."""
        image = tf.numpy_function(self.image, [index], tf.uint8, stateful=False)
        return tf.ensure_shape(image, (self.image_size, self.image_size, 3))

    def describe(self, index: int) -> str:
        """Returns the number of the drawing."""
        return f"cartoon face {self._numbers[index]}"


def _with(one, other, fields: tuple[str, ...]):
    """Returns the identity or style `one` with the fields that are named from `other`."""
    return dataclasses.replace(one, **{name: getattr(other, name) for name in fields})


def _check(
    image_size: int, count: int, attributes: tuple[str, ...], spread: float, pose: float
) -> None:
    _check_size(image_size, "image_size")
    if count < 1:
        raise errors.UserError(f"cartoon_faces needs at least one face; received {count}.")
    for name, value in (("cartoon_spread", spread), ("cartoon_pose", pose)):
        if not 0 <= value <= 1:
            raise errors.UserError(f"{name} goes from 0 to 1; received {value}.")
    if not attributes:
        raise errors.UserError("cartoon_faces needs at least one attribute; received none.")
    labels_lib.refuse_unknown(attributes, sampling.ATTRIBUTES, "attribute")


def _check_size(size: int, name: str) -> None:
    if not 32 <= size <= 512:
        raise errors.UserError(
            f"cartoon_faces are drawn at 32 to 512 pixels; received {name}={size}; choose a size "
            "in that range."
        )


def _check_domains(names: tuple[str, ...]) -> None:
    # Every face shows a hair colour. If all colours are domains, no other attribute shows alone.
    hair = sampling.HAIR_COLOURS
    others = [name for name in names if name not in hair]
    if others and set(hair) <= set(names):
        raise errors.UserError(
            f"Every cartoon face shows one of {', '.join(hair)}, so none shows {others[0]} and no "
            f"other domain; received the domains {', '.join(names)}; leave a colour or "
            f"{' and '.join(others)} out."
        )
