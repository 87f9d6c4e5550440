"""The networks of StarGAN-VC: `sequences` of the authors' program, `spectrograms` of the paper.

To import this registers all of them with Keras.
"""

from stargan_tf.algorithms.stargan_vc.networks import sequences, spectrograms

__all__ = ["sequences", "spectrograms"]
