"""Latent codes by seed: the same for a run, a video and a client of a server. No TensorFlow."""

from collections.abc import Iterable

import numpy as np


def draw(seed: int, count: int, latent_dim: int) -> np.ndarray:
    """Returns latent codes (count, latent_dim) float32, standard normal: the first of a seed."""
    return np.random.default_rng(seed).standard_normal((count, latent_dim), np.float32)


def of_seeds(seeds: Iterable[int], latent_dim: int) -> np.ndarray:
    """Returns latent codes (seeds, latent_dim) float32, standard normal: the first of each seed."""
    return np.concatenate([draw(seed, 1, latent_dim) for seed in seeds])
