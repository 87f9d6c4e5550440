"""Data sets that TensorFlow Datasets lacks; importing this package registers them."""

from stargan_tf.data.tfds.builders.domain_folders import Afhq, CelebaHq
from stargan_tf.data.tfds.builders.rafd import Rafd

__all__ = ["Afhq", "CelebaHq", "Rafd"]
