"""What shows that a training of StarGAN v2 is sick, and what helps."""

import functools
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import watched
from stargan_tf.algorithms.stargan_v2 import hparams as hparams_lib
from stargan_tf.algorithms.stargan_v2 import networks


class Watching(watched.Watched):
    """Watches D's last layers, and whether D always wins."""

    D: networks.Discriminator
    hparams: hparams_lib.HParams

    def watchlist(self, labels: Sequence[np.ndarray]) -> watched.Watchlist:
        """Returns the two sides of D's loss, for each kind of style; D classifies nothing."""
        del labels
        meaning = "D is never wrong, and G learns little from it"
        sides = {(f"D/{kind}_real", f"D/{kind}_fake"): meaning for kind in ("latent", "reference")}
        return watched.Watchlist(never_zero=sides, advice=advice(self.hparams))

    def units(self, images: tf.Tensor, labels: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the largest values of D's last residual block and last convolution."""
        del labels
        layers = (self.D.blocks[-1], self.D.conv_out)
        found = self._largest(tf.convert_to_tensor(images))
        return {f"D/{layer.name}": v.numpy() for layer, v in zip(layers, found, strict=True)}

    @functools.cached_property
    def _largest(self):
        def largest(x):
            maps = self.D.maps(x)
            return [tf.cast(tf.reduce_max(m, axis=(1, 2)), tf.float32) for m in maps]

        return tf.function(largest, reduce_retracing=True)


def advice(hparams: hparams_lib.HParams) -> dict[str, str]:
    """Returns what usually helps, by alert."""
    slower = f"start again in another `run_dir` with a lower rate (lr={hparams.lr / 3:.1g})"
    cycle = f"a smaller weight of the cycle (lambda_cyc={hparams.lambda_cyc / 3:.2g})"
    looser = f"{cycle} or a smaller `bottleneck_size`"
    diverse = (
        f"a larger weight of diversity (lambda_ds={hparams.lambda_ds * 2:g}) or a faster mapping "
        f"network (f_lr={hparams.f_lr * 3:.1g})"
    )
    few = "more images" + (" or augment=diffaugment" if hparams.augment == "none" else "")
    return {
        "dead_units": slower,
        "loss_at_zero": f"{few}, or {slower}",
        "identity": f"start again in another `run_dir` with {looser}",
        "style_ignored": f"start again in another `run_dir` with {diverse}",
        "source_ignored": "start again in another `run_dir` with a larger `bottleneck_size` or a "
        f"larger weight of the cycle (lambda_cyc={hparams.lambda_cyc * 3:g})",
    }
