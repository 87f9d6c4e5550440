"""The iteration of StarGAN v2 on a batch that is computed part by part, to need less memory."""

import functools

import tensorflow as tf

from stargan_tf.algorithms.stargan_v2 import inputs as inputs_lib
from stargan_tf.data.images import transforms
from stargan_tf.optimization import accumulation

Gradients = list[tf.Tensor]
# The networks that an update of G teaches, by where its styles come from.
TAUGHT = {"latent": ("G", "F", "E"), "reference": ("G",)}


class InParts:
    """What StarGAN v2 does in place of its plain iteration with `accumulate` above 1."""

    def step_in_parts(self, batch: inputs_lib.Batch, step: tf.Tensor) -> dict[str, tf.Tensor]:
        """Makes the iteration with gradients that are means over parts of the batch.

        Every update makes its own fakes, so that nothing is held from one to the next.
        """
        batch = {name: transforms.as_floats(value) for name, value in batch.items()}
        weights, found = self._weights(step), {}
        for network, of_part in (("D", self._d_of_part), ("G", self._g_of_part)):
            for kind in TAUGHT:
                function = functools.partial(of_part, kind, weights)
                terms, gradients = accumulation.mean(function, batch, self.settings.accumulate)
                for name, of_one in gradients.items():
                    self._apply(name, of_one)
                found |= {f"{network}/{kind}_{name}": loss for name, loss in terms.items()}
        self._average()
        return found | {"G/lambda_ds": -weights["ds"]}

    def _d_of_part(self, kind, weights, batch):
        """Returns D's losses on fakes of a kind, and its gradients by name."""
        del weights
        augment, y, masks = self._augment(batch), batch["y_trg"], self.masks(batch["x"])
        first = 2 * list(TAUGHT).index(kind)
        s = self.F(batch["z"], y) if kind == "latent" else self.E(batch["x_ref"], y)
        x_fake, _ = self._fake(batch["x"], s, masks)
        terms, gradients = self._d_gradients(
            batch["x"], batch["y_org"], x_fake, y, *augment[first : first + 2]
        )
        return terms, {"D": gradients}

    def _g_of_part(self, kind, weights, batch):
        """Returns the losses of G on styles of a kind, and the gradients of all that it teaches."""
        augment, y, masks = self._augment(batch), batch["y_trg"], self.masks(batch["x"])
        if kind == "latent":
            with tf.GradientTape() as tape:
                s, x_fake, features = self._latent_fake(batch["x"], batch["z"], y, masks)
            s2 = self.F(batch["z2"], y)
        else:
            s, s2 = self._styles(batch["x_ref"], batch["x_ref2"], y)
            with tf.GradientTape() as tape:
                x_fake, features = self._fake(batch["x"], s, masks)
        x_fake2 = self._another_fake(features, s2, masks)
        uniforms = augment[4 + list(TAUGHT).index(kind)]
        return self._g_and_taught(kind, batch, tape, x_fake, x_fake2, s, uniforms, weights)
