"""The paper's setting: G, D and C of spectrograms; a step updates C, then D, then G."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm, converting
from stargan_tf.algorithms.stargan_vc import hparams as hparams_lib
from stargan_tf.algorithms.stargan_vc import inputs as inputs_lib
from stargan_tf.algorithms.stargan_vc import losses_2d as losses
from stargan_tf.algorithms.stargan_vc import watching
from stargan_tf.algorithms.stargan_vc.networks import spectrograms
from stargan_tf.data.pipeline import samplers
from stargan_tf.layers import instance_norm, portability
from stargan_tf.optimization import adam, clipping, ordering

Gradients = list[tf.Tensor]


class Training:
    """The networks, their optimizers, and a step. Create it inside `strategy.scope()`.

    Attributes:
      networks: By name: G, D, C.
      optimizers: By name, likewise; empty if nothing is trained.
      trains: For every optimizer, the networks that it updates.
      shaped_by: For every network, the flags that decide its shapes.
      batches_per_step: All three updates see one batch.
      label_axes: Where variables hold a part for each speaker.
    """

    trains = {"G": ("G",), "D": ("D",), "C": ("C",)}
    shaped_by = dict.fromkeys(("G", "D", "C"), ("architecture", "channels", "norm"))
    batches_per_step = 1

    def __init__(
        self,
        hparams: hparams_lib.HParams,
        settings: algorithm.BuildSettings,
        scale: converting.Scale,
    ):
        self.hparams, self.settings, self.scale = hparams, settings, scale
        h, policy = hparams, {"dtype": settings.dtype_policy}
        sizes = settings.label_space.width, h.channels, h.norm
        with instance_norm.computed_by(settings.normalization_backend):
            self.G = spectrograms.Generator(*sizes, name="G", **policy)
            self.D = spectrograms.Discriminator(*sizes, name="D", **policy)
            self.C = spectrograms.Classifier(*sizes, name="C", **policy)
        self.networks: dict[str, keras.Model] = {"G": self.G, "D": self.D, "C": self.C}
        for network in self.networks.values():
            network(*network.example_inputs())
        self.optimizers: dict[str, adam.Adam] = {}
        if settings.training:
            betas = {"G": h.g_beta_1, "D": h.d_beta_1, "C": h.d_beta_1}
            for name, lr in (("G", h.g_lr), ("D", h.d_lr), ("C", h.c_lr)):
                optimizer = adam.Adam(lr, beta_1=betas[name], beta_2=h.beta_2)
                optimizer.build(self.networks[name].trainable_variables)
                self.optimizers[name] = optimizer
        compiled = portability.compiled if settings.jit_compile else lambda f: f
        self._gradients: dict[str, Callable] = {
            name: compiled(function)
            for name, function in (
                ("C", self._of_classifier), ("D", self._of_discriminator), ("G", self._of_generator)
            )
        }  # fmt: skip

    @property
    def label_axes(self) -> dict[str, algorithm.LabelAxis]:
        """A speaker is a channel after those of maps; transposed kernels are (h, w, out, in)."""
        axes = {"C/out/kernel": algorithm.LabelAxis(3), "C/out/bias": algorithm.LabelAxis(0)}
        width = self.settings.label_space.width
        inside = {f"G/{layer.name}/conv/kernel": (3, layer.conv.kernel) for layer in self.G.up}
        inside["G/out/kernel"] = (3, self.G.out.kernel)
        inside |= {f"D/{layer.name}/conv/kernel": (2, layer.conv.kernel) for layer in self.D.down}
        inside["D/out/kernel"] = (2, self.D.out.kernel)
        return axes | {
            name: algorithm.LabelAxis(axis, first=int(kernel.shape[axis]) - width)
            for name, (axis, kernel) in inside.items()
        }

    def inputs(
        self, sampler: samplers.Sampler, slices: samplers.Slices, first_step: int
    ) -> tf.data.Dataset:
        """Returns one replica's batch after the other; see `inputs.at_random`."""
        return inputs_lib.at_random(sampler, slices, first_step)

    def step(self, batch: inputs_lib.Batch) -> losses.Losses:
        """Updates C, then D, then G with the new C and D; returns the losses by "network/name"."""
        found, reads = {}, []
        for name, gradients_of in self._gradients.items():
            of_one, gradients = gradients_of(batch)
            found |= {f"{name}/{loss}": value for loss, value in of_one.items()}
            # Later updates wait for all that earlier ones read.
            reads += of_one.values()
            self._apply(name, ordering.after(reads, gradients))
            reads += gradients
        return found

    def _apply(self, name: str, gradients: Gradients) -> None:
        h, variables = self.hparams, self.networks[name].trainable_variables
        gradients = clipping.clipped(gradients, h.gradient_clip, self.settings.replicas)
        self.optimizers[name].apply_gradients(zip(gradients, variables, strict=True))

    def _of_classifier(self, batch: inputs_lib.Batch) -> tuple[losses.Losses, Gradients]:
        x, c = self._real(batch), batch["label"]
        with tf.GradientTape() as tape:
            found = losses.classifier(self._c, x, c, pooling=self.hparams.segments)
            total = losses.total(found, {}) / self.settings.replicas
        return found, tape.gradient(total, self.C.trainable_variables)

    def _of_discriminator(self, batch: inputs_lib.Batch) -> tuple[losses.Losses, Gradients]:
        h, x = self.hparams, self._real(batch)
        alpha = batch["alpha"] if h.lambda_gp else None
        with tf.GradientTape() as tape:
            found = losses.discriminator(
                self._g, self._d, x, batch["label"], batch["target"], alpha, pooling=h.segments
            )
            total = losses.total(found, {"gp": h.lambda_gp}) / self.settings.replicas
        return found, tape.gradient(total, self.D.trainable_variables)

    def _of_generator(self, batch: inputs_lib.Batch) -> tuple[losses.Losses, Gradients]:
        h, x = self.hparams, self._real(batch)
        with tf.GradientTape() as tape:
            found = losses.generator(
                self._g, self._d, self._c, x, batch["label"], batch["target"], pooling=h.segments
            )
            weights = {"cls": h.lambda_cls, "cyc": h.lambda_cyc, "id": h.lambda_id}
            total = losses.total(found, weights) / self.settings.replicas
        return found, tape.gradient(total, self.G.trainable_variables)

    def _real(self, batch: inputs_lib.Batch) -> tf.Tensor:
        return self.scale.normalized(batch["features"], batch["label"])

    def _g(self, x: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        return self.G(x, target, training=True)

    def _d(self, x: tf.Tensor, c: tf.Tensor) -> tf.Tensor:
        return self.D(x, c, training=True)

    def _c(self, x: tf.Tensor) -> tf.Tensor:
        return self.C(x, training=True)

    def convert(self, x: tf.Tensor, target: tf.Tensor, source: tf.Tensor) -> tf.Tensor:
        """Returns G(x, target), with running statistics where batches are normalized."""
        del source
        return self.G(x, target)

    def chance(self, shares: np.ndarray) -> dict[str, float]:
        """Returns the loss of a C that knows the speakers' shares (K,) alone."""
        segments = self.settings.sample_shape[0] // spectrograms.FRAMES_MULTIPLE
        pooled = segments if self.hparams.segments == "product" else 1
        return {"C/cls": pooled * watching.entropy(shares)}

    def never_zero(self) -> dict[tuple[str, ...], str]:
        """Returns what it means if both sides of D's loss stay at 0."""
        return {("D/real", "D/fake"): "D is never wrong, and G learns little from it"}
