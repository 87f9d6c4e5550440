"""Images that are in a data set more than once: the same pixels, or nearly the same picture."""

from collections.abc import Iterator

import numpy as np

# Bounds of what counts as nearly the same, of 64 differences and of 256 grey levels. Of photos that
# were saved again (JPEG, quality 30) or resized to a half, 92 to 99 % stayed within them; of 2,117
# photos of clothing and 1,850 of hands, none of them a copy, no pair did.
_MOST_BITS = 3
_MOST_LEVELS = 3.0

_BANDS = 4  # of 16 bits: pairs that differ in 3 bits agree in one at least
_WINDOW = 16  # neighbours in a band's order that each hash is compared with
_MOST_PAIRS = 10_000  # of frames of one film each looks like the next
_SMALLEST_CONTRAST = 8.0  # grey levels: below it a thumbnail could be of anything


def exact(digests: np.ndarray) -> list[np.ndarray]:
    """Returns the groups of images whose pixels are the same, each in ascending order.

    Args:
      digests: (N, 2) uint64, a hash of each image's size and pixels.
    """
    order = np.lexsort((digests[:, 1], digests[:, 0]))  # stable: equal ones stay in their order
    sorted_ = digests[order]
    starts = np.flatnonzero((sorted_[1:] != sorted_[:-1]).any(axis=1)) + 1
    return sorted((g for g in np.split(order, starts) if len(g) > 1), key=lambda g: g[0])


def near(
    differences: np.ndarray, thumbnails: np.ndarray, digests: np.ndarray
) -> list[tuple[int, int]]:
    """Returns pairs of images that look nearly the same though their pixels are not.

    A hint, not a proof, in both directions: two photos of one thing from one place can be found,
    and a copy that was cropped, turned or mirrored is not. Time and memory grow with N log N; where
    many images look alike, not all pairs among them are found, and the search ends at 10,000.

    Args:
      differences: (N,) uint64, a bit for every neighbour in a row of the thumbnail.
      thumbnails: (N, rows, columns) uint8 grey levels.
      digests: (N, 2) uint64; images of the same pixels are no pair.
    """
    clear = np.flatnonzero(thumbnails.std(axis=(1, 2)) >= _SMALLEST_CONTRAST)
    found = set()
    for one, other in _candidates(differences[clear]):
        one, other = clear[one], clear[other]
        levels = np.abs(thumbnails[one].astype(np.int16) - thumbnails[other]).mean(axis=(1, 2))
        alike = (levels <= _MOST_LEVELS) & (digests[one] != digests[other]).any(axis=1)
        one, other = one[alike][:_MOST_PAIRS], other[alike][:_MOST_PAIRS]
        one, other = np.minimum(one, other), np.maximum(one, other)
        found.update(zip(one.tolist(), other.tolist(), strict=True))
        if len(found) >= _MOST_PAIRS:
            break
    return sorted(found)


def _candidates(hashes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields pairs that differ in _MOST_BITS at most, as two arrays of their places."""
    bands = hashes[:, np.newaxis].view(np.uint16)
    for band in range(_BANDS):
        order = np.lexsort((hashes, bands[:, band]))
        for step in range(1, min(_WINDOW, len(order) - 1) + 1):
            one, other = order[:-step], order[step:]
            same_band = bands[one, band] == bands[other, band]
            one, other = one[same_band], other[same_band]
            close = _bits(hashes[one] ^ hashes[other]) <= _MOST_BITS
            yield one[close], other[close]


def _bits(values: np.ndarray) -> np.ndarray:
    """Counts the bits of uint64 values (np.bitwise_count is of NumPy 2)."""
    return np.unpackbits(values[:, np.newaxis].view(np.uint8), axis=1).sum(axis=1)
