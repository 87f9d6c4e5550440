"""BicycleGAN as an algorithm: its step, which trains on encoded and on random latent codes."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm
from stargan_tf.algorithms.bicyclegan import hparams as hparams_lib
from stargan_tf.algorithms.bicyclegan import inputs as inputs_lib
from stargan_tf.algorithms.bicyclegan import losses, networks, translation, watching
from stargan_tf.data.images import transforms
from stargan_tf.data.pipeline import samplers
from stargan_tf.layers import instance_norm, portability
from stargan_tf.optimization import adam, ordering, schedules

Gradients = list[tf.Tensor]


class BicycleGAN(translation.Translation, watching.Watching, algorithm.Algorithm):
    """Zhu et al. 2017, arXiv 1711.11586: an image and a latent code make one of many answers."""

    name = "bicyclegan"
    takes = {
        "image": tf.TensorSpec((None, None, 3), tf.uint8),
        "target": tf.TensorSpec((None, None, 3), tf.uint8),
    }
    batches_per_step = inputs_lib.BATCHES
    shaped_by = {
        "G": ("image_size", "latent_dim", "where_add", "g_channels", "input_channels"),
        "E": ("image_size", "latent_dim", "encoder", "e_channels"),
        "D": ("image_size", "d_channels", "d_layers", "conditional_d"),
        "D2": ("image_size", "d_channels", "d_layers", "conditional_d", "use_same_d"),
    }

    def __init__(self, hparams: hparams_lib.HParams, settings: algorithm.BuildSettings):
        super().__init__(hparams, settings)
        hparams.check(settings.image_size)
        if hparams.conditional_d:  # then D sees the image that is translated, too
            seen = {name: (*self.shaped_by[name], "input_channels") for name in ("D", "D2")}
            self.shaped_by = {**self.shaped_by, **seen}
        self.style_dim = self.latent_dim = hparams.latent_dim
        with instance_norm.computed_by(settings.normalization_backend):
            self.networks = self._networks()
        self.G, self.E = self.networks["G"], self.networks["E"]
        self.optimizers, self.trains = {}, {}
        if settings.training:
            self.D = self.networks["D"]
            self.D2 = self.networks.get("D2", self.D)
            self.trains = {name: (name,) for name in self.networks}
            self.optimizers = {name: self._optimizer(name) for name in self.networks}
        # XLA compiles gradients only: an optimizer's update can't be compiled across devices.
        compiled = portability.compiled if settings.jit_compile else lambda f: f
        self._fakes: Callable = compiled(self._fakes_and_codes)
        self._g_gradients: Callable = compiled(self._gradients_by_fakes)
        self._d_gradients: Callable = compiled(self._discriminator_gradients)
        self.compile_translation()

    def _networks(self) -> dict[str, keras.Model]:
        """Builds G and E, and for training the discriminators."""
        hparams, size = self.hparams, self.settings.image_size
        policy = {"dtype": self.settings.dtype_policy}
        made = {
            "G": networks.Generator(
                size,
                hparams.latent_dim,
                hparams.where_add,
                hparams.g_channels,
                hparams.input_channels,
                name="G",
                **policy,
            ),
            "E": networks.Encoder(
                size, hparams.latent_dim, hparams.encoder, hparams.e_channels, name="E", **policy
            ),
        }
        if self.settings.training:
            seen = 3 + (hparams.input_channels if hparams.conditional_d else 0)
            layers = hparams.d_layers_at(size)
            for name in ("D",) if hparams.use_same_d else ("D", "D2"):
                made[name] = networks.Discriminator(
                    size, hparams.d_channels, layers, seen, name=name, **policy
                )
        for network in made.values():  # The initial weights depend on this order.
            network(*network.example_inputs())
        return made

    def _optimizer(self, name: str) -> adam.Adam:
        h, total = self.hparams, self.settings.total_steps
        schedule = schedules.decay(h.lr, total, h.epoch_steps, h.lr_decay_start)
        optimizer = adam.Adam(schedule, h.beta_1, h.beta_2)
        optimizer.build(self.networks[name].trainable_variables)
        return optimizer

    def label_axes(self) -> dict[str, algorithm.LabelAxis]:
        """Returns nothing: no variable depends on the labels."""
        return {}

    def inputs(
        self, sampler: samplers.Sampler, slices: samplers.Slices, first_step: int
    ) -> tf.data.Dataset:
        """Returns one replica's batch after the other; see `inputs.inputs`."""
        shapes = self.G.dropped_shapes() if self.hparams.use_dropout else []
        dropped = sum(int(np.prod(shape)) for shape in shapes)
        return inputs_lib.inputs(
            sampler, slices, first_step, latent_dim=self.latent_dim, dropped=dropped
        )

    def train_step(self, batch: inputs_lib.Batch, step: tf.Tensor) -> dict[str, tf.Tensor]:
        """Updates E and G at the same weights, then D on the encoded fakes, D2 on the random ones.

        Both fakes are of the first half's images. D's real images are of the first half, and D2's
        of the second.
        """
        del step  # The optimizers count their updates, from which the schedule knows the step.
        batch = {name: transforms.as_floats(value) for name, value in batch.items()}
        a, b = batch["a"], batch["b"]
        with tf.GradientTape() as tape:
            fake, fake2, kl = self._fakes(
                a[0], b[0], batch["eps"], batch["z"], batch.get("dropout")
            )
        terms, by_fakes = self._g_gradients(a[0], b[0], fake, fake2, batch["z"])
        # KL is a sum over all replicas' images, while the other losses are means of theirs.
        by_fakes = [*by_fakes, tf.cast(self.hparams.lambda_kl, kl.dtype)]
        taught = {name: self.networks[name].trainable_variables for name in ("E", "G")}
        gradients = tape.gradient([fake, fake2, kl], taught, by_fakes)
        pairs = [((a[0], b[0]), (a[0], fake)), ((a[1], b[1]), (a[0], fake2))]
        if self.hparams.use_same_d:
            d_terms = {"D": self._d_gradients(self.D, pairs)}
        else:
            d_terms = {
                name: self._d_gradients(D, [pair])
                for name, D, pair in zip(("D", "D2"), (self.D, self.D2), pairs, strict=True)
            }
        read = [
            *terms.values(),
            kl,
            *(loss for one, _ in d_terms.values() for loss in one.values()),
        ]
        for name, values in (gradients | {n: g for n, (_, g) in d_terms.items()}).items():
            self._apply(name, ordering.after(read, values))
        told = {f"G/{name}": loss for name, loss in terms.items()}
        # The loop tells the mean over the replicas.
        told["E/kl"] = kl * self.settings.replicas
        return told | {
            f"{name}/{term}": loss
            for name, (one, _) in d_terms.items()
            for term, loss in one.items()
        }

    def _apply(self, name: str, gradients: Gradients) -> None:
        variables = self.networks[name].trainable_variables
        self.optimizers[name].apply_gradients(zip(gradients, variables, strict=True))

    def _fakes_and_codes(self, a, b, eps, z, dropout) -> tuple[tf.Tensor, ...]:
        """Returns G(a, z1) with z1 drawn of E(b), G(a, z), and the divergence of E(b)."""
        mu, logvar = self.E(b)
        codes = tf.concat([losses.sampled(mu, logvar, eps), z], axis=0)
        if dropout is not None:
            dropout = tf.concat(tf.unstack(dropout, num=2), axis=0)
        fake, fake2 = tf.split(self.G(tf.concat([a, a], axis=0), codes, dropout), 2)
        return fake, fake2, losses.divergence(mu, logvar)

    def _gradients_by_fakes(
        self, a, b, fake, fake2, z
    ) -> tuple[losses.Losses, tuple[tf.Tensor, tf.Tensor]]:
        """Returns G's losses, and their gradients by its two images, on which all else depends.

        E recovers z from the second, and is not taught by that: only the image is asked for.
        """
        hparams = self.hparams
        weights = {
            "adv": hparams.lambda_gan,
            "adv2": hparams.lambda_gan2,
            "l1": hparams.lambda_l1,
            "latent": hparams.lambda_z,
        }
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([fake, fake2])
            mu2, _ = self.E(fake2)
            terms = {
                "adv": losses.adversarial(self.D(self._seen(a, fake)), real=True),
                "adv2": losses.adversarial(self.D2(self._seen(a, fake2)), real=True),
                "l1": losses.distance(fake, b),
                "latent": losses.distance(mu2, z),
            }
            # The optimizer adds up the replicas' gradients; each must be its share of the mean.
            total = losses.total(terms, weights) / self.settings.replicas
        return terms, tape.gradient(total, (fake, fake2))

    def _discriminator_gradients(
        self, D: networks.Discriminator, pairs: Sequence[tuple]
    ) -> tuple[losses.Losses, Gradients]:
        """Returns the losses of D and their gradients; of several pairs of batches added up.

        Each pair is a real batch and a fake one, of images with what they are translations of.
        """
        with tf.GradientTape() as tape:
            found = [
                losses.discriminator(
                    D(self._seen(*real)), D(self._seen(fake[0], tf.stop_gradient(fake[1])))
                )
                for real, fake in pairs
            ]
            terms = {name: tf.add_n([one[name] for one in found]) for name in found[0]}
            total = tf.add_n(list(terms.values())) / self.settings.replicas
        return terms, tape.gradient(total, D.trainable_variables)

    def _seen(self, a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
        """Returns what D sees of a translation b of a."""
        if not self.hparams.conditional_d:
            return b
        return tf.concat([self.G.channels_of(a), b], axis=3)


ALGORITHM = BicycleGAN
