"""What shows that a training of CycleGAN is sick, and what helps."""

import functools
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import watched
from stargan_tf.algorithms.cyclegan import hparams as hparams_lib
from stargan_tf.algorithms.cyclegan import pair


class Watching(watched.Watched):
    """Watches whether D tells real from fake, and its first layer.

    The later layers of D are normalized, so no unit of theirs can be dead for all images.
    """

    pairs: list[pair.Pair]
    hparams: hparams_lib.HParams

    def watchlist(self, labels: Sequence[np.ndarray]) -> watched.Watchlist:
        """Returns the two sides of the adversarial loss of each discriminator."""
        del labels
        names = [f"{one.prefix}D_{letter}" for one in self.pairs for letter in "AB"]
        meaning = "D is never wrong, and G learns little from it"
        sides = {(f"{name}/real", f"{name}/fake"): meaning for name in names}
        return watched.Watchlist(never_zero=sides, advice=advice(self.hparams))

    def units(self, images: tf.Tensor, labels: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the largest values of the first layer of each discriminator, for all images."""
        del labels
        found = self._largest(tf.convert_to_tensor(images))
        return {name: values.numpy() for name, values in found.items()}

    @functools.cached_property
    def _largest(self):
        def largest(x):
            return {
                f"{one.prefix}{D.name}/{D.down[0].name}": tf.cast(
                    tf.reduce_max(D.first_map(x), axis=(1, 2)), tf.float32
                )
                for one in self.pairs
                for D in (one.D_A, one.D_B)
            }

        return tf.function(largest, reduce_retracing=True)


def advice(hparams: hparams_lib.HParams) -> dict[str, str]:
    """Returns what usually helps, by alert."""
    slower = (
        f"start again in another `run_dir` with a lower learning rate (lr={hparams.lr / 3:.1g})"
    )
    weaker = "D with fewer channels (d_conv_dim="
    weaker += f"{max(1, hparams.d_conv_dim // 2)}) or more images"
    a, b = hparams.lambda_a, hparams.lambda_b
    free = f"a smaller weight of the cycle (lambda_a={a / 3:.2g} lambda_b={b / 3:.2g})"
    if hparams.lambda_idt:
        free += " or of the identity loss (lambda_idt=0)"
    return {
        "dead_units": slower,
        "loss_at_zero": f"start again in another `run_dir` with {weaker}",
        "identity": f"start again in another `run_dir` with {free}",
        "source_ignored": f"{slower} or a larger weight of the cycle "
        f"(lambda_a={(a or 1) * 3:.2g} lambda_b={(b or 1) * 3:.2g})",
    }
