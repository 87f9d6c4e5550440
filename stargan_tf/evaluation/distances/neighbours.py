"""Precision, recall, density and coverage: how two sets of features lie among each other."""

import dataclasses

import numpy as np

MOST = 10_000  # images of a set that are worth comparing: the time grows with their square
_ROWS = 1024  # of distances that are in memory at a time


@dataclasses.dataclass(frozen=True)
class Neighbours:
    """Shares from 0 to 1; density may exceed 1.

    Attributes:
      precision: Of generated images that lie among the real ones: quality.
      recall: Of real images that lie among the generated ones: variety.
      density: In how many real images' neighbourhoods a generated one lies, relative to k.
      coverage: Of real images that have a generated one in their neighbourhood.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def measure(real: np.ndarray, generated: np.ndarray, k: int) -> Neighbours:
    """Measures generated features against real ones by neighbourhoods.

    A neighbourhood is the open ball around a vector up to its k-th nearest neighbour in its own
    set. Precision and recall are those of "Improved Precision and Recall Metric for Assessing
    Generative Models" (Kynkaanniemi et al., 2019, equation 2), density and coverage those of
    "Reliable Fidelity and Diversity Metrics" (Naeem et al., 2020, equations 3 and 5).

    Args:
      real: (N, width), more than k.
      generated: (M, width), more than k.
      k: Which neighbour bounds a neighbourhood.
    """
    if k >= min(len(real), len(generated)):
        raise ValueError(f"Give more than {k} images. Received: {len(real)}, {len(generated)}")
    real_radii, generated_radii = _radii(real, k), _radii(generated, k)
    among_generated, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    balls = np.zeros(len(generated), np.int64)  # of real ones, in which each generated one lies
    for start in range(0, len(real), _ROWS):
        rows = slice(start, start + _ROWS)
        distances = _squared_distances(real[rows], generated)
        inside = distances < real_radii[rows, None]
        balls += inside.sum(0)
        covered[rows] = inside.any(1)
        among_generated[rows] = (distances < generated_radii).any(1)
    return Neighbours(
        precision=float((balls > 0).mean()),
        recall=float(among_generated.mean()),
        density=float(balls.mean() / k),
        coverage=float(covered.mean()),
    )


def _radii(vectors: np.ndarray, k: int) -> np.ndarray:
    """Returns the squared distance of each vector to its k-th nearest neighbour."""
    radii = np.empty(len(vectors))
    for start in range(0, len(vectors), _ROWS):
        rows = slice(start, start + _ROWS)
        distances = _squared_distances(vectors[rows], vectors)
        # A vector is no neighbour of itself, however its distance of 0 is rounded.
        distances[np.arange(len(distances)), np.arange(len(distances)) + start] = -np.inf
        radii[rows] = np.partition(distances, k, axis=1)[:, k]
    return radii


def _squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Returns all squared distances, (len(a), len(b)) float64."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T
