"""The author's program: G and D of sequences, updated for every pair of speakers in a step."""

import functools
import itertools
from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm, converting
from stargan_tf.algorithms.stargan_vc import hparams as hparams_lib
from stargan_tf.algorithms.stargan_vc import inputs as inputs_lib
from stargan_tf.algorithms.stargan_vc import losses, watching
from stargan_tf.algorithms.stargan_vc.networks import sequences
from stargan_tf.data.pipeline import samplers
from stargan_tf.layers import dropout, instance_norm, portability
from stargan_tf.optimization import adam, clipping, ordering

Gradients = list[tf.Tensor]


class Training:
    """The networks, their optimizers, and a step. Create it inside `strategy.scope()`.

    Attributes:
      networks: By name: G, D.
      optimizers: By name, likewise; empty if nothing is trained.
      trains: For every optimizer, the networks that it updates.
      shaped_by: For every network, the flags that decide its shapes.
      label_axes: Where variables hold a part for each speaker.
    """

    trains = {"G": ("G",), "D": ("D",)}
    shaped_by = {
        "G": ("hidden_dim", "bottleneck_dim", "embedding_dim", "source_conditioning"),
        "D": ("d_hidden_dim",),
    }

    def __init__(
        self,
        hparams: hparams_lib.HParams,
        settings: algorithm.BuildSettings,
        scale: converting.Scale,
    ):
        self.hparams, self.settings, self.scale = hparams, settings, scale
        sizes = settings.label_space.width, settings.sample_shape[-1]
        policy = {"dtype": settings.dtype_policy}
        h = hparams
        with instance_norm.computed_by(settings.normalization_backend):
            self.G = sequences.Generator(
                *sizes, h.hidden_dim, h.bottleneck_dim, h.embedding_dim, h.source_conditioning,
                name="G", **policy,
            )  # fmt: skip
        self.D = sequences.Discriminator(*sizes, h.d_hidden_dim, h.dropout, name="D", **policy)
        self.networks: dict[str, keras.Model] = {"G": self.G, "D": self.D}
        for network in self.networks.values():
            network(*network.example_inputs())
        self.optimizers: dict[str, adam.Adam] = {}
        if settings.training:
            for name, lr, beta_1 in (("G", h.g_lr, h.g_beta_1), ("D", h.d_lr, h.d_beta_1)):
                optimizer = adam.Adam(lr, beta_1=beta_1, beta_2=h.beta_2)
                optimizer.build(self.networks[name].trainable_variables)
                self.optimizers[name] = optimizer
        # One graph of each, whatever the number of pairs.
        compiled = portability.compiled if settings.jit_compile else tf.function
        self._g_gradients: Callable = compiled(self._generator_gradients)
        self._d_gradients: Callable = compiled(self._discriminator_gradients)

    @property
    def label_axes(self) -> dict[str, algorithm.LabelAxis]:
        """Embeddings have a row for each speaker; D_cls, (time, in, out), an output."""
        axes = {"G/eb1/table": algorithm.LabelAxis(0), "D/le_cls/kernel": algorithm.LabelAxis(2)}
        if self.hparams.source_conditioning:
            axes["G/eb0/table"] = algorithm.LabelAxis(0)
        return axes

    @property
    def batches_per_step(self) -> int:
        """Each speaker has a batch."""
        return self.settings.label_space.width

    def inputs(
        self, sampler: samplers.Sampler, slices: samplers.Slices, first_step: int
    ) -> tf.data.Dataset:
        """Returns one replica's batch after the other; see `inputs.by_speaker`."""
        return inputs_lib.by_speaker(sampler, slices, first_step)

    def step(self, batch: inputs_lib.Batch) -> losses.Losses:
        """Updates, for each pair of speakers, G and then D; returns the means over all pairs."""
        pairs = itertools.combinations(range(self.settings.label_space.width), 2)
        found: dict[str, list[tf.Tensor]] = {}
        for p, pair in enumerate(pairs):
            x = [batch["features"][k] for k in pair]
            of_pair = self.update(pair, x, batch["alpha"][p], batch["key"][p], batch["rows"])
            for loss, value in of_pair.items():
                found.setdefault(loss, []).append(value)
        return {name: tf.add_n(values) / len(values) for name, values in found.items()}

    def update(
        self,
        pair: Sequence[int],
        x: Sequence[tf.Tensor],
        alpha: tf.Tensor,
        key: tf.Tensor,
        rows: tf.Tensor,
    ) -> losses.Losses:
        """Updates G and then D, with the new G, for one pair; returns the losses by "network/name".

        Args:
          pair: The numbers of the two speakers.
          x: Of each, (N, T, F) raw features; T may differ.
          alpha: (N, 2) in [0, 1), of the penalties.
          key: (2,) int64, of dropout.
          rows: (N,) int64, the places of the samples in the global batch.
        """
        domains = [tf.one_hot([k] * x[0].shape[0], self.settings.label_space.width) for k in pair]
        found: losses.Losses = {}
        reads: list[tf.Tensor] = []
        for update, name in enumerate(("G", "D")):
            gradients_of = self._g_gradients if name == "G" else self._d_gradients
            # Drawn out here, since XLA would draw other numbers.
            kept = self._kept(key, rows, update, x[0].shape[1])
            of_one, gradients = gradients_of(*x, *domains, alpha, kept)
            found |= {f"{name}/{loss}": value for loss, value in of_one.items()}
            # G's gradients read the weights of D, too.
            reads += of_one.values()
            self._apply(name, ordering.after(reads, gradients))
            reads += gradients
        return found

    def _apply(self, name: str, gradients: Gradients) -> None:
        h, variables = self.hparams, self.networks[name].trainable_variables
        gradients = clipping.clipped(gradients, h.gradient_clip, self.settings.replicas)
        self.optimizers[name].apply_gradients(zip(gradients, variables, strict=True))

    def _sides(self, x_s, x_t, s, t) -> tuple[losses.Side, losses.Side]:
        """Returns both sides of a pair, normalized; s and t are one-hot, (N, K)."""
        return (
            losses.Side(self.scale.normalized(x_s, s), s, t),
            losses.Side(self.scale.normalized(x_t, t), t, s),
        )

    def _generator_gradients(self, x_s, x_t, s, t, alpha, kept):
        """Returns G's losses and gradients; raw x_s, x_t (N, T, F) of s, t (N, K) one-hot."""
        del alpha
        h, variables = self.hparams, self.G.trainable_variables
        judge = functools.partial(self._judge, kept)
        with tf.GradientTape() as tape:
            found = losses.generator(
                self.convert, judge, self._sides(x_s, x_t, s, t), adversarial=h.gan_loss
            )
            weights = {"cls": h.lambda_cls, "cyc": h.lambda_cyc, "rec": h.lambda_id}
            # The optimizer adds up the replicas' gradients; each must be its share of the mean.
            total = _total(found, weights) / self.settings.replicas
        return found, tape.gradient(total, variables)

    def _discriminator_gradients(self, x_s, x_t, s, t, alpha, kept):
        """Returns D's losses and gradients; alpha (N, 2) in [0, 1), the others as of G."""
        h, variables = self.hparams, self.D.trainable_variables
        judge = functools.partial(self._judge, kept)
        sides, alphas = self._sides(x_s, x_t, s, t), tf.unstack(alpha, num=2, axis=1)
        with tf.GradientTape() as tape:
            found = losses.discriminator(self.convert, judge, sides, alphas, adversarial=h.gan_loss)
            total = _total(found, {"gp": h.lambda_gp}) / self.settings.replicas
        return found, tape.gradient(total, variables)

    def convert(self, x: tf.Tensor, target: tf.Tensor, source: tf.Tensor) -> tf.Tensor:
        """Returns G(x, target), told the source only with source conditioning."""
        sources = (source,) if self.hparams.source_conditioning else ()
        return self.G(x, target, *sources)

    def chance(self, shares: np.ndarray) -> dict[str, float]:
        """Returns the loss of a D that knows nothing; a step has every speaker equally often."""
        return {"D/cls": watching.entropy(np.full(len(shares), 1 / len(shares))) / len(shares)}

    def never_zero(self) -> dict[tuple[str, ...], str]:
        """Returns what it means if both sides of D's loss stay at 0."""
        meaning = "D is never wrong, and G learns little from it"
        if self.hparams.gan_loss == "wgan_gp":  # then the sum estimates a distance
            meaning = "D can't tell conversions from recordings, and G learns nothing from it"
        return {("D/real", "D/fake"): meaning}

    def _kept(
        self, key: tf.Tensor, rows: tf.Tensor, update: int, frames: int
    ) -> list[list[tf.Tensor]]:
        """Returns, for each use of D in an update, which units dropout keeps; []: all, always.

        Args:
          key: (2,) int64, of the pair.
          rows: (N,) int64, the places of the samples in the global batch.
          update: 0: G's, 1: D's.
          frames: T.
        """
        if not self.D.rate:
            return []
        count = rows.shape[0] * self.settings.replicas
        chance, found = dropout.Chance(key, rows, count).part(update), []
        for use, parts in enumerate(losses.USES[update]):
            # Batches one after the other, as one larger batch.
            places = tf.concat([rows + k * count for k in range(parts)], axis=0)
            own = dropout.Chance(chance.key, places, parts * count).part(use)
            found.append(self.D.kept(own, frames))
        return found

    def _judge(
        self, kept: list[list[tf.Tensor]], x: tf.Tensor, use: int
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns D(x), with dropout of its own for every use in an update."""
        return self.D(x, kept[use]) if kept else self.D(x)


def _total(found: losses.Losses, weights: dict[str, float]) -> tf.Tensor:
    """Returns the sum of losses, each with its weight, which is 1 unless given."""
    return tf.add_n([weights.get(name, 1.0) * loss for name, loss in found.items()])
