"""What an exported CycleGAN can be asked."""

import functools
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm
from stargan_tf.data import labels as labels_lib

Generators = Mapping[tuple[int, int], Callable[[tf.Tensor], tf.Tensor]]

_IMAGE = tf.TensorSpec((None, None, None, 3), tf.float32)
_STAYS, _UNKNOWN = 0, -1  # entries of `_routes`


def signatures(
    space: labels_lib.LabelSpace, generators: Generators
) -> dict[str, algorithm.Signature]:
    """Returns the signatures by name.

    - For servers translate(image (N, H, W, 3), source (N, K), label (N, K)) -> translated. Source
      and label are one-hot; of two domains source may be zeros: it is the other one then.
    - For devices, which have no operation that picks a generator for each image, X_to_Y(image) ->
      translated for every direction.

    H and W are open.

    Args:
      space: The domains.
      generators: By direction: (source, target) as positions in labels.
    """
    made = {"translate": _translate(space, generators)}
    for (source, target), G in generators.items():
        made[f"{space.names[source]}_to_{space.names[target]}"] = algorithm.Signature(
            lambda image, G=G: {"translated": G(image)},
            {"image": _IMAGE},
            {"image": "image", "translated": "image"},
            lambda image: _fits(image),
            only_for="devices",
        )
    return made


def _translate(space: labels_lib.LabelSpace, generators: Generators) -> algorithm.Signature:
    routes = tf.constant(_routes(space.width, generators))

    def route(source: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
        """Returns the number of what translates each image: 0 nothing, k the k-th generator."""
        known = tf.reduce_any(source > 0, axis=1)
        row = tf.where(known, tf.argmax(source, axis=1), space.width)
        return tf.gather_nd(routes, tf.stack([row, tf.argmax(label, axis=1)], axis=1))

    def translate(image: tf.Tensor, source: tf.Tensor, label: tf.Tensor) -> dict[str, tf.Tensor]:
        way, count = tf.maximum(route(source, label), 0), 1 + len(generators)
        parts = tf.dynamic_partition(image, way, count)
        # An empty batch can't be mirrored at its borders, and asks for nothing.
        outputs = [
            tf.cond(tf.shape(x)[0] > 0, functools.partial(G, x), functools.partial(tf.identity, x))
            for G, x in zip((tf.identity, *generators.values()), parts, strict=True)
        ]
        places = tf.dynamic_partition(tf.range(tf.shape(image)[0]), way, count)
        translated = tf.dynamic_stitch(places, outputs)
        return {"translated": tf.ensure_shape(translated, (None, *image.shape[1:]))}

    def requires(image: tf.Tensor, source: tf.Tensor, label: tf.Tensor) -> dict[str, tf.Tensor]:
        names = space.names
        known = ", ".join(f"{names[s]} to {names[t]}" for s, t in generators)
        unknown = " (source may be zeros: the other one)" if space.width == 2 else ""
        return {
            **_fits(image),
            "source and label must each hold a single 1, at a domain's place"
            f"{unknown}": tf.reduce_all(_is_one_hot(label))
            & tf.reduce_all(_is_one_hot(source) | tf.reduce_all(source == 0, axis=1)),
            f"the generators are from {known}; source and label must be one of these, or the "
            "same": tf.reduce_all(route(source, label) >= 0),
        }

    label = tf.TensorSpec((None, space.width), tf.float32)
    kinds = {"image": "image", "source": "source", "label": "label", "translated": "image"}
    inputs = {"image": _IMAGE, "source": label, "label": label}
    return algorithm.Signature(translate, inputs, kinds, requires, only_for="servers")


def _routes(width: int, generators: Generators) -> np.ndarray:
    """Returns (K + 1, K) int32: from a domain, or last from one that is not known, to a domain."""
    routes = np.full((width + 1, width), _UNKNOWN, np.int32)
    np.fill_diagonal(routes, _STAYS)
    for number, direction in enumerate(generators, 1):
        routes[direction] = number
    if width == 2:
        routes[2] = routes[[1, 0], [0, 1]]
    return routes


def _is_one_hot(rows: tf.Tensor) -> tf.Tensor:
    ones = tf.reduce_sum(tf.cast(rows == 1, tf.int32), axis=1)
    others = tf.reduce_any((rows != 0) & (rows != 1), axis=1)
    return (ones == 1) & ~others


def _fits(image: tf.Tensor) -> dict[str, tf.Tensor]:
    size = tf.shape(image)[1:3]
    fits = tf.reduce_all((size % 4 == 0) & (size >= 8))
    return {"the height and width of image must be multiples of 4, at least 8": fits}
