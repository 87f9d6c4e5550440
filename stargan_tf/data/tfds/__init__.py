"""Reads data sets of TensorFlow Datasets."""
