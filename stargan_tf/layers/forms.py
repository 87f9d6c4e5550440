"""Which of several equal forms of a computation the layers use: the fastest to train, or portable.

Training wants forms with cheap gradients of the second order that XLA can compile. A graph that is
exported has no gradients and runs on machines unknown to the one that traced it, so there the form
counts that every runtime knows: TensorFlow Serving, TFLite, the GPU and NPU delegates of phones.
"""

import contextlib
import contextvars
from collections.abc import Iterator

_portable = contextvars.ContextVar("portable", default=False)


@contextlib.contextmanager
def portable() -> Iterator[None]:
    """Graphs that are traced within this context have the portable forms."""
    token = _portable.set(True)
    try:
        yield
    finally:
        _portable.reset(token)


def are_portable() -> bool:
    """Whether the portable forms are asked for."""
    return _portable.get()
