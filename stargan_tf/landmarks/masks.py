"""StarGAN v2's masks: where the high-pass skip lets details of the source pass (appendix A).

The heatmaps of 98 landmarks become two masks. Mask 0 marks outline, brows, nose, eyes and mouth.
Mask 1 marks only what does not move with the expression: nose and eyes. Everything here is a pure
function of tensors, made of common ops, for any batch size.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from stargan_tf.landmarks import network as network_lib

_THRESHOLD = 0.1  # lower values in a heatmap are noise
_EPSILON = 1e-6
# For each region: (first map, end), how many rows it moves up (negative: down), and the power that
# its maps are raised to, which makes their spots smaller. Maps not listed here are not used.
_EXPRESSION = (
    ((8, 25), 0, 3),  # chin
    ((34, 46), -7, 2),  # eyebrows, without 33
    ((47, 51), -7, 2),  # and 46
    ((77, 82), -8, 4),  # upper lip
    ((83, 88), 8, 4),  # lower lip
    ((88, 96), -2, 3),  # inner lips
)
_FIXED = (
    ((51, 52), 0, 1),  # bridge of the nose
    ((52, 55), 4, 1),  # nose
    ((55, 60), 8, 4),  # nostrils
    ((60, 76), -8, 3),  # eyes
    ((60, 76), -24, 1),  # and a copy of them further down
    ((96, 98), 0, 1),  # pupils
)


def heatmaps(network: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor) -> tf.Tensor:
    """Returns the heatmaps (N, 64, 64, 98) of the landmarks of x; no gradient flows to x.

    Args:
      network: A `LandmarkNetwork`.
      x: (N, H, W, 3) in [-1, 1]; resized to 256 x 256 pixels, bilinearly and without antialiasing.
    """
    x = tf.stop_gradient(x)
    size = (network_lib.SIZE, network_lib.SIZE)
    if tuple(x.shape[1:3]) != size:
        x = tf.cast(tf.image.resize(x, size, "bilinear"), x.dtype)
    return network(x * 0.5 + 0.5)[..., : network_lib.LANDMARKS]


def masks(heatmaps: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Makes (mask 0, mask 1), each (N, 256, 256, 1) in [0, 1], from heatmaps (N, 64, 64, 98)."""
    return combine(enlarge(heatmaps))


def enlarge(heatmaps: tf.Tensor) -> tf.Tensor:
    """Enlarges (N, 64, 64, C) to (N, C, 256, 256), bilinearly, with aligned corners."""
    cells, size, channels = network_lib.CELLS, network_lib.SIZE, heatmaps.shape[-1]
    # Two products with a constant matrix, because tf.image.resize can't align corners.
    weights = tf.constant(_interpolation(cells, size), heatmaps.dtype)
    maps = tf.transpose(heatmaps, (0, 3, 2, 1))  # rows last
    maps = tf.reshape(tf.matmul(tf.reshape(maps, (-1, cells)), weights), (-1, cells, size))
    maps = tf.transpose(maps, (0, 2, 1))  # columns last
    maps = tf.matmul(tf.reshape(maps, (-1, cells)), weights)
    return tf.reshape(maps, (-1, channels, size, size))


def combine(maps: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Makes (mask 0, mask 1), each (N, 256, 256, 1) in [0, 1], from maps (N, 98, 256, 256)."""
    maps = tf.where(maps < _THRESHOLD, tf.zeros_like(maps), maps)
    low = tf.reduce_min(maps, axis=(2, 3), keepdims=True)
    high = tf.reduce_max(maps, axis=(2, 3), keepdims=True)
    maps = (maps - low) / (high - low + _EPSILON)
    fixed = tf.add_n([_region(maps, *region) for region in _FIXED])
    both = tf.add_n([fixed] + [_region(maps, *region) for region in _EXPRESSION])
    return _as_mask(both), _as_mask(fixed)


def _region(maps: tf.Tensor, landmarks: tuple[int, int], up: int, power: int) -> tf.Tensor:
    """Sums powers of some maps and moves the sum up with wrap-around: (N, 256, 256)."""
    chosen = maps[:, landmarks[0] : landmarks[1]]
    powers = chosen
    for _ in range(power - 1):
        powers = powers * chosen
    total = tf.reduce_sum(powers, axis=1)
    # Moving the sum gives the same result as moving each map, in less work.
    return tf.concat([total[:, up:], total[:, :up]], axis=1) if up else total


def _as_mask(total: tf.Tensor) -> tf.Tensor:
    return tf.clip_by_value(total, 0, 1)[..., tf.newaxis]


def _interpolation(small: int, large: int) -> np.ndarray:
    """Returns W (small, large): row @ W interpolates `small` points linearly to `large` points."""
    places = np.arange(large) * (small - 1) / (large - 1)
    return np.maximum(0, 1 - np.abs(places[np.newaxis] - np.arange(small)[:, np.newaxis]))
