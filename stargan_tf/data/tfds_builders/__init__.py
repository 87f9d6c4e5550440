"""Data sets that TensorFlow Datasets lacks; importing this registers them there."""

import importlib.resources.abc
import importlib.util
import sys

if importlib.util.find_spec("importlib_resources") is None:
    # TensorFlow Datasets 4.9.10 imports this backport and does not ask for it on Python 3.9 and
    # later. Since Python 3.11 the standard library has all that it uses of it.
    sys.modules["importlib_resources"] = importlib.resources

from stargan_tf.data.tfds_builders.afhq import Afhq  # noqa: E402
from stargan_tf.data.tfds_builders.celeba_hq import CelebaHq  # noqa: E402
from stargan_tf.data.tfds_builders.rafd import Rafd  # noqa: E402

__all__ = ["Afhq", "CelebaHq", "Rafd"]
