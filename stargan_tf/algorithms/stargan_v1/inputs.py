"""What a step of StarGAN v1 consumes: images, their labels, target labels, the penalty's alpha."""

import tensorflow as tf

from stargan_tf.data import pipeline

Batch = dict[str, tf.Tensor]


def inputs(
    sampler: pipeline.AnySampler,
    slices: pipeline.Slices,
    first_step: int,
    n_critic: int,
) -> tf.data.Dataset:
    """Returns the endless dataset of one replica's batch after the other.

    A batch holds one global batch's slice for each of the R D updates of a step: image
    (R, N, S, S, 3) in [-1, 1], label and target_label (R, N, width), alpha (R, N) in [0, 1).
    R is n_critic times the number of data sets; these take turns.
    """
    positions = slices.positions(first_step, n_critic)

    def of_one(member: pipeline.Sampler) -> tf.data.Dataset:
        def sample(position: tf.Tensor) -> Batch:
            partner = _partner(position, slices.batch_size, member.seed)
            return {
                "image": member.image(position),
                "label": member.label(position),
                "target_label": member.label(partner),
                "alpha": pipeline.uniform(member.seed, pipeline.Draw.PENALTY, position),
            }

        return pipeline.batches(positions, sample)

    return pipeline.in_turn([of_one(member) for member in sampler.members], n_critic)


def _partner(position: tf.Tensor, batch_size: int, seed: int) -> tf.Tensor:
    """Returns the position whose label is the target here: a permutation of the global batch."""
    n = position // batch_size
    order = pipeline.permutation(seed, pipeline.Draw.TARGET, n, batch_size)
    return n * batch_size + tf.cast(order[position % batch_size], tf.int64)
