"""Reads and writes flag files: lines of --name=value.

This package contains some: --flagfile=quickstart.flags works in any folder.
"""

import pathlib
import re
from collections.abc import Iterator, Sequence

from stargan_tf.base import errors

_QUOTED = re.compile(r"""(["'])(?P<inner>.*)\1\s*(?:#.*)?""")
_COMMENT = re.compile(r"\s+#.*")
_DEEPEST = 8  # levels of flag files that name flag files


def expand(argv: Sequence[str], depth: int = 0) -> list[str]:
    """Returns a command line in which flag files are replaced by their lines.

    A line is --name=value. A byte order mark, blanks around a line, comments (lines that begin with
    # or //, and text after " #") and values in double or single quotes, which may hold # and
    blanks, are understood too.

    Args:
      argv: The arguments; those like --flagfile=PATH or --flagfile PATH are replaced. See `read`.
      depth: How many flag files contain these arguments.

    Raises:
      UserError: If a flag file can't be read, or names itself.
    """
    arguments: list[str] = []
    for argument, path in _with_paths(argv):
        if path is None:
            arguments.append(argument)
        elif depth == _DEEPEST:
            raise errors.UserError(
                f"The flag file {path} is named by another, and that by another, {depth} times; a "
                "flag file must not name itself, nor a file that names it."
            )
        else:
            arguments += expand([argument for _, argument in read(path)], depth + 1)
    return arguments


def named(argv: Sequence[str]) -> list[str]:
    """Returns the paths of the flag files that a command line itself names, in its order."""
    return [path for _, path in _with_paths(argv) if path is not None]


def packaged() -> dict[str, pathlib.Path]:
    """Returns {name: path} of the flag files that come with this package, sorted."""
    package = pathlib.Path(__file__).parents[1]
    installed = package / "configs"  # in a clone they are beside the package
    folder = installed if installed.is_dir() else package.parent / "configs"
    return {path.name: path for path in sorted(folder.glob("*.flags"))}


def read(path: str) -> list[tuple[int, str]]:
    """Returns the arguments in a flag file, each with its line number.

    Args:
      path: The file; may begin with "~". If there is no such file, NAME and configs/NAME mean the
        file with that name that comes with this package.

    Raises:
      UserError: If the file can't be read, or is not UTF-8 text.
    """
    file, own = pathlib.Path(path).expanduser(), packaged()
    if file.parent in (pathlib.Path(), pathlib.Path("configs")) and not file.exists():
        file = own.get(file.name, file)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise errors.UserError(
            f"Can't read the flag file {path}: {error.strerror}; check the path, or name one that "
            f"comes with this package: {', '.join(own)}."
        ) from error
    except UnicodeDecodeError as error:
        raise errors.UserError(
            f"The flag file {path} is not UTF-8 text; save it as UTF-8."
        ) from error
    lines = ((number, _argument(line)) for number, line in enumerate(text.splitlines(), 1))
    return [(number, argument) for number, argument in lines if argument]


def line(name: str, value: str) -> str:
    """Returns the line that sets a flag to a value in a flag file, with quotes if needed."""
    if _argument(f"--{name}={value}") != f"--{name}={value}":
        quote = "'" if '"' in value else '"'
        value = f"{quote}{value}{quote}"
    return f"--{name}={value}\n"


def _with_paths(argv: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Yields every argument with the path of the flag file that it names, or None."""
    arguments = iter(argv)
    for argument in arguments:
        if argument == "--":
            yield argument, None
            yield from ((rest, None) for rest in arguments)
            return
        name, equals, value = argument.lstrip("-").partition("=")
        if name != "flagfile" or not argument.startswith("-"):
            yield argument, None
            continue
        path = value if equals else next(arguments, "")
        if not path:
            raise errors.UserError("`flagfile` names no file; pass flagfile=v1.flags.")
        yield argument, path


def _argument(text: str) -> str:
    """Returns the argument in a line, "" if there is none."""
    text = text.strip()
    if text.startswith(("#", "//")):
        return ""
    if whole := _QUOTED.fullmatch(text):
        return whole["inner"]
    name, equals, value = text.partition("=")
    if _COMMENT.search(name):  # the "=" is in the comment
        return _COMMENT.sub("", text)
    value = value.strip()
    quoted = _QUOTED.fullmatch(value)
    value = quoted["inner"] if quoted else _COMMENT.sub("", value)
    return f"{name.rstrip()}{equals}{value}"
