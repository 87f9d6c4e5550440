"""Translating images, with a run's model or a client of a server. Imports no TensorFlow."""

import abc
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from stargan_tf.data import labels as labels_lib
from stargan_tf.data import latents
from stargan_tf.inference import arguments, batches
from stargan_tf.inference import images as images_lib
from stargan_tf.pictures import face_framing, photos, regions
from stargan_tf.pictures import faces as faces_lib

Names = str | Sequence[str]
Pictures = images_lib.Pictures


@dataclasses.dataclass(frozen=True)
class About:
    """The facts about a model that translating with it needs.

    Attributes:
      name: What messages call it.
      labels: The meaning of its labels.
      image_size: The height and width of its images in pixels.
      style_dim: The length of a style; None: its translations have no styles.
      latent_dim: The length of a latent code; None: likewise.
      framing: Returns for `fit` and `crop_size` how photos become the networks' images.
      targets: The labels that images are translated to; (): all.
      directions: From which to which domain it translates, as positions in labels, if what an
        image shows decides how it is translated; None: it does not.
    """

    name: str
    labels: labels_lib.LabelSpace
    image_size: int
    style_dim: int | None
    latent_dim: int | None
    framing: Callable[[str, int | None], photos.Framing]
    targets: tuple[str, ...] = ()
    directions: tuple[tuple[int, int], ...] | None = None


class Translator(abc.ABC):
    """Translates images to labels, or to styles, depending on how its run was trained.

    Images are paths, the contents of files, PIL images, or arrays (height, width, 3) of uint8 or of
    floats in [-1, 1]; a single one, a list of them, or an array (N, height, width, 3). They may
    have any size: like the images of the training they are cut to their centred square and scaled.
    Only arrays of floats that have the model's size already are taken as they are. Methods that
    take images also take

      fit: "crop", "pad" or "stretch": how an image becomes square.
      crop_size: For "crop": the side in pixels of the centred square; 0: the largest; None: that
        of the training.

    Mistakes in arguments raise `errors.UserError`.
    """

    # The methods of `Translates` (`translate_from`) and `Styled`, which compute a batch at a time.
    _translate: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    _render: Callable[[np.ndarray, np.ndarray], np.ndarray]
    _encode: Callable[[np.ndarray, np.ndarray], np.ndarray]
    _map_latents: Callable[[np.ndarray, np.ndarray, float], np.ndarray]

    @property
    def label_space(self) -> labels_lib.LabelSpace:
        """What the labels mean."""
        return self.about.labels

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all labels."""
        return self.label_space.names

    @property
    def domains(self) -> tuple[str, ...]:
        """The names, if the labels are domains, of which an image is in one; else ()."""
        return self.names if self.label_space.kind == "domains" else ()

    @property
    def image_size(self) -> int:
        """The height and width of the model's images in pixels."""
        return self.about.image_size

    def translate(
        self,
        images: Pictures,
        to: Names | np.ndarray = (),
        *,
        known: Names | None = None,
        seed: int | Sequence[int] | None = None,
        reference: Pictures | None = None,
        style: np.ndarray | None = None,
        psi: float | None = None,
        fit: str = "crop",
        crop_size: int | None = None,
        size: str = "model",
        paste: regions.Paste = "difference",
    ) -> Pictures:
        """Translates images.

        Args:
          images: The images.
          to: Labels: the names to set; "-NAME" clears one, and what is not named is kept. Or whole
            label vectors (width,) or (N, width). Styles: the domain, or one for each image.
          known: Labels: the names of all that the images show; None: what a run's classifier sees.
            Models with a generator for each pair of domains need it, if there are more than two.
          seed: Styles: of a latent code, or one for each image; None: 0.
          reference: Styles: an image that shows the style, or one for each; `to` is its domain.
          style: Styles: (style_dim,) or (N, style_dim), of `encode` or `styles`.
          psi: Styles of latent codes: as of `styles`; None: 1.
          fit: See the class.
          crop_size: See the class.
          size: "model": translations have the model's size; "original": each is put back into its
            image, which keeps its size and all that is outside the square.
          paste: For "original": "difference" adds what the model changed, enlarged; "square" puts
            in the enlarged translation.

        Returns:
          The translations, of the same kind as the images; of paths: PIL images; of contents of
          files: contents of PNG files.
        """
        arguments.check_size(size, paste)
        pictures, framing = images_lib.listed(images), self.about.framing(fit, crop_size)
        styles = {"seed": seed, "reference": reference, "style": style, "psi": psi}
        styles = {name: value for name, value in styles.items() if value is not None}
        if self.about.style_dim is not None:
            work = self._render
            wanted = self._wanted_styles(len(pictures), to, known, styles, framing)
        else:
            work, wanted = self._to_labels(len(pictures), to, known, styles)

        def some(numbers: range, wanted: Sequence) -> list:
            if size == "original":
                both = [
                    images_lib.read_both(pictures[n], framing, f"image {n + 1}") for n in numbers
                ]
                outputs = work(np.stack([x for _, x in both]), wanted)
                return [
                    images_lib.put_back(pictures[n], photo, x, output, framing, paste)
                    for n, (photo, x), output in zip(numbers, both, outputs, strict=True)
                ]
            outputs = work(_read(pictures, numbers, framing), wanted)
            return [images_lib.like(pictures[n], o) for n, o in zip(numbers, outputs, strict=True)]

        results = batches.in_batches(some, range(len(pictures)), wanted)
        return images_lib.joined(images, results)

    def translate_faces(
        self,
        images: Pictures,
        to: Names | np.ndarray = (),
        *,
        margin: float = 0.5,
        paste: regions.Paste = "difference",
        detector: face_framing.FindsFaces | None = None,
        **wanted: Any,
    ) -> Pictures:
        """Translates every face in images, each at its place; the images keep their sizes.

        Args:
          images: The images.
          to: As of `translate`.
          margin: What is added to a face on either side, as a share of it, from 0 to 4.
          paste: As of `translate`.
          detector: Finds the faces; None: the one that the extra `faces` brings.
          **wanted: Arguments of `translate`: `known`, `seed`, `reference`, `style` or `psi`.

        Returns:
          The images, of the kinds that `translate` returns.

        Raises:
          UserError: As `translate`; or if an image shows no face, or the extra is missing.
        """
        arguments.check_size("original", paste)
        arguments.check_margin(margin)
        detector = detector or faces_lib.Detector()
        framing, results = self.about.framing("crop", None), []
        for number, picture in enumerate(images_lib.listed(images), 1):
            photo = images_lib.photo_of(picture, framing, f"image {number}")
            frame = face_framing.Faces(detector, framing.size, margin, None, paste).frame(photo)
            levels = frame.result(self.translate(frame.squares, to, **wanted))
            results.append(images_lib.of_levels(picture, levels))
        return images_lib.joined(images, results)

    def encode(
        self, images: Pictures, domain: Names, *, fit: str = "crop", crop_size: int | None = None
    ) -> np.ndarray:
        """Returns the styles that images show, (style_dim,) or (N, style_dim) float32.

        `domain` is the domain of all of them, or one for each.
        """
        arguments.check_styled(self.about.style_dim is not None, self.about.name)
        pictures, framing = images_lib.listed(images), self.about.framing(fit, crop_size)
        styles = self._encoded(pictures, arguments.several(domain), len(pictures), framing)
        return styles[0] if images_lib.is_one(images) else styles

    def styles(self, domain: Names, seed: int | Sequence[int] = 0, psi: float = 1.0) -> np.ndarray:
        """Returns the styles of latent codes, (style_dim,) or (N, style_dim) float32.

        Args:
          domain: The domain, or several.
          seed: From 0 on; of a latent code, or several.
          psi: 1: as they are; towards 0: nearer to the domain's mean style.
        """
        arguments.check_styled(self.about.style_dim is not None, self.about.name)
        domains, seeds = arguments.several(domain), arguments.several(seed)
        arguments.check_latent(seeds, psi)
        count = max(len(domains), len(seeds))
        z = latents.draw_each(batches.for_each(seeds, count, "seed"), self.about.latent_dim)
        labels = self._one_hot(batches.for_each(domains, count, "domain"))
        styles = self._map_latents(z, labels, psi)
        return styles[0] if np.ndim(domain) == np.ndim(seed) == 0 else styles

    def labels(
        self,
        images: Pictures,
        known: Names | None = None,
        *,
        fit: str = "crop",
        crop_size: int | None = None,
    ) -> np.ndarray:
        """Returns the label vectors that `translate` changes, (width,) or (N, width) float32.

        They are those of `known`, or else what the run's classifier sees, or else 0.
        """
        pictures, framing = images_lib.listed(images), self.about.framing(fit, crop_size)
        labels = batches.in_batches(
            lambda numbers: self._own(_read(pictures, numbers, framing), known),
            range(len(pictures)),
        )
        return labels[0] if images_lib.is_one(images) else labels

    def _wanted_styles(
        self, count: int, to: Names, known: Names | None, given: dict, framing: photos.Framing
    ) -> np.ndarray:
        """Returns a style for each image, (count, style_dim); `given`: the arguments for styles."""
        to = arguments.several(to)
        arguments.check_styles(
            self.about.labels, to, known, given, self.about.name, count, self.about.targets
        )
        if "style" in given:
            styles = arguments.checked_rows(given["style"], self.about.style_dim, "style")
        elif "reference" in given:
            references = images_lib.listed(given["reference"], "reference")
            styles = self._encoded(references, to, max(len(references), len(to)), framing)
        else:
            styles = self.styles(to, given.get("seed", 0), given.get("psi", 1.0))
        return batches.for_each(styles, count, next(iter(given), "to"))

    def _encoded(
        self, pictures: list, domains: list[str], count: int, framing: photos.Framing
    ) -> np.ndarray:
        pictures = batches.for_each(pictures, count, "reference")
        return batches.in_batches(
            lambda numbers, y: self._encode(_read(pictures, numbers, framing), y),
            range(count),
            self._one_hot(batches.for_each(domains, count, "domain")),
        )

    def _to_labels(
        self, count: int, to: Names | np.ndarray, known: Names | None, styled: dict
    ) -> tuple[Callable[[np.ndarray, Sequence], np.ndarray], Sequence]:
        """Returns a function that translates images, and its second argument for each image."""
        space, shown = self.about.labels, arguments.several(() if known is None else known)
        names = to if arguments.are_labels(to) else arguments.several(to)
        directional = self.about.directions is not None
        arguments.check_labels(space, names, shown, styled, self.about.name, directional)
        if arguments.are_labels(to):
            labels = arguments.checked_rows(to, space.width, "to")

            def translate(x: np.ndarray, labels: np.ndarray) -> np.ndarray:
                own = self._own(x, known) if directional else np.zeros_like(labels)
                return self._translate(x, own, labels)

            return translate, batches.for_each(labels, count, "to")

        def work(x: np.ndarray, unused: Sequence) -> np.ndarray:
            own = self._own(x, known)
            return self._translate(x, own, np.stack([space.edited(one, names) for one in own]))

        return work, range(count)

    def _own(self, x: np.ndarray, known: Names | None) -> np.ndarray:
        if known is None:
            return self._seen(x)
        nothing = np.zeros(self.about.labels.width, np.float32)
        label = self.about.labels.edited(nothing, arguments.several(known))
        return np.tile(label, (len(x), 1))

    def _one_hot(self, names: Sequence[str]) -> np.ndarray:
        space = self.about.labels
        arguments.check_targets(space, names, self.about.targets)
        return np.eye(space.width, dtype=np.float32)[[space.index(name) for name in names]]

    def _seen(self, x: np.ndarray) -> np.ndarray:
        """Returns the labels (N, width) of images for which the user named none."""
        if self.about.directions is not None:
            arguments.check_source(self.about.labels, self.about.name)
        return np.zeros((len(x), self.about.labels.width), np.float32)

    @property
    @abc.abstractmethod
    def about(self) -> About:
        """What the model is."""


def _read(pictures: list, numbers: range, framing: photos.Framing) -> np.ndarray:
    return np.stack([images_lib.read(pictures[n], framing, f"image {n + 1}") for n in numbers])
