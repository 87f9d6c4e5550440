"""The Frechet distance between two Gaussians, and their moments from features that stream by."""

import dataclasses

import numpy as np

_NOISE = 10  # units of the last place, of the largest eigenvalue


@dataclasses.dataclass
class Moments:
    """Mean and covariance of vectors that are added some at a time, in float64.

    Attributes:
      count: How many vectors have been added.
      mean: (width,).
      scatter: (width, width), the sum of (x - mean)(x - mean)^T.
    """

    count: int
    mean: np.ndarray
    scatter: np.ndarray

    @classmethod
    def empty(cls, width: int) -> "Moments":
        """Returns the moments of no vectors."""
        return cls(0, np.zeros(width), np.zeros((width, width)))

    def add(self, vectors: np.ndarray) -> None:
        """Adds (N, width) vectors; every one weighs the same, however they are cut into parts.

        The update is that of Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm
        for computing sample variances" (1979), which loses no digits where means are large.
        """
        if not len(vectors):
            return
        vectors = vectors.astype(np.float64)
        count, mean = len(vectors), vectors.mean(0)
        centred = vectors - mean
        shift = mean - self.mean
        total = self.count + count
        self.scatter += centred.T @ centred
        self.scatter += np.outer(shift, shift) * (self.count * count / total)
        self.mean += shift * (count / total)
        self.count = total

    @property
    def covariance(self) -> np.ndarray:
        """The unbiased covariance, (width, width)."""
        if self.count < 2:
            raise ValueError(f"A covariance needs two vectors. Received: {self.count}")
        return self.scatter / (self.count - 1)


def distance(first: Moments, second: Moments) -> float:
    """Returns the squared Frechet distance between the Gaussians with these moments.

    It is |m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1 C2)^(1/2)) (Dowson and Landau, 1982; Heusel et
    al., 2017, equation 6). C1 C2 has the same eigenvalues as the symmetric S C2 S, with S the
    symmetric root of C1, and the trace of its root is the sum of their roots. So no root of an
    unsymmetric matrix is needed, and covariances may be singular.
    """
    values, vectors = np.linalg.eigh(first.covariance)
    root = (vectors * _roots(values)) @ vectors.T
    product = root @ second.covariance @ root
    roots = _roots(np.linalg.eigvalsh((product + product.T) / 2))
    apart = first.mean - second.mean
    traces = np.trace(first.covariance) + np.trace(second.covariance)
    return float(apart @ apart + traces - 2 * roots.sum())


def _roots(eigenvalues: np.ndarray) -> np.ndarray:
    """Returns the square roots of a covariance's eigenvalues, with those that are noise at 0.

    Rounding leaves values around 1e-16 of the largest where the true ones are 0: two thousand of
    them, if there are few images. Their roots, 1e-8 of its root, would add up.
    """
    noise = _NOISE * np.finfo(np.float64).eps * eigenvalues.max()
    return np.sqrt(np.where(eigenvalues > noise, eigenvalues, 0))
