"""What shows that a training of StarGAN v1 is sick, and what helps."""

import functools
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import watched
from stargan_tf.algorithms.stargan_v1 import hparams as hparams_lib
from stargan_tf.algorithms.stargan_v1 import losses, networks

_LAYERS = 2  # of D, the last


class Watching(watched.Watched):
    """Watches D's last layers, its classification, and whether it tells real from fake."""

    D: networks.Discriminator
    hparams: hparams_lib.HParams

    def watchlist(self, labels: Sequence[np.ndarray]) -> watched.Watchlist:
        """Returns L_cls of a D that knows how frequent labels are; and the two sides of L_adv."""
        blocks = self.settings.label_space.blocks
        prefixes = [f"D/{block.name}/" if block.name else "D/" for block in blocks]
        chance = {}
        if self.hparams.lambda_cls:
            chance = {
                f"{prefix}cls": losses.chance(own, block)
                for prefix, block, own in zip(prefixes, blocks, labels, strict=True)
            }
        meaning = "D is never wrong, and G learns little from it"
        if self.hparams.adversarial_loss == "wgan_gp":  # then the sum estimates a distance
            meaning = "D can't tell translations from images, and G learns nothing from it"
        sides = {(f"{prefix}real", f"{prefix}fake"): meaning for prefix in prefixes}
        return watched.Watchlist(chance, sides, advice(self.hparams, len(blocks) > 1))

    def units(self, images: tf.Tensor, labels: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the largest values of D's last strided convolutions."""
        del labels
        layers = self.D.down[-_LAYERS:]
        found = self._largest(tf.convert_to_tensor(images))
        return {f"D/{layer.name}": v.numpy() for layer, v in zip(layers, found, strict=True)}

    @functools.cached_property
    def _largest(self):
        def largest(x):
            maps = self.D.maps(x)[-_LAYERS:]
            return [tf.cast(tf.reduce_max(m, axis=(1, 2)), tf.float32) for m in maps]

        return tf.function(largest, reduce_retracing=True)


def advice(hparams: hparams_lib.HParams, several: bool = False) -> dict[str, str]:
    """Returns what usually helps, by alert; `several`: whether there are several data sets."""
    balance = (
        f"start again in another `run_dir` with a slower G (g_lr={hparams.g_lr / 3:.1g}) or more "
        f"updates of D (n_critic={hparams.n_critic + 1})"
    )
    looser = balance
    if hparams.lambda_rec:
        less = f"lambda_rec={hparams.lambda_rec / 3:.2g}"
        looser += f", or with a smaller weight of the reconstruction ({less})"
    fits = "see whether the images fit their labels"
    if not several:
        fits += " (the command doctor shows some)"
    advice = {
        "dead_units": balance,
        "classification_at_chance": f"{balance}; if no units are dead, {fits}",
        "loss_at_zero": balance,
        "identity": looser,
        "label_ignored": looser,
        "source_ignored": "start again in another `run_dir` with lower learning rates "
        f"(g_lr={hparams.g_lr / 3:.1g} d_lr={hparams.d_lr / 3:.1g}) or a larger weight of the "
        f"reconstruction (lambda_rec={(hparams.lambda_rec or 1) * 3:.2g})",
        "target_at_chance": looser,
    }
    if hparams.adversarial_loss != "wgan_gp":
        advice["loss_at_zero"] = f"a slower D (d_lr={hparams.d_lr / 3:.1g}) or more images"
    if not hparams.lambda_cls:
        del advice["classification_at_chance"]
        more = "a weight of the classification above 0 (lambda_cls=1)"
        advice |= dict.fromkeys(("identity", "label_ignored", "target_at_chance"), more)
    return advice
