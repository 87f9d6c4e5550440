"""What a step of StarGAN-VC consumes: windows of features, and every random draw of the step."""

import dataclasses
import math

import tensorflow as tf

from stargan_tf.algorithms import windows
from stargan_tf.data.pipeline import draws, samplers

Batch = windows.Batch


def by_speaker(
    sampler: samplers.Sampler, slices: samplers.Slices, first_step: int
) -> tf.data.Dataset:
    """Returns the endless dataset of one replica's batch after the other, for the 1d networks.

    Every speaker has a batch of its own in each step, and an order of its own: in each epoch of a
    speaker all of its utterances are seen once, in part.

    Args:
      sampler: Of utterances that belong to one speaker each.
      slices: How global batches are dealt to replicas.
      first_step: The number of the first batch.

    Returns:
      Batches of: features (K, N, T, F), for each of K speakers; for each of P pairs of speakers
      alpha (P, N, 2) uniform in [0, 1), of either speaker, and key (P, 2) int64, of dropout; rows
      (N,) int64, the places of the samples in the global batch.

    Raises:
      UserError: A speaker has no utterance.
    """
    numbers = [tf.constant(own) for own in sampler.by_domain()]
    pairs = math.comb(len(numbers), 2)

    def of_one(speaker: int) -> tf.data.Dataset:
        # Seeds of runs are below 2^32: those of further speakers are none that a run has.
        own = dataclasses.replace(sampler, seed=sampler.seed + (speaker << 32))

        def describe(position: tf.Tensor) -> dict[str, samplers.View]:
            place = own.in_order(position[tf.newaxis], int(numbers[speaker].shape[0]))[0]
            index = tf.gather(numbers[speaker], place)
            return {"features": own.view(index, position, draws.Draw.SOURCE, 0.0)}

        # The one sampler loads the windows of all speakers, so that they share its cache.
        return sampler.load_batches(samplers.batches(slices.positions(first_step, 1), describe))

    def chance(positions: tf.Tensor) -> Batch:
        n, rows = _place(positions[0], slices)
        uniform = draws.uniform(sampler.seed, draws.Draw.PENALTY, n, (pairs, slices.batch_size, 2))
        keys = [draws.key(sampler.seed, draws.Draw.DROPOUT, n * pairs + p) for p in range(pairs)]
        return {"alpha": tf.gather(uniform, rows, axis=1), "key": tf.stack(keys), "rows": rows}

    windows = samplers.in_turn([of_one(speaker) for speaker in range(len(numbers))], 1)
    chances = slices.positions(first_step, 1).map(chance, num_parallel_calls=tf.data.AUTOTUNE)
    steps = tf.data.Dataset.zip((windows, chances))
    return steps.map(lambda one, other: {**one, **other}).prefetch(tf.data.AUTOTUNE)


def at_random(
    sampler: samplers.Sampler, slices: samplers.Slices, first_step: int
) -> tf.data.Dataset:
    """Returns the endless dataset of one replica's batch after the other, for the 2d networks.

    Returns:
      Batches of what `windows.at_random` has, and alpha (N,) uniform in [0, 1).
    """

    def alpha(position: tf.Tensor) -> Batch:
        return {"alpha": draws.uniform(sampler.seed, draws.Draw.PENALTY, position)}

    return windows.at_random(sampler, slices, first_step, alpha)


def _place(positions: tf.Tensor, slices: samplers.Slices) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the number of the global batch that positions (N,) are in, and their places in it."""
    n = positions[0] // slices.batch_size
    return n, positions - n * slices.batch_size
