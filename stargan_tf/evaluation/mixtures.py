"""Recognizes a speaker by mixtures of normal distributions of frames (Reynolds and Rose, 1995).

Each class has a mixture with diagonal covariances, fitted to its frames by expectation
maximization. A sequence is of the class under which its frames are most likely, as if they were
independent. Unlike means and deviations, which any linear map gives to its outputs, a mixture knows
which values go together.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

COMPONENTS = 32
_ROUNDS = 20
_MOST_FRAMES = 20_000  # of a class, evenly spaced
_SMALLEST = 1e-3  # of a variance, as a share of that of all frames of the class


@dataclasses.dataclass(frozen=True)
class Mixture:
    """A mixture of C normal distributions over F features.

    Attributes:
      logs: (C,) logarithms of the weights.
      means: (C, F).
      variances: (C, F).
    """

    logs: np.ndarray
    means: np.ndarray
    variances: np.ndarray

    def log_densities(self, frames: np.ndarray) -> np.ndarray:
        """Returns the log density of each component, with its weight, at frames (N, F): (N, C)."""
        precision = 1 / self.variances
        squares = (
            frames**2 @ precision.T
            - 2 * frames @ (self.means * precision).T
            + (self.means**2 * precision).sum(axis=1)
        )
        constant = np.log(2 * np.pi * self.variances).sum(axis=1)
        return self.logs - (constant + squares) / 2

    def log_likelihood(self, frames: np.ndarray) -> float:
        """Returns the mean log likelihood of frames (N, F)."""
        return float(_log_sum(self.log_densities(np.asarray(frames, np.float64))).mean())


def fit(frames: np.ndarray, components: int = COMPONENTS) -> Mixture:
    """Returns a mixture of the frames (N, F); without chance: the same frames give the same."""
    frames = np.asarray(frames, np.float64)
    frames = frames[np.linspace(0, len(frames) - 1, min(len(frames), _MOST_FRAMES)).astype(int)]
    components = max(1, min(components, len(frames) // 8))
    spread = np.maximum(frames.var(axis=0), 1e-12)
    # Begins with means that are spread over the frames in the order of their first direction.
    centred = (frames - frames.mean(axis=0)) / np.sqrt(spread)
    direction = np.linalg.svd(centred[:: max(1, len(frames) // 2000)], full_matrices=False)[2][0]
    order = np.argsort(centred @ direction, kind="stable")
    parts = np.array_split(order, components)
    mixture = Mixture(
        np.full(components, -np.log(components)),
        np.stack([frames[part].mean(axis=0) for part in parts]),
        np.tile(spread, (components, 1)),
    )
    for _ in range(_ROUNDS):
        logs = mixture.log_densities(frames)
        shares = np.exp(logs - _log_sum(logs)[:, np.newaxis])
        weights = shares.sum(axis=0) + 1e-9
        means = shares.T @ frames / weights[:, np.newaxis]
        variances = shares.T @ frames**2 / weights[:, np.newaxis] - means**2
        variances = np.maximum(variances, _SMALLEST * spread)
        mixture = Mixture(np.log(weights / weights.sum()), means, variances)
    return mixture


def recognized(mixtures: Sequence[Mixture], frames: np.ndarray) -> int:
    """Returns the number of the mixture under which frames (N, F) are most likely."""
    return int(np.argmax([one.log_likelihood(frames) for one in mixtures]))


def _log_sum(logs: np.ndarray) -> np.ndarray:
    """Returns log(sum(exp(logs))) over the last axis."""
    most = logs.max(axis=-1, keepdims=True)
    return np.log(np.exp(logs - most).sum(axis=-1)) + most[..., 0]
