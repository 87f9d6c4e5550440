"""A trained run as an object that translates or converts: what `stargan_tf.load` returns."""

from collections.abc import Sequence

import keras
import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.inference import arguments, converter, sounds, translator
from stargan_tf.inference import images as images_lib
from stargan_tf.runs import runs


class Model(translator.Translator, converter.Converter):
    """The networks of a run, with the weights of one checkpoint: "latest", "best" or a step.

    Of a run of images it translates, of a run of sequences, such as voices, it converts; what the
    run can't do is refused with a UserError.

    Attributes:
      run: The run.
      algorithm: The networks.
      step: The training step of the checkpoint.
    """

    def __init__(self, run: runs.Run, checkpoint: str | int = "latest"):
        self.run, self.algorithm = run, run.build(training=False)
        self.step = runs.restore_weights(run, self.algorithm, str(checkpoint))
        if isinstance(self.algorithm, algorithm_lib.Translates):
            self._translate = self.algorithm.translate_from
        if run.has_styles:
            self._render, self._encode = self.algorithm.render, self.algorithm.encode
            self._map_latents = self.algorithm.map_latents

    @property
    def generator(self) -> keras.Model:
        """The network that makes the images; `model.generator.save("g.keras")` writes it.

        Of an algorithm with several it is the first; `model.algorithm.networks` has all.
        """
        self.run.require(algorithm_lib.Translates)
        return self.algorithm.networks[self.algorithm.translates_with]

    @property
    def label_space(self) -> labels_lib.LabelSpace:
        """What the labels mean."""
        return self.run.label_space

    @property
    def about(self) -> translator.About:
        """What the model is; a UserError if it does not translate images."""
        self.run.require(algorithm_lib.Translates)
        run, styled = self.run, self.algorithm if self.run.has_styles else None
        directional = isinstance(self.algorithm, algorithm_lib.Directional)
        return translator.About(
            run.shown,
            run.label_space,
            run.config.data.image_size,
            styled and styled.style_dim,
            styled and styled.latent_dim,
            run.framing,
            run.targets,
            self.algorithm.directions if directional else None,
        )

    @property
    def about_conversions(self) -> converter.About:
        """What the model is; a UserError if it does not convert sequences."""
        run = self.run
        run.require(algorithm_lib.Converts)
        rule = sounds.rule(run.config.data, run.sample_shape)
        features = run.sample_shape[-1]
        return converter.About(run.shown, run.label_space, features, rule, run.statistics)

    def _convert(
        self, features: np.ndarray, sources: np.ndarray, labels: np.ndarray, differential: bool
    ) -> np.ndarray:
        return self.algorithm.convert(features, sources, labels, differential=differential)

    def classify(
        self, images: images_lib.Pictures, *, fit: str = "crop", crop_size: int | None = None
    ) -> tuple[str, ...] | list[tuple[str, ...]]:
        """Returns the names of the labels that the run's classifier sees in each image."""
        kind = isinstance(self.algorithm, algorithm_lib.Classifier)
        if not (kind and self.run.classifies):
            why = "was imported without its discriminator" if kind else "has no classifier"
            raise errors.UserError(
                f"{self.about.name} {why}, so it can't tell what an image shows."
            )
        labels = self.labels(images, fit=fit, crop_size=crop_size)
        names = [self.run.label_space.present(label) for label in np.atleast_2d(labels)]
        return names[0] if images_lib.is_one(images) else names

    def _seen(self, x: np.ndarray) -> np.ndarray:
        check_known(self.run, None)
        return self.algorithm.classify(x) if self.run.classifies else super()._seen(x)


def check_known(run: runs.Run, known: str | Sequence[str] | None) -> None:
    """Raises a UserError if only the user could say what an image shows, and did not."""
    if known is not None or run.classifies:
        return
    if run.is_directional:
        arguments.check_source(run.label_space, run.shown)
    if run.label_space.kind == "domains":
        return
    give = (
        f"say what a photo shows with `known`, such as known={run.label_space.names[-1]} (what is "
        "not named is taken as absent)"
    )
    if run.imported is None:
        raise errors.UserError(f"The networks of {run.shown} can't classify images; {give}.")
    raise errors.UserError(
        f"{run.shown} was imported without a discriminator ({', '.join(run.imported.files)}), "
        f"so it can't tell what a photo shows; {give}, or import the discriminator too."
    )
