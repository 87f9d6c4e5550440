"""Asks an algorithm in training for samples, of images or of sequences."""

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.inference import conversion_samples

# Images (N, S, S, 3) in [-1, 1] and their labels (N, width), or sequences.
HeldOut = tuple[np.ndarray, np.ndarray] | conversion_samples.ConversionSamples


def of(algorithm: algorithm_lib.Algorithm, held_out: HeldOut) -> conversion_samples.Samples | None:
    """Returns what shows how far training is on held-out examples; None: it can't be shown."""
    if isinstance(held_out, conversion_samples.ConversionSamples):
        return held_out.of(algorithm) if isinstance(algorithm, algorithm_lib.Converts) else None
    if isinstance(algorithm, algorithm_lib.Previews):
        return conversion_samples.Samples(algorithm.sample_sheets(*held_out))
    return None
