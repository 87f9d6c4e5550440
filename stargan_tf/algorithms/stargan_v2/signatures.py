"""What an exported StarGAN v2 can be asked: translations, and the ways to a style.

image, reference: (N, S, S, 3) in [-1, 1]; domain: (N,) int32, its number; latent: (N, latent_dim),
standard normal; style: (N, style_dim); mask0, mask1: (N, 256, 256, 1) in [0, 1], only where the
landmark network is left out.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from stargan_tf.algorithms import algorithm
from stargan_tf.landmarks import network as landmark_network

Tensors = dict[str, tf.Tensor]
_MASKS = ("mask0", "mask1")


def make(
    G: keras.Model,
    F: keras.Model,
    E: keras.Model,
    domains: int,
    masks: Callable[[tf.Tensor], tuple[tf.Tensor, ...] | None] | None,
) -> dict[str, algorithm.Signature]:
    """Returns the signatures by name.

    Args:
      G: The generator.
      F: The mapping network.
      E: The style encoder.
      domains: K.
      masks: Finds G's masks of an image; None: they are inputs.
    """
    specs = _specs(G, F)
    image = {"image": specs["image"]}
    drawn = image if masks else {**image, **{name: specs["mask"] for name in _MASKS}}
    domain = {"domain": specs["domain"]}

    def render(image: tf.Tensor, style: tf.Tensor, **given: tf.Tensor) -> Tensors:
        found = masks(image) if masks else tuple(given[name] for name in _MASKS)
        return {"image": G(image, style, found)}

    def encode(image: tf.Tensor, domain: tf.Tensor) -> Tensors:
        return {"style": E(image, tf.one_hot(domain, domains))}

    def map_latent(latent: tf.Tensor, domain: tf.Tensor) -> Tensors:
        return {"style": F(latent, tf.one_hot(domain, domains))}

    def by_reference(image, reference, domain, **given) -> Tensors:
        return render(image, encode(reference, domain)["style"], **given)

    def by_latent(image, latent, domain, **given) -> Tensors:
        return render(image, map_latent(latent, domain)["style"], **given)

    def known(domain: tf.Tensor, **others: tf.Tensor) -> Tensors:
        del others
        inside = tf.reduce_all((domain >= 0) & (domain < domains))
        return {f"domain must be from 0 to {domains - 1}": inside}

    latent, reference = {"latent": specs["latent"]}, {"reference": specs["image"]}
    return {
        "translate_reference": algorithm.Signature(
            by_reference, {**drawn, **reference, **domain}, known
        ),
        "translate_latent": algorithm.Signature(by_latent, {**drawn, **latent, **domain}, known),
        "translate_style": algorithm.Signature(render, {**drawn, "style": specs["style"]}),
        "encode_style": algorithm.Signature(encode, {**image, **domain}, known),
        "map_latent": algorithm.Signature(map_latent, {**latent, **domain}, known),
    }


def _specs(G: keras.Model, F: keras.Model) -> dict[str, tf.TensorSpec]:
    mask = (None, landmark_network.SIZE, landmark_network.SIZE, 1)
    return {
        "image": tf.TensorSpec((None, G.image_size, G.image_size, 3), tf.float32),
        "mask": tf.TensorSpec(mask, tf.float32),
        "domain": tf.TensorSpec((None,), tf.int32),
        "latent": tf.TensorSpec((None, F.latent_dim), tf.float32),
        "style": tf.TensorSpec((None, F.style_dim), tf.float32),
    }
