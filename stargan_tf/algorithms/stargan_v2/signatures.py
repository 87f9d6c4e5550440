"""What an exported StarGAN v2 can be asked: translations, and the ways to a style.

image, reference, translated: (N, S, S, 3) in [-1, 1]; domain: (N,) int32, its number; latent:
(N, latent_dim), standard normal; style: (N, style_dim); mask0, mask1: (N, 256, 256, 1) in [0, 1],
only where the landmark network is left out.
"""

import functools
from collections.abc import Callable

import keras
import tensorflow as tf

from stargan_tf.algorithms import algorithm
from stargan_tf.landmarks import network as landmark_network

Tensors = dict[str, tf.Tensor]
_MASKS = ("mask0", "mask1")
_KINDS = {
    "image": "image",
    "reference": "image",
    "translated": "image",
    "domain": "domain",
    "latent": "latent",
    "style": "style",
}


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
    drawn = ("image",) if masks else ("image", *_MASKS)

    def render(image: tf.Tensor, style: tf.Tensor, **given: tf.Tensor) -> Tensors:
        found = masks(image) if masks else tuple(given[name] for name in _MASKS)
        return {"translated": G(image, style, found)}

    def encode(image: tf.Tensor, domain: tf.Tensor) -> Tensors:
        return {"style": E(image, _one_hot(domain, domains))}

    def map_latent(latent: tf.Tensor, domain: tf.Tensor) -> Tensors:
        return {"style": F(latent, _one_hot(domain, domains))}

    def by_reference(image, reference, domain, **given) -> Tensors:
        return render(image, encode(reference, domain)["style"], **given)

    def by_latent(image, latent, domain, **given) -> Tensors:
        return render(image, map_latent(latent, domain)["style"], **given)

    made = functools.partial(_signature, _specs(G, F), domains)
    return {
        "translate_reference": made(by_reference, *drawn, "reference", "domain"),
        "translate_latent": made(by_latent, *drawn, "latent", "domain"),
        "translate_style": made(render, *drawn, "style"),
        "encode_style": made(encode, "image", "domain"),
        "map_latent": made(map_latent, "latent", "domain"),
    }


def _one_hot(domain: tf.Tensor, domains: int) -> tf.Tensor:
    # Neither tf.one_hot nor tf.equal, which TFLite turns into it: it has no 16-bit form there.
    distance = tf.abs(domain[:, tf.newaxis] - tf.range(domains))
    return tf.cast(1 - tf.minimum(distance, 1), tf.float32)


def _signature(
    specs: dict[str, tf.TensorSpec], domains: int, function: Callable[..., Tensors], *names: str
) -> algorithm.Signature:
    def known(domain: tf.Tensor, **_) -> Tensors:
        inside = tf.reduce_all((domain >= 0) & (domain < domains))
        return {f"domain must be from 0 to {domains - 1}": inside}

    checks = {"requires": known} if "domain" in names else {}
    inputs = {name: specs[name] for name in names}
    return algorithm.Signature(function, inputs, _KINDS, **checks)


def _specs(G: keras.Model, F: keras.Model) -> dict[str, tf.TensorSpec]:
    image = tf.TensorSpec((None, G.image_size, G.image_size, 3), tf.float32)
    size = landmark_network.SIZE
    return {
        "image": image,
        "reference": image,
        **{name: tf.TensorSpec((None, size, size, 1), tf.float32) for name in _MASKS},
        "domain": tf.TensorSpec((None,), tf.int32),
        "latent": tf.TensorSpec((None, F.latent_dim), tf.float32),
        "style": tf.TensorSpec((None, F.style_dim), tf.float32),
    }
