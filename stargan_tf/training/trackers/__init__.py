"""What a training can be followed with: every module here but `board` and `tracker` is one.

A tracker's module has `TRACKER`, a class with the methods of `tracker.Tracker`, and is found by
being there. TensorBoard is always written; `--tracker` names others to add.
"""

import importlib
import pkgutil
from typing import Any

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import options as data_options

ALWAYS = "tensorboard"
_OTHERS = ("board", "tracker")


def names() -> tuple[str, ...]:
    """Returns the names of the trackers that `tracker` may name, sorted."""
    found = {module.name for module in pkgutil.iter_modules(__path__)}
    return tuple(sorted(found - {ALWAYS, *_OTHERS}))


def tracker_class(name: str) -> type[Any]:
    """Returns the class of a tracker, which implements `tracker.Tracker`."""
    return importlib.import_module(f"{__name__}.{name}").TRACKER


def check(text: str) -> tuple[str, ...]:
    """Returns the names in the option `tracker`, whose packages can all be imported.

    Raises:
      UserError: One is unknown, or its package is not installed.
    """
    wanted = tuple(dict.fromkeys(data_options.split_names(text)))
    labels_lib.refuse_unknown(wanted, names(), what="tracker")
    for name in wanted:
        try:
            tracker_class(name).check()
        except ImportError as error:
            raise errors.UserError(
                f"tracker={name} needs a package that could not be imported ({error}); install it "
                f"with: {errors.install_command(name)}, or leave `tracker` out: TensorBoard is "
                "always written."
            ) from error
    return wanted
