"""The kernel distance between two sets of features (KID)."""

import dataclasses
from collections.abc import Sequence

import numpy as np

SUBSET = 1000  # features of each set, as in the paper
SUBSETS = 100


@dataclasses.dataclass(frozen=True)
class KernelDistance:
    """An estimate: its mean over the random subsets, and their standard deviation."""

    mean: float
    deviation: float


def estimate(
    first: np.ndarray,
    second: np.ndarray,
    seed: int | Sequence[int],
    subset: int = SUBSET,
    subsets: int = SUBSETS,
) -> KernelDistance:
    """Estimates the squared maximum mean discrepancy of two sets by the paper's kernel.

    "Demystifying MMD GANs" (Binkowski et al., 2018, section 4): unbiased, with the polynomial
    kernel of degree 3, over random subsets without repetition. Unlike the Frechet distance it is
    unbiased for any number of images: of two halves of one set it is 0 on average, and may be
    below. Where a set has fewer than 2,000 images, a subset is half of the smaller set: the
    deviation over halves is about what the mean itself is uncertain by.

    Args:
      first: (N, width) features.
      second: (M, width) features.
      seed: Decides the subsets.
      subset: The size of subsets.
      subsets: How many.
    """
    size = min(subset, len(first) // 2, len(second) // 2)
    if size < 2:
        raise ValueError(f"Give four images or more. Received: {len(first)} and {len(second)}")
    generator = np.random.default_rng(seed)
    estimates = [
        discrepancy(
            first[generator.choice(len(first), size, replace=False)],
            second[generator.choice(len(second), size, replace=False)],
        )
        for _ in range(subsets)
    ]
    return KernelDistance(float(np.mean(estimates)), float(np.std(estimates, ddof=1)))


def discrepancy(first: np.ndarray, second: np.ndarray) -> float:
    """Returns the unbiased squared maximum mean discrepancy of two sets of features.

    Args:
      first: (N, width).
      second: (M, width).
    """
    within = sum(
        (kernel.sum(dtype=np.float64) - np.trace(kernel, dtype=np.float64))
        / (len(kernel) * (len(kernel) - 1))
        for kernel in (_kernel(first, first), _kernel(second, second))
    )
    return float(within - 2 * _kernel(first, second).mean(dtype=np.float64))


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Returns (a^T b / width + 1)^3 for all pairs, (len(a), len(b))."""
    return (a @ b.T / a.shape[1] + 1) ** 3
