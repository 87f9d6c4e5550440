"""LPIPS: how far apart two images look, in the features of AlexNet.

"The Unreasonable Effectiveness of Deep Features as a Perceptual Metric" (Zhang et al., 2018,
equation 1), with AlexNet trained on ImageNet and the linear heads of version 0.1.
"""

import pathlib
import re
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.evaluation import options as options_lib
from stargan_tf.evaluation import subject as subject_lib
from stargan_tf.evaluation.features import convolutions, weight_files
from stargan_tf.weights import state_dicts

# Where users get them, for messages.
SOURCES = (
    "alexnet-owt-7be5be79.pth of https://download.pytorch.org/models and "
    "lpips/weights/v0.1/alex.pth of the PyPI package lpips (pip download --no-deps lpips; a wheel "
    "is a zip archive), with a comma between them"
)
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # of images in [-1, 1]
_CONVOLUTIONS = (0, 3, 6, 8, 10)  # in torchvision's list of AlexNet's layers
_HEADS = 5
SMALLEST = 31  # pixels; of smaller images no pixel is left for the last convolutions
_EPSILON = 1e-10
_PUBLISHED_HEADS = "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0"
_OLD_HEADS = "18720f55913d0af89042f13faa7e536a6ce1444a0914e6db9461355ece1e8cd5"
# In a file of torchvision, and in one of the whole lpips.LPIPS.
_TRUNK_NAME = re.compile(r"(?:features|net\.slice\d)\.(\d+\.(?:weight|bias))")


class Lpips:
    """Measures distances of images.

    Attributes:
      sha256: Of each file of weights, by its name.
      remark: A sentence for reports if the heads are not the published ones, else "".
    """

    def __init__(self, trunk: Mapping[str, np.ndarray], heads: Mapping[str, np.ndarray]):
        """Takes AlexNet's tensors, "0.weight" to "10.bias", and the heads, "0" to "4"."""
        self.sha256: dict[str, str] = {}
        self.remark = ""
        self._convolve = convolutions.Convolutions(trunk)
        self._heads = [tf.constant(heads[str(i)].reshape(-1), tf.float32) for i in range(_HEADS)]
        self.features = tf.function(self._features, reduce_retracing=True, autograph=False)
        self._distances = tf.function(self._distances_of, reduce_retracing=True, autograph=False)

    def distances(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Returns the distances (N,) float32 of images and others, (N, H, W, 3) uint8 both."""
        return self._distances(self.features(first), self.features(second)).numpy()

    def mean_pairwise_distance(self, images: np.ndarray) -> float:
        """Returns the mean distance over all pairs of images (N, H, W, 3) uint8, N at least 2."""
        maps = self.features(images)
        count = len(images)
        found = [
            self._distances([one[:-n] for one in maps], [one[n:] for one in maps])  # (i, i + n)
            for n in range(1, count)
        ]
        return float(np.concatenate([one.numpy() for one in found]).mean(dtype=np.float64))

    def _features(self, images: tf.Tensor) -> list[tf.Tensor]:
        """Returns the maps of the five layers, each pixel's features of length 1."""
        x = tf.cast(images, tf.float32) / 127.5 - 1
        x = (x - np.float32(_SHIFT)) / np.float32(_SCALE)
        found = []
        for place in _CONVOLUTIONS:
            if place == 0:
                x = tf.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))
                x = self._convolve(x, "0", strides=4, padding="VALID")
            else:
                x = tf.nn.max_pool2d(x, 3, 2, "VALID") if place in (3, 6) else x
                x = self._convolve(x, str(place))
            x = tf.nn.relu(x)
            found.append(x / (tf.norm(x, axis=-1, keepdims=True) + _EPSILON))
        return found

    def _distances_of(self, first: list[tf.Tensor], second: list[tf.Tensor]) -> tf.Tensor:
        total = tf.zeros(tf.shape(first[0])[0])
        for a, b, head in zip(first, second, self._heads, strict=True):
            total += tf.reduce_mean(tf.reduce_sum((a - b) ** 2 * head, -1), (1, 2))
        return total


def load(paths: str) -> Lpips:
    """Returns the distance with the weights of users' files.

    Args:
      paths: Names of files with commas between them: AlexNet's weights as torchvision has them, and
        the heads; or one file of the whole `lpips.LPIPS(net="alex")`.

    Raises:
      UserError: A file is missing, damaged, of another network or of heads of version 0.0.
    """
    trunk: dict[str, np.ndarray] = {}
    heads: dict[str, np.ndarray] = {}
    sha256 = {}
    for path in map(pathlib.Path, filter(None, paths.split(","))):
        sha256[path.name] = weight_files.sha256(path)
        if sha256[path.name] == _OLD_HEADS:
            raise errors.UserError(
                f"{path} holds the heads of version 0.0, which were trained on wrongly scaled "
                "images; pass lpips/weights/v0.1/alex.pth."
            )
        for name, value in state_dicts.read(path).items():
            if found := _TRUNK_NAME.fullmatch(name):
                trunk[found[1]] = value
            elif found := re.fullmatch(r"lin(\d)\.model\.1\.weight", name):
                heads[found[1]] = value
    _refuse_others(paths, trunk, heads)
    loaded = Lpips(trunk, heads)
    loaded.sha256 = sha256
    if not {_PUBLISHED_HEADS} & set(sha256.values()):
        loaded.remark = "The heads of lpips_weights are not known to be those of version 0.1."
    return loaded


def of(subject: subject_lib.Subject, options: options_lib.MetricOptions) -> Lpips:
    """Returns the distance with the weights of the options, read once for a subject."""
    paths = options.lpips_weights
    return subject.once(("lpips", paths), lambda: load(paths))


def _refuse_others(
    paths: str, trunk: Mapping[str, np.ndarray], heads: Mapping[str, np.ndarray]
) -> None:
    """Raises a UserError unless these are AlexNet's tensors and the five heads for them."""
    kernels = [(11, 3, 64), (5, 64, 192), (3, 192, 384), (3, 384, 256), (3, 256, 256)]
    wanted = {}
    for place, number, (side, inputs, outputs) in zip(
        _CONVOLUTIONS, range(_HEADS), kernels, strict=True
    ):
        wanted[f"{place}.weight"] = (outputs, inputs, side, side)
        wanted[f"{place}.bias"] = (outputs,)
        wanted[f"lin{number}"] = (1, outputs, 1, 1)
    given = {**trunk, **{f"lin{number}": value for number, value in heads.items()}}
    wrong = [name for name, shape in wanted.items() if given.get(name, np.empty(0)).shape != shape]
    if wrong:
        raise errors.UserError(
            f"lpips_weights must hold AlexNet and the five linear heads for it; received {paths}, "
            f"without {errors.some(wrong)}; pass {SOURCES}."
        )
