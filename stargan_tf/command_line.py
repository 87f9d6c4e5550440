"""What all command lines share: parsing flags, and one clear sentence for a user's mistake."""

import functools
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import typing
from collections.abc import Callable, Sequence

from absl import app, flags, logging

from stargan_tf import errors

if typing.TYPE_CHECKING:
    from stargan_tf.data import source

# Those of TensorFlow 2.21, then of 2.15, which says that its own CUDA plugins are there twice.
_NOTES = (b"before absl::InitializeLog()", b"cudart_stub.cc", b"cuda_platform.cc", b"cuInit",
          b"Attempting to register factory for plugin cu")  # fmt: skip


def run(main: Callable[..., int | None], positional: Sequence[str] = ()) -> None:
    """Parses the command line, calls `main`, and exits with what it returns (None: 0).

    A UserError, a bad flag, a full disk and a full memory each print one sentence and exit with
    status 2.

    Args:
      main: Gets the positional arguments, as strings.
      positional: Their names, for messages; all of them are required.
    """
    for stream in (sys.stdout, sys.stderr):  # names of files need not be text
        stream.reconfigure(errors="backslashreplace")
    app.run(
        lambda argv: sys.exit(_guarded(functools.partial(main, *argv[1:]))),
        flags_parser=functools.partial(_parse, positional=positional),
    )


def import_tensorflow() -> None:
    """Imports TensorFlow without its notes that this machine has no CUDA.

    They are written to file descriptor 2 before any log level counts. Everything else that is
    written there meanwhile is passed on. With an NVIDIA driver all is shown: then the notes tell
    why a GPU is not used.
    """
    if has_nvidia_driver():
        return
    # TensorFlow's notes on the hardware it found are not for users; its errors are.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as caught, os.fdopen(os.dup(2), "wb") as stderr:
        os.dup2(caught.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
            # What it says of its own workings while it writes or reads a model.
            logging.set_verbosity(logging.ERROR)
        finally:
            os.dup2(stderr.fileno(), 2)
            caught.seek(0)
            stderr.writelines(line for line in caught if not any(n in line for n in _NOTES))


def has_nvidia_driver() -> bool:
    """Returns whether this machine has an NVIDIA GPU, as far as its driver tells."""
    return os.path.exists("/proc/driver/nvidia") or bool(shutil.which("nvidia-smi"))


def python() -> str:
    """Returns how to call this Python from the current folder: for commands to type next."""
    here = os.path.relpath(sys.executable)
    return "python" if here.startswith("..") else here


def fail(message: str) -> None:
    """Prints an error as every command prints it."""
    print(f"error: {message}", file=sys.stderr, flush=True)


def usable(images: "source.Source", on_corrupt: str) -> "source.Source":
    """Checks every image of a data set, the slow one of the checks; says which are left out.

    Args:
      images: The data set.
      on_corrupt: "error" or "skip".

    Returns:
      The data set without those.

    Raises:
      UserError: As of `sources.usable`.
    """
    from stargan_tf.data import sources

    kept, problems = sources.usable(images, on_corrupt)
    for index, reason in problems.items():
        print(f"skipped: {images.describe(index)} ({reason})", flush=True)
    if problems:
        print(f"{len(problems)} of {images.size} images skipped.", flush=True)
    return kept


def each_photo(
    pairs: Sequence[tuple[pathlib.Path, pathlib.Path]],
    work: Callable[[pathlib.Path, pathlib.Path], str],
    done: str,
    stop: type[errors.UserError] | tuple[()] = (),
) -> int:
    """Does the same to many photos; one that fails is named and left out.

    Args:
      pairs: What to read and what to write.
      work: Does it for one pair, and returns what to say about it.
      done: What has been done to a photo then, as in "translated".
      stop: Of errors that would befall the other photos, too: the rest is not tried.

    Returns:
      The exit status: 1 if any failed.

    Raises:
      UserError: If there is one photo only, and it failed; or if the error is a `stop`.
    """
    failed = 0
    for image, output in pairs:
        try:
            print(f"{output}  ({work(image, output)})", flush=True)
        except errors.UserError as error:
            if len(pairs) == 1 or isinstance(error, stop):
                raise
            fail(str(error))
            failed += 1
    if failed:
        fail(f"{failed} of {len(pairs)} photos could not be {done}.")
    return 1 if failed else 0


def _guarded(main: Callable[[], int | None]) -> int:
    try:
        return main() or 0
    except errors.UserError as error:
        fail(str(error))
        return 2
    except OSError as error:
        fail(
            f"{error.filename or 'A file'}: {error.strerror or error}; check the path, its "
            "permissions and the space left."
        )
        return 2
    except KeyboardInterrupt:
        fail("Interrupted; files that were finished before are as they were.")
        return 128 + signal.SIGINT
    except Exception as error:
        memory = errors.exhausted_memory(error)
        if not memory:
            raise
        instead = "use a machine with more memory"
        if "GPU" in memory:
            instead = "put CUDA_VISIBLE_DEVICES=-1 before the command to do without the GPU"
        fail(f"The {memory} ran out; end other programs that use it, or {instead}.")
        return 2


def _parse(argv: Sequence[str], positional: Sequence[str] = ()) -> list[str]:
    try:
        rest = flags.FLAGS(list(argv))
        count = len(positional)
        if len(rest) > 1 + count:
            every = f"every argument but {' '.join(positional)}" if count else "every argument"
            raise flags.Error(
                f"Unexpected argument {rest[1 + count]!r}; {every} is a --flag=value."
            )
        if len(rest) < 1 + count:
            raise flags.Error(
                f"Expected {' '.join(positional)}; received {' '.join(rest[1:]) or 'none'}."
            )
    except flags.Error as error:
        fail(f"{_one_line(error)}{_where(argv, error)} See --help.")
        sys.exit(2)
    except UnicodeDecodeError:
        fail("A flag file is not UTF-8 text; save it as UTF-8.")
        sys.exit(2)
    return rest


def _one_line(error: flags.Error) -> str:
    return " ".join(str(error).split()).rstrip(".") + "."


def _where(argv: Sequence[str], error: flags.Error) -> str:
    """Names the flag file that an unknown flag stands in."""
    name = getattr(error, "flagname", None)
    for argument in argv if name else ():
        path = pathlib.Path(argument.partition("flagfile=")[2])
        if "flagfile=" in argument and path.is_file():
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if line.strip().lstrip("-").split("=")[0].removeprefix("no") == name.removeprefix(
                    "no"
                ):
                    return f" It stands in {path}, line {number}."
    return ""
