"""Handles Ctrl-C and SIGTERM: the first lets training finish its step, the second ends it."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def end(number: int) -> None:
    """Ends the process at once, even inside a step, with the exit status of a signal."""
    print(
        "\nerror: Ended by a second signal without saving; the same command continues from the "
        "newest checkpoint.",
        file=sys.stderr,
        flush=True,
    )
    os._exit(128 + number)


@contextlib.contextmanager
def requests(at_second: Callable[[int], None] = end) -> Iterator[list[int]]:
    """Collects the signals that ask to stop, instead of ending the process.

    Python calls signal handlers only between its own instructions, not while TensorFlow takes a
    step, which may last minutes or never end. The C handler therefore also writes each signal to a
    pipe, which a thread reads.

    Args:
      at_second: The thread calls it with the number of the second signal.

    Yields:
      The numbers of the signals so far.
    """
    received: list[int] = []
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    watcher = threading.Thread(target=_watch, args=(reader, at_second), daemon=True)
    watcher.start()
    pipe_before = signal.set_wakeup_fd(writer)
    before = {n: signal.signal(n, lambda n, frame: received.append(n)) for n in _SIGNALS}
    try:
        yield received
    finally:
        for number, old in before.items():
            signal.signal(number, old)
        signal.set_wakeup_fd(pipe_before)
        os.close(writer)  # the thread reads the end of the pipe
        watcher.join()
        os.close(reader)


def _watch(reader: int, at_second: Callable[[int], None]) -> None:
    count = 0
    while number := os.read(reader, 1):
        count += number[0] in _SIGNALS
        if count == 2:
            at_second(number[0])
            return
