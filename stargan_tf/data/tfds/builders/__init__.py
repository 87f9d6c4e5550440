"""Data sets that TensorFlow Datasets lacks; importing this registers them there."""

from stargan_tf.data.tfds.builders.afhq import Afhq
from stargan_tf.data.tfds.builders.celeba_hq import CelebaHq
from stargan_tf.data.tfds.builders.rafd import Rafd

__all__ = ["Afhq", "CelebaHq", "Rafd"]
