"""Activations of the papers' networks."""

import tensorflow as tf

from stargan_tf.layers import forms


def leaky_relu(x: tf.Tensor, slope: float) -> tf.Tensor:
    """Returns x where x > 0, elsewhere slope * x; x has any shape and floating type.

    TensorFlow's kernel is used where it is exact: it keeps the slope as a float32, which in
    float64 is 1.5e-8 off 0.2. Through the signs of the L1 losses this grew to 2e-4 in the images
    of one whole training iteration.
    """
    if x.dtype == tf.float64:
        return tf.where(x > 0, x, tf.constant(slope, x.dtype) * x)
    if forms.are_portable():  # no gradient, so none to write out
        return tf.nn.leaky_relu(x, slope)

    @tf.custom_gradient
    def forward(x):
        y = tf.nn.leaky_relu(x, slope)
        # By the sign of y, which is that of x. TensorFlow's own gradient reads x again, and where x
        # is a biased convolution, its graph optimizer for oneDNN then fuses x away although it is
        # still needed, notices ("remapper failed"), and gives up all fusions of the graph.
        sign = tf.stop_gradient(y)  # which has no derivative
        return y, lambda dy: tf.raw_ops.LeakyReluGrad(gradients=dy, features=sign, alpha=slope)

    return forward(x)
