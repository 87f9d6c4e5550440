"""What all command lines share: parsing flags, and one clear sentence for a user's mistake."""

import contextlib
import functools
import os
import pathlib
import re
import shutil
import signal
import sys
import typing
from collections.abc import Callable, Iterator, Sequence

from absl import app, flags, logging

from stargan_tf.base import errors, flag_files
from stargan_tf.cli import log_filter

if typing.TYPE_CHECKING:
    from stargan_tf.data import source
    from stargan_tf.pictures import photo_jobs

flags.disclaim_key_flags()  # `--help` lists the flags that are defined here as the command's own

# Writes the result of a photo to a PNG file, and returns a line about it.
Work = Callable[[pathlib.Path, pathlib.Path], str]

_HOME = re.compile(r"(^|[=;,])(~[\w.-]*)(?=[/;,]|$)")
_EXAMPLE = re.compile(r"python -m (?:stargan_tf\.)?(export\.\w+|\w+)")
_runs = False  # whether this process is a command's
_program = ""  # how the user called `stargan`; "" if they called the command's module


def run(main: Callable[..., int | None], positional: Sequence[str] = ()) -> None:
    """Parses the command line, calls `main`, and exits with what it returns (None: 0).

    A UserError, a bad flag, a full disk and a full memory each print one sentence and exit with
    status 2. A process can run several commands, as notebooks do by `%run -m`.

    Args:
      main: Gets the positional arguments, as strings.
      positional: Their names, for messages; all of them are required.
    """
    global _runs
    _runs = True
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # those of notebooks don't have it
            stream.reconfigure(errors="backslashreplace")  # names of files need not be text
    if _program:  # --help shows the docstring, and its examples call modules
        module = sys.modules["__main__"]
        module.__doc__ = _EXAMPLE.sub(lambda m: command(m[1]), module.__doc__)
    flags.DEFINE_boolean(
        "verbose", False, "Show all that TensorFlow logs: notes and warnings, not errors alone."
    )
    try:
        app.run(
            lambda argv: sys.exit(_guarded(functools.partial(main, *argv[1:]))),
            flags_parser=functools.partial(_parse, positional=positional),
        )
    finally:
        _forget_flags()


def import_tensorflow() -> None:
    """Imports TensorFlow; of what it logs only errors are shown, unless --verbose was given.

    That holds until the process ends, for all that native libraries write to file descriptor 2.
    """
    verbose = "verbose" in flags.FLAGS and flags.FLAGS["verbose"].value
    if not verbose:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        if _runs:
            log_filter.install(cuda=has_nvidia_driver())
    import tensorflow as tf

    if not verbose:
        logging.set_verbosity(logging.ERROR)
        tf.get_logger().setLevel("ERROR")
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")  # by the user, who knows
    if has_nvidia_driver() and not hidden and not tf.config.list_physical_devices("GPU"):
        print(
            "note: This machine has an NVIDIA GPU, but TensorFlow can't use it; --verbose shows "
            "why. Most often its CUDA libraries are missing: "
            f"{errors.install_command('cuda')}.",
            file=sys.stderr,
            flush=True,
        )


def has_nvidia_driver() -> bool:
    """Returns whether this machine has an NVIDIA GPU, as far as its driver tells."""
    return os.path.exists("/proc/driver/nvidia") or bool(shutil.which("nvidia-smi"))


def python() -> str:
    """Returns how to call this Python from the current folder: for commands to type next."""
    here = os.path.relpath(sys.executable)
    return "python" if here.startswith("..") else here


def command(name: str) -> str:
    """Returns how to call a command, such as "translate", in the way this one was called."""
    if _program:
        return f"{_program} {name.replace('.', ' ')}"
    return f"{python()} -m stargan_tf.{name}"


@contextlib.contextmanager
def called_by(program: str) -> Iterator[None]:
    """Makes `command`, and the examples of --help, name commands as in "PROGRAM translate"."""
    global _program
    before, _program = _program, program
    try:
        yield
    finally:
        _program = before


def as_flags(text: str) -> str:
    """Returns a message of the library with its options written as flags of the command line.

    The library writes an option in backquotes or, with its value, as name=value: "pass `run_dir`,
    or crop_size=0" becomes "pass --run_dir, or --crop_size=0". Other words stay as they are.
    """
    from stargan_tf.runs import config as config_lib

    names = {*flags.FLAGS, *config_lib.option_names()}

    def flag(match: re.Match) -> str:
        name = match[1] or match[2]
        if name == "known" and "from" in names:  # a word that Python keeps for itself
            name = "from"
        return f"--{name}" if name in names else match[0]

    # With a value not inside a path, a word or the user's own words, which stand in quotes, and not
    # if it is a flag already.
    return re.sub(r"""`(\w+)`|(?<![\w/.`'"=-])(\w+)(?==\S)""", flag, text)


def fail(message: str) -> None:
    """Prints an error as every command prints it, with options written as flags."""
    print(f"error: {as_flags(message)}", file=sys.stderr, flush=True)


def usable(images: "source.Source", on_corrupt: str) -> "source.Source":
    """Checks every image of a data set as `loading.usable` does; prints which are left out."""
    from stargan_tf.data import loading

    kept, problems = loading.usable(images, on_corrupt)
    for index, reason in problems.items():
        print(as_flags(f"skipped: {images.describe(index)} ({reason})"), flush=True)
    if problems:
        print(f"{len(problems)} of {images.size} {images.noun}s skipped.", flush=True)
    return kept


def each_photo(
    jobs: "photo_jobs.Jobs",
    work: Work,
    done: str,
    stop: type[errors.UserError] | tuple[()] = (),
    what: str = "photos",
) -> int:
    """Does the same to many photos; one that fails is named and left out.

    Args:
      jobs: The photos to read and the files to write.
      work: Does it.
      done: The word for it in "could not be ...", such as "translated".
      stop: Errors that would befall the other photos, too: the rest is not tried.
      what: What they are, if they are no photos.

    Returns:
      The exit status: 1 if any failed.

    Raises:
      UserError: If a single photo was named, and it failed; or if the error is a `stop`.
    """
    failed = 0
    for image, output in jobs.pairs:
        try:
            print(f"{output}  ({as_flags(work(image, output))})", flush=True)
        except errors.UserError as error:
            if not jobs.of_folder or isinstance(error, stop):
                raise
            fail(str(error))
            failed += 1
    if failed:
        fail(f"{failed} of {len(jobs.pairs)} {what} could not be {done}.")
    return 1 if failed else 0


def _guarded(main: Callable[[], int | None]) -> int:
    try:
        return main() or 0
    except errors.UserError as error:
        fail(str(error))
    except OSError as error:
        fail(
            f"{error.filename or 'A file'}: {error.strerror or error}; check the path, its "
            "permissions and the space left."
        )
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
        rest = flags.FLAGS([_with_home(argument) for argument in flag_files.expand(argv)])
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
        sentence = " ".join(str(error).split()).rstrip(".")
        fail(f"{sentence}.{_where(argv, error)} See --help.")
        sys.exit(2)
    except errors.UserError as error:
        fail(str(error))
        sys.exit(2)
    except SystemExit:  # --help: absl prints it, and exits with status 1
        sys.exit(0)
    return rest


def _with_home(argument: str) -> str:
    """Expands "~" where a path begins: shells don't after "=", nor inside a list or a flag file."""
    return _HOME.sub(lambda match: match[1] + os.path.expanduser(match[2]), argument)


def _forget_flags() -> None:
    """Removes the flags that the command has defined, so that it can define them again."""
    for module, defined in flags.FLAGS.flags_by_module_dict().items():
        if module == sys.argv[0]:  # as absl calls the module __main__
            for flag in list(defined):
                delattr(flags.FLAGS, flag.name)
    flags.FLAGS.unparse_flags()


def _where(argv: Sequence[str], error: flags.Error) -> str:
    """Names the flag file that an unknown flag stands in."""

    def bare(argument: str) -> str:
        return argument.lstrip("-").partition("=")[0].removeprefix("no")

    name = getattr(error, "flagname", None)
    for path in flag_files.named(argv) if name else ():
        for number, argument in flag_files.read(path):
            if bare(argument) == bare(name):
                return f" It stands in {path}, line {number}."
    return ""
