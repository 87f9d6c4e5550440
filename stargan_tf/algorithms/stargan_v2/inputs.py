"""What a step of StarGAN v2 consumes: sources, pairs of references of a domain, latent codes."""

import functools

import tensorflow as tf

from stargan_tf.data.pipeline import balanced, draws, samplers

Batch = dict[str, tf.Tensor]
AUGMENTED = 6  # inputs of D in a step: real and fake twice for D, then one fake twice for G


def inputs(
    sampler: samplers.Sampler,
    slices: samplers.Slices,
    first_step: int,
    *,
    latent_dim: int,
    crop_probability: float,
    augment: bool,
) -> tf.data.Dataset:
    """Returns the endless dataset of one replica's batch after the other.

    Sources x and references are drawn balanced over the domains, with replacement; both references
    are of the one domain that is the target.

    Returns:
      Batches of: x, x_ref, x_ref2 (N, S, S, 3) uint8; y_org, y_trg (N, K) one-hot; z, z2
      (N, latent_dim) standard normal; where `augment`, augment (N, 6, 7) uniform in [0, 1).
    """
    domains = balanced.Balanced(sampler)
    draw = draws.Draw

    view = functools.partial(sampler.view, crop_probability=crop_probability)

    def describe(position: tf.Tensor) -> dict[str, tf.Tensor | samplers.View]:
        source = domains.source(position)
        reference, reference2 = domains.references(position)
        batch = {
            "x": view(source, position, draw.SOURCE),
            "y_org": sampler.label(source),
            "x_ref": view(reference, position, draw.REFERENCE),
            "x_ref2": view(reference2, position, draw.REFERENCE_2),
            "y_trg": sampler.label(reference),
            "z": draws.normal(sampler.seed, draw.LATENT, position, (latent_dim,)),
            "z2": draws.normal(sampler.seed, draw.LATENT_2, position, (latent_dim,)),
        }
        if augment:
            shape = (AUGMENTED, 7)
            batch["augment"] = draws.uniform(sampler.seed, draw.AUGMENT, position, shape)
        return batch

    described = samplers.batches(slices.positions(first_step, 1), describe)
    return sampler.load_batches(described).prefetch(tf.data.AUTOTUNE)
