"""StarGAN v2 as an algorithm: its iteration, and how its networks translate."""

import re
from collections.abc import Callable

import keras
import tensorflow as tf

from stargan_tf.algorithms import algorithm
from stargan_tf.algorithms.stargan_v2 import hparams as hparams_lib
from stargan_tf.algorithms.stargan_v2 import inputs as inputs_lib
from stargan_tf.algorithms.stargan_v2 import losses, networks, translation
from stargan_tf.data.images import transforms
from stargan_tf.data.pipeline import samplers
from stargan_tf.gan import diff_augment
from stargan_tf.landmarks import masks as masks_lib
from stargan_tf.landmarks import network as landmark_network
from stargan_tf.landmarks import weights as landmark_weights
from stargan_tf.layers import instance_norm
from stargan_tf.optimization import adam, ema, schedules

Gradients = list[tf.Tensor]
_AVERAGED = ("G", "F", "E")
# Of the variables that hold a branch for each domain, the axis of the domains.
_BRANCHES = {r"[FE](_ema)?/unshared.*": 0, "D/branches/kernel": 1, "D/branches/bias": 0}
_WIDTHS = ("image_size", "channel_base", "max_channels")


class StarGANv2(translation.Translation, algorithm.Algorithm):
    """Choi et al. 2020, arXiv 1912.01865: one G for all domains, told by a style how to look."""

    name = "stargan_v2"
    shaped_by = {
        "G": (*_WIDTHS, "style_dim", "bottleneck_size", "w_hpf"),
        "F": ("latent_dim", "style_dim", "hidden_units"),
        "E": (*_WIDTHS, "style_dim"),
        "D": _WIDTHS,
        "landmarks": ("w_hpf",),
    }

    def __init__(self, hparams: hparams_lib.HParams, problem: algorithm.Problem):
        super().__init__(hparams, problem)
        hparams.check(problem.image_size)
        self.networks, self.optimizers, self.trains = {}, {}, {}
        if problem.training:
            hparams.check_training(problem.label_space, starts_from_run=problem.starts_from_run)
            self.networks |= self._networks("")
            self.G, self.F, self.E, self.D = self.networks.values()
            for name in ("G", "F", "E", "D"):
                self.trains[name] = (name,)
                self.optimizers[name] = self._optimizer(name)
        self.networks |= self._networks("_ema")
        self.averages = {}
        if problem.training:
            self.averages = {f"{name}_ema": name for name in _AVERAGED}
            for average, name in self.averages.items():
                ema.copy(self.networks[name], self.networks[average])
        self._add_landmark_network()
        # XLA compiles gradients only: an optimizer's update can't be compiled across devices.
        compiled = tf.function(jit_compile=True) if problem.jit_compile else lambda f: f
        self._latent_fake: Callable = compiled(self._fake_of_latent)
        self._fake: Callable = compiled(lambda x, s, masks: self.G(x, s, masks))
        self._more_fakes: Callable = compiled(self._fakes_of_constants)
        self._styles: Callable = compiled(self._styles_of)
        self._d_gradients: Callable = compiled(self._discriminator_gradients)
        self._g_gradients: Callable = compiled(self._generator_gradients)
        self.compile_translation()

    def _networks(self, suffix: str) -> dict[str, keras.Model]:
        """Builds G, F and E, and D too where they are the trained ones (no suffix)."""
        hparams, size = self.hparams, self.problem.image_size
        domains = self.problem.label_space.width
        shape = {
            "channel_base": hparams.channel_base or 2**14 // size,
            "max_channels": hparams.max_channels,
            "dtype": self.problem.dtype_policy,
        }
        style = {"style_dim": hparams.style_dim}
        with instance_norm.computed_by(self.problem.normalization_backend):
            G = networks.Generator(
                size,
                w_hpf=hparams.w_hpf,
                bottleneck_size=hparams.bottleneck_size,
                name=f"G{suffix}",
                **style,
                **shape,
            )
        F = networks.MappingNetwork(
            domains,
            hparams.latent_dim,
            hidden_units=hparams.hidden_units,
            name=f"F{suffix}",
            # Small, and a style's last digits matter: never bfloat16.
            dtype="float64" if self.problem.precision == "float64" else "float32",
            **style,
        )
        E = networks.StyleEncoder(size, domains, name=f"E{suffix}", **style, **shape)
        x, y = tf.zeros((1, size, size, 3)), tf.zeros((1, domains))
        s = F(tf.zeros((1, hparams.latent_dim)), y)
        mask = tf.zeros((1, size, size, 1))
        G(x, s, (mask, mask) if hparams.w_hpf > 0 else None)
        E(x, y)
        found = {f"G{suffix}": G, f"F{suffix}": F, f"E{suffix}": E}
        if not suffix:
            found["D"] = networks.Discriminator(size, domains, name="D", **shape)
            found["D"](x, y)
        return found

    def _optimizer(self, name: str) -> adam.Adam:
        hparams = self.hparams
        optimizer = adam.Adam(
            hparams.f_lr if name == "F" else hparams.lr,
            hparams.beta_1,
            hparams.beta_2,
            l2=hparams.weight_decay,
        )
        optimizer.build(self.networks[name].trainable_variables)
        return optimizer

    def _add_landmark_network(self) -> None:
        """Adds the network behind the masks, with its weights where training starts."""
        self._landmarks: landmark_network.LandmarkNetwork | None = None
        if self.hparams.w_hpf > 0:
            self._landmarks = landmark_network.built()
            self.networks["landmarks"] = self._landmarks
            if self.problem.training and self.hparams.landmark_weights:
                landmark_weights.load_into(self._landmarks, self.hparams.landmark_weights)
            elif self.problem.training:
                self.unfilled = ("landmarks",)

    def masks(self, x: tf.Tensor) -> networks.Masks | None:
        """Returns where x's fine structure passes, or None without a high-pass skip."""
        if self._landmarks is None:
            return None
        found = masks_lib.masks(masks_lib.heatmaps(self._landmarks, x))
        return tuple(tf.stop_gradient(mask) for mask in found)

    @property
    def batches_per_step(self) -> int:
        """One batch serves all four updates."""
        return 1

    def label_axes(self) -> dict[str, algorithm.LabelAxis]:
        """Returns where F, E and D have a branch for each domain."""
        return {
            name: algorithm.LabelAxis(axis)
            for name in self.state()
            for pattern, axis in _BRANCHES.items()
            if re.fullmatch(pattern, name)
        }

    def inputs(
        self, sampler: samplers.Sampler, slices: samplers.Slices, first_step: int
    ) -> tf.data.Dataset:
        """Returns one replica's batch after the other; see `inputs.inputs`."""
        return inputs_lib.inputs(
            sampler,
            slices,
            first_step,
            latent_dim=self.hparams.latent_dim,
            crop_probability=self.hparams.crop_probability,
            augment=self.hparams.augment != "none",
        )

    def train_step(self, batch: inputs_lib.Batch, step: tf.Tensor) -> dict[str, tf.Tensor]:
        """Makes the paper's iteration: D on latents, D on references, G, F and E; G; averages."""
        batch = {name: transforms.as_floats(value) for name, value in batch.items()}
        x, y_trg, masks = batch["x"], batch["y_trg"], self.masks(batch["x"])
        augment = tf.unstack(batch["augment"], axis=1) if "augment" in batch else [None] * 6
        # G and F rest until the third update, whose x_fake is therefore that of the first.
        with tf.GradientTape() as tape:
            s, x_fake = self._latent_fake(x, batch["z"], y_trg, masks)
        x_fake2, x_fake_ref = self._more_fakes(batch, masks)
        found = self._train_d("latent", batch, x_fake, augment[0:2])
        found |= self._train_d("reference", batch, x_fake_ref, augment[2:4])

        weights = {
            "sty": self.hparams.lambda_sty,
            "ds": -schedules.fading(self.hparams.lambda_ds, self.hparams.ds_iter, step),
            "cyc": self.hparams.lambda_cyc,
        }
        fakes = (x_fake, x_fake2)
        found |= self._train_g_latent(batch, tape, fakes, s, augment[4], weights)

        s, s2 = self._styles(batch["x_ref"], batch["x_ref2"], y_trg)
        with tf.GradientTape() as tape:
            x_fake = self._fake(x, s, masks)
        fakes = (x_fake, self._fake(x, s2, masks))
        found |= self._train_g_reference(batch, tape, fakes, s, augment[5], weights)

        for average, name in self.averages.items():
            variables = self.networks[name].trainable_variables
            averages = self.networks[average].trainable_variables
            ema.update(averages, variables, self.hparams.ema_decay)
        return found | {"G/lambda_ds": -weights["ds"]}

    def _train_d(
        self,
        kind: str,
        batch: inputs_lib.Batch,
        x_fake: tf.Tensor,
        augment: list[tf.Tensor | None],
    ) -> dict[str, tf.Tensor]:
        found, gradients = self._d_gradients(
            batch["x"], batch["y_org"], x_fake, batch["y_trg"], *augment
        )
        self._apply("D", gradients)
        return {f"D/{kind}_{name}": loss for name, loss in found.items()}

    def _train_g_latent(self, batch, tape, fakes, s, augment, weights) -> dict[str, tf.Tensor]:
        masks = self.masks(fakes[0])
        found, by_x_fake, by_G, by_s, by_E = self._g_gradients(
            batch["x"], batch["y_org"], fakes, batch["y_trg"], s, masks, augment, weights, True
        )
        sources = (self.G.trainable_variables, self.F.trainable_variables)
        # To where s and x_fake came from: G made the one of the other, F made s.
        more_by_G, by_F = tape.gradient((fakes[0], s), sources, (by_x_fake, by_s))
        self._apply("G", [a + b for a, b in zip(by_G, more_by_G, strict=True)])
        self._apply("F", by_F)
        self._apply("E", by_E)
        return {f"G/latent_{name}": loss for name, loss in found.items()}

    def _train_g_reference(self, batch, tape, fakes, s, augment, weights) -> dict[str, tf.Tensor]:
        masks = self.masks(fakes[0])
        found, by_x_fake, by_G = self._g_gradients(
            batch["x"], batch["y_org"], fakes, batch["y_trg"], s, masks, augment, weights, False
        )
        more_by_G = tape.gradient(fakes[0], self.G.trainable_variables, by_x_fake)
        self._apply("G", [a + b for a, b in zip(by_G, more_by_G, strict=True)])
        return {f"G/reference_{name}": loss for name, loss in found.items()}

    def _apply(self, name: str, gradients: Gradients) -> None:
        variables = self.networks[name].trainable_variables
        self.optimizers[name].apply_gradients(zip(gradients, variables, strict=True))

    def _fake_of_latent(self, x, z, y, masks) -> tuple[tf.Tensor, tf.Tensor]:
        s = self.F(z, y)
        return s, self.G(x, s, masks)

    def _fakes_of_constants(self, batch, masks) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns G's images of z2 and of x_ref, in one pass: neither has a gradient."""
        x, y = batch["x"], batch["y_trg"]
        s = tf.concat([self.F(batch["z2"], y), self.E(batch["x_ref"], y)], axis=0)
        twice = None if masks is None else tuple(tf.concat([m, m], axis=0) for m in masks)
        return tuple(tf.split(self.G(tf.concat([x, x], axis=0), s, twice), 2))

    def _styles_of(self, x_ref, x_ref2, y) -> tuple[tf.Tensor, tf.Tensor]:
        s = self.E(tf.concat([x_ref, x_ref2], axis=0), tf.concat([y, y], axis=0))
        return tuple(tf.split(s, 2))

    def _discriminator_gradients(
        self, x, y_org, x_fake, y_trg, augment_real, augment_fake
    ) -> tuple[losses.Losses, Gradients]:
        with tf.GradientTape() as tape:
            found = losses.discriminator(
                self._augmented(self.D, augment_real),
                self._augmented(self.D, augment_fake),
                x,
                y_org,
                tf.stop_gradient(x_fake),
                y_trg,
            )
            # The optimizer adds up the replicas' gradients; each must be its share of the mean.
            total = losses.total(found, {"reg": self.hparams.lambda_reg}) / self.problem.replicas
        return found, tape.gradient(total, self.D.trainable_variables)

    def _generator_gradients(
        self, x, y_org, fakes, y_trg, s, masks, augment, weights, styles: bool
    ) -> tuple:
        """Returns G's losses and their gradients: by x_fake, by G and, if `styles`, by s and by E.

        That by G is of the way back alone; x_fake's own way from G is the caller's. No other
        gradient is asked for, and a graph computes none: D is not trained here, and in the update
        on references E is not either.
        """
        x_fake, x_fake2 = fakes
        G_vars, E_vars = self.G.trainable_variables, self.E.trainable_variables
        sources = [x_fake, G_vars] + ([s, E_vars] if styles else [])
        with tf.GradientTape() as tape:
            tape.watch([x_fake, s])
            found = losses.generator(
                lambda x, s: self.G(x, s, masks),
                self.E,
                self._augmented(self.D, augment),
                x,
                y_org,
                x_fake,
                x_fake2,
                y_trg,
                s,
            )
            total = losses.total(found, weights) / self.problem.replicas
        return found, *tape.gradient(total, sources)

    def _augmented(self, D, uniforms):
        if uniforms is None:
            return D
        return lambda x, y: D(diff_augment.diff_augment(x, uniforms), y)


ALGORITHM = StarGANv2
