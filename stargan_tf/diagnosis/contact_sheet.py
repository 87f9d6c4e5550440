"""Some images of every label on one picture, as training sees them."""

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
_COLUMNS = 12  # beside each other; further labels follow below
_LABELS = 60  # at most
_LARGEST = 256  # pixels

_Column = tuple[str, np.ndarray, Callable[[tf.Tensor], tf.Tensor]]  # heading, images, how to load


def draw(parts: Sequence[collection.Part], options: options_lib.DataOptions) -> np.ndarray:
    """Returns the picture (H, W, 3) uint8: a column for every label with up to six images of it.

    Of more than 60 labels, 60, evenly spaced.

    Args:
      parts: What is trained on; images with problems are left out.
      options: Of training. Images are shown as it sees them, without mirroring, up to 256 pixels.
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
    part: collection.Part, size: int, options: options_lib.DataOptions
) -> Iterator[_Column]:
    """Yields the columns of a data set."""
    sampler = dataclasses.replace(
        loading.sampler(part.images, options, 0, augment=False), image_size=size
    )
    load = tf.function(sampler.plain_image)
    labels = part.images.labels.copy()
    labels[list(part.inspection.problems)] = 0
    for i, name in enumerate(part.images.label_space.names):
        own = np.flatnonzero(labels[:, i])
        yield f"{part.called(name)} ({len(own):,})", own, load


def _block(columns: Sequence[_Column], size: int, note: str) -> sheets.Sheet:
    """Returns the table of some columns, white where images are few."""
    images = np.ones((_ROWS, len(columns), size, size, 3), np.float32)
    for column, (_, own, load) in enumerate(columns):
        # Evenly spaced, since files that stand together often look alike.
        places = np.linspace(0, len(own) - 1, min(_ROWS, len(own))).round().astype(np.int64)
        for row, index in enumerate(own[places]):
            with contextlib.suppress(tf.errors.OpError):  # where not all images were looked at
                images[row, column] = load(tf.constant(index)).numpy()
    return sheets.Sheet([heading for heading, _, _ in columns], images, note)
