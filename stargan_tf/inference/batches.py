"""Computes many examples a batch at a time: the one place that does. Imports no TensorFlow."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from stargan_tf.base import errors

BATCH = 16  # examples; export/serving/batching.config has the same bound


def in_batches(function: Callable[..., Any], *inputs: Any, size: int = BATCH) -> Any:
    """Calls a function with at most `size` examples at a time, and joins what it returns.

    Args:
      function: Takes a part of each of `inputs`. Returns an entry for each example: an array or
        tensor, a list, or a dictionary of arrays or tensors.
      *inputs: Arrays, tensors or sequences with an entry for each example, or dictionaries of them.
      size: The largest batch.

    Returns:
      What the function returns, for all examples; arrays and tensors as NumPy arrays.

    Raises:
      ValueError: There is no example, or the inputs differ in their number.
    """
    columns = [c for i in inputs for c in (i.values() if isinstance(i, Mapping) else [i])]
    counts = [len(column) for column in columns]
    if len(set(counts)) != 1 or not counts[0]:
        raise ValueError(f"All inputs must have the same number of examples. Received: {counts}")
    parts = slices(counts[0], size)
    results = [function(*(_part(value, part) for value in inputs)) for part in parts]
    if isinstance(results[0], list):
        return [entry for entries in results for entry in entries]
    if isinstance(results[0], Mapping):
        return {name: np.concatenate([one[name] for one in results]) for name in results[0]}
    return np.concatenate(results)


def slices(count: int, size: int = BATCH) -> list[slice]:
    """Returns the parts of `count` examples, in order, of `size` each but the last."""
    return [slice(i, min(i + size, count)) for i in range(0, count, size)]


def for_each(values: Sequence[Any] | np.ndarray, count: int, name: str) -> Any:
    """Returns `count` values, of which a single one stands for all.

    Raises:
      UserError: There is another number of values in the argument `name`.
    """
    if len(values) == count:
        return values
    if len(values) != 1:
        raise errors.UserError(
            f"`{name}` takes one value for all, or one for each; received {len(values)} for "
            f"{count}."
        )
    return np.repeat(values, count, 0) if isinstance(values, np.ndarray) else [*values] * count


def _part(value: Any, part: slice) -> Any:
    if isinstance(value, Mapping):
        return {name: column[part] for name, column in value.items()}
    return value[part]
