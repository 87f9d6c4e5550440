"""The one exception whose message is for the person at the keyboard; errors of a full memory."""

import pathlib
import re
import sys

# How TensorFlow, XLA and CUDA tell of a full memory in errors of other kinds.
_OF_MEMORY = re.compile(
    r"RESOURCE_EXHAUSTED|std::bad_alloc|out[ _]of[ _]memory|ALLOC_FAILED", re.IGNORECASE
)
# What TensorFlow counts as resources too.
_OF_FILES = re.compile("No space left|quota exceeded|Too many (open files|links)", re.IGNORECASE)


class UserError(Exception):
    """A mistake that the user can mend.

    The message is one sentence: what was wrong, what was received, what to do. Command lines print
    it without a traceback and exit with status 2.
    """


def install_command(extra: str) -> str:
    """Returns the command that installs an extra of this package, such as "video"."""
    if (pathlib.Path(__file__).parents[2] / "setup.py").exists():  # a clone
        return f'pip install -e ".[{extra}]"'
    return f'pip install "stargan-tf[{extra}]"'


def exhausted_memory(error: BaseException) -> str:
    """Returns which memory ran out ("memory", "memory of the GPU") to cause an error; "": none.

    It knows Python's and TensorFlow's errors, without importing TensorFlow.
    """
    # What was raised while a graph was traced may be of another kind than its cause.
    cause = error.__cause__ or error.__context__
    found = isinstance(error, MemoryError)
    # If TensorFlow has not been imported, then this is no error of TensorFlow's.
    kinds = getattr(sys.modules.get("tensorflow"), "errors", None)
    if kinds and isinstance(error, kinds.OpError) and not _OF_FILES.search(str(error)):
        full = isinstance(error, kinds.ResourceExhaustedError)
        found = full or bool(_OF_MEMORY.search(str(error)))
    if not found:
        return exhausted_memory(cause) if cause else ""
    return "memory of the GPU" if re.search("GPU|CUDA|CUDNN|CUBLAS", str(error)) else "memory"
