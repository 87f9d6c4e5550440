"""What shows that a training of BicycleGAN is sick, and what helps."""

import functools
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import watched
from stargan_tf.algorithms.bicyclegan import hparams as hparams_lib
from stargan_tf.algorithms.bicyclegan import networks


class Watching(watched.Watched):
    """Watches the discriminators' last layers, whether they always win, and the latent code."""

    D: networks.Discriminator
    D2: networks.Discriminator
    hparams: hparams_lib.HParams

    def watchlist(self, labels: Sequence[np.ndarray]) -> watched.Watchlist:
        """Returns the two sides of the discriminators' losses, and the divergence of E."""
        del labels
        meaning = "{} is never wrong, and G learns little from it"
        names = ("D",) if self.hparams.use_same_d else ("D", "D2")
        sides = {(f"{name}/real", f"{name}/fake"): meaning.format(name) for name in names}
        if self.hparams.lambda_kl:
            sides[("E/kl",)] = "E tells nothing of an image, and G has no use for the latent code"
        return watched.Watchlist(never_zero=sides, advice=advice(self.hparams))

    def units(self, images: tf.Tensor, labels: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the largest values of the last hidden layer, at each scale of D and D2."""
        if self.hparams.conditional_d:  # which sees pairs, and not images
            return {}
        real = np.asarray(labels)[:, 1] == 1
        chosen = np.asarray(images)[real] if real.any() else np.asarray(images)
        found = {}
        for name, values in self._largest(tf.convert_to_tensor(chosen)).items():
            # A line for each image, whatever it shows: those of the other domain repeat the rest.
            places = np.arange(len(images)) % len(chosen)
            found[name] = values.numpy()[places]
        return found

    @functools.cached_property
    def _largest(self):
        judges = {"D": self.D} if self.D2 is self.D else {"D": self.D, "D2": self.D2}

        def largest(x):
            return {
                f"{name}/{scale[-2].name}": tf.cast(tf.reduce_max(y, axis=(1, 2)), tf.float32)
                for name, D in judges.items()
                for scale, (_, y) in zip((D.fine, D.coarse), D.looked(x), strict=True)
            }

        return tf.function(largest, reduce_retracing=True)


def advice(hparams: hparams_lib.HParams) -> dict[str, str]:
    """Returns what usually helps, by alert."""
    slower = f"start again in another `run_dir` with a lower rate (lr={hparams.lr / 3:.1g})"
    told = f"a smaller weight of the divergence (lambda_kl={hparams.lambda_kl / 3:.2g})"
    recovered = (
        f"a larger weight of the recovered code (lambda_z={max(hparams.lambda_z, 0.1) * 3:g})"
    )
    true = f"a larger weight of the true image (lambda_l1={max(hparams.lambda_l1, 1.0) * 3:g})"
    return {
        "dead_units": slower,
        "loss_at_zero": f"more pairs, {slower}, or {told}",
        "identity": f"start again in another `run_dir` with {true}",
        "style_ignored": f"start again in another `run_dir` with {recovered} or {told}",
        "source_ignored": f"start again in another `run_dir` with {true}",
    }
