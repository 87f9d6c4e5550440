"""BicycleGAN's losses, in the paper's symbols (Zhu et al. 2017, sections 3.2 to 3.4).

Each is a float32 scalar. Adversarial ones and distances are means over the batch; the divergence is
a sum over it.
"""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from stargan_tf.gan import losses as gan_losses

Losses = dict[str, tf.Tensor]


def adversarial(scores: Sequence[tf.Tensor], *, real: bool) -> tf.Tensor:
    """Returns mean((score - 1)^2), or mean(score^2) if they should score as fakes.

    The mean is over batch and patches, and the scales' are added up.
    """
    return tf.add_n([gan_losses.least_squares(score, real=real) for score in scores])


def distance(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Returns mean(|x - y|): L_1 of images, and of latent codes."""
    return tf.reduce_mean(tf.abs(x - y))


def divergence(mu: tf.Tensor, logvar: tf.Tensor) -> tf.Tensor:
    """Returns D_KL(N(mu, e^logvar) || N(0, 1)) (equation 5), added up over batch and dimensions.

    -1/2 sum(1 + logvar - mu^2 - e^logvar). A sum, so that replicas add theirs up, too.
    """
    return -0.5 * tf.reduce_sum(1.0 + logvar - tf.square(mu) - tf.exp(logvar))


def sampled(mu: tf.Tensor, logvar: tf.Tensor, eps: tf.Tensor) -> tf.Tensor:
    """Returns mu + e^(logvar / 2) eps, a draw of N(mu, e^logvar) (section 3.2)."""
    return mu + tf.exp(0.5 * logvar) * eps


def discriminator(real: Sequence[tf.Tensor], fake: Sequence[tf.Tensor]) -> Losses:
    """What D minimises, by its scores of real images and of fakes, at each scale."""
    return {"real": adversarial(real, real=True), "fake": adversarial(fake, real=False)}


def total(losses: Losses, weights: Mapping[str, float]) -> tf.Tensor:
    """Returns the sum of losses, each with its weight."""
    return tf.add_n([weights[name] * loss for name, loss in losses.items()])
