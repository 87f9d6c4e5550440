"""Chooses the image and the labels among the features of a TensorFlow Datasets data set."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import names as names_lib
from stargan_tf.data.tfds.examples import Key


@dataclasses.dataclass(frozen=True)
class Columns:
    """The features to read.

    Attributes:
      image: The key of the image.
      labels: The key of one class label, or the keys of boolean attributes.
      names: The names of the classes or attributes.
      are_classes: Whether `labels` is a class label.
    """

    image: Key
    labels: tuple[Key, ...]
    names: tuple[str, ...]
    are_classes: bool


def choose(name: str, features: Any, asked: Sequence[str] = ()) -> Columns:
    """Chooses the features to read.

    Among several images it takes the one called "image", among several class labels the one called
    "label". It takes boolean features if there is no class label, or if they include all names in
    `asked`; then it takes only these.

    Args:
      name: The name of the data set, for messages.
      features: The features in the info of its builder.
      asked: The attributes or domains that the user asks for.

    Raises:
      UserError: There is no image or no label, or several without a preferred name.
    """
    import tensorflow_datasets as tfds

    leaves = dict(_leaves(features))
    image = _only(name, leaves, _is_image, "image")
    if image is None:
        raise errors.UserError(
            f"{name} has no usable image, its features are "
            f"{', '.join(map('/'.join, leaves))}; choose another data set."
        )
    # Sorted, because features read from files have another order than the builder's source.
    flags = sorted(key for key, leaf in leaves.items() if _is_flag(leaf))
    paths = [tuple(map(names_lib.normalized, key)) for key in flags]
    short = len({path[-1] for path in paths}) == len(paths)  # else whole keys: "a.b"
    attributes = {path[-1] if short else ".".join(path): key
                  for path, key in zip(paths, flags, strict=True)}  # fmt: skip
    if asked and set(asked) <= set(attributes):
        attributes = {attribute: attributes[attribute] for attribute in asked}
    else:
        label = _only(name, leaves, lambda f: isinstance(f, tfds.features.ClassLabel), "label")
        if label is not None:
            names = tuple(map(names_lib.normalized, leaves[label].names))
            return Columns(image, (label,), names, are_classes=True)
    if not attributes:
        raise errors.UserError(
            f"{name} has neither a class label nor boolean attributes, its features are "
            f"{', '.join(map('/'.join, leaves))}; choose another data set."
        )
    return Columns(image, tuple(attributes.values()), tuple(attributes), are_classes=False)


def _leaves(features: Any, key: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Yields the features that are not inside a sequence, with their keys."""
    import tensorflow_datasets as tfds

    if type(features) is tfds.features.FeaturesDict:  # subclasses count as a single feature
        for name, inner in features.items():
            yield from _leaves(inner, (*key, name))
    else:
        yield key, features


def _is_image(feature: Any) -> bool:
    import tensorflow_datasets as tfds

    # LabeledImage holds a mask; floating-point images hold depths, packed into a PNG file.
    return (
        isinstance(feature, tfds.features.Image)
        and not isinstance(feature, tfds.features.LabeledImage)
        and feature.np_dtype in (np.uint8, np.uint16)
    )


def _is_flag(feature: Any) -> bool:
    import tensorflow_datasets as tfds

    return type(feature) in (tfds.features.Scalar, tfds.features.Tensor) and (
        feature.np_dtype == np.bool_ and feature.shape == ()
    )


def _only(
    name: str, leaves: dict[Key, Any], fits: Callable[[Any], bool], preferred: str
) -> Key | None:
    """Returns the key of the one feature that fits, or of the one with the preferred name."""
    keys = [key for key, leaf in leaves.items() if fits(leaf)]
    if len(keys) > 1:
        named = [key for key in keys if key[-1] == preferred]
        if len(named) != 1:
            raise errors.UserError(
                f"{name} has {len(keys)} features that could be the {preferred} "
                f"({', '.join(map('/'.join, keys))}) and not one that is called {preferred!r}; "
                "choose another data set or configuration."
            )
        keys = named
    return keys[0] if keys else None
