"""Networks that turn images into features, in which metrics compare sets of images.

They are plain functions of TensorFlow in float32 over the weights of a file, not Keras models, so
that neither the dtype policy nor the distribution of a training in the same process changes them.
"""
