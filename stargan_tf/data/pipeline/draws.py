"""Random numbers that are pure functions of a seed, a purpose and a counter.

TensorFlow chooses the generator, which is Philox on CPUs and GPUs. Naming it (alg="philox") gives
the same numbers, but takes twenty graph operations instead of one to mix the seed.
"""

import enum

import tensorflow as tf


class Draw(enum.IntEnum):
    """The purpose of a random number; each has a stream of its own."""

    ORDER = 1
    FLIP = 2
    TARGET = 3
    PENALTY = 4
    SOURCE = 5
    REFERENCE = 6
    REFERENCE_2 = 7
    CROP = 8
    LATENT = 9
    LATENT_2 = 10
    AUGMENT = 11
    OFFSET = 12
    POOL = 13
    DROPOUT = 14
    START = 15


def uniform(seed: int, draw: Draw, n: tf.Tensor, shape: tuple[int, ...] = ()) -> tf.Tensor:
    """Draws float32 numbers, uniform in [0, 1); n is an int64 scalar."""
    return tf.random.stateless_uniform(shape, key(seed, draw, n))


def normal(seed: int, draw: Draw, n: tf.Tensor, shape: tuple[int, ...] = ()) -> tf.Tensor:
    """Draws float32 standard normal numbers; n is an int64 scalar."""
    return tf.random.stateless_normal(shape, key(seed, draw, n))


def integers(seed: int, draw: Draw, n: tf.Tensor, count: int) -> tf.Tensor:
    """Draws `count` int64 numbers, uniform over all 2^64; n is an int64 scalar.

    Modulo m they are practically uniform below m. Floats would miss numbers above 2^24.
    """
    own = key(seed, draw, n)
    return tf.random.stateless_uniform([count], own, None, None, tf.int64)


def permutation(seed: int, draw: Draw, n: tf.Tensor, size: int) -> tf.Tensor:
    """Draws a random order (size,) int32 of 0 ... size - 1; n is an int64 scalar."""
    return tf.argsort(uniform(seed, draw, n, (size,)), stable=True)


def key(seed: int, draw: Draw, n: tf.Tensor) -> tf.Tensor:
    """Returns the key (2,) int64 of a stateless draw; n is an int64 scalar."""
    return tf.random.experimental.stateless_fold_in(tf.constant([seed, int(draw)], tf.int64), n)


def nested_uniform(
    seed: int, stream: Draw, n: tf.Tensor, purpose: Draw, shape: tuple[int, ...] = ()
) -> tf.Tensor:
    """Draws numbers like `uniform`, independent for every purpose within a stream."""
    # Folds in the purpose, as the numbers under the stream's own key may have chosen the image.
    own = key(seed, stream, n)
    own = tf.random.experimental.stateless_fold_in(own, tf.constant(int(purpose), tf.int64))
    return tf.random.stateless_uniform(shape, own)
