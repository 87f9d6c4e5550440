"""Adversarial losses and penalties: float32 scalars, each a mean over the batch."""

from collections.abc import Callable

import tensorflow as tf


def wasserstein(score: tf.Tensor, *, real: bool) -> tf.Tensor:
    """Returns -mean(score) if the images should score as real, mean(score) otherwise.

    Arjovsky et al. 2017 (arXiv 1701.07875). `score` is D's output, unbounded, of any shape.
    """
    mean = tf.reduce_mean(score)
    return -mean if real else mean


def log_loss(logit: tf.Tensor, *, real: bool) -> tf.Tensor:
    """Returns mean(-log D) if the images should score as real, mean(-log(1 - D)) otherwise.

    Goodfellow et al. 2014 (arXiv 1406.2661), with D = sigmoid(logit). G minimises it with real=True
    on its fakes: this form doesn't saturate, while log(1 - D) has almost no gradient early on.
    """
    target = tf.ones_like(logit) if real else tf.zeros_like(logit)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(target, logit))


def least_squares(score: tf.Tensor, *, real: bool) -> tf.Tensor:
    """Returns mean((score - 1)^2) if the images should score as real, mean(score^2) otherwise.

    LSGAN (Mao et al. 2017, arXiv 1611.04076, equation 9). `score` is D's output without a sigmoid,
    of any shape. G minimises it with real=True on its fakes.
    """
    return tf.reduce_mean(tf.square(score - 1.0 if real else score))


def gradient_penalty(
    critic: Callable[[tf.Tensor], tf.Tensor], real: tf.Tensor, fake: tf.Tensor, alpha: tf.Tensor
) -> tf.Tensor:
    """Returns mean((||grad_xhat sum(critic(xhat))||_2 - 1)^2).

    xhat = alpha real + (1 - alpha) fake. Gulrajani et al. 2017, arXiv 1704.00028, equation 3; as in
    the released StarGAN, alpha is the share of the real image.

    Args:
      critic: Maps images to scores; must be differentiable twice.
      real: (N, H, W, 3) images, or other examples (N, ...).
      fake: Likewise; no gradient flows to them.
      alpha: (N,) uniform in [0, 1), one for each image.
    """
    rank = real.shape.rank
    alpha = tf.reshape(tf.cast(alpha, real.dtype), (-1, *[1] * (rank - 1)))
    xhat = alpha * real + (1 - alpha) * tf.stop_gradient(fake)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(xhat)
        score = tf.reduce_sum(critic(xhat))
    gradient = tape.gradient(score, xhat)
    squared_norm = tf.reduce_sum(tf.square(gradient), axis=list(range(1, rank)))
    # The square root has an infinite derivative at 0, and infinity times 0 is NaN.
    nonzero = squared_norm > 0
    norm = tf.where(nonzero, tf.sqrt(tf.where(nonzero, squared_norm, 1.0)), 0.0)
    return tf.reduce_mean(tf.square(norm - 1))


def r1(critic: Callable[[tf.Tensor], tf.Tensor], real: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns score = critic(real) and penalty = mean(||grad_real sum(score)||_2^2) / 2.

    Mescheder et al. 2018 (arXiv 1801.04406), equation 9. Returning the score lets the loss and the
    penalty share one pass through the critic.

    Args:
      critic: Maps images to scores (N,); must be differentiable twice.
      real: (N, H, W, 3) images.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(real)
        score = critic(real)
        total = tf.reduce_sum(score)
    gradient = tape.gradient(total, real)
    return score, 0.5 * tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=(1, 2, 3)))
