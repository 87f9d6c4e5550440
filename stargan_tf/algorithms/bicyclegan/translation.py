"""What BicycleGAN does once it is trained: many translations, styles of true ones, its sheets."""

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import latents as latents_lib
from stargan_tf.pictures import sheets

_LATENTS = 5  # on a sheet
_SEED = 0
_KINDS = dict.fromkeys(("image", "reference", "translated"), "image")
_KINDS |= {"latent": "latent", "style": "style"}


class Translation(algorithm.Styled, algorithm.Previews, algorithm.Exportable):
    """A style is a latent code: z, or the mean that E finds in a true translation."""

    networks: dict[str, keras.Model]

    @classmethod
    def targets(cls, space: labels_lib.LabelSpace) -> tuple[str, ...]:
        """Returns the second domain: what the images of the first are translated to."""
        return space.names[1:]

    def translating_networks(self) -> tuple[str, ...]:
        """Returns G, and E, which tells a style."""
        return ("G", "E")

    def compile_translation(self) -> None:
        """Makes the graphs; to be called once the networks are built."""
        G, E = self.networks["G"], self.networks["E"]
        self._encode = tf.function(lambda b: E(b)[0], reduce_retracing=True)
        self._render = tf.function(lambda a, z: G(a, z), reduce_retracing=True)

    def map_latents(self, z: np.ndarray, labels: np.ndarray, psi: float = 1.0) -> np.ndarray:
        """Returns psi z: a latent code is a style, and 0 is the mean of all."""
        del labels
        return np.asarray(z, np.float32) * np.float32(psi)

    def encode(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Returns the means mu of E(b), of images b of the second domain."""
        del labels
        return self._encode(tf.convert_to_tensor(images)).numpy()

    def render(self, images: np.ndarray, styles: np.ndarray) -> np.ndarray:
        """Returns G(a, z)."""
        return self._render(tf.convert_to_tensor(images), tf.constant(styles, tf.float32)).numpy()

    def sample_sheets(self, images: np.ndarray, labels: np.ndarray) -> dict[str, sheets.Sheet]:
        """Returns pairs with their encoded and random translations, and a matrix of styles.

        Args:
          images: (N, S, S, 3) float32 in [-1, 1]; those of the first domain and those of the second
            are pairs, in order.
          labels: (N, 2), theirs.
        """
        a, b = (images[labels[:, side] == 1] for side in (0, 1))
        if not len(a) or not len(b):
            return {}
        pairs = min(len(a), len(b))
        a, b = a[:pairs], b[:pairs]
        styles = self.encode(b, labels)
        columns = [a, b, self.render(a, styles)]
        for z in latents_lib.draw(_SEED, _LATENTS, self.latent_dim):
            columns.append(self.render(a, np.repeat(z[np.newaxis], pairs, axis=0)))
        headings = ["input", "truth", "encoded", *["random"] * _LATENTS]
        rows = [np.stack([np.ones_like(a[0]), *a])]
        for reference, style in zip(b, styles, strict=True):
            rendered = self.render(a, np.repeat(style[np.newaxis], pairs, axis=0))
            rows.append(np.stack([reference, *rendered]))
        return {
            "latents": sheets.Sheet(headings, np.stack(columns, axis=1)),
            "references": sheets.Sheet(["reference", *["source"] * pairs], np.stack(rows)),
        }

    def serving_signatures(self, *, whole: bool = True) -> dict[str, algorithm.Signature]:
        """Returns translations by reference, latent code and style, and the way to a style.

        image, reference, translated: (N, S, S, 3) in [-1, 1]; latent, style: (N, latent_dim).
        """
        del whole
        G, E = self.networks["G"], self.networks["E"]
        size = G.image_size
        image = tf.TensorSpec((None, size, size, 3), tf.float32)
        code = tf.TensorSpec((None, G.latent_dim), tf.float32)
        return {
            "translate_reference": algorithm.Signature(
                lambda image, reference: {"translated": G(image, E(reference)[0])},
                {"image": image, "reference": image},
                _KINDS,
            ),
            "translate_latent": algorithm.Signature(
                lambda image, latent: {"translated": G(image, latent)},
                {"image": image, "latent": code},
                _KINDS,
            ),
            "translate_style": algorithm.Signature(
                lambda image, style: {"translated": G(image, style)},
                {"image": image, "style": code},
                _KINDS,
            ),
            "encode_style": algorithm.Signature(
                lambda image: {"style": E(image)[0]}, {"image": image}, _KINDS
            ),
            "map_latent": algorithm.Signature(
                lambda latent: {"style": tf.identity(latent)}, {"latent": code}, _KINDS
            ),
        }
