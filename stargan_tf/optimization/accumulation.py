"""Gradients of a large batch, computed part by part."""

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

Part = Mapping[str, tf.Tensor]


def mean(function: Callable[[Part], Any], batch: Part, count: int) -> Any:
    """Returns the mean of a function's results over equal parts of a batch.

    The parts run one after the other, so that what one of them holds is gone before the next. Means
    over images, and their gradients, are those of the whole batch, but for rounding.

    Args:
      function: Maps a part to a structure of floating tensors, such as losses and gradients, whose
        shapes don't depend on the number of images. It may read variables but not change any.
      batch: Tensors (N, ...) by name, with N known and a multiple of `count`.
      count: How many parts; 1: the function is called with the batch itself.
    """
    if count == 1:
        return function(batch)
    rows = next(iter(batch.values())).shape[0] // count

    def part(k):
        return {
            name: tf.ensure_shape(x[k * rows : (k + 1) * rows], (rows, *x.shape[1:]))
            for name, x in batch.items()
        }

    specs = {n: tf.TensorSpec((rows, *x.shape[1:]), x.dtype) for n, x in batch.items()}
    traced = tf.function(function).get_concrete_function(specs)
    shapes = tf.nest.flatten(traced.structured_outputs)

    def add(k, *sums):
        found = tf.nest.flatten(traced(part(k)))
        return k + 1, *(one + more for one, more in zip(sums, found, strict=True))

    _, *sums = tf.while_loop(
        lambda k, *sums: k < count,
        add,
        (tf.constant(0), *(tf.zeros(one.shape, one.dtype) for one in shapes)),
        parallel_iterations=1,
    )
    return tf.nest.pack_sequence_as(traced.structured_outputs, [s / count for s in sums])
