"""The landmark network: a frozen hourglass network that draws a heatmap for each landmark.

It is the face alignment network (Bulat and Tzimiropoulos 2017, arXiv 1703.07332) with one stack and
with coordinate channels, as trained by Wang et al. 2019 (adaptive wing loss, arXiv 1904.07399).
StarGAN v2 uses it to decide which parts of a face to keep (Choi et al. 2020, appendix). It is never
trained here: users provide a file with its weights.
"""

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.base import errors, keras_versions
from stargan_tf.landmarks import blocks
from stargan_tf.layers import convolution, resampling
from stargan_tf.layers import network as network_lib
from stargan_tf.weights import torch_layouts

SIZE = 256  # height and width of the input, in pixels
CELLS = 64  # height and width of a heatmap; a cell is 4 x 4 pixels
LANDMARKS = 98  # the 99th map is the outline of the face
_DEPTH = 4  # halvings inside the hourglass
# What precedes names in files: nothing; in the authors' wing.ckpt; among StarGAN v2's networks.
_PREFIXES = ("", "state_dict.", "fan.")
_ADVICE = "pass the weights of StarGAN v2's landmark network (wing.ckpt)"


@keras.utils.register_keras_serializable("stargan_tf")
class LandmarkNetwork(network_lib.Network):
    """x (N, 256, 256, 3) in [0, 1] -> heatmaps (N, 64, 64, 99), about 0 to 1 at their peaks.

    Maps 0 to 97 are the landmarks in the order of the WFLW data set; the last map is the outline of
    the face. There are 6,333,603 parameters, not counting the statistics of the normalizations,
    and none is trainable. `built` creates and builds the network.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        policy = {"dtype": self.dtype_policy}

        def block(name: str, channels: int = 256, filters: int = 256) -> blocks.ConvBlock:
            return blocks.ConvBlock(channels, filters, name=name, **policy)

        def conv(name: str, filters: int = 256, **size) -> convolution.Conv2D:
            return convolution.Conv2D(filters, name=name, **(size or {"kernel_size": 1}), **policy)

        self.conv_in = conv("conv_in", 64, kernel_size=7, strides=2, padding=3)
        self.bn_in = blocks.FrozenBatchNorm(name="bn_in", **policy)
        self.block1 = block("block1", 64, 128)
        self.block2 = block("block2", 128, 128)
        self.block3 = block("block3", 128, 256)
        self.hourglass_in = conv("hourglass_in")
        # Lists from the finest level, 64 x 64, to the coarsest.
        levels = range(1, _DEPTH + 1)
        self.beside = [block(f"beside{i}") for i in levels]
        self.before = [block(f"before{i}") for i in levels]
        self.inner = block("inner")
        self.after = [block(f"after{i}") for i in levels]
        self.block_out = block("block_out")
        self.conv_last = conv("conv_last")
        self.bn_last = blocks.FrozenBatchNorm(name="bn_last", **policy)
        self.heads = conv("heads", LANDMARKS + 1)

    def build(self, input_shape):
        """Builds the layers. Keras alone would have to trace `call` twice for that."""
        del input_shape
        outer = {self.conv_in: 6, self.bn_in: 64, self.hourglass_in: 259}
        outer |= dict.fromkeys((self.conv_last, self.bn_last, self.heads), 256)
        inner = (self.block1, self.block2, self.block3, self.inner, self.block_out)
        outer |= {b: b.channels for b in (*inner, *self.beside, *self.before, *self.after)}
        for layer, channels in outer.items():
            keras_versions.build(layer, (None, None, None, channels))
        self.trainable = False
        self.built = True

    def call(self, x):
        """Returns the heatmaps."""
        x = tf.nn.relu(self.bn_in(self.conv_in(_with_coordinates(x))))
        x = resampling.average(self.block1(x))
        x = self.block3(self.block2(x))
        x = self._hourglass(self.hourglass_in(_with_coordinates(x)), 0)
        x = self.conv_last(self.block_out(x))
        return self.heads(tf.nn.relu(self.bn_last(x)))

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for x."""
        return (tf.zeros((1, SIZE, SIZE, 3)),)

    def build_from_config(self, config: dict) -> None:
        """Creates the weights, without a call."""
        del config
        keras_versions.build(self, (None, SIZE, SIZE, 3))

    def _hourglass(self, x: tf.Tensor, level: int) -> tf.Tensor:
        y = self.before[level](resampling.average(x))
        y = self.inner(y) if level == _DEPTH - 1 else self._hourglass(y, level + 1)
        return self.beside[level](x) + resampling.nearest(self.after[level](y))


def built(dtype: str = "float32") -> LandmarkNetwork:
    """Returns the network, built and frozen, with random weights until `assign` sets them."""
    network = LandmarkNetwork(name="landmarks", dtype=dtype)
    network.build_from_config({})
    return network


def reference_names(network: LandmarkNetwork) -> dict[str, tf.Variable]:
    """Returns the network's variables by their names in the state dict of `wing.ckpt`."""
    named_blocks = {"conv2": network.block1, "conv3": network.block2, "conv4": network.block3}
    for i in range(_DEPTH):
        n = _DEPTH - i  # wing.ckpt counts the levels from the coarsest
        named_blocks[f"m0.b1_{n}"] = network.beside[i]
        named_blocks[f"m0.b2_{n}"] = network.before[i]
        named_blocks[f"m0.b3_{n}"] = network.after[i]
    named_blocks |= {"m0.b2_plus_1": network.inner, "top_m_0": network.block_out}
    layers = {
        "conv1.conv": network.conv_in,
        "bn1": network.bn_in,
        "m0.coordconv.conv": network.hourglass_in,
        "conv_last0": network.conv_last,
        "bn_end0": network.bn_last,
        "l0": network.heads,
    }
    parts = {name: name for name in ("bn1", "conv1", "bn2", "conv2", "bn3", "conv3")}
    parts |= {"downsample.0": "skip_bn", "downsample.2": "skip_conv"}
    for name, block in named_blocks.items():
        for part, attribute in parts.items():
            if hasattr(block, attribute):
                layers[f"{name}.{part}"] = getattr(block, attribute)
    return {
        f"{name}.{leaf}": variable
        for name, layer in layers.items()
        for leaf, variable in _leaves(layer).items()
    }


def assign(network: LandmarkNetwork, state: Mapping[str, np.ndarray]) -> None:
    """Sets all variables from a PyTorch state dict; changes nothing if there is an error.

    `state` has arrays by the names in `reference_names`, either bare or all prefixed with
    "state_dict." or "fan."; convolutions are (out, in, h, w). Other entries (num_batches_tracked,
    other networks) are ignored.

    Raises:
      UserError: If names are missing or shapes differ.
    """
    variables = reference_names(network)
    prefix = max(_PREFIXES, key=lambda p: sum(p + name in state for name in variables))
    missing = [name for name in variables if prefix + name not in state]
    if missing:
        raise errors.UserError(
            f"{len(missing)} of the {len(variables)} tensors of the landmark network are missing: "
            f"{errors.some(missing)}; {_ADVICE}."
        )
    values = {name: torch_layouts.to_ours(state[prefix + name]) for name in variables}
    wrong = [
        f"{name} {state[prefix + name].shape}, not {torch_layouts.to_theirs(tuple(variable.shape))}"
        for name, variable in variables.items()
        if values[name].shape != tuple(variable.shape)
    ]
    if wrong:
        raise errors.UserError(
            f"{len(wrong)} tensors of the landmark network have another shape: "
            f"{errors.some(wrong)}; {_ADVICE}."
        )
    for name, variable in variables.items():
        variable.assign(values[name])


def _with_coordinates(x: tf.Tensor) -> tf.Tensor:
    """Appends 3 channels: row and column, both from -1 to 1, and the distance from the centre.

    The distance is divided by its maximum. CoordConv: Liu et al. 2018, arXiv 1807.03247.
    """
    height, width = x.shape[1:3]
    rows, columns = np.meshgrid(
        np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij"
    )
    distance = np.hypot(rows, columns)
    coordinates = np.stack([rows, columns, distance / distance.max()], axis=-1)
    # A broadcasting sum repeats them for the batch, because older GPU delegates lack BROADCAST_TO.
    repeated = tf.zeros_like(x[..., :1]) + tf.constant(coordinates[np.newaxis], x.dtype)
    return tf.concat([x, repeated], axis=-1)


def _leaves(layer: keras.layers.Layer) -> dict[str, tf.Variable]:
    if isinstance(layer, blocks.FrozenBatchNorm):
        return {
            "weight": layer.gamma,
            "bias": layer.beta,
            "running_mean": layer.mean,
            "running_var": layer.variance,
        }
    return {"weight": layer.kernel} | ({"bias": layer.bias} if layer.use_bias else {})
