"""How PyTorch lays weights out.

Convolutions are (out, in, h, w), transposed ones (in, out, h, w) and linear layers (out, in). Ours
are (h, w, in, out), (h, w, out, in) and (in, out): both kinds of convolutions are turned alike, and
those along one axis, (out, in, w) or (in, out, w), are (w, in, out) or (w, out, in).
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

_TO_OURS = {
    4: (2, 3, 1, 0),
    3: (2, 1, 0),
    2: (1, 0),
}  # by the number of axes; vectors stay as they are


def to_ours(value: np.ndarray) -> np.ndarray:
    """Returns a PyTorch weight in our layout."""
    return np.transpose(value, _axes(np.ndim(value)))


def to_theirs(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the shape that a weight of our `shape` has in PyTorch's layout."""
    return tuple(shape[i] for i in np.argsort(_axes(len(shape))))


def shapes(variables: Mapping[str, tf.Variable]) -> dict[str, tuple[int, ...]]:
    """Returns the shapes that variables have in PyTorch's layout, by name."""
    return {name: to_theirs(tuple(variable.shape)) for name, variable in variables.items()}


def assign(variables: Mapping[str, tf.Variable], state: Mapping[str, np.ndarray]) -> None:
    """Gives every variable its value, by name, from a state dict in PyTorch's layouts.

    Raises:
      KeyError: If a name is missing.
      ValueError: If a shape differs.
    """
    for name, variable in variables.items():
        variable.assign(to_ours(state[name]))


def _axes(count: int) -> tuple[int, ...]:
    return _TO_OURS.get(count, tuple(range(count)))
