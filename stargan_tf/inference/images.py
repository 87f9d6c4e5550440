"""The kinds of images that a model takes, and gives back: files, Pillow's images, arrays."""

import os
from collections.abc import Sequence

import numpy as np
from PIL import Image

from stargan_tf import errors
from stargan_tf.data import photos, reading

# A path of a photo, an image of Pillow, or an array (H, W, 3), uint8 or float in [-1, 1].
Picture = str | os.PathLike[str] | Image.Image | np.ndarray
Pictures = Picture | Sequence[Picture]  # or an array (N, H, W, 3)


def is_one(images: Pictures) -> bool:
    """Returns whether `images` is a single image, not several."""
    single = isinstance(images, str | os.PathLike | Image.Image)
    return single or (isinstance(images, np.ndarray) and images.ndim == 3)


def listed(images: Pictures, name: str = "images") -> list[Picture]:
    """Returns images as a list: of one where it is a single one.

    Args:
      images: As a model's methods take them.
      name: The argument that holds them, for messages.

    Raises:
      UserError: There is none, or they are of another kind.
    """
    if is_one(images):
        return [images]
    several = isinstance(images, list | tuple) or getattr(images, "ndim", 0) == 4
    if not several or not all(map(is_one, images)):
        shape = getattr(images, "shape", None)
        raise errors.UserError(
            f"`{name}` takes a path, a PIL image, an array (height, width, 3), or a list of these; "
            f"received {type(images).__name__}{f' {shape}' if shape else ''}."
        )
    if len(images) == 0:
        raise errors.UserError(f"`{name}` holds no image; pass at least one.")
    return list(images)


def joined(images: Pictures, results: Sequence) -> Image.Image | np.ndarray | list:
    """Returns results, one for each of `images`, as `images` came: one, a list or an array."""
    if is_one(images):
        return results[0]
    return np.stack(results) if isinstance(images, np.ndarray) else list(results)


def read(image: Picture, framing: photos.Framing) -> np.ndarray:
    """Returns an image as networks take it, (S, S, 3) float32 in [-1, 1].

    An array of floats of that size already is. All others are cut and scaled by `framing`; arrays
    of floats are rounded to 8 bits for it.

    Raises:
      UserError: It can't be read, or is an array of another kind.
    """
    if isinstance(image, str | os.PathLike):
        return photos.to_array(framing.read(image)[0])
    if isinstance(image, np.ndarray):
        _check(image)
        if image.dtype != np.uint8:
            if image.shape[:2] == (framing.size, framing.size):
                return image.astype(np.float32)
            image = photos.to_uint8(image)
        image = Image.fromarray(image)
    try:
        image = reading.rgb(image, framing.max_grey)
    except (reading.UnreadableError, OSError) as error:
        raise errors.UserError(f"Cannot read the image {image!r}: {error}.") from error
    return photos.to_array(framing.square(image)[0])


def like(image: Picture, output: np.ndarray) -> Image.Image | np.ndarray:
    """Returns an output (S, S, 3) float32 of the kind of `image`; of a path: an image of Pillow."""
    if isinstance(image, np.ndarray):
        return photos.to_uint8(output) if image.dtype == np.uint8 else np.clip(output, -1, 1)
    return Image.fromarray(photos.to_uint8(output))


def _check(array: np.ndarray) -> None:
    floats = np.issubdtype(array.dtype, np.floating)
    if array.shape[2] != 3 or not (floats or array.dtype == np.uint8) or 0 in array.shape:
        raise errors.UserError(
            "An image as an array is (height, width, 3), of uint8 or floats in [-1, 1]; received "
            f"{array.dtype} {array.shape}."
        )
    if floats and not np.abs(array).max() <= 1:  # NaN is not
        raise errors.UserError(
            "An image as an array of floats lies in [-1, 1]; received values from "
            f"{array.min():g} to {array.max():g}; divide grey levels by 127.5 and subtract 1, or "
            "pass them as uint8."
        )
