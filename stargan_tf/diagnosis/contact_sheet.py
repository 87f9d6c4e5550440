"""The contact sheet: some images of every label as training sees them, in one picture."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.data import loading
from stargan_tf.data import options as options_lib
from stargan_tf.diagnosis import collection
from stargan_tf.pictures import sheets

_ROWS = 6
_COLUMNS = 12  # side by side; further labels follow below
_LABELS = 60  # at most
_LARGEST = 256  # pixels

_Column = tuple[str, np.ndarray, Callable[[tf.Tensor], tf.Tensor]]  # heading, images, how to load


def draw(
    parts: Sequence[collection.InspectedSplit], options: options_lib.DataOptions
) -> np.ndarray:
    """Draws a column of up to six images for every label, or for 60 evenly spaced labels of more.

    Leaves out images with problems. Images look as the data options of the training say, except
    that they are not mirrored and at most 256 pixels large. Returns (H, W, 3) uint8.
    """
    size = min(options.image_size, _LARGEST)
    every = [column for part in parts for column in _columns(part, size, options)]
    columns = [every[i] for i in sheets.evenly(len(every), _LABELS)]
    starts = range(0, len(columns), _COLUMNS)
    notes = [""] * (len(starts) - 1) + [sheets.share(len(columns), len(every), "labels")]
    blocks = [
        sheets.render(_block(columns[first : first + _COLUMNS], size, note))
        for first, note in zip(starts, notes, strict=True)
    ]
    width = max(block.shape[1] for block in blocks)
    return np.concatenate(
        [np.pad(b, ((0, 0), (0, width - b.shape[1]), (0, 0)), constant_values=255) for b in blocks]
    )


def _columns(
    part: collection.InspectedSplit, size: int, options: options_lib.DataOptions
) -> Iterator[_Column]:
    """Yields a column for every label of a data set."""
    sampler = dataclasses.replace(
        loading.sampler(part.images, options, 0, augment=False), image_size=size
    )
    load = tf.function(sampler.plain)
    labels = part.images.labels.copy()
    labels[list(part.inspection.problems)] = 0
    for i, name in enumerate(part.images.label_space.names):
        own = np.flatnonzero(labels[:, i])
        yield f"{part.called(name)} ({len(own):,})", own, load


def _block(columns: Sequence[_Column], size: int, note: str) -> sheets.Sheet:
    """Returns some columns as a sheet; missing images are white."""
    images = np.ones((_ROWS, len(columns), size, size, 3), np.float32)
    for column, (_, own, load) in enumerate(columns):
        # Evenly spaced, since neighbouring files often look alike.
        places = np.linspace(0, len(own) - 1, min(_ROWS, len(own))).round().astype(np.int64)
        for row, index in enumerate(own[places]):
            with contextlib.suppress(tf.errors.OpError):  # broken, and was not inspected
                images[row, column] = load(tf.constant(index)).numpy()
    return sheets.Sheet([heading for heading, _, _ in columns], images, note)
