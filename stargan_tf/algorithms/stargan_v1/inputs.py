"""What a step of StarGAN v1 consumes: images, their labels, target labels, the penalty's alpha."""

import tensorflow as tf

from stargan_tf.data import pipeline

Batch = dict[str, tf.Tensor]


def inputs(
    sampler: pipeline.Sampler, slices: pipeline.Slices, first_step: int, n_critic: int
) -> tf.data.Dataset:
    """Returns the endless dataset of one replica's batch after the other.

    A batch holds one global batch's slice for each of the n_critic D updates of a step: image
    (n_critic, N, S, S, 3) in [-1, 1], label and target_label (n_critic, N, width), alpha
    (n_critic, N) in [0, 1).
    """

    def sample(position: tf.Tensor) -> Batch:
        return {
            "image": sampler.image(position),
            "label": sampler.label(position),
            "target_label": sampler.label(_partner(position, slices.batch_size, sampler.seed)),
            "alpha": pipeline.uniform(sampler.seed, pipeline.Draw.PENALTY, position),
        }

    return pipeline.batches(slices.positions(first_step, n_critic), sample)


def _partner(position: tf.Tensor, batch_size: int, seed: int) -> tf.Tensor:
    """Returns the position whose label is the target here: a permutation of the global batch."""
    n = position // batch_size
    order = pipeline.permutation(seed, pipeline.Draw.TARGET, n, batch_size)
    return n * batch_size + tf.cast(order[position % batch_size], tf.int64)
