"""The papers: every sub-package is one, and is found by being there.

A paper's package has `hparams.py` (no TensorFlow: command lines read it for `--help`), which
defines `HParams`, a subclass of `stargan_tf.algorithms.hparams.HParams`, and `algorithm.py`, which
defines `ALGORITHM`, a subclass of `stargan_tf.algorithms.algorithm.Algorithm`. A paper whose
authors' weights can be imported has `reference_files.py` too; the module
`stargan_tf.algorithms.reference_files` says what is in it.
"""

import importlib
import importlib.util
import pkgutil
import types
from typing import Any

DEFAULT = "stargan_v1"  # the default of `algorithm`


def names() -> tuple[str, ...]:
    """Returns the names of all papers, sorted."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.ispkg))


def hparams_class(name: str) -> type[Any]:
    """Returns the dataclass of hyperparameters of the paper `name`, without TensorFlow."""
    return importlib.import_module(f"{__name__}.{name}.hparams").HParams


def algorithm_class(name: str) -> type[Any]:
    """Returns the `Algorithm` subclass of the paper `name`."""
    return importlib.import_module(f"{__name__}.{name}.algorithm").ALGORITHM


def reference_module(name: str) -> types.ModuleType | None:
    """Returns what imports the weights of the paper's authors, without TensorFlow; None: nothing.

    It is the module `reference_files` of the paper's package.
    """
    path = f"{__name__}.{name}.reference_files"
    return importlib.import_module(path) if importlib.util.find_spec(path) else None
