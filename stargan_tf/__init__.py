"""StarGAN v1 in TensorFlow and Keras, from a folder of images to deployment."""

__version__ = "0.1.0"
