"""Switches layers between two forms of the same computation: fast to train, or portable.

Training needs cheap first and second derivatives, and ops that XLA can compile. An exported graph
takes no gradients, but must run anywhere: in TensorFlow Serving, in TFLite and on the GPU and NPU
delegates of phones. It therefore uses only ops that every runtime has.
"""

import contextlib
import contextvars
from collections.abc import Iterator

_portable = contextvars.ContextVar("portable", default=False)


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
