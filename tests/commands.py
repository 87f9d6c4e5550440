"""Command lines as tests call them: several in one process, each with flags of its own."""

import contextlib
import dataclasses
import functools
import importlib
import io
import logging
import runpy
import sys
import traceback
import types
from unittest import mock

from absl import flags
from absl import logging as absl_logging
from absl.testing import flagsaver

from stargan_tf.cli import command_line


@functools.cache
def _loaded(name):
    """Imports a command's module so that its flags do not meet those of the process."""
    own = flags.FlagValues()
    makers = {
        n: functools.partial(getattr(flags, n), flag_values=own)
        for n in dir(flags)
        if n.startswith("DEFINE_")
    }
    with mock.patch.multiple(flags, **makers):
        module = importlib.import_module(name if "." in name else f"stargan_tf.{name}")
    module.flags = types.SimpleNamespace(FLAGS=own)
    own.mark_as_parsed()
    return module, own


def load(name):
    """Returns the module of the command `name`: of stargan_tf, or the whole name with dots."""
    return _loaded(name)[0]


@contextlib.contextmanager
def given(name, **values):
    """Gives flags of the command `name` values for a while."""
    _, own = _loaded(name)
    saved = flagsaver.save_flag_values(own)
    try:
        for flag, value in values.items():
            setattr(own, flag, value)
        yield
    finally:
        flagsaver.restore_flag_values(saved, own)


@dataclasses.dataclass(frozen=True)
class Finished:
    """What a command did, with the names of `subprocess.CompletedProcess`."""

    returncode: int
    stdout: str
    stderr: str


def run(module, *arguments):
    """Does what `python -m module arguments` does, in this process; returns how it ended.

    A process of its own takes seconds to import TensorFlow. What only such a process can show, as
    signals and what native libraries write, is not seen here.
    """
    before = absl_logging.get_verbosity(), logging.root.handlers[:], logging.root.level
    with (
        contextlib.redirect_stdout(io.StringIO()) as stdout,
        contextlib.redirect_stderr(io.StringIO()) as stderr,
        mock.patch.object(sys, "argv", [module, *arguments]),
        mock.patch.object(command_line, "_runs", False),
    ):
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
            status = 0
        except SystemExit as end:
            status = end.code or 0
        except Exception:
            traceback.print_exc()
            status = 1
    absl_logging.set_verbosity(before[0])
    logging.root.handlers[:], logging.root.level = before[1:]
    flags.FLAGS.mark_as_parsed()  # as conftest.py left them
    return Finished(status, stdout.getvalue(), stderr.getvalue())
