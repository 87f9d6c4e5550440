"""Trying again while a server is away, within the deadline."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from stargan_tf.client import failures

_FIRST = 0.1  # seconds
_FACTOR = 2.0
_LONGEST = 5.0

_Answer = TypeVar("_Answer")


def call(attempt: Callable[[float], _Answer], timeout: float) -> _Answer:
    """Returns what `attempt` returns, trying again as long as the server is unavailable.

    A translation changes nothing at the server, so asking twice is harmless. Waits double, up to 5
    seconds, and each is a random part of that ("full jitter"): clients that a server has lost at
    the same moment do not come back at the same moment.

    Args:
      attempt: Gets the seconds that are left. Raises ServerError; only UNAVAILABLE is tried again.
      timeout: Seconds in all.

    Raises:
      ServerError: The last attempt's.
    """
    deadline, bound = time.monotonic() + timeout, _FIRST
    unavailable: failures.ServerError | None = None
    while True:
        try:
            return attempt(max(deadline - time.monotonic(), 1e-3))
        except failures.ServerError as error:
            if error.code == failures.DEADLINE_EXCEEDED and unavailable:
                # Time ran out in the last of several attempts: the reason for these says more.
                raise unavailable from error
            wait = bound * random.random()
            if error.code != failures.UNAVAILABLE or time.monotonic() + wait >= deadline:
                raise
            unavailable = error
        time.sleep(wait)
        bound = min(bound * _FACTOR, _LONGEST)
