"""Keeps the best, the median and the worst of many translations, to be looked at."""

import heapq
import itertools
from collections.abc import Sequence

import numpy as np

from stargan_tf.pictures import photos, sheets

_EACH = 3  # the best, and the worst
_KEPT = 64  # among which the median is looked for
_SEED = 0


class Ranking:
    """Ranks translations by a score, and keeps only the images that a strip shows.

    The best and the worst are those of all; the median shown is the one nearest to the median of
    all among a random sample.
    """

    def __init__(self, better: str):
        """Begins with none; `better` scores are "lower" or "higher" ones."""
        self._sign = {"lower": 1.0, "higher": -1.0}[better]
        self._scores: list[float] = []
        self._best: list[tuple] = []
        self._worst: list[tuple] = []
        self._sample: list[tuple[float, np.ndarray]] = []
        self._order = itertools.count()  # so that equal scores don't compare images
        self._random = np.random.default_rng(_SEED)

    def add(self, scores: np.ndarray, images: np.ndarray) -> None:
        """Adds translations.

        Args:
          scores: (N,).
          images: (N, R, H, W, 3) uint8, what a strip shows of each from top to bottom.
        """
        for score, shown in zip(self._sign * np.asarray(scores, np.float64), images, strict=True):
            self._scores.append(float(score))
            for heap, key in ((self._best, -score), (self._worst, score)):
                entry = (float(key), next(self._order), shown)
                if len(heap) < _EACH:
                    heapq.heappush(heap, entry)
                elif key > heap[0][0]:
                    heapq.heapreplace(heap, entry)
            if len(self._sample) < _KEPT:
                self._sample.append((float(score), shown))
            elif (place := self._random.integers(len(self._scores))) < _KEPT:
                self._sample[place] = float(score), shown

    def strip(self, spec: str, rows: Sequence[str]) -> np.ndarray:
        """Draws the best three, the median and the worst three side by side.

        Args:
          spec: How scores are written, such as ".2f".
          rows: What the images of each column are, for the line below: "input, output".

        Returns:
          (H, W, 3) uint8.
        """
        middle = float(np.median(self._scores))
        best = sorted(((-key, shown) for key, _, shown in self._best), key=lambda one: one[0])
        worst = sorted(((key, shown) for key, _, shown in self._worst), key=lambda one: one[0])
        median = min(self._sample, key=lambda one: abs(one[0] - middle))
        columns = [("best", *one) for one in best] + [("median", *median)]
        columns += [("worst", *one) for one in worst]
        headings = [f"{word} {self._sign * score:{spec}}" for word, score, _ in columns]
        cells = photos.from_uint8(np.stack([shown for _, _, shown in columns], axis=1))
        note = f"From top to bottom: {', '.join(rows)}; of {len(self._scores)}."
        return sheets.render(sheets.Sheet(headings, cells, note))
