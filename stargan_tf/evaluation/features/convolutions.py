"""The convolutions of a network in a PyTorch file, with the normalization behind them folded in."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf


class Convolutions:
    """Computes the convolutions of a state dict by their names.

    A frozen batch normalization multiplies each channel by g / sqrt(v + e) and adds
    b - m g / sqrt(v + e), where g and b are its weight and bias, m and v the stored mean and
    variance and e its epsilon (Ioffe and Szegedy, 2015, algorithm 2). Both go into the kernel and
    bias of the convolution before it.
    """

    def __init__(self, state: Mapping[str, np.ndarray], epsilon: float = 0.001):
        """Takes the tensors of a file by name, and the epsilon of its batch normalizations."""
        self._state, self._epsilon = state, epsilon

    def __call__(
        self, x: tf.Tensor, name: str, norm: str = "", strides: int = 1, padding: str = "SAME"
    ) -> tf.Tensor:
        """Convolves maps (N, H, W, C) float32; a kernel with one input channel is a depthwise one.

        Args:
          x: The maps.
          name: Of the convolution, without ".weight".
          norm: Of the batch normalization behind it, without ".weight"; "": there is none, the
            convolution has a bias.
          strides: In pixels, both ways.
          padding: "SAME" or "VALID".

        Raises:
          KeyError: The file has no such tensors.
          ValueError: The kernel does not fit the maps.
        """
        kernel, bias = self._folded(name, norm)
        if kernel.shape[1] == 1 and x.shape[-1] > 1:  # (C, 1, h, w)
            depthwise = tf.constant(kernel.transpose(2, 3, 0, 1))
            x = tf.nn.depthwise_conv2d(x, depthwise, (1, strides, strides, 1), padding)
        else:  # (out, in, h, w)
            x = tf.nn.conv2d(x, tf.constant(kernel.transpose(2, 3, 1, 0)), strides, padding)
        return tf.nn.bias_add(x, tf.constant(bias))

    def _folded(self, name: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
        """Returns the kernel with the axes of the file, and the bias, both float32."""
        kernel = self._state[f"{name}.weight"].astype(np.float64)
        if not norm:
            return kernel.astype(np.float32), self._state[f"{name}.bias"].astype(np.float32)
        entries = ("weight", "bias", "running_mean", "running_var")
        weight, bias, mean, variance = (
            self._state[f"{norm}.{entry}"].astype(np.float64) for entry in entries
        )
        scale = weight / np.sqrt(variance + self._epsilon)
        folded = kernel * scale[:, None, None, None]
        return folded.astype(np.float32), (bias - mean * scale).astype(np.float32)
