"""Keeps the log lines of native libraries below the level of an error off a user's terminal.

TensorFlow, XLA and absl write to file descriptor 2 whatever Python does, some of it before any log
level counts, and each version and each processor brings other lines. So this goes by what a line
is, not by what it says: a log line names its severity, and only errors are passed on, like
everything that is no log line at all.

The filter is a process of its own that reads what is written to descriptor 2: also the last words
of a process that was aborted reach the user.
"""

import atexit
import contextlib
import io
import os
import pathlib
import re
import subprocess
import sys

# "I0000 00:00:1795701266.644258    6697 port.cc:153] text" of absl, "2026-11-26 13:48:33.123456: W
# tensorflow/core/framework/op.cc:12] text" of TensorFlow, "INFO: text" of LiteRT, and
# "WARNING:tensorflow:text" of Python's loggers.
_LOG_LINE = re.compile(
    rb"(?:(?P<absl>[DIWEF])\d{4} \d\d:\d\d:\S+ +\d+ (?P<absl_file>[^\s\]]+):\d+\]"
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: (?P<tf>[DIWEF]) (?P<tf_file>[^\s\]]+):\d+\]"
    rb"|(?P<word>VERBOSE|DEBUG|INFO|WARNING|ERROR|CRITICAL|FATAL):)"
)
_ERRORS = (b"E", b"F", b"ERROR", b"CRITICAL", b"FATAL")
_END = b"\0end of the process\n"


class Filter:
    """Decides about lines, which arrive in pieces.

    `cuda` says whether this machine has an NVIDIA GPU. Without one, errors in files of CUDA's parts
    of TensorFlow (cuda_dnn.cc, cudart_stub.cc) only say that there is none, and are left out.
    """

    def __init__(self, cuda: bool = True):
        self._cuda = cuda
        self._rest = b""  # the beginning of a line
        self._withheld: list[bytes] = []
        self.ended = False

    def feed(self, piece: bytes) -> bytes:
        """Returns what of a piece is to be shown; it is what one or more writes have written."""
        lines = (self._rest + piece).splitlines(keepends=True)
        self._rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        shown, dropping = [], False
        for line in lines:
            if line == _END:
                self.ended = True
                continue
            match = _LOG_LINE.match(line)
            if not match and dropping:  # more of one message, whose lines are written at once
                self._withheld.append(line)
                continue
            dropping = bool(match) and not self._is_wanted(match)
            shown += [] if dropping else [line]
            self._withheld = []
        return b"".join(shown)

    def finish(self) -> bytes:
        """Returns what is left: where the process crashed, lines that may be its last words."""
        rest, self._rest = self._rest, b""
        withheld = [] if self.ended else self._withheld
        return b"".join(withheld) + self.feed(rest + b"\n" if rest else b"")

    def _is_wanted(self, match: re.Match[bytes]) -> bool:
        if (match["absl"] or match["tf"] or match["word"]) not in _ERRORS:
            return False
        file = os.path.basename(match["absl_file"] or match["tf_file"] or b"")
        return self._cuda or not file.startswith(b"cud")


def install(cuda: bool) -> None:
    """Sends what is written to file descriptor 2 through a filter, until this process ends.

    What Python writes to sys.stderr, such as the sentence about a user's mistake, goes past it.
    If sys.stderr is something else than descriptor 2, as in notebooks, nothing is done.

    `cuda` is that of `Filter`.
    """
    try:
        if sys.stderr.fileno() != 2:
            return
    except (AttributeError, OSError, ValueError):  # ValueError: io.UnsupportedOperation is one
        return
    sys.stderr.flush()
    terminal = os.dup(2)
    process = subprocess.Popen(
        # Isolated and without site-packages: it starts in 20 ms. In a session of its own, so that
        # Ctrl-C does not end it before the process whose words it passes on.
        [sys.executable, "-I", "-S", str(pathlib.Path(__file__)), *(["cuda"] if cuda else [])],
        stdin=subprocess.PIPE,
        stdout=terminal,
        start_new_session=True,
    )
    os.dup2(process.stdin.fileno(), 2)
    process.stdin.close()
    sys.stderr = io.TextIOWrapper(
        os.fdopen(terminal, "wb", 0), sys.stderr.encoding, "backslashreplace", write_through=True
    )
    atexit.register(_end, process, terminal)


def _end(process: subprocess.Popen, terminal: int) -> None:
    """Waits until the filter has shown what was written so far; later words go past it."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):  # somebody may have ended it
        os.write(2, _END)
        os.dup2(terminal, 2)
        process.wait(timeout=10)


def main() -> None:
    """Filters standard input to standard output, to its end or to the sign that `_end` writes."""
    lines = Filter(cuda="cuda" in sys.argv[1:])
    while not lines.ended and (piece := os.read(0, 1 << 16)):
        _write(lines.feed(piece))
    _write(lines.finish())


def _write(content: bytes) -> None:
    while content:
        content = content[os.write(1, content) :]


if __name__ == "__main__":
    main()
