"""What differs between Keras 2.15 and Keras 3, and whether tensorflow-addons is there.

All else is written to what the two versions share: nothing else asks for a version (a test reads
the source for it). A difference is one function here, and what Keras 2 needs is deleted with it.
"""

import contextlib
import functools
import importlib
import types
import warnings
from typing import Any

import keras
import tensorflow as tf

from stargan_tf.base import errors

_KERAS_2 = keras.__version__.startswith("2.")


def versions() -> dict[str, str]:
    """Returns the versions of TensorFlow and Keras, to be written down beside what they made."""
    return {"tensorflow": tf.__version__, "keras": keras.__version__}


def tf_variable(variable: Any) -> tf.Variable:
    """Returns TensorFlow's variable: Keras 3 wraps it, in Keras 2 there is no other."""
    return variable if isinstance(variable, tf.Variable) else variable.value


def path(variable: Any) -> str:
    """Returns "model/layer/.../leaf": `path` in Keras 3; in Keras 2 `name`, which ends in ":0"."""
    return variable.name.split(":")[0] if _KERAS_2 else variable.path


def build(layer: keras.layers.Layer, input_shape: tuple[int | None, ...]) -> None:
    """Builds a layer that is not called for it, its variables' paths within its name.

    Keras 3 opens the layer's name in `build`; Keras 2 in `__call__` only.
    """
    with tf.name_scope(layer.name) if _KERAS_2 else contextlib.nullcontext():
        layer.build(input_shape)


def slot(optimizer: keras.optimizers.Optimizer, variable: Any) -> int:
    """Returns at which index a built optimizer keeps its moments of a variable."""
    if _KERAS_2:
        return optimizer._index_dict[optimizer._var_key(variable)]
    return optimizer._get_variable_index(variable)


def optimizer_options() -> dict[str, Any]:
    """Returns what an optimizer's constructor is given so that it compiles nothing by itself.

    On GPUs, Keras 2 compiles the update of each variable with XLA, a graph each: tensors that the
    updates share can't cross from one to the next. Keras 3 does not, and has no such option.
    """
    return {"jit_compile": False} if _KERAS_2 else {}


def addons() -> types.ModuleType | None:
    """Returns tensorflow-addons, or None where it can't be imported, as after TensorFlow 2.15."""
    return _addons()[0]


def needed_addons() -> types.ModuleType:
    """Returns tensorflow-addons.

    Raises:
      UserError: If it can't be imported.
    """
    found, reason = _addons()
    if found is None:
        raise errors.UserError(
            "normalization_backend=addons needs tensorflow-addons, which can't be imported beside "
            f"TensorFlow {tf.__version__} ({reason}); pass --normalization_backend=auto, or make "
            f"an environment of Python 3.11 with: {errors.install_command('addons')}"
        )
    return found


@functools.cache
def _addons() -> tuple[types.ModuleType | None, str]:
    """Returns tensorflow-addons, or None and why not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its end of life, which docs/versions.md states
        try:
            return importlib.import_module("tensorflow_addons"), ""
        except Exception as error:  # of many kinds, beside a TensorFlow that it doesn't know
            return None, str(error).partition("\n")[0]
