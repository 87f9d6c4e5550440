"""A trained run as an object that translates: what `stargan_tf.load` returns."""

import os
from collections.abc import Callable, Sequence

import numpy as np

from stargan_tf import errors
from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.data import latents, photos
from stargan_tf.inference import arguments, batches
from stargan_tf.inference import images as images_lib
from stargan_tf.training import runs

Names = str | Sequence[str]
Pictures = images_lib.Pictures


def load(run_dir: str | os.PathLike[str], checkpoint: str | int = "latest") -> "Model":
    """Returns the model of a run; see `stargan_tf.load`."""
    return Model(runs.open_run(run_dir, "`run_dir`"), str(checkpoint))


class Model:
    """The networks of a run, with the weights of one checkpoint.

    Images are paths, PIL images or arrays (height, width, 3), of uint8 or floats in [-1, 1]; one, a
    list of them, or an array (N, height, width, 3). They may have any size: like the images of the
    training they are cut to their centred square and scaled, only arrays of floats that have the
    model's size already are not. Every method that takes images also takes

      fit: "crop", "pad" or "stretch": how an image becomes square.
      crop_size: For "crop": the side in pixels of the centred square; 0: the largest; None: that
        of the training.

    Mistakes in what they are given raise `errors.UserError`.

    Args:
      run: The run.
      checkpoint: "latest", or a step.

    Attributes:
      run: The run.
      step: The training step of the checkpoint.
      algorithm: The networks.
    """

    def __init__(self, run: runs.Run, checkpoint: str = "latest"):
        self.run, self.algorithm = run, run.build(training=False)
        self.step = runs.restore_weights(run, self.algorithm, checkpoint)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all labels."""
        return self.run.label_space.names

    @property
    def domains(self) -> tuple[str, ...]:
        """The names, if the labels are domains, of which an image is in one; else ()."""
        return self.names if self.run.label_space.kind == "domains" else ()

    @property
    def image_size(self) -> int:
        """The height and width of the model's images in pixels."""
        return self.run.config.data.image_size

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
    ) -> Pictures:
        """Translates images, to labels or to styles: as the run was trained.

        Args:
          images: The images.
          to: Labels: the names to set; "-NAME" clears one, and what is not named is kept. Or whole
            label vectors (width,) or (N, width). Styles: the domain, or one for each image.
          known: Labels: the names of all that the images show; None: ask the run's classifier.
          seed: Styles: of a latent code, or one for each image; None: 0.
          reference: Styles: an image that shows the style, or one for each; `to` is its domain.
          style: Styles: (style_dim,) or (N, style_dim), of `encode` or `styles`.
          psi: Styles of latent codes: 1, which None stands for: as they are; towards 0: nearer to
            the domain's mean style.
          fit: See the class.
          crop_size: See the class.

        Returns:
          The translations, of the same kind as the images; of paths: PIL images.
        """
        pictures, framing = images_lib.listed(images), self.run.framing(fit, crop_size)
        styles = {"seed": seed, "reference": reference, "style": style, "psi": psi}
        styles = {name: value for name, value in styles.items() if value is not None}
        if self.run.has_styles:
            work = self.algorithm.render
            wanted = self._wanted_styles(len(pictures), to, known, styles, framing)
        else:
            work, wanted = self._to_labels(len(pictures), to, known, list(styles))

        def some(part: list, wanted: Sequence) -> list:
            outputs = work(_stacked(part, framing), wanted)
            return [images_lib.like(*one) for one in zip(part, outputs, strict=True)]

        return images_lib.joined(images, batches.in_batches(some, pictures, wanted))

    def labels(
        self,
        images: Pictures,
        known: Names | None = None,
        *,
        fit: str = "crop",
        crop_size: int | None = None,
    ) -> np.ndarray:
        """Returns the label vectors that `translate` changes, (width,) or (N, width) float32.

        They are those of `known`, or else of the run's classifier, or else, for domains, 0.
        """
        check_known(self.run, known)
        framing = self.run.framing(fit, crop_size)
        found = batches.in_batches(
            lambda part: self._own(_stacked(part, framing), known), images_lib.listed(images)
        )
        return found[0] if images_lib.is_one(images) else found

    def classify(
        self, images: Pictures, *, fit: str = "crop", crop_size: int | None = None
    ) -> tuple[str, ...] | list[tuple[str, ...]]:
        """Returns the names of the labels that the run's classifier sees in each image."""
        kind = isinstance(self.algorithm, algorithm_lib.Classifier)
        if not (kind and self.run.classifies):
            why = "was imported without its discriminator" if kind else "has no classifier"
            raise errors.UserError(f"{self.run.directory} {why}, so it can't tell what is seen.")
        labels = self.labels(images, fit=fit, crop_size=crop_size)
        names = [self.run.label_space.present(label) for label in np.atleast_2d(labels)]
        return names[0] if images_lib.is_one(images) else names

    def encode(
        self, images: Pictures, domain: Names, *, fit: str = "crop", crop_size: int | None = None
    ) -> np.ndarray:
        """Returns the styles that images show, (style_dim,) or (N, style_dim) float32.

        Args:
          images: The images.
          domain: The domain as one of which they are seen, or one for each.
          fit: See the class.
          crop_size: See the class.
        """
        check_styled(self.run)
        pictures, framing = images_lib.listed(images), self.run.framing(fit, crop_size)
        found = self._encoded(pictures, arguments.several(domain), len(pictures), framing)
        return found[0] if images_lib.is_one(images) else found

    def styles(self, domain: Names, seed: int | Sequence[int] = 0, psi: float = 1.0) -> np.ndarray:
        """Returns the styles of latent codes, (style_dim,) or (N, style_dim) float32.

        Args:
          domain: The domain, or several.
          seed: From 0 on; of a latent code, or several.
          psi: 1: as they are; towards 0: nearer to the domain's mean style.
        """
        check_styled(self.run)
        domains, seeds = arguments.several(domain), arguments.several(seed)
        arguments.check_latent(seeds, psi)
        count = max(len(domains), len(seeds))
        codes = batches.for_each(seeds, count, "seed")
        labels = self._one_hot(batches.for_each(domains, count, "domain"))
        z = latents.of_seeds(codes, self.algorithm.latent_dim)
        found = self.algorithm.map_latents(z, labels, psi)
        return found[0] if np.ndim(domain) == np.ndim(seed) == 0 else found

    def _wanted_styles(
        self, count: int, to: Names, known: Names | None, given: dict, framing: photos.Framing
    ) -> np.ndarray:
        """Returns a style for each image, (count, style_dim); `given`: the arguments for styles."""
        to, space = arguments.several(to), self.run.label_space
        arguments.check_styles(space, to, known, given, self.run.directory, count)
        if "style" in given:
            styles = arguments.checked_rows(given["style"], self.algorithm.style_dim, "style")
        elif "reference" in given:
            references = images_lib.listed(given["reference"], "reference")
            styles = self._encoded(references, to, max(len(references), len(to)), framing)
        else:
            styles = self.styles(to, given.get("seed", 0), given.get("psi", 1.0))
        return batches.for_each(styles, count, next(iter(given), "to"))

    def _encoded(
        self, pictures: list, domains: list[str], count: int, framing: photos.Framing
    ) -> np.ndarray:
        return batches.in_batches(
            lambda part, y: self.algorithm.encode(_stacked(part, framing), y),
            batches.for_each(pictures, count, "reference"),
            self._one_hot(batches.for_each(domains, count, "domain")),
        )

    def _to_labels(
        self, count: int, to: Names | np.ndarray, known: Names | None, styled: list[str]
    ) -> tuple[Callable[[np.ndarray, Sequence], np.ndarray], Sequence]:
        """Returns what translates images, and what it needs to know of each."""
        space = self.run.label_space
        names = to if arguments.are_labels(to) else arguments.several(to)
        shown = () if known is None else arguments.several(known)
        arguments.check_labels(space, names, shown, styled, self.run.directory)
        if arguments.are_labels(to):
            labels = arguments.checked_rows(to, space.width, "to")
            return self.algorithm.translate, batches.for_each(labels, count, "to")
        check_known(self.run, known)

        def work(x: np.ndarray, unused: Sequence) -> np.ndarray:
            targets = [space.edited(label, names) for label in self._own(x, known)]
            return self.algorithm.translate(x, np.stack(targets))

        return work, range(count)

    def _own(self, x: np.ndarray, known: Names | None) -> np.ndarray:
        space = self.run.label_space
        labels = np.zeros((len(x), space.width), np.float32)
        if known is not None:
            labels[:] = space.edited(labels[0], arguments.several(known))
        elif self.run.classifies:
            labels = self.algorithm.classify(x)
        return labels

    def _one_hot(self, names: Sequence[str]) -> np.ndarray:
        space = self.run.label_space
        return np.eye(space.width, dtype=np.float32)[[space.index(name) for name in names]]


def check_known(run: runs.Run, known: Names | None) -> None:
    """Raises a UserError where only the user could tell what an image shows, and did not."""
    if known is None and not run.classifies and run.label_space.kind != "domains":
        raise errors.UserError(
            f"{run.directory} was imported without a discriminator ("
            f"{', '.join(run.imported.files)}), so it can't tell what a photo shows; say it with "
            f"`known`, such as `known`={run.label_space.names[-1]} (what is not named is taken as "
            "absent), or import the discriminator too."
        )


def check_styled(run: runs.Run) -> None:
    """Raises a UserError where the translations of the run have no styles."""
    if not run.has_styles:
        raise errors.UserError(
            f"The translations of {run.directory} ({run.config.train.algorithm}) have no styles; "
            "translate to its labels, or train an algorithm that has styles."
        )


def _stacked(pictures: Sequence[images_lib.Picture], framing: photos.Framing) -> np.ndarray:
    return np.stack([images_lib.read(picture, framing) for picture in pictures])
