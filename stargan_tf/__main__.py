"""The program `stargan`: lists the commands of this package, and runs the one that is named.

A command is a module at the top of the package, or in a folder there, that passes its `main` to
`command_line.run`. The first line of its docstring says what it does.
"""

import ast
import difflib
import os
import pathlib
import re
import runpy
import shutil
import sys

import stargan_tf
from stargan_tf.cli import command_line

_PACKAGE = pathlib.Path(__file__).parent
_HELP = ("--help", "-h", "help")
_RUNS = re.compile(r"^    command_line\.run\(", re.MULTILINE)


def commands() -> dict[str, str]:
    """Returns {name: docstring} of every command, sorted: "train", "export tflite", and so on.

    A folder's `__main__.py` has the folder's name. The sources are read, not imported.
    """
    docstrings = {}
    for path in (*_PACKAGE.glob("*.py"), *_PACKAGE.glob("*/*.py")):
        parts = path.relative_to(_PACKAGE).with_suffix("").parts
        name = " ".join(part for part in parts if part != "__main__")
        text = path.read_text(encoding="utf-8")
        if name and _RUNS.search(text):
            docstrings[name] = ast.get_docstring(ast.parse(text)) or ""
    return dict(sorted(docstrings.items()))


def main() -> None:
    """Runs the command that the first words of the command line name."""
    words, known = sys.argv[1:] or _HELP, commands()
    for count in (2, 1):
        name = " ".join(words[:count])
        if name in known:
            program, sys.argv[1:] = _program(), words[count:]
            with command_line.called_by(program):
                module = f"stargan_tf.{name.replace(' ', '.')}"
                runpy.run_module(module, run_name="__main__", alter_sys=True)
            return
    group = {key: text for key, text in known.items() if key.startswith(f"{words[0]} ")}
    if words[0] == "--version":
        print(f"stargan-tf {stargan_tf.__version__}")
    elif words[0] in _HELP:
        _list(known)
    elif group and (words[1:] or _HELP)[0] in _HELP:
        _list(group)
    else:
        _refuse(words[: 2 if group else 1], known)


def _list(known: dict[str, str]) -> None:
    width = max(map(len, known))
    print(f"usage: {_program()} COMMAND [--flag=value ...]\n")
    for name, text in known.items():
        print(f"  {name:<{width}}  {text.splitlines()[0]}")
    print("\nCOMMAND --help lists the flags of a command; --version tells the version.")


def _refuse(words: list[str], known: dict[str, str]) -> None:
    """Ends the process with a sentence that names the nearest command."""
    name = " ".join(words)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the commands are {', '.join(known)}."
    command_line.fail(f"There is no command {name!r}; {hint} See {_program()} --help.")
    sys.exit(2)


def _program() -> str:
    """Returns how to call this program again from the current folder."""
    path, here = os.path.abspath(sys.argv[0]), os.path.relpath(sys.argv[0])
    if os.path.basename(path) != "stargan":
        return f"{command_line.python()} -m stargan_tf"
    return "stargan" if shutil.which("stargan") == path or here.startswith("..") else here


if __name__ == "__main__":
    main()
