"""The differences between Keras 2.15 and Keras 3, and access to tensorflow-addons.

All other modules use only what both versions share and never ask for a version (a test reads the
source to check this). Each difference is one function here, to be deleted together with Keras 2.
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
    """Returns the versions of TensorFlow and Keras, to be stored with what they produced."""
    return {"tensorflow": tf.__version__, "keras": keras.__version__}


def tf_variable(variable: Any) -> tf.Variable:
    """Returns the TensorFlow variable of a Keras variable, which in Keras 2 is the same object."""
    return variable if isinstance(variable, tf.Variable) else variable.value


def path(variable: Any) -> str:
    """Returns "model/layer/.../leaf": `path` in Keras 3; in Keras 2 `name`, which ends in ":0"."""
    return variable.name.split(":")[0] if _KERAS_2 else variable.path


def build(layer: keras.layers.Layer, input_shape: tuple[int | None, ...]) -> None:
    """Builds a layer without calling it, with its own name in its variables' paths.

    Keras 3 opens the layer's name scope in `build`, Keras 2 only in `__call__`.
    """
    with tf.name_scope(layer.name) if _KERAS_2 else contextlib.nullcontext():
        layer.build(input_shape)


def slot(optimizer: keras.optimizers.Optimizer, variable: Any) -> int:
    """Returns the index at which a built optimizer keeps the moments of a variable."""
    if _KERAS_2:
        return optimizer._index_dict[optimizer._var_key(variable)]
    return optimizer._get_variable_index(variable)


def optimizer_options() -> dict[str, Any]:
    """Returns the constructor arguments that keep an optimizer from compiling its updates.

    On GPUs, Keras 2 compiles the update of each variable into an XLA graph of its own, and the
    updates can't share tensors then. Keras 3 does not, and has no such option.
    """
    return {"jit_compile": False} if _KERAS_2 else {}


def addons() -> types.ModuleType | None:
    """Returns tensorflow-addons, or None if it can't be imported, as after TensorFlow 2.15."""
    return _addons()[0]


def needed_addons() -> types.ModuleType:
    """Returns tensorflow-addons.

    Raises:
      UserError: If it can't be imported.
    """
    module, reason = _addons()
    if module is None:
        raise errors.UserError(
            "normalization_backend=addons needs tensorflow-addons, which can't be imported beside "
            f"TensorFlow {tf.__version__} ({reason}); pass normalization_backend=auto, or make "
            f"an environment of Python 3.11 with: {errors.install_command('addons')}"
        )
    return module


@functools.cache
def _addons() -> tuple[types.ModuleType | None, str]:
    """Returns tensorflow-addons, or None and the reason."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about its end of life, which docs/versions.md mentions
        try:
            return importlib.import_module("tensorflow_addons"), ""
        except Exception as error:  # many kinds, with a TensorFlow that it doesn't know
            return None, str(error).partition("\n")[0]
