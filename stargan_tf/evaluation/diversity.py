"""How much the outputs for one source differ from each other."""

import itertools

import numpy as np


def mean_pairwise_distance(images: np.ndarray) -> float:
    """Returns the mean absolute difference over all pairs of images, in their own units.

    The pixel-space sibling of StarGAN v2's LPIPS protocol (10 outputs of a source, 45 pairs), for
    images whose true spread is known; not comparable with published figures.

    Args:
      images: (N, H, W, 3), at least two.
    """
    images = np.asarray(images, np.float64)
    if len(images) < 2:
        raise ValueError(f"Give two images or more. Received: {len(images)}")
    pairs = itertools.combinations(images, 2)
    return float(np.mean([np.abs(a - b).mean() for a, b in pairs]))
