"""What the networks are asked for: a label, or a style of latent codes or of references."""

import dataclasses
from collections.abc import Callable

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.evaluation import images as images_lib
from stargan_tf.evaluation import outputs as outputs_lib


@dataclasses.dataclass(frozen=True)
class Request:
    """What is asked for N inputs, K outputs of each.

    Attributes:
      function: Takes images and an entry of `targets` for each, and translates or renders.
      targets: Returns what that is given besides images, (n K, ...), for a part of n inputs.
      references: (N, K), the numbers of the held-out images that show the styles; None: none do.
    """

    function: Callable[[np.ndarray, np.ndarray], np.ndarray]
    targets: Callable[[slice], np.ndarray]
    references: np.ndarray | None = None


def by_label(
    algorithm: algorithm_lib.Translates, sources: np.ndarray, labels: np.ndarray
) -> Request:
    """Asks for labels (N, width) of inputs with labels `sources`, one output of each input."""

    def translate(images: np.ndarray, both: np.ndarray) -> np.ndarray:
        return algorithm.translate_from(images, both[:, 0], both[:, 1])

    return Request(translate, np.stack([sources, labels], axis=1).__getitem__)


def by_latent(
    algorithm: algorithm_lib.Styled, labels: np.ndarray, count: int, random: np.random.Generator
) -> Request:
    """Asks for `count` styles of random latent codes, in the domains of labels (N, width)."""
    z = random.standard_normal((len(labels), count, algorithm.latent_dim), np.float32)

    def styles(part: slice) -> np.ndarray:
        domains = np.repeat(labels[part], count, axis=0)
        return algorithm.map_latents(z[part].reshape(len(domains), -1), domains)

    return Request(algorithm.render, styles)


def by_reference(
    algorithm: algorithm_lib.Styled,
    images: images_lib.Images,
    label: np.ndarray,
    candidates: np.ndarray,
    size: tuple[int, int],
    random: np.random.Generator,
) -> Request:
    """Asks for the styles of random images of a domain; each image is encoded once.

    Args:
      algorithm: Tells the styles.
      images: The held-out images.
      label: (width,), the domain as one of which the images are seen.
      candidates: The numbers of the images that are of it, at least one.
      size: N and K.
      random: Chooses.
    """
    references = random.choice(candidates, size)
    used, places = np.unique(references, return_inverse=True)
    labels = np.repeat(label[np.newaxis], len(used), axis=0)
    styles = outputs_lib.styles_of(algorithm, images.subset(used), labels)
    chosen = styles[places].reshape(*size, -1)
    return Request(
        algorithm.render, lambda part: chosen[part].reshape(-1, chosen.shape[-1]), references
    )
