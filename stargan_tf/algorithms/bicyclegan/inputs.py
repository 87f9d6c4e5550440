"""What a step of BicycleGAN consumes: two batches of pairs, and all of its chance."""

import tensorflow as tf

from stargan_tf.data.pipeline import draws, samplers

Batch = dict[str, tf.Tensor]
BATCHES = 2  # of pairs: one for each half, cVAE-GAN and cLR-GAN


def inputs(
    sampler: samplers.Sampler,
    slices: samplers.Slices,
    first_step: int,
    *,
    latent_dim: int,
    dropped: int,
) -> tf.data.Dataset:
    """Returns the endless dataset of one replica's batch after the other.

    A step takes two global batches, which are dealt one by one, so that the replicas' first halves
    are together that of one device. The images of a pair are seen in the same way.

    Args:
      sampler: Of pairs.
      slices: How batches are dealt.
      first_step: The step to begin with.
      latent_dim: Z, the length of a latent code.
      dropped: U, how many units of an image dropout acts on; 0: there is none.

    Returns:
      Batches of: a, b (2, N, S, S, 3) uint8, what is translated and the true translations; eps, z
      (N, Z) standard normal; where there is dropout, dropout (2, N, U) uniform in [0, 1), for the
      encoded and for the random z.
    """
    draw, seed = draws.Draw, sampler.seed

    def describe(positions: tf.Tensor) -> dict[str, tf.Tensor | samplers.View]:
        index, target = sampler.pair(positions)
        n = positions[0] // slices.batch_size
        mine = positions - n * slices.batch_size
        mirrored = tf.gather(sampler.mirrored(n, slices.batch_size), mine)
        offset = sampler.offsets(n, slices.batch_size)
        offset = () if isinstance(offset, tuple) else tf.gather(offset, mine)
        seen = {"mirrored": mirrored, "offset": offset}
        described = {
            "a": samplers.View(index, **seen),
            "b": samplers.View(target, **seen),
            "latent": each(draw.LATENT, positions, (latent_dim,)),
        }
        if dropped:
            uniform = tf.map_fn(
                lambda p: draws.uniform(seed, draw.DROPOUT, p, (dropped,)),
                positions,
                fn_output_signature=tf.float32,
            )
            described["dropout"] = uniform
        return described

    def each(stream: draws.Draw, positions: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
        return tf.map_fn(
            lambda p: draws.normal(seed, stream, p, shape),
            positions,
            fn_output_signature=tf.float32,
        )

    def named(step: Batch) -> Batch:
        eps, z = tf.unstack(step.pop("latent"), num=BATCHES)
        return {**step, "eps": eps, "z": z}

    positions = slices.positions(first_step, BATCHES).unbatch()
    described = positions.map(describe, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    steps = samplers.in_turn([sampler.load_batches(described)], BATCHES)
    return steps.map(named)
