"""The exception whose message is for the user, parts of messages, and errors of a full memory."""

import pathlib
import re
import sys
from collections.abc import Sequence

# How TensorFlow, XLA and CUDA report a full memory in other kinds of errors.
_OF_MEMORY = re.compile(
    r"RESOURCE_EXHAUSTED|std::bad_alloc|out[ _]of[ _]memory|ALLOC_FAILED", re.IGNORECASE
)
# Other resources that TensorFlow reports as exhausted.
_OF_FILES = re.compile("No space left|quota exceeded|Too many (open files|links)", re.IGNORECASE)


class UserError(Exception):
    """A mistake that the user can correct.

    The message is one sentence: what was wrong, what was received, what to do. It writes an option
    as `name` or name=value. Commands turn both into flags, print the message without a traceback
    and exit with status 2.
    """


def some(names: Sequence[str], count: int = 3) -> str:
    """Returns the first names and the number of others, for a message: "a, b, c and 9 more"."""
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more


def install_command(extra: str) -> str:
    """Returns the command that installs an extra of this package, such as "video"."""
    if (pathlib.Path(__file__).parents[2] / "setup.py").exists():  # a clone
        return f'pip install -e ".[{extra}]"'
    return f'pip install "stargan-tf[{extra}]"'


def exhausted_memory(error: BaseException) -> str:
    """Returns which memory an error reports as full: "memory", "memory of the GPU"; "": none.

    Recognizes errors of Python and TensorFlow, without importing TensorFlow.
    """
    # An error raised while a graph is traced may be of another kind than its cause.
    cause = error.__cause__ or error.__context__
    full = isinstance(error, MemoryError)
    # Unless TensorFlow has been imported, the error can't be one of its own.
    kinds = getattr(sys.modules.get("tensorflow"), "errors", None)
    if kinds and isinstance(error, kinds.OpError) and not _OF_FILES.search(str(error)):
        exhausted = isinstance(error, kinds.ResourceExhaustedError)
        full = exhausted or bool(_OF_MEMORY.search(str(error)))
    if not full:
        return exhausted_memory(cause) if cause else ""
    return "memory of the GPU" if re.search("GPU|CUDA|CUDNN|CUBLAS", str(error)) else "memory"
