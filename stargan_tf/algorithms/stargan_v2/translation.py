"""What StarGAN v2 does once it is trained: styles from latents and references, and its sheets."""

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm
from stargan_tf.algorithms.stargan_v2 import signatures
from stargan_tf.data import latents as latents_lib
from stargan_tf.pictures import sheets

_MEAN_OF = 10_000  # latent codes behind a domain's mean style
_DOMAINS_AT_ONCE = 12  # with all of those codes
_PSIS = (0.5, 0.7, 1.0)
_LATENTS = 3  # of each domain on a sheet
_SEED = 0


class Translation(algorithm.Styled, algorithm.Previews, algorithm.Exportable):
    """Translates with the averaged networks: G_ema, F_ema and E_ema of `networks`."""

    networks: dict[str, keras.Model]

    def compile_translation(self) -> None:
        """Makes the graphs; to be called once the networks are built."""
        G, E = self.networks["G_ema"], self.networks["E_ema"]
        self._encode = tf.function(lambda x, y: E(x, y), reduce_retracing=True)
        self._render = tf.function(lambda x, s: G(x, s, self.masks(x)), reduce_retracing=True)

    def translating_networks(self) -> tuple[str, ...]:
        """Returns the averaged networks, with the landmark network if there is one."""
        return tuple(name for name in self.networks if name.endswith("_ema") or name == "landmarks")

    def map_latents(self, z: np.ndarray, labels: np.ndarray, psi: float = 1.0) -> np.ndarray:
        """Returns F(z, y) (N, style_dim), where psi < 1 drawn towards the domain's mean style."""
        z, y = tf.constant(z, tf.float32), tf.constant(labels, tf.float32)
        s = self.networks["F_ema"](z, y).numpy()
        return s if psi == 1.0 else _lerp(labels @ self._mean_styles(), s, psi)

    def encode(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Returns E(x, y) (N, style_dim)."""
        return self._encode(tf.convert_to_tensor(images), tf.constant(labels, tf.float32)).numpy()

    def render(self, images: np.ndarray, styles: np.ndarray) -> np.ndarray:
        """Returns G(x, s); with a high-pass skip, the faces' contours are located first."""
        return self._render(tf.convert_to_tensor(images), tf.constant(styles, tf.float32)).numpy()

    def serving_signatures(self, *, whole: bool = True) -> dict[str, algorithm.Signature]:
        """Returns translations by reference, latent code and style, and the ways to a style."""
        networks = (self.networks[f"{name}_ema"] for name in ("G", "F", "E"))
        locates = whole or "landmarks" not in self.networks
        domains = self.settings.label_space.width
        return signatures.make(*networks, domains, self.masks if locates else None)

    def _mean_styles(self) -> np.ndarray:
        """Returns (K, style_dim): every domain's mean style over 10,000 latent codes."""
        z = latents_lib.draw(_SEED, _MEAN_OF, self.latent_dim)
        # All at once would take gigabytes of many domains.
        parts = np.array_split(z, -(-self.settings.label_space.width // _DOMAINS_AT_ONCE))
        F = self.networks["F_ema"]
        means = [tf.reduce_mean(F.all_domains(tf.constant(part)), axis=1) for part in parts]
        return np.average(means, axis=0, weights=list(map(len, parts))).astype(np.float32)

    def sample_sheets(self, images: np.ndarray, labels: np.ndarray) -> dict[str, sheets.Sheet]:
        """Returns sheets of latent codes at three psi, a matrix of references, reconstructions.

        Of many domains the first three show some: `sheets.targets`.
        """
        return {
            **self._latent_sheets(images),
            "references": self._reference_sheet(images, labels),
            "reconstructions": self._reconstruction_sheet(images, labels),
        }

    def _latent_sheets(self, images: np.ndarray) -> dict[str, sheets.Sheet]:
        space, count = self.settings.label_space, len(images)
        names, note = sheets.targets(space)
        z = latents_lib.draw(_SEED, _LATENTS, self.latent_dim)
        means = self._mean_styles()
        made = {}
        for psi in _PSIS:
            columns, headings = [images], ["input"]
            for name in names:
                domain = space.index(name)
                label = np.eye(space.width, dtype=np.float32)[[domain] * _LATENTS]
                for s in _lerp(means[domain], self.map_latents(z, label), psi):
                    columns.append(self.render(images, np.stack([s] * count)))
                    headings.append(name)
            made[f"latents-psi-{psi:g}"] = sheets.Sheet(headings, np.stack(columns, axis=1), note)
        return made

    def _reference_sheet(self, images: np.ndarray, labels: np.ndarray) -> sheets.Sheet:
        """Sources across, references down; each reference is one of the images, in its domain."""
        rows = [np.stack([np.ones_like(images[0]), *images])]
        for reference, s in zip(images, self.encode(images, labels), strict=True):
            rows.append(np.stack([reference, *self.render(images, np.stack([s] * len(images)))]))
        return sheets.Sheet(["reference", *["source"] * len(images)], np.stack(rows))

    def _reconstruction_sheet(self, images: np.ndarray, labels: np.ndarray) -> sheets.Sheet:
        target = np.roll(labels, 1, axis=1)  # the next domain
        z = latents_lib.draw(_SEED, len(images), self.latent_dim)
        fake = self.render(images, self.map_latents(z, target))
        back = self.render(fake, self.encode(images, labels))
        headings = ("input", "to the next domain", "and back")
        return sheets.Sheet(headings, np.stack([images, fake, back], axis=1))


def _lerp(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    return a + t * (b - a)
