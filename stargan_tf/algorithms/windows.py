"""Batches of windows of sequences, for papers that convert each to a domain drawn at random."""

from collections.abc import Callable

import tensorflow as tf

from stargan_tf.data.pipeline import draws, samplers

Batch = dict[str, tf.Tensor]


def at_random(
    sampler: samplers.Sampler,
    slices: samplers.Slices,
    first_step: int,
    further: Callable[[tf.Tensor], Batch] = lambda position: {},
) -> tf.data.Dataset:
    """Returns the endless dataset of one replica's batch after the other.

    In each epoch all sequences are seen once, in part.

    Args:
      sampler: Of sequences.
      slices: How global batches are dealt to replicas.
      first_step: The number of the first batch.
      further: Returns, by name, what a sample holds beside what is below, of its position in the
        endless sequence of samples.

    Returns:
      Batches of: features (N, T, F), raw; label, target (N, K), one-hot: the domain of each, and
      one drawn at random, which may be the same.
    """
    width = sampler.source.label_space.width

    def describe(position: tf.Tensor) -> Batch:
        index = sampler.index(position[tf.newaxis])[0]
        target = draws.integers(sampler.seed, draws.Draw.TARGET, position, 1)[0]
        return {
            "features": sampler.view(index, position, draws.Draw.SOURCE, 0.0),
            "label": sampler.label(index),
            "target": tf.one_hot(tf.math.floormod(target, width), width),
            **further(position),
        }

    described = samplers.batches(slices.positions(first_step, 1), describe)
    return sampler.load_batches(described).prefetch(tf.data.AUTOTUNE)
