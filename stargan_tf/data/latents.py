"""Latent codes by seed, the same in training, videos and clients. Imports no TensorFlow."""

from collections.abc import Iterable

import numpy as np


def draw(seed: int, count: int, latent_dim: int) -> np.ndarray:
    """Draws the first `count` latent codes of a seed: (count, latent_dim) float32, normal."""
    return np.random.default_rng(seed).standard_normal((count, latent_dim), np.float32)


def draw_each(seeds: Iterable[int], latent_dim: int) -> np.ndarray:
    """Draws the first latent code of each seed: (seeds, latent_dim) float32, standard normal."""
    return np.concatenate([draw(seed, 1, latent_dim) for seed in seeds])
