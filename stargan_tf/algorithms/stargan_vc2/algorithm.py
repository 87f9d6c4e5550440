"""StarGAN-VC2 as an algorithm: G and D, and a step that updates D, then G."""

import types
from collections.abc import Callable

import keras
import tensorflow as tf

from stargan_tf.algorithms import algorithm, converting, windows
from stargan_tf.algorithms.stargan_vc2 import hparams as hparams_lib
from stargan_tf.algorithms.stargan_vc2 import losses, networks, watching
from stargan_tf.data.pipeline import samplers
from stargan_tf.layers import instance_norm, portability
from stargan_tf.optimization import adam, ordering

Gradients = list[tf.Tensor]


class StarGANVC2(watching.Watching, converting.Converting, algorithm.Algorithm):
    """Kaneko et al. 2019, arXiv 1907.12279: G and D are told both the source and the target."""

    name = "stargan_vc2"
    takes = types.MappingProxyType(
        {
            "features": tf.TensorSpec((None, None), tf.float32),
            "label": tf.TensorSpec((None,), tf.float32),
        }
    )
    shaped_by = types.MappingProxyType(
        {
            "G": ("g_channels", "g_repeat_num", "source_conditioning", "coefficients"),
            "D": ("d_channels",),
        }
    )
    trains = types.MappingProxyType({"D": ("D",), "G": ("G",)})
    frames_multiple = hparams_lib.FRAMES_MULTIPLE

    def __init__(self, hparams: hparams_lib.HParams, settings: algorithm.BuildSettings):
        super().__init__(hparams, settings)
        hparams.check(settings.image_size, settings.sample_shape)
        hparams.check_training(settings.label_space)
        h, domains, features = hparams, settings.label_space.width, settings.sample_shape[-1]
        policy = {"dtype": settings.dtype_policy}
        self.scale = converting.Scale(
            settings.statistics,
            domains,
            features,
            by_domain=True,
            dtype=settings.dtype_policy.variable_dtype,
        )
        with instance_norm.computed_by(settings.normalization_backend):
            self.G = networks.Generator(
                domains, features, h.g_channels, h.g_repeat_num, h.source_conditioning,
                name="G", **policy,
            )  # fmt: skip
            self.D = networks.Discriminator(domains, h.d_channels, h.pooling, name="D", **policy)
        self.networks: dict[str, keras.Model] = {"G": self.G, "D": self.D}
        for network in self.networks.values():
            network(*network.example_inputs())
        self.optimizers: dict[str, adam.Adam] = {}
        if settings.training:
            for name, lr in (("D", h.d_lr), ("G", h.g_lr)):
                optimizer = adam.Adam(lr, beta_1=h.beta_1, beta_2=h.beta_2)
                optimizer.build(self.networks[name].trainable_variables)
                self.optimizers[name] = optimizer
        compiled = portability.compiled if settings.jit_compile else lambda f: f
        self._d_gradients: Callable = compiled(self._of_discriminator)
        self._g_gradients: Callable = compiled(self._of_generator)

    @property
    def batches_per_step(self) -> int:
        """Both updates see one batch."""
        return 1

    def inputs(
        self, sampler: samplers.Sampler, slices: samplers.Slices, first_step: int
    ) -> tf.data.Dataset:
        """Returns one replica's batch after the other; see `windows.at_random`."""
        return windows.at_random(sampler, slices, first_step)

    def train_step(self, batch: windows.Batch, step: tf.Tensor) -> losses.Losses:
        """Updates D, then G with the new D; the identity loss counts in the first steps only."""
        of_d, d_gradients = self._d_gradients(batch)
        reads = [*of_d.values()]
        self._apply("D", ordering.after(reads, d_gradients))
        of_g, g_gradients = self._g_gradients(batch, step < self.hparams.id_steps)
        # The update of G waits for all that read it, also while D learned.
        reads += [*d_gradients, *of_g.values()]
        self._apply("G", ordering.after(reads, g_gradients))
        found = {"D": of_d, "G": of_g}
        return {f"{name}/{loss}": v for name, terms in found.items() for loss, v in terms.items()}

    def _apply(self, name: str, gradients: Gradients) -> None:
        variables = self.networks[name].trainable_variables
        self.optimizers[name].apply_gradients(zip(gradients, variables, strict=True))

    def _of_discriminator(self, batch: windows.Batch) -> tuple[losses.Losses, Gradients]:
        x, c = self._real(batch), batch["label"]
        with tf.GradientTape() as tape:
            found = losses.discriminator(self.G, self.D, x, c, batch["target"])
            total = (found["real"] + found["fake"]) / self.settings.replicas
        return found, tape.gradient(total, self.D.trainable_variables)

    def _of_generator(
        self, batch: windows.Batch, identity: tf.Tensor
    ) -> tuple[losses.Losses, Gradients]:
        h, x, c = self.hparams, self._real(batch), batch["label"]
        with tf.GradientTape() as tape:
            found = losses.generator(self.G, self.D, x, c, batch["target"], identity)
            total = found["adv"] + h.lambda_cyc * found["cyc"] + h.lambda_id * found["id"]
            total /= self.settings.replicas
        return found, tape.gradient(total, self.G.trainable_variables)

    def _real(self, batch: windows.Batch) -> tf.Tensor:
        return self.scale.normalized(batch["features"], batch["label"])

    def label_axes(self) -> dict[str, algorithm.LabelAxis]:
        """Returns the kernels of what is affine in the source and the target: a row for each."""
        told = 2 if self.hparams.source_conditioning else 1
        axes = {
            f"G/{block.name}/norm/{leaf}_kernel": algorithm.LabelAxis(0, vectors=told)
            for block in self.G.blocks
            for leaf in ("gamma", "beta")
        }
        return axes | {"D/embedding/kernel": algorithm.LabelAxis(0, vectors=2)}

    def generate(self, x: tf.Tensor, sources: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Returns G's conversion; see `Converting.generate`."""
        return self.G(x, sources, targets)


ALGORITHM = StarGANVC2
