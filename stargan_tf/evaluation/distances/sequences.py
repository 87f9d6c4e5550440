"""Distances of sequences of mel-cepstra: frame by frame, after warping time, and of modulation.

Mel-cepstral distortion of two frames a and b: 10 / ln 10 * sqrt(2 sum over d >= 1 of (a_d - b_d)^2)
dB; the 0th coefficient, which is loudness, does not count.
"""

import numpy as np

_DECIBELS = 10 / np.log(10) * np.sqrt(2.0)
_BELOW_LOUDEST = 40.0  # dB: frames that are softer are no speech
_MODULATION = 256  # frames that a modulation spectrum is of


def distortion(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Returns the mel-cepstral distortion in dB of frames (..., F), frame by frame (...)."""
    difference = np.asarray(a, np.float64)[..., 1:] - np.asarray(b, np.float64)[..., 1:]
    return _DECIBELS * np.sqrt((difference**2).sum(axis=-1))


def warped_distortion(a: np.ndarray, b: np.ndarray) -> float:
    """Returns the mean distortion in dB of (T, F) and (U, F) along the best warping of time."""
    path = warping(a, b)
    return float(distortion(np.asarray(a)[path[:, 0]], np.asarray(b)[path[:, 1]]).mean())


def warping(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Returns the frames (L, 2) of (T, F) and (U, F) that belong together, by dynamic programming.

    The sum of the distortions along the path is the least of all paths from the first frames to the
    last by steps (1, 1), (1, 0) and (0, 1); where several are as good, diagonal steps come first,
    then those of `a`.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    costs = np.stack([distortion(frame, b) for frame in a])
    return _traced(_accumulated(costs))


def _accumulated(costs: np.ndarray) -> np.ndarray:
    """Returns the least sums (T + 1, U + 1) of costs (T, U) along paths from the first frames."""
    rows, columns = costs.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    # Diagonal by diagonal, each at once: what an entry needs lies on the two before. In memory the
    # entries of a diagonal are a constant step apart.
    flat, given, width = total.reshape(-1), np.ascontiguousarray(costs).reshape(-1), columns + 1
    for diagonal in range(rows + columns - 1):
        first = max(0, diagonal - columns + 1)
        count = min(rows - 1, diagonal) - first + 1
        start = first * columns + diagonal - first
        step = max(columns - 1, 1)
        cost = given[start : start + (count - 1) * step + 1 : step]
        place = (first + 1) * width + diagonal - first + 1
        ways = [
            flat[place - back : place - back + (count - 1) * columns + 1 : columns]
            for back in (0, 1, width, width + 1)
        ]
        ways[0][:] = cost + np.minimum(np.minimum(ways[1], ways[2]), ways[3])
    return total


def _traced(total: np.ndarray) -> np.ndarray:
    """Returns the path (L, 2) through accumulated costs (T + 1, U + 1)."""
    i, j = total.shape[0] - 1, total.shape[1] - 1
    path = []
    while i and j:
        path.append((i - 1, j - 1))
        ways = ((i - 1, j - 1), (i - 1, j), (i, j - 1))
        i, j = min(ways, key=lambda place: total[place])
    return np.array(path[::-1])


def modulation(features: np.ndarray) -> np.ndarray:
    """Returns the log modulation spectrum (129, F) in dB of features (T, F).

    How much each coefficient moves at each speed: 10 log10(|DFT over 256 frames|^2 + 1e-10); longer
    sequences are cut, shorter ones are followed by zeros.
    """
    spectra = np.fft.rfft(np.asarray(features, np.float64), _MODULATION, axis=0)
    return 10 * np.log10(np.abs(spectra) ** 2 + 1e-10)


def modulation_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Returns the root mean square difference in dB of two modulation spectra, both (129, F)."""
    return float(np.sqrt(((a - b) ** 2).mean()))


def loud(features: np.ndarray) -> np.ndarray:
    """Returns which frames (T,) bool of mel-cepstra (T, F) are within 40 dB of the loudest one.

    The 0th coefficient is half of the mean log power, so that a step of 1 in it is 8.7 dB.
    """
    level = np.asarray(features, np.float64)[:, 0] * 20 / np.log(10)
    return level > level.max() - _BELOW_LOUDEST
