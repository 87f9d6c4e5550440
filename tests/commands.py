"""Command lines as tests call them: several in one process, each with flags of its own."""

import contextlib
import functools
import importlib
import types
from unittest import mock

from absl import flags
from absl.testing import flagsaver


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
