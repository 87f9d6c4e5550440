"""Drawn pairs: the contours of a face, and the coloured face, of which many colourings are true.

Contours tell the geometry, the cut of the hair, the glasses and the mouth. What they leave open is
the colour and shade of the hair, the skin and the background: another face's can be put in, which
gives every true translation of a contour. All other colours are the same in all faces.
"""

import copy
import dataclasses
from typing import Literal

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.cartoon import contours, drawing, sampling
from stargan_tf.data import source
from stargan_tf.data.sources import pairing

_SEED = 0  # the data set's; a run's seed orders the pairs but does not change them
_FIRST_TEST_INDEX = 2**32  # above the numbers of any training set
_CACHE_BYTES = 2**30
# What neither the contours tell nor a colouring: so that a style holds what it should, and no more.
_FIXED = {
    "clothes": (74, 92, 124),
    "iris": (94, 72, 52),
    "brow": (62, 48, 44),
    "light": 0.0,
    "brightness": 1.0,
}
_FRAME = (40, 38, 46)  # colour of the glasses
_OPEN = ("skin", "lips", "background")  # of an identity, with the hair's colour and shade
_HAIR = [sampling.ATTRIBUTES.index(name) for name in sampling.HAIR_COLOURS]


class CartoonPairs(source.Source, source.Answers):
    """`count` pairs, drawn on first use and then kept if all fit into 1 GiB.

    Image k < count is what is translated of pair k, and image count + k its true translation.

    Args:
      split: "train" or "test"; they share no face.
      image_size: Side of the drawings, 32 to 512 pixels.
      count: The number of pairs.
      spread: How much styles (cut, shade, glasses, smile) vary, from 0 to 1.
      pose: How much position, size and turn of the head vary, from 0 (little) to 1.
      direction: "AtoB": contours are coloured; "BtoA": the faces' contours are drawn.

    Raises:
      UserError: An argument is out of range.
    """

    in_memory = True

    def __init__(
        self,
        split: Literal["train", "test"],
        image_size: int,
        count: int,
        spread: float = 0.25,
        pose: float = 0.0,
        direction: str = "AtoB",
    ):
        if split not in ("train", "test"):
            raise ValueError(f"split must be 'train' or 'test'. Received: {split!r}")
        _check(image_size, count, spread, pose)
        self.image_size, self._count = image_size, count
        self._spread, self._pose = spread, pose
        self._first = _FIRST_TEST_INDEX if split == "test" else 0
        self._colours_b = direction == "AtoB"
        self.label_space = pairing.label_space(direction)
        self.labels, self.pairs = pairing.labels_and_pairs(count)
        self._cache = self._new_cache()

    def drawn_at(self, image_size: int) -> "CartoonPairs":
        """Returns the same pairs, drawn at another size: 32 to 512 pixels."""
        other = copy.copy(self)
        other.image_size = image_size
        other._cache = other._new_cache()
        return other

    def image(self, index: int) -> np.ndarray:
        """Returns image `index`: (S, S, 3) uint8."""
        index = int(index)
        if self._cache is None:
            return self._drawn(index)
        if index not in self._cache:
            self._cache[index] = self._drawn(index)
            self._cache[index].setflags(write=False)
        return self._cache[index]

    def answer(self, index: int, style_of: int) -> np.ndarray:
        """Returns image `index`, translated in the colours of the pair of image `style_of`.

        Contours have one drawing, whatever the colours.
        """
        number, other = int(index) % self._count, int(style_of) % self._count
        return self._face(number, other) if self._colours_b else self._contours(number)

    def load(self, index: tf.Tensor) -> tf.Tensor:
        """Returns image `index` as (S, S, 3) uint8; a graph function."""
        image = tf.numpy_function(self.image, [index], tf.uint8, stateful=False)
        return tf.ensure_shape(image, (self.image_size, self.image_size, 3))

    def describe(self, index: int) -> str:
        """Returns the number of the face, and what is drawn of it."""
        number, translated = index % self._count, index < self._count
        what = "contours of" if translated == self._colours_b else "colours of"
        return f"{what} cartoon face {self._first + number}"

    def _drawn(self, index: int) -> np.ndarray:
        number = index % self._count
        if (index < self._count) == self._colours_b:
            return self._contours(number)
        return self._face(number, number)

    def _contours(self, number: int) -> np.ndarray:
        return contours.draw(*self._parts(number), self.image_size)

    def _face(self, number: int, colours_of: int) -> np.ndarray:
        identity, attributes, style = self._parts(number)
        other, looks, shades = self._parts(colours_of)
        identity = dataclasses.replace(identity, **{name: getattr(other, name) for name in _OPEN})
        attributes[_HAIR] = looks[_HAIR]
        style = dataclasses.replace(style, shade=shades.shade)
        return drawing.draw(identity, attributes, style, self.image_size)

    def _parts(self, number: int) -> tuple[sampling.Identity, np.ndarray, sampling.Style]:
        number += self._first
        identity = sampling.sample_identity(_SEED, number, self._pose)
        style = sampling.sample_style(_SEED, number, self._spread)
        return (
            dataclasses.replace(identity, **_FIXED),
            sampling.sample_attributes(_SEED, number),
            dataclasses.replace(style, frame_colour=_FRAME),
        )

    def _new_cache(self) -> dict[int, np.ndarray] | None:
        """Returns an empty cache; None: the drawings would not fit."""
        return {} if 2 * self._count * self.image_size**2 * 3 <= _CACHE_BYTES else None


def _check(image_size: int, count: int, spread: float, pose: float) -> None:
    smallest, largest = drawing.MIN_SIZE, drawing.MAX_SIZE
    if not smallest <= image_size <= largest:
        raise errors.UserError(
            f"cartoon_pairs are drawn at {smallest} to {largest} pixels; received image_size="
            f"{image_size}; choose a size in that range."
        )
    if count < 1:
        raise errors.UserError(f"cartoon_pairs needs at least one pair; received {count}.")
    for name, value in (("cartoon_spread", spread), ("cartoon_pose", pose)):
        if not 0 <= value <= 1:
            raise errors.UserError(f"{name} goes from 0 to 1; received {value}.")
