"""Normalizes the channels of each image, then scales and shifts: for InstanceNorm and AdaIN."""

import tensorflow as tf

from stargan_tf.layers import portability


def modulated(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float) -> tf.Tensor:
    """Returns gamma (x - mean(x)) / sqrt(var(x) + epsilon) + beta, in the dtype of x.

    Args:
      x: (N, H, W, C); mean and variance are taken over H and W, in float32 or better.
      gamma: Scales: (C,), the same for all images, or (N, 1, 1, C).
      beta: Offsets, shaped like gamma.
      epsilon: Added to the variance.
    """
    dtype = x.dtype
    x = tf.cast(x, tf.float32) if dtype.size < 4 else x
    gamma, beta = tf.cast(gamma, x.dtype), tf.cast(beta, x.dtype)
    if portability.are_portable():  # exports take no gradient
        centred, inverse = _centred(x, epsilon)
        return tf.cast(centred * inverse * gamma + beta, dtype)
    return tf.cast(_modulated(x, gamma, beta, epsilon), dtype)


def normalized(x: tf.Tensor, epsilon: float) -> tf.Tensor:
    """Returns (x - mean(x)) / sqrt(var(x) + epsilon), in the dtype of x; see `modulated`."""
    dtype = x.dtype
    x = tf.cast(x, tf.float32) if dtype.size < 4 else x
    if portability.are_portable():
        centred, inverse = _centred(x, epsilon)
        return tf.cast(centred * inverse, dtype)

    @tf.custom_gradient
    def forward(x):
        def gradient(dy):  # that of `_modulated`, with gamma 1
            centred, inverse = _centred(x, epsilon)
            mean = tf.reduce_mean(dy, axis=(1, 2), keepdims=True)
            slope = tf.reduce_mean(dy * centred, axis=(1, 2), keepdims=True)
            return (dy - mean - centred * (inverse * inverse * slope)) * inverse

        centred, inverse = _centred(x, epsilon)
        return centred * inverse, gradient

    return tf.cast(forward(x), dtype)


def _modulated(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float) -> tf.Tensor:
    @tf.custom_gradient
    def forward(x, gamma, beta):
        def gradient(dy):
            # Written out by hand because TensorFlow's own gradient passes over the map more than
            # twice as often. It starts from x again, so that it can be differentiated too; a graph
            # still computes the common parts only once.
            centred, inverse = _centred(x, epsilon)
            d_beta = tf.reduce_sum(dy, axis=(1, 2), keepdims=True)
            d_gamma = inverse * tf.reduce_sum(dy * centred, axis=(1, 2), keepdims=True)
            pixels = tf.cast(tf.shape(x)[1] * tf.shape(x)[2], x.dtype)
            dx = dy - d_beta / pixels - centred * (inverse * d_gamma / pixels)
            if gamma.shape.rank == 1:
                d_gamma, d_beta = (tf.reduce_sum(d, axis=(0, 1, 2)) for d in (d_gamma, d_beta))
            return dx * (inverse * gamma), d_gamma, d_beta

        centred, inverse = _centred(x, epsilon)
        # The small factors first: one pass over the map less.
        return centred * (inverse * gamma) + beta, gradient

    return forward(x, gamma, beta)


def _centred(x: tf.Tensor, epsilon: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns x less its mean, and 1 / sqrt(var(x) + epsilon) as (N, 1, 1, C)."""
    centred = x - tf.reduce_mean(x, axis=(1, 2), keepdims=True)
    # Not the squared-difference op, which has no 16-bit kernel on phones.
    variance = tf.reduce_mean(centred * centred, axis=(1, 2), keepdims=True)
    return centred, tf.math.rsqrt(variance + epsilon)
