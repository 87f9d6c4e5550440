"""StarGAN v2 as an algorithm: its iteration, and how its networks translate."""

import re
from collections.abc import Callable

import keras
import tensorflow as tf

from stargan_tf.algorithms import algorithm
from stargan_tf.algorithms.stargan_v2 import hparams as hparams_lib
from stargan_tf.algorithms.stargan_v2 import in_parts, losses, networks, translation, watching
from stargan_tf.algorithms.stargan_v2 import inputs as inputs_lib
from stargan_tf.data.images import transforms
from stargan_tf.data.pipeline import samplers
from stargan_tf.gan import diff_augment
from stargan_tf.landmarks import masks as masks_lib
from stargan_tf.landmarks import network as landmark_network
from stargan_tf.landmarks import weights as landmark_weights
from stargan_tf.layers import instance_norm, portability
from stargan_tf.optimization import adam, ema, schedules

Gradients = list[tf.Tensor]
_AVERAGED = ("G", "F", "E")
# Of the variables that hold a branch for each domain, the axis of the domains.
_BRANCHES = {r"[FE](_ema)?/unshared.*": 0, "D/branches/kernel": 1, "D/branches/bias": 0}
_WIDTHS = ("image_size", "channel_base", "max_channels")


class StarGANv2(translation.Translation, in_parts.InParts, watching.Watching, algorithm.Algorithm):
    """Choi et al. 2020, arXiv 1912.01865: one G for all domains, told by a style how to look."""

    name = "stargan_v2"
    accumulates = True
    translates_with = "G_ema"
    batches_per_step = 1  # which serves all four updates
    shaped_by = {
        "G": (*_WIDTHS, "style_dim", "bottleneck_size", "w_hpf"),
        "F": ("latent_dim", "style_dim", "hidden_units"),
        "E": (*_WIDTHS, "style_dim"),
        "D": _WIDTHS,
        "landmarks": ("w_hpf",),
    }

    def __init__(self, hparams: hparams_lib.HParams, settings: algorithm.BuildSettings):
        super().__init__(hparams, settings)
        hparams.check(settings.image_size)
        self.style_dim, self.latent_dim = hparams.style_dim, hparams.latent_dim
        self.networks, self.optimizers, self.trains = {}, {}, {}
        if settings.training:
            hparams.check_training(settings.label_space, starts_from_run=settings.starts_from_run)
            self.networks |= self._networks("")
            self.G, self.F, self.E, self.D = self.networks.values()
            for name in ("G", "F", "E", "D"):
                self.trains[name] = (name,)
                self.optimizers[name] = self._optimizer(name)
        self.networks |= self._networks("_ema")
        self.averages = {f"{name}_ema": name for name in _AVERAGED}
        if settings.training:
            for average, name in self.averages.items():
                ema.copy(self.networks[name], self.networks[average])
        self._add_landmark_network()
        # XLA compiles gradients only: an optimizer's update can't be compiled across devices.
        compiled = portability.compiled if settings.jit_compile else lambda f: f
        self._latent_fake: Callable = compiled(self._fake_of_latent)
        self._fake: Callable = compiled(self._fake_and_features)
        self._another_fake: Callable = compiled(lambda *inputs: self.G.decoded(*inputs))
        self._more_fakes: Callable = compiled(self._fakes_of_constants)
        self._styles: Callable = compiled(self._styles_of)
        self._d_gradients: Callable = compiled(self._discriminator_gradients)
        self._g_gradients: Callable = compiled(self._generator_gradients)
        self.compile_translation()

    def _networks(self, suffix: str) -> dict[str, keras.Model]:
        """Builds G, F and E, and D too where they are the trained ones (no suffix)."""
        hparams, size = self.hparams, self.settings.image_size
        domains = self.settings.label_space.width
        shape = {
            "channel_base": hparams.channel_base or 2**14 // size,
            "max_channels": hparams.max_channels,
            "dtype": self.settings.dtype_policy,
        }
        style = {"style_dim": hparams.style_dim}
        with instance_norm.computed_by(self.settings.normalization_backend):
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
            dtype="float64" if self.settings.precision == "float64" else "float32",
            **style,
        )
        E = networks.StyleEncoder(size, domains, name=f"E{suffix}", **style, **shape)
        for network in (F, G, E):  # The initial weights depend on this order.
            network(*network.example_inputs())
        made = {f"G{suffix}": G, f"F{suffix}": F, f"E{suffix}": E}
        if not suffix:
            made["D"] = D = networks.Discriminator(size, domains, name="D", **shape)
            D(*D.example_inputs())
        return made

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
            if self.settings.training and self.hparams.landmark_weights:
                landmark_weights.load_into(self._landmarks, self.hparams.landmark_weights)
            elif self.settings.training:
                self.unfilled = ("landmarks",)

    def masks(self, x: tf.Tensor) -> networks.Masks | None:
        """Returns where x's fine structure passes, or None without a high-pass skip."""
        if self._landmarks is None:
            return None
        masks = masks_lib.masks(masks_lib.heatmaps(self._landmarks, x))
        return tuple(tf.stop_gradient(mask) for mask in masks)

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
        if self.settings.accumulate > 1:
            return self.step_in_parts(batch, step)
        batch = {name: transforms.as_floats(value) for name, value in batch.items()}
        x, y_trg, masks = batch["x"], batch["y_trg"], self.masks(batch["x"])
        augment = self._augment(batch)
        # G and F rest until the third update, whose x_fake is therefore that of the first.
        with tf.GradientTape() as tape:
            s, x_fake, features = self._latent_fake(x, batch["z"], y_trg, masks)
        x_fake2, x_fake_ref = self._more_fakes(batch, features, masks)
        step_losses = self._train_d("latent", batch, x_fake, augment[0:2])
        step_losses |= self._train_d("reference", batch, x_fake_ref, augment[2:4])

        weights = self._weights(step)
        step_losses |= self._train_g("latent", batch, tape, x_fake, x_fake2, s, augment[4], weights)

        s, s2 = self._styles(batch["x_ref"], batch["x_ref2"], y_trg)
        with tf.GradientTape() as tape:
            x_fake, features = self._fake(x, s, masks)
        x_fake2 = self._another_fake(features, s2, masks)
        step_losses |= self._train_g(
            "reference", batch, tape, x_fake, x_fake2, s, augment[5], weights
        )

        self._average()
        return step_losses | {"G/lambda_ds": -weights["ds"]}

    def _augment(self, batch: inputs_lib.Batch) -> list[tf.Tensor | None]:
        """Returns the draws of every augmented input of D in a step."""
        return tf.unstack(batch["augment"], axis=1) if "augment" in batch else [None] * 6

    def _weights(self, step: tf.Tensor) -> dict[str, float | tf.Tensor]:
        """Returns the weights of G's losses in a step."""
        return {
            "sty": self.hparams.lambda_sty,
            "ds": -schedules.fading(self.hparams.lambda_ds, self.hparams.ds_iter, step),
            "cyc": self.hparams.lambda_cyc,
        }

    def _average(self) -> None:
        """Updates the moving averages of the weights."""
        for average, name in self.averages.items():
            variables = self.networks[name].trainable_variables
            averages = self.networks[average].trainable_variables
            ema.update(averages, variables, self.hparams.ema_decay)

    def _train_d(
        self,
        kind: str,
        batch: inputs_lib.Batch,
        x_fake: tf.Tensor,
        augment: list[tf.Tensor | None],
    ) -> dict[str, tf.Tensor]:
        terms, gradients = self._d_gradients(
            batch["x"], batch["y_org"], x_fake, batch["y_trg"], *augment
        )
        self._apply("D", gradients)
        return {f"D/{kind}_{name}": loss for name, loss in terms.items()}

    def _train_g(
        self, kind, batch, tape, x_fake, x_fake2, s, augment, weights
    ) -> dict[str, tf.Tensor]:
        """Updates G on styles of a kind, and the other networks that this kind teaches."""
        terms, gradients = self._g_and_taught(
            kind, batch, tape, x_fake, x_fake2, s, augment, weights
        )
        for name, of_one in gradients.items():
            self._apply(name, of_one)
        return {f"G/{kind}_{name}": loss for name, loss in terms.items()}

    def _g_and_taught(
        self, kind, batch, tape, x_fake, x_fake2, s, augment, weights
    ) -> tuple[losses.Losses, dict[str, Gradients]]:
        """Returns G's losses on styles of a kind, and the gradients of all that this kind teaches.

        `tape` has seen how G made x_fake and, of latents, how F made s.
        """
        taught = {name: self.networks[name].trainable_variables for name in in_parts.TAUGHT[kind]}
        terms, by_made, gradients = self._g_gradients(
            kind, batch, x_fake, x_fake2, s, self.masks(x_fake), augment, weights
        )
        made = {"G": x_fake, "F": s}
        targets, sources = ({n: of[n] for n in by_made} for of in (made, taught))
        more = tape.gradient(targets, sources, by_made)
        return terms, {name: _added(gradients.get(name), more.get(name)) for name in taught}

    def _apply(self, name: str, gradients: Gradients) -> None:
        variables = self.networks[name].trainable_variables
        self.optimizers[name].apply_gradients(zip(gradients, variables, strict=True))

    def _fake_and_features(self, x, s, masks) -> tuple[tf.Tensor, networks.Features]:
        """Returns G(x, s) and what other images of x can be decoded from."""
        features = self.G.encoded(x)
        return self.G.decoded(features, s, masks), features

    def _fake_of_latent(self, x, z, y, masks) -> tuple[tf.Tensor, tf.Tensor, networks.Features]:
        s = self.F(z, y)
        return s, *self._fake_and_features(x, s, masks)

    def _fakes_of_constants(self, batch, features, masks) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns G's images of z2 and of x_ref, in one pass: neither has a gradient."""
        y = batch["y_trg"]
        s = tf.concat([self.F(batch["z2"], y), self.E(batch["x_ref"], y)], axis=0)
        features = tuple(tf.concat([f, f], axis=0) for f in features)
        masks = None if masks is None else tuple(tf.concat([m, m], axis=0) for m in masks)
        return tuple(tf.split(self.G.decoded(features, s, masks), 2))

    def _styles_of(self, x_ref, x_ref2, y) -> tuple[tf.Tensor, tf.Tensor]:
        s = self.E(tf.concat([x_ref, x_ref2], axis=0), tf.concat([y, y], axis=0))
        return tuple(tf.split(s, 2))

    def _discriminator_gradients(
        self, x, y_org, x_fake, y_trg, augment_real, augment_fake
    ) -> tuple[losses.Losses, Gradients]:
        with tf.GradientTape() as tape:
            terms = losses.discriminator(
                self._augmented(self.D, augment_real),
                self._augmented(self.D, augment_fake),
                x,
                y_org,
                tf.stop_gradient(x_fake),
                y_trg,
            )
            # The optimizer adds up the replicas' gradients; each must be its share of the mean.
            total = losses.total(terms, {"reg": self.hparams.lambda_reg}) / self.settings.replicas
        return terms, tape.gradient(total, self.D.trainable_variables)

    def _generator_gradients(
        self, kind, batch, x_fake, x_fake2, s, masks, augment, weights
    ) -> tuple[losses.Losses, dict[str, tf.Tensor], dict[str, Gradients]]:
        """Returns G's losses, their gradients by what G and F made, and those by weights.

        G made x_fake, and F s. The weights are those of G, on the way back, and of E. What this
        kind does not teach is left out: a graph computes no gradient that nobody uses.
        """
        taught = in_parts.TAUGHT[kind]
        made = {"G": x_fake, "F": s} if "F" in taught else {"G": x_fake}
        variables = {n: self.networks[n].trainable_variables for n in taught if n != "F"}
        with tf.GradientTape() as tape:
            tape.watch([x_fake, s])
            terms = losses.generator(
                lambda x, s: self.G(x, s, masks),
                self.E,
                self._augmented(self.D, augment),
                batch["x"],
                batch["y_org"],
                x_fake,
                x_fake2,
                batch["y_trg"],
                s,
            )
            total = losses.total(terms, weights) / self.settings.replicas
        return terms, *tape.gradient(total, (made, variables))

    def _augmented(self, D, uniforms):
        if uniforms is None:
            return D
        return lambda x, y: D(diff_augment.diff_augment(x, uniforms), y)


def _added(a: Gradients | None, b: Gradients | None) -> Gradients:
    """Returns the sum of two lists of gradients, of which one may be missing."""
    if a is None or b is None:
        return a or b
    return [one + other for one, other in zip(a, b, strict=True)]


ALGORITHM = StarGANv2
