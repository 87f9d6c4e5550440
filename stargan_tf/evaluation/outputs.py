"""What networks make of images of grey levels, some at a time: translations, styles, labels."""

from collections.abc import Callable

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.evaluation import images as images_lib
from stargan_tf.inference import batches
from stargan_tf.pictures import photos

BATCH = images_lib.BATCH


def in_grey_levels(
    function: Callable[[np.ndarray, np.ndarray], np.ndarray],
    images: np.ndarray,
    targets: np.ndarray,
) -> np.ndarray:
    """Calls `translate` or `render` with images (N, H, W, 3) uint8, some at a time; gives uint8.

    The outputs are clipped and rounded as in files.

    Raises:
      UserError: An output is not a number.
    """

    def some(images: np.ndarray, targets: np.ndarray) -> np.ndarray:
        outputs = np.asarray(function(photos.from_uint8(images), targets))
        if np.isnan(outputs).any():
            raise errors.UserError(
                "The networks give images that hold NaN: the training has diverged; choose an "
                "earlier `checkpoint`, or train again."
            )
        return photos.to_uint8(outputs)

    return batches.in_batches(some, images, targets, size=BATCH)


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Returns mean absolute differences (...) of images (..., H, W, 3) uint8, in grey levels."""
    return np.abs(one.astype(np.int16) - other).mean(axis=(-3, -2, -1))


def styles_of(
    algorithm: algorithm_lib.Styled, images: np.ndarray | images_lib.Images, labels: np.ndarray
) -> np.ndarray:
    """Returns the styles (N, style_dim) that images show, as images of these labels (N, width).

    Args:
      algorithm: What tells them.
      images: (N, S, S, 3) uint8, or images that are read as they are needed.
      labels: One-hot.
    """
    take = images.take if isinstance(images, images_lib.Images) else images.__getitem__
    return batches.in_batches(
        lambda numbers, labels: algorithm.encode(photos.from_uint8(take(numbers)), labels),
        np.arange(len(labels)),
        labels,
        size=BATCH,
    )


def seen(algorithm: algorithm_lib.Classifier, images: np.ndarray) -> np.ndarray:
    """Returns the labels (N, width) that a run's classifier sees in images (N, S, S, 3) uint8."""
    return batches.in_batches(
        lambda images: algorithm.classify(photos.from_uint8(images)), images, size=BATCH
    )
