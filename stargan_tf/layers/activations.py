"""Activation functions of the papers' networks."""

import tensorflow as tf

from stargan_tf.layers import portability


def leaky_relu(x: tf.Tensor, slope: float) -> tf.Tensor:
    """Returns x if x > 0 and slope * x otherwise, for each element.

    TensorFlow's kernel stores the slope as a float32, so a slope of 0.2 is off by 1.5e-8. That
    matters in float64, which therefore doesn't use the kernel: the signs in the L1 losses turned
    the error into 2e-4 in the images of a single training iteration.

    Args:
      x: Any shape, any floating type.
      slope: The slope for negative x.
    """
    if x.dtype == tf.float64:
        return tf.where(x > 0, x, tf.constant(slope, x.dtype) * x)
    if portability.are_portable():  # exports take no gradient
        return tf.nn.leaky_relu(x, slope)

    @tf.custom_gradient
    def forward(x):
        y = tf.nn.leaky_relu(x, slope)
        # y has the same sign as x. TensorFlow's own gradient reads x again. If x is a convolution
        # with a bias, TensorFlow's graph optimizer for oneDNN then fuses x away although it is
        # still needed, notices it ("remapper failed") and gives up every fusion in the graph.
        sign = tf.stop_gradient(y)  # the derivative of a sign is 0
        return y, lambda dy: tf.raw_ops.LeakyReluGrad(gradients=dy, features=sign, alpha=slope)

    return forward(x)


def gated_linear_unit(x: tf.Tensor) -> tf.Tensor:
    """Returns a sigmoid(b), with a and b the first and the second half of the channels of x.

    Dauphin et al. 2017, arXiv 1612.08083. (..., 2 C) -> (..., C).
    """
    a, b = tf.split(x, 2, axis=-1)
    return a * tf.sigmoid(b)
