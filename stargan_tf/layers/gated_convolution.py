"""Convolutions whose output gates itself: convolution, normalization, gated linear unit."""

import keras

from stargan_tf.layers import activations, instance_norm, rectangular_convolution


@keras.utils.register_keras_serializable("stargan_tf")
class GatedSequenceConv(keras.layers.Layer):
    """GLU(IN(convolution(x))): (N, 1, T, C) -> (N, 1, T / strides, filters).

    The convolution is weight-normalized and has twice as many filters, of which half are gates. The
    normalization is over time, without scale and offset. The weights start as in the authors'
    program of StarGAN-VC: Xavier normal with a gain of 0.1.

    Args:
      filters: Output channels.
      kernel_size: Frames that the kernel sees.
      strides: Frames that it moves by.
      transposed: Whether the convolution is a transposed one: (N, 1, strides T, filters).
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int = 1,
        transposed: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.transposed = transposed
        kind = rectangular_convolution.SequenceConv
        if transposed:
            kind = rectangular_convolution.SequenceConvTranspose
        dtype = {"dtype": self.dtype_policy}
        self.conv = kind(
            2 * filters,
            kernel_size,
            strides,
            init="xavier_normal",
            weight_normalized=True,
            name="conv",
            **dtype,
        )
        self.norm = instance_norm.make(affine=False, name="norm", **dtype)

    def call(self, x):
        """Returns the gated sequence."""
        return activations.gated_linear_unit(self.norm(self.conv(x)))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        names = ("filters", "kernel_size", "strides", "transposed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
