"""StarGAN v2's high-pass skip, which keeps the source's fine structure where a mask is 1."""

import keras
import numpy as np
import tensorflow as tf

_LAPLACIAN = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], np.float64)


@keras.utils.register_keras_serializable("stargan_tf")
class HighPass(keras.layers.Layer):
    """hpf(mask * x): filters each channel by a 3x3 Laplacian / w_hpf, with zero padding.

    x is (N, H, W, C). The mask (N, h, w, 1) is first resized to H x W (bilinear, half-pixel
    centres, no antialiasing). The output has the shape of x. The layer has no weights.

    Args:
      w_hpf: Divides the filter; above 0.
    """

    def __init__(self, w_hpf: float, **kwargs):
        super().__init__(**kwargs)
        self.w_hpf = w_hpf

    def call(self, x, mask):
        """Returns the filtered map."""
        size = x.shape[1:3]
        mask = _resized(mask, size)
        channels = x.shape[-1]
        kernel = np.tile(_LAPLACIAN[:, :, np.newaxis, np.newaxis] / self.w_hpf, (1, 1, channels, 1))
        x = x * tf.cast(mask, x.dtype)
        return tf.nn.depthwise_conv2d(x, tf.constant(kernel, x.dtype), (1, 1, 1, 1), "SAME")

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "w_hpf": self.w_hpf}


def _resized(mask: tf.Tensor, size: tf.TensorShape) -> tf.Tensor:
    """Resizes the mask to the height and width in `size`, bilinearly, without antialiasing."""
    factors = {big // small for big, small in zip(mask.shape[1:3], size, strict=True)}
    factor = min(factors)
    if len(factors) > 1 or factor % 2 or mask.shape[1:3] != [factor * n for n in size]:
        return mask if mask.shape[1:3] == size else tf.image.resize(mask, size)
    # With an even factor each new pixel lies in the middle of four old ones, so it is their mean.
    low, high = factor // 2 - 1, factor // 2
    mask = (mask[:, low::factor] + mask[:, high::factor]) / 2
    return (mask[:, :, low::factor] + mask[:, :, high::factor]) / 2
