"""Translates the same images with every run, and times it."""

import statistics
import time
from collections.abc import Mapping, Sequence

import numpy as np

from stargan_tf.comparison import entries
from stargan_tf.data import labels as labels_lib
from stargan_tf.pictures import photos, sheets

BATCHES = (1, 8)  # images at a time that are timed
_COLUMNS = 24  # of translations on a sheet, so that it can be viewed
_SECONDS = 60.0  # in which a run is timed, about


def translate(
    entry: entries.Entry,
    space: labels_lib.LabelSpace,
    images: np.ndarray,
    labels: np.ndarray,
    name: str,
    seed: int,
) -> np.ndarray:
    """Returns images (N, S, S, 3) float32 translated to a label, as `Model.translate` does.

    Args:
      entry: The run.
      space: What the labels mean.
      images: (N, S, S, 3) float32 in [-1, 1].
      labels: (N, width), theirs.
      name: The label. One without rivals is flipped: an image that shows it loses it.
      seed: Of the latent code, the same for all images, if translations have styles.
    """
    if entry.styled:
        return entry.model.translate(images, to=name, seed=seed)
    outputs = np.empty_like(images)
    unlike, places = np.unique(labels, axis=0, return_inverse=True)
    for number, label in enumerate(unlike):
        rows = np.flatnonzero(places.reshape(-1) == number)
        present = space.changed(label[np.newaxis], (name,))[0, space.index(name)] == 1
        outputs[rows] = entry.model.translate(
            images[rows], to=name if present else f"-{name}", known=space.present(label)
        )
    return outputs


def sheet(
    found: Sequence[entries.Entry],
    space: labels_lib.LabelSpace,
    levels: np.ndarray,
    labels: np.ndarray,
    seed: int,
) -> sheets.Sheet:
    """Returns the sheet: images in rows, and for each run a group of columns with its translations.

    Args:
      found: The runs.
      space: What the labels mean.
      levels: (N, S, S, 3) uint8.
      labels: (N, width), theirs.
      seed: See `translate`.
    """
    images = photos.from_uint8(levels)
    most = max(2, min(sheets.MOST_TARGETS, _COLUMNS // len(found)))
    names = [space.names[i] for i in sheets.evenly(len(space.names), most)]
    columns, headings, groups = [images], ["input"], [("", 1)]
    for entry in found:
        columns += [translate(entry, space, images, labels, name, seed) for name in names]
        headings += names
        groups.append((heading(entry, seed), len(names)))
    notes = [sheets.share(len(names), len(space.names), f"{space.what}s")]
    if any(one.styled for one in found):
        notes.append(f"Runs with styles: the style of the latent code of seed {seed}.")
    note = " ".join(filter(None, notes))
    return sheets.Sheet(headings, np.stack(columns, axis=1), note, groups)


def heading(entry: entries.Entry, seed: int) -> str:
    """Returns what a sheet says above the translations of a run."""
    style = f", seed {seed}" if entry.styled else ""
    return f"{entry.name} ({entry.run.config.train.algorithm}, step {entry.step:,}{style})"


def times(
    found: Sequence[entries.Entry],
    space: labels_lib.LabelSpace,
    levels: np.ndarray,
    labels: np.ndarray,
    rounds: int,
    seed: int,
) -> dict[str, dict[int, float]]:
    """Returns the median seconds that each run takes for an image, by the size of the batch.

    From arrays to arrays, with all of `Model.translate`; one direction. The runs take turns, so
    that what else the machine does meets all of them alike.

    Args:
      found: The runs.
      space: What the labels mean.
      levels: (N, S, S, 3) uint8.
      labels: (N, width), theirs.
      rounds: How often each is timed.
      seed: See `translate`.
    """
    same = np.flatnonzero((labels == labels[0]).all(axis=1))
    changed = (n for n in space.names if (space.changed(labels[:1], (n,)) != labels[:1]).any())
    target = next(changed)
    taken: dict[str, dict[int, list[float]]] = {one.name: {n: [] for n in BATCHES} for one in found}
    for size in BATCHES:
        rows = np.resize(same, size)
        work = photos.from_uint8(levels[rows]), labels[rows], target, seed
        for entry in found:  # traces
            translate(entry, space, *work)
        for _ in range(rounds):
            for entry in found:
                spent = taken[entry.name][size]
                if len(spent) < 3 or sum(spent) * size < _SECONDS:
                    start = time.perf_counter()
                    translate(entry, space, *work)
                    spent.append((time.perf_counter() - start) / size)
    return _medians(taken)


def _medians(taken: Mapping[str, Mapping[int, list[float]]]) -> dict[str, dict[int, float]]:
    return {
        name: {size: statistics.median(some) for size, some in sizes.items() if some}
        for name, sizes in taken.items()
    }
