"""StarGAN-VC as an algorithm: which networks are trained, and how they convert."""

import types

import tensorflow as tf

from stargan_tf.algorithms import algorithm, converting
from stargan_tf.algorithms.stargan_vc import hparams as hparams_lib
from stargan_tf.algorithms.stargan_vc import inputs as inputs_lib
from stargan_tf.algorithms.stargan_vc import training_1d, training_2d, watching
from stargan_tf.data.pipeline import samplers


class StarGANVC(watching.Watching, converting.Converting, algorithm.Algorithm):
    """Kameoka et al. 2018, arXiv 1806.02169: one G converts between the voices of many speakers."""

    name = "stargan_vc"
    takes = types.MappingProxyType(
        {
            "features": tf.TensorSpec((None, None), tf.float32),
            "label": tf.TensorSpec((None,), tf.float32),
        }
    )

    # Of the 1d networks; an instance has those of its own.
    shaped_by = types.MappingProxyType(training_1d.Training.shaped_by)

    def __init__(self, hparams: hparams_lib.HParams, settings: algorithm.BuildSettings):
        super().__init__(hparams, settings)
        hparams.check(settings.image_size, settings.sample_shape)
        hparams.check_training(settings.label_space)
        hparams.check_replicas(settings.replicas)
        self.frames_multiple = hparams.frames_multiple
        self.scale = converting.Scale(
            settings.statistics,
            settings.label_space.width,
            settings.sample_shape[-1],
            by_domain=hparams.by_speaker,
            dtype=settings.dtype_policy.variable_dtype,
        )
        kind = training_2d if hparams.architecture == "2d" else training_1d
        self.training = kind.Training(hparams, settings, self.scale)
        self.networks, self.optimizers = self.training.networks, self.training.optimizers
        self.trains, self.shaped_by = self.training.trains, self.training.shaped_by

    @property
    def batches_per_step(self) -> int:
        """See the training of the architecture."""
        return self.training.batches_per_step

    def inputs(
        self, sampler: samplers.Sampler, slices: samplers.Slices, first_step: int
    ) -> tf.data.Dataset:
        """Returns one replica's batch after the other; see `inputs`."""
        return self.training.inputs(sampler, slices, first_step)

    def train_step(self, batch: inputs_lib.Batch, step: tf.Tensor) -> dict[str, tf.Tensor]:
        """Takes the whole cycle of updates of the architecture."""
        del step  # Nothing changes in the course of a training.
        return self.training.step(batch)

    def label_axes(self) -> dict[str, algorithm.LabelAxis]:
        """Returns where speakers enter the networks and leave them."""
        return self.training.label_axes

    def generate(self, x: tf.Tensor, sources: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Returns G's conversion; see `Converting.generate`."""
        return self.training.convert(x, targets, sources)


ALGORITHM = StarGANVC
