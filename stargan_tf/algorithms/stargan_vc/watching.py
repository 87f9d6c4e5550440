"""What shows that a training of StarGAN-VC is sick, and what helps."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import watched
from stargan_tf.algorithms.stargan_vc import hparams as hparams_lib


class Watching(watched.Watched):
    """Watches the classification of speakers, and whether D tells real from fake.

    Hidden layers are gated and normalized, so no unit of theirs can be dead for all inputs.
    """

    hparams: hparams_lib.HParams

    def watchlist(self, labels: Sequence[np.ndarray]) -> watched.Watchlist:
        """Returns the classification at chance; and the two sides of the adversarial loss."""
        return watched.Watchlist(
            self.training.chance(frequencies(labels)), self.training.never_zero(), self.advice()
        )

    def units(self, images: tf.Tensor, labels: np.ndarray) -> dict[str, np.ndarray]:
        """Returns nothing: there is no layer in which units die."""
        del images, labels
        return {}

    def advice(self) -> dict[str, str]:
        """Returns what usually helps, by alert."""
        h = self.hparams
        quick = {"d_lr": h.d_lr} if h.architecture == "1d" else {"c_lr": h.c_lr}
        (rate, value), *_ = quick.items()
        faster = (
            f"start again in another `run_dir` with a higher learning rate ({rate}={value * 3:.1g})"
        )
        freer = f"a smaller weight of the identity loss (lambda_id={h.lambda_id / 3:.2g})"
        more = f"a larger weight of the classification (lambda_cls={(h.lambda_cls or 1) * 3:.2g})"
        slower = (
            "start again in another `run_dir` with a lower learning rate of D "
            f"(d_lr={h.d_lr / 3:.1g})"
        )
        return {
            "classification_at_chance": f"{faster} or train longer",
            "loss_at_zero": slower,
            "identity": f"start again in another `run_dir` with {freer} or {more}",
            "label_ignored": f"start again in another `run_dir` with {more}",
        }


def frequencies(labels: Sequence[np.ndarray]) -> np.ndarray:
    """Returns how frequent each speaker is, (K,), among labels (N, K) of each data set."""
    return np.concatenate(list(labels)).astype(np.float64).mean(axis=0)


def entropy(shares: np.ndarray) -> float:
    """Returns the cross entropy of a classifier that knows the speakers' shares alone: ln K of K.

    Where a batch has every speaker equally often, shares are equal.
    """
    return float(-(shares * np.log(np.where(shares > 0, shares, 1))).sum())
