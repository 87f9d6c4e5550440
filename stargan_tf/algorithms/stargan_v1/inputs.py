"""What a step of StarGAN v1 consumes: images, their labels, target labels, the penalty's alpha."""

import tensorflow as tf

from stargan_tf.data.pipeline import draws, samplers

Batch = dict[str, tf.Tensor]


def inputs(
    sampler: samplers.AnySampler,
    slices: samplers.Slices,
    first_step: int,
    n_critic: int,
) -> tf.data.Dataset:
    """Returns the endless dataset of one replica's batch after the other.

    A batch holds one global batch's slice for each of the R D updates of a step: image
    (R, N, S, S, 3) uint8, label and target_label (R, N, width), alpha (R, N) in [0, 1). R is
    n_critic times the number of data sets; these take turns.
    """
    positions = slices.positions(first_step, n_critic)
    size = slices.batch_size

    def of_one(member: samplers.Sampler) -> tf.data.Dataset:
        def describe(positions: tf.Tensor) -> Batch:
            n, place = positions[0] // size, positions[0] % size
            index = member.index(n * size + tf.range(size, dtype=tf.int64))
            label = member.label(index)
            # The target labels are a permutation of the global batch's own.
            order = draws.permutation(member.seed, draws.Draw.TARGET, n, size)
            whole = {
                "image": samplers.View(
                    index, member.mirrored(n, size), offset=member.offsets(n, size)
                ),
                "label": label,
                "target_label": tf.gather(label, order),
                "alpha": draws.uniform(member.seed, draws.Draw.PENALTY, n, (size,)),
            }
            own = place + tf.range(slices.replica_batch_size, dtype=tf.int64)
            return tf.nest.map_structure(lambda value: tf.gather(value, own), whole)

        return member.load_batches(positions.unbatch().map(describe))

    return samplers.in_turn([of_one(member) for member in sampler.members], n_critic)
