"""What a step of CycleGAN consumes: for each pair of domains images of both, and pools' draws."""

import dataclasses
from collections.abc import Sequence

import tensorflow as tf

from stargan_tf.data.pipeline import draws, samplers

Batch = dict[str, tf.Tensor]


def inputs(
    sampler: samplers.Sampler,
    slices: samplers.Slices,
    first_step: int,
    pairs: Sequence[tuple[int, int]],
) -> tf.data.Dataset:
    """Returns the endless dataset of one replica's batch after the other.

    An epoch of a pair has as many samples as the larger of its domains has images. In each, images
    of A are seen in a shuffled order (those of a smaller A several times), each beside one of B,
    which is drawn with replacement.

    Args:
      sampler: Of images that belong to one domain each.
      slices: How global batches are dealt to replicas.
      first_step: The number of the first batch.
      pairs: The domains A and B of each pair, as positions in labels.

    Returns:
      Batches of: a, b (P, N, S, S, 3) uint8, for each of P pairs; pool (P, N, 2, 2) uniform in
      [0, 1): of each sample, for the pool of fakes of A and that of B, the draws of
      `ImagePool.exchange`.

    Raises:
      UserError: A domain has no image.
    """
    domains = sampler.by_domain()

    def of_pair(number: int) -> tf.data.Dataset:
        # Seeds of runs are below 2^32: those of further pairs are none that a run has.
        own = dataclasses.replace(sampler, seed=sampler.seed + (number << 32))
        numbers_a, numbers_b = (tf.constant(domains[domain]) for domain in pairs[number])
        sizes = [int(numbers.shape[0]) for numbers in (numbers_a, numbers_b)]

        def describe(position: tf.Tensor) -> dict[str, tf.Tensor | samplers.View]:
            place = own.in_order(position[tf.newaxis], max(sizes))[0]
            drawn = draws.integers(own.seed, draws.Draw.REFERENCE, position, 1)[0]
            index_a = tf.gather(numbers_a, tf.math.floormod(place, sizes[0]))
            index_b = tf.gather(numbers_b, tf.math.floormod(drawn, sizes[1]))
            return {
                "a": own.view(index_a, position, draws.Draw.SOURCE, 0.0),
                "b": own.view(index_b, position, draws.Draw.REFERENCE, 0.0),
                "pool": draws.uniform(own.seed, draws.Draw.POOL, position, (2, 2)),
            }

        # The one sampler loads the images of all pairs, so that they share its cache.
        return sampler.load_batches(samplers.batches(slices.positions(first_step, 1), describe))

    return samplers.in_turn([of_pair(number) for number in range(len(pairs))], 1)
