"""Switches layers between forms of the same computation: fast to train, portable, or for CPUs.

Training needs cheap first and second derivatives, and ops that XLA can compile. An exported graph
takes no gradients, but must run anywhere: in TensorFlow Serving, in TFLite and on the GPU and NPU
delegates of phones. It therefore uses only ops that every runtime has. Where TensorFlow has no GPU
and no XLA, some convolutions are computed in forms that suit its CPU library.
"""

import contextlib
import contextvars
from collections.abc import Callable, Iterator

import tensorflow as tf

_portable = contextvars.ContextVar("portable", default=False)
_compiled = contextvars.ContextVar("compiled", default=False)


@contextlib.contextmanager
def portable() -> Iterator[None]:
    """Uses export-friendly ops for graphs traced in this context."""
    token = _portable.set(True)
    try:
        yield
    finally:
        _portable.reset(token)


def are_portable() -> bool:
    """Returns whether layers should use export-friendly ops."""
    return _portable.get()


def compiled(function: Callable) -> Callable:
    """Returns the function compiled by XLA, which arranges plain ops better than the forms do."""

    def plain(*args, **kwargs):
        token = _compiled.set(True)
        try:
            return function(*args, **kwargs)
        finally:
            _compiled.reset(token)

    return tf.function(plain, jit_compile=True)


def are_for_cpus() -> bool:
    """Returns whether layers may use forms that only suit TensorFlow's CPU library."""
    special = _portable.get() or _compiled.get()
    return not special and not tf.config.list_logical_devices("GPU")
