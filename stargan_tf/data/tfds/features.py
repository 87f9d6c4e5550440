"""Which features of a data set of TensorFlow Datasets are the images and the labels."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import names as names_lib
from stargan_tf.data.tfds.examples import Key


@dataclasses.dataclass(frozen=True)
class Columns:
    """What to read.

    Attributes:
      image: The image.
      labels: One class label, or boolean attributes.
      names: Of the classes, or of the attributes.
      are_classes: Which of the two.
    """

    image: Key
    labels: tuple[Key, ...]
    names: tuple[str, ...]
    are_classes: bool


def choose(name: str, features: Any, asked: Sequence[str] = ()) -> Columns:
    """Chooses the features to read.

    Of several images the one called "image" is taken, of several class labels the one called
    "label". Boolean features are taken where there is no class label, or where all that was asked
    for is among them, and then only those that were.

    Args:
      name: Of the data set, for messages.
      features: Of its builder's info.
      asked: The attributes or domains that the user has named.

    Raises:
      UserError: There is no image or no label, or several and none has that name.
    """
    import tensorflow_datasets as tfds

    leaves = dict(_leaves(features))
    image = _only(name, leaves, _is_image, "image")
    if image is None:
        raise errors.UserError(
            f"{name} has no image that can be used, its features are "
            f"{', '.join(map('/'.join, leaves))}; choose another data set."
        )
    # Sorted: read from files, features come in another order than from the builder's source.
    flags = sorted(key for key, leaf in leaves.items() if _is_flag(leaf))
    attributes = dict(zip(_short_names(flags), flags, strict=True))
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
    """Yields the features that are in no sequence, with their keys."""
    import tensorflow_datasets as tfds

    if type(features) is tfds.features.FeaturesDict:  # others that derive from it are one feature
        for name, inner in features.items():
            yield from _leaves(inner, (*key, name))
    else:
        yield key, features


def _is_image(feature: Any) -> bool:
    import tensorflow_datasets as tfds

    # A LabeledImage is a mask; floating-point ones are depths, packed into the bytes of a PNG file.
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
    """Returns the one feature that fits, or that of several which has the preferred name."""
    found = [key for key, leaf in leaves.items() if fits(leaf)]
    if len(found) > 1:
        named = [key for key in found if key[-1] == preferred]
        if len(named) != 1:
            raise errors.UserError(
                f"{name} has {len(found)} features that could be the {preferred} "
                f"({', '.join(map('/'.join, found))}) and not one that is called {preferred!r}; "
                "choose another data set or configuration."
            )
        found = named
    return found[0] if found else None


def _short_names(keys: Sequence[Key]) -> tuple[str, ...]:
    """Returns the last part of each key, or all ("a.b") where the last parts are not unique."""
    keys = [tuple(map(names_lib.normalized, key)) for key in keys]
    last = [key[-1] for key in keys]
    unique = len(set(last)) == len(last)
    return tuple(last) if unique else tuple(".".join(key) for key in keys)
