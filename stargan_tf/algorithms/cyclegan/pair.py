"""One pair of domains A and B: its four networks, its optimizers, and its part of a step."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from stargan_tf.algorithms import algorithm
from stargan_tf.algorithms.cyclegan import hparams as hparams_lib
from stargan_tf.algorithms.cyclegan import losses, networks
from stargan_tf.gan import image_pool
from stargan_tf.layers import instance_norm, portability
from stargan_tf.optimization import adam, ordering, schedules

Gradients = list[tf.Tensor]


class Pair:
    """G_A: A -> B with D_A, which judges images of B; and G_B: B -> A with D_B, which judges A's.

    Create it inside `strategy.scope()`; networks and optimizers are built then.

    Attributes:
      domains: The positions of A and B in labels.
      prefix: In front of the names of its networks: "" of the only pair, else "A-B.".
      networks: By name: G_A, G_B, D_A, D_B.
      optimizers: By name: G, of both generators, and D; empty if nothing is trained.
      pools: Earlier translations, by name: pool_A to A, pool_B to B; empty if there are none.
    """

    def __init__(
        self,
        domains: tuple[int, int],
        prefix: str,
        hparams: hparams_lib.HParams,
        settings: algorithm.BuildSettings,
    ):
        self.domains, self.prefix = domains, prefix
        self.hparams, self.settings = hparams, settings
        policy, blocks = {"dtype": settings.dtype_policy}, hparams.g_repeat_num
        with instance_norm.computed_by(settings.normalization_backend):
            G = [
                networks.Generator(hparams.g_conv_dim, blocks, name=name, **policy)
                for name in ("G_A", "G_B")
            ]
            D = [
                networks.Discriminator(hparams.d_conv_dim, hparams.d_layers, name=name, **policy)
                for name in ("D_A", "D_B")
            ]
        self.G_A, self.G_B, self.D_A, self.D_B = *G, *D
        self.networks: dict[str, keras.Model] = {network.name: network for network in (*G, *D)}
        for network in self.networks.values():
            network(*network.example_inputs())
        self.optimizers: dict[str, adam.Adam] = {}
        self.pools: dict[str, image_pool.ImagePool] = {}
        if settings.training:
            self.optimizers = {"G": self._optimizer(G), "D": self._optimizer(D)}
            if hparams.pool_size:
                shape = (settings.image_size, settings.image_size, 3)
                dtype = settings.dtype_policy.variable_dtype
                self.pools = {
                    name: image_pool.ImagePool(hparams.pool_size, shape, dtype)
                    for name in ("pool_A", "pool_B")
                }
        # XLA compiles gradients only: an optimizer's update can't be compiled across devices.
        compiled = portability.compiled if settings.jit_compile else lambda f: f
        self._g_gradients: Callable = compiled(self._generator_gradients)
        self._d_gradients: Callable = compiled(self._discriminator_gradients)

    def _optimizer(self, trained: Sequence[keras.Model]) -> adam.Adam:
        h, total = self.hparams, self.settings.total_steps
        schedule = schedules.decay(h.lr, total, h.epoch_steps, h.lr_decay_start)
        optimizer = adam.Adam(schedule, beta_1=h.beta_1, beta_2=h.beta_2)
        optimizer.build(_variables(trained))
        return optimizer

    def step(self, a: tf.Tensor, b: tf.Tensor, draws: tf.Tensor) -> losses.Losses:
        """Updates both generators, then both discriminators; see `Algorithm.train_step`.

        Args:
          a: (N, S, S, 3) images of A in [-1, 1].
          b: Likewise of B.
          draws: (N, 2, 2), those of `ImagePool.exchange`, of pool_A and pool_B.

        Returns:
          The losses, each unweighted, by "network/name".
        """
        found, fake_b, fake_a, gradients = self._g_gradients(a, b)
        reads = list(found.values())
        self._apply("G", (self.G_A, self.G_B), ordering.after(reads, gradients))
        # D sees the translations that were made before this update of G, or earlier ones.
        if self.pools:
            fake_a = self.pools["pool_A"].exchange(fake_a, draws[:, 0])
            fake_b = self.pools["pool_B"].exchange(fake_b, draws[:, 1])
        of_d, d_gradients = self._d_gradients(a, b, fake_a, fake_b)
        # G's gradients read the weights of D, too.
        reads += [*of_d.values(), *gradients]
        self._apply("D", (self.D_A, self.D_B), ordering.after(reads, d_gradients))
        return found | of_d

    def _apply(self, name: str, trained: Sequence[keras.Model], gradients: Gradients) -> None:
        self.optimizers[name].apply_gradients(zip(gradients, _variables(trained), strict=True))

    def _generator_gradients(
        self, a: tf.Tensor, b: tf.Tensor
    ) -> tuple[losses.Losses, tf.Tensor, tf.Tensor, Gradients]:
        h = self.hparams
        variables = _variables((self.G_A, self.G_B))
        with tf.GradientTape() as tape:
            found, fake_b, fake_a = losses.generators(
                self.G_A, self.G_B, self.D_A, self.D_B, a, b, identity=h.lambda_idt > 0
            )
            total = losses.generators_total(
                found, lambda_a=h.lambda_a, lambda_b=h.lambda_b, lambda_idt=h.lambda_idt
            )
            # The optimizer adds up the replicas' gradients; each must be its share of the mean.
            total /= self.settings.replicas
        return found, fake_b, fake_a, tape.gradient(total, variables)

    def _discriminator_gradients(
        self, a: tf.Tensor, b: tf.Tensor, fake_a: tf.Tensor, fake_b: tf.Tensor
    ) -> tuple[losses.Losses, Gradients]:
        """Returns the losses of D_A, on images of B, and of D_B, on images of A; and gradients."""
        found, gradients = {}, []
        for D, real, fake in ((self.D_A, b, fake_b), (self.D_B, a, fake_a)):
            with tf.GradientTape() as tape:
                terms = losses.discriminator(D, real, fake)
                half = (terms["real"] + terms["fake"]) / 2
                half /= self.settings.replicas
            found |= {f"{D.name}/{name}": loss for name, loss in terms.items()}
            gradients += tape.gradient(half, D.trainable_variables)
        return found, gradients


def _variables(trained: Sequence[keras.Model]) -> list[tf.Variable]:
    return [variable for network in trained for variable in network.trainable_variables]
