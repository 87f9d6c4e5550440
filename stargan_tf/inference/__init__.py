"""Translating with a trained run from Python. `stargan_tf.load` is the way in."""
