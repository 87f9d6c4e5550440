"""Finds images that are in a data set more than once: with the same pixels, or nearly the same."""

from collections.abc import Iterator, Sequence

import numpy as np

from stargan_tf.diagnosis import collection as collection_lib
from stargan_tf.diagnosis import finding

# Two images look nearly the same if at most so many of 64 bits differ, and their grey levels by at
# most so much in the mean. 92 to 99 % of photos that were saved again (JPEG, quality 30) or halved
# in size did; no pair of 2,117 different photos of clothing or 1,850 of hands did.
_MOST_BITS = 3
_MOST_LEVELS = 3.0

_BANDS = 4  # of 16 bits: pairs that differ in 3 bits have at least one equal band
_WINDOW = 16  # neighbours in the order of a band to compare each hash with
_MOST_PAIRS = 10_000  # each frame of a film looks like the next
_SMALLEST_CONTRAST = 8.0  # grey levels; a thumbnail below it could show anything


def copies(images: collection_lib.Collection) -> list[finding.Finding]:
    """Returns the findings on pictures with exactly the same pixels."""
    contradictory, leaked, repeated = [], [], []
    for group in exact(images.table["pixels"]):
        group = group.tolist()
        names = [images.describe(k) for k in group]
        labels = [images.label(k) for k in group]
        sets = [images.split_of(k).data_set for k in group]
        # The labels of two data sets need not agree: they have different meanings.
        if len(set(zip(sets, labels, strict=True))) > len(set(sets)):
            contradictory.append(
                " = ".join(
                    f"{name} ({', '.join(label) or 'none'})"
                    for name, label in zip(names, labels, strict=True)
                )
            )
        splits = [images.split_of(k).split for k in group]
        named = list(zip(names, splits, strict=True))
        trained = [name for name, split in named if split == collection_lib.TRAINING]
        held_out = [name for name, split in named if split != collection_lib.TRAINING]
        leaked += [f"{name} = {trained[0]}" for name in held_out if trained]
        firsts: dict[object, str] = {}
        for name, key in zip(names, zip(splits, sets, labels, strict=True), strict=True):
            if (first := firsts.setdefault(key, name)) is not name:
                repeated.append(f"{name} = {first}")
    return [
        *_same_pixels("contradictory", contradictory, "Labelled in several ways",
                      "picture", "Decide which label {} should have, and remove the other copies"),
        *_same_pixels("leaked", leaked, "Held out, but among the training images too",
                      "file", "Move {} out of the held-out images, or remove them there"),
        *_same_pixels("repeated", repeated, "There more than once with the same label",
                      "copy", "Remove {}: repeated pictures count more than others"),
    ]  # fmt: skip


def lookalikes(images: collection_lib.Collection) -> list[finding.Finding]:
    """Returns a hint at pairs that look nearly the same; pairs across the splits come first."""
    table = images.table
    pairs = near(table["differences"], table["thumbnail"], table["pixels"])
    if not pairs:
        return []
    pairs.sort(key=lambda pair: images.split_of(pair[0]).split == images.split_of(pair[1]).split)
    names = [f"{images.describe(a)} ~ {images.describe(b)}" for a, b in pairs]
    count = finding.counted(len(pairs), "pair")
    text = (
        f"Nearly the same picture, perhaps saved again or resized: {count}; this is a guess from "
        "their thumbnails."
    )
    advice = f"Look at {finding.these(len(pairs), 'pair')} of look-alikes; of copies keep one"
    return [finding.Finding("lookalikes", "hint", text, advice, names)]


def exact(digests: np.ndarray) -> list[np.ndarray]:
    """Returns the groups of images with the same pixels, each in ascending order.

    Args:
      digests: (N, 2) uint64, a hash of each image's size and pixels.
    """
    order = np.lexsort((digests[:, 1], digests[:, 0]))  # stable: equal ones keep their order
    sorted_ = digests[order]
    starts = np.flatnonzero((sorted_[1:] != sorted_[:-1]).any(axis=1)) + 1
    return sorted((g for g in np.split(order, starts) if len(g) > 1), key=lambda g: g[0])


def near(
    differences: np.ndarray, thumbnails: np.ndarray, digests: np.ndarray
) -> list[tuple[int, int]]:
    """Returns pairs of images that look nearly the same but have different pixels.

    This is a guess: two photos of one thing from one place may be a pair, and a cropped, turned or
    mirrored copy is not. Time and memory grow with N log N. If many images look alike, some pairs
    are missed, and the search ends at 10,000.

    Args:
      differences: (N,) uint64, a bit for every two neighbours in a row of the thumbnail.
      thumbnails: (N, rows, columns) uint8 grey levels.
      digests: (N, 2) uint64, hashes of size and pixels.
    """
    clear = np.flatnonzero(thumbnails.std(axis=(1, 2)) >= _SMALLEST_CONTRAST)
    pairs = set()
    for one, other in _candidates(differences[clear]):
        one, other = clear[one], clear[other]
        levels = np.abs(thumbnails[one].astype(np.int16) - thumbnails[other]).mean(axis=(1, 2))
        alike = (levels <= _MOST_LEVELS) & (digests[one] != digests[other]).any(axis=1)
        one, other = one[alike][:_MOST_PAIRS], other[alike][:_MOST_PAIRS]
        one, other = np.minimum(one, other), np.maximum(one, other)
        pairs.update(zip(one.tolist(), other.tolist(), strict=True))
        if len(pairs) >= _MOST_PAIRS:
            break
    return sorted(pairs)


def _candidates(hashes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields pairs that differ in at most _MOST_BITS bits, as two arrays of indices."""
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
    """Counts the set bits of uint64 values (np.bitwise_count needs NumPy 2)."""
    return np.unpackbits(values[:, np.newaxis].view(np.uint8), axis=1).sum(axis=1)


def _same_pixels(
    kind: str, names: Sequence[str], text: str, noun: str, advice: str
) -> list[finding.Finding]:
    if not names:
        return []
    count, these = finding.counted(len(names), noun), finding.these(len(names), noun)
    message = f"{text}: {count} with the same pixels as another image."
    return [finding.Finding(kind, "warning", message, advice.format(these), names)]
