"""Keras layers shared by the papers: convolution, normalization, residual blocks."""
