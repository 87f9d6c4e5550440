"""Adversarial losses and penalties, each the mean over the batch it is given, float32 scalars."""

from collections.abc import Callable

import tensorflow as tf


def wasserstein(score: tf.Tensor, *, real: bool) -> tf.Tensor:
    """Returns -mean(score) for what should pass as real, else mean(score).

    Arjovsky et al. 2017 (arXiv 1701.07875). `score` is D's output, unbounded, of any shape.
    """
    mean = tf.reduce_mean(score)
    return -mean if real else mean


def log_loss(logit: tf.Tensor, *, real: bool) -> tf.Tensor:
    """Returns the mean of -log D for what should pass as real, else of -log(1 - D).

    Goodfellow et al. 2014 (arXiv 1406.2661), with D = sigmoid(logit). G minimises it with
    real=True on its fakes, the non-saturating form, where log(1 - D) has no gradient early on.
    """
    target = tf.ones_like(logit) if real else tf.zeros_like(logit)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(target, logit))


def gradient_penalty(
    critic: Callable[[tf.Tensor], tf.Tensor], real: tf.Tensor, fake: tf.Tensor, alpha: tf.Tensor
) -> tf.Tensor:
    """Returns the mean of (||grad_xhat sum(critic(xhat))||_2 - 1)^2.

    xhat = alpha real + (1 - alpha) fake (Gulrajani et al. 2017, arXiv 1704.00028, equation 3;
    the released StarGAN counts alpha from the real image).

    Args:
      critic: Maps images to scores; its second derivatives must exist.
      real: (N, H, W, 3) images.
      fake: (N, H, W, 3) images, taken as constants.
      alpha: (N,) uniform in [0, 1), one for each image.
    """
    alpha = tf.cast(alpha, real.dtype)[:, tf.newaxis, tf.newaxis, tf.newaxis]
    xhat = alpha * real + (1 - alpha) * tf.stop_gradient(fake)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(xhat)
        score = tf.reduce_sum(critic(xhat))
    gradient = tape.gradient(score, xhat)
    squared_norm = tf.reduce_sum(tf.square(gradient), axis=(1, 2, 3))
    # The root's derivative at 0 is infinite, and infinity times 0 is NaN: keep 0 away from it.
    nonzero = squared_norm > 0
    norm = tf.where(nonzero, tf.sqrt(tf.where(nonzero, squared_norm, 1.0)), 0.0)
    return tf.reduce_mean(tf.square(norm - 1))


def r1(critic: Callable[[tf.Tensor], tf.Tensor], real: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns (score, penalty): critic(real), and half the mean of ||grad_x sum(critic(x))||_2^2.

    Mescheder et al. 2018 (arXiv 1801.04406), equation 9. The score is returned too, so that the
    critic is computed once for both the loss and the penalty.

    Args:
      critic: Maps images to scores (N,); its second derivatives must exist.
      real: (N, H, W, 3) images.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(real)
        score = critic(real)
        total = tf.reduce_sum(score)
    gradient = tape.gradient(total, real)
    return score, 0.5 * tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=(1, 2, 3)))
