"""Images as a model takes and returns them: files, Pillow's images, arrays."""

import io
import os
from collections.abc import Sequence

import numpy as np
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data.images import reading
from stargan_tf.pictures import photos, regions

# A path of a photo, what a file holds, an image of Pillow, or an array (H, W, 3), uint8 or float in
# [-1, 1].
Picture = str | os.PathLike[str] | bytes | Image.Image | np.ndarray
Pictures = Picture | Sequence[Picture]  # or an array (N, H, W, 3)


def is_one(images: Pictures) -> bool:
    """Returns whether `images` is a single image, not several."""
    single = isinstance(images, str | os.PathLike | bytes | Image.Image)
    return single or (isinstance(images, np.ndarray) and images.ndim == 3)


def listed(images: Pictures, name: str = "images") -> list[Picture]:
    """Returns images as a list, also a single one.

    Raises:
      UserError: The argument `name` holds no image, or something else.
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
    """Returns a result for each image in the form of `images`: one, a list or an array."""
    if is_one(images):
        return results[0]
    return np.stack(results) if isinstance(images, np.ndarray) else list(results)


def read(image: Picture, framing: photos.Framing, name: str = "image") -> np.ndarray:
    """Returns an image as networks take it, (S, S, 3) float32 in [-1, 1].

    An array of floats of that size already is. All others are cut and scaled by `framing`; arrays
    of floats are rounded to 8 bits for it. `name` is what messages call an image without a path.

    Raises:
      UserError: It can't be read, or is an array of another kind.
    """
    photo = photo_of(image, framing, name)
    return _square(image, photo, framing)


def read_both(
    image: Picture, framing: photos.Framing, name: str = "image"
) -> tuple[Image.Image, np.ndarray]:
    """Returns an image in full, RGB, and as `read` returns it."""
    photo = photo_of(image, framing, name)
    return photo, _square(image, photo, framing)


def _square(image: Picture, photo: Image.Image, framing: photos.Framing) -> np.ndarray:
    floats = isinstance(image, np.ndarray) and image.dtype != np.uint8
    if floats and image.shape[:2] == (framing.size, framing.size):
        return image.astype(np.float32)
    return photos.to_array(framing.square(photo)[0])


def photo_of(image: Picture, framing: photos.Framing, name: str = "image") -> Image.Image:
    """Returns an image in full, upright and RGB, as `read` reads it.

    Raises:
      UserError: As in `read`.
    """
    if isinstance(image, str | os.PathLike):
        return photos.read_photo(os.fspath(image), framing.max_grey)
    if isinstance(image, bytes):
        return photos.read_photo_bytes(image, name, framing.max_grey)
    if isinstance(image, Image.Image):
        try:
            return reading.rgb(image, framing.max_grey)
        except (reading.UnreadableError, OSError) as error:
            raise errors.UserError(f"Cannot read the photo {name!r}: {error}.") from error
    _check(image)
    return Image.fromarray(image if image.dtype == np.uint8 else photos.to_uint8(image))


def like(image: Picture, output: np.ndarray) -> Image.Image | np.ndarray | bytes:
    """Returns an output (S, S, 3) float32 as the kind of `image`; for a path as Pillow's."""
    if isinstance(image, np.ndarray) and image.dtype != np.uint8:
        return np.clip(output, -1, 1)
    return of_levels(image, photos.to_uint8(output))


def put_back(
    image: Picture,
    photo: Image.Image,
    square: np.ndarray,
    output: np.ndarray,
    framing: photos.Framing,
    paste: regions.Paste,
) -> Image.Image | np.ndarray | bytes:
    """Returns an image with the output of its square put back, in its own size and kind.

    `photo` and `square` are what `read_both` returned; see `regions.paste` for the rest.
    """
    region = regions.of_framing(framing, photo.size)
    return of_levels(image, np.asarray(regions.paste(photo, region, square, output, paste)))


def of_levels(image: Picture, levels: np.ndarray) -> Image.Image | np.ndarray | bytes:
    """Returns grey levels (H, W, 3) uint8 as `like` returns an output."""
    if isinstance(image, np.ndarray) and image.dtype != np.uint8:
        return photos.from_uint8(levels)
    if isinstance(image, np.ndarray):
        return levels
    return png(levels) if isinstance(image, bytes) else Image.fromarray(levels)


def png(levels: np.ndarray) -> bytes:
    """Returns a PNG file of grey levels (H, W, 3) uint8."""
    file = io.BytesIO()
    Image.fromarray(levels).save(file, "PNG")
    return file.getvalue()


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
