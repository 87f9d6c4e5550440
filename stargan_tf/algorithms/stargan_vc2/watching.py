"""What shows that a training of StarGAN-VC2 is sick, and what helps."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import watched
from stargan_tf.algorithms.stargan_vc2 import hparams as hparams_lib


class Watching(watched.Watched):
    """Watches whether D is ever wrong.

    There is no classifier. Hidden layers are gated, so no unit of theirs can be dead for all
    inputs.
    """

    hparams: hparams_lib.HParams

    def watchlist(self, labels: Sequence[np.ndarray]) -> watched.Watchlist:
        """Returns the two sides of the adversarial loss."""
        del labels
        helps = f"a lower learning rate of D (d_lr={self.hparams.d_lr / 3:.1g})"
        return watched.Watchlist(
            never_zero={("D/real", "D/fake"): "D is never wrong, and G learns little from it"},
            advice={"loss_at_zero": f"start again in another `run_dir` with {helps}"},
        )

    def units(self, images: tf.Tensor, labels: np.ndarray) -> dict[str, np.ndarray]:
        """Returns nothing: there is no layer in which units die."""
        del images, labels
        return {}
