"""Resizes images for a feature network, by the rules of the published protocols.

Measures of quality change with the rule, so a report names it. Pillow antialiases, also where it
makes images smaller; TensorFlow 1's bilinear rule does not.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from PIL import Image

Resize = Callable[[np.ndarray, int], np.ndarray]


def bilinear(images: np.ndarray, size: int) -> np.ndarray:
    """Resizes by Pillow's antialiased bilinear rule, rounded to 8 bits, as StarGAN v2's authors do.

    Args:
      images: (N, H, W, 3) uint8.
      size: Height and width of the results in pixels.

    Returns:
      (N, size, size, 3) uint8.
    """
    if images.shape[1:3] == (size, size):
        return images
    how = Image.Resampling.BILINEAR
    return np.stack([np.asarray(Image.fromarray(i).resize((size, size), how)) for i in images])


def bicubic(images: np.ndarray, size: int) -> np.ndarray:
    """Resizes by Pillow's antialiased bicubic rule, channel by channel, without rounding.

    This is the rule of "On Aliased Resizing and Surprising Subtleties in GAN Evaluation" (Parmar et
    al., 2022), section 4, whose figures are called clean-FID. Values that overshoot are clipped.

    Args:
      images: (N, H, W, 3) uint8.
      size: Height and width of the results in pixels.

    Returns:
      (N, size, size, 3) float32 from 0 to 255.
    """
    results = np.empty((len(images), size, size, 3), np.float32)
    for image, result in zip(images.astype(np.float32), results, strict=True):
        for channel in range(3):
            plane = Image.fromarray(np.ascontiguousarray(image[..., channel]))
            result[..., channel] = plane.resize((size, size), Image.Resampling.BICUBIC)
    return np.clip(results, 0, 255, out=results)


def tensorflow1(images: np.ndarray, size: int) -> np.ndarray:
    """Resizes by the bilinear rule of TensorFlow 1, as the Inception graph of 2015 does itself.

    Pixel (i, j) of the result lies at (i H / size, j W / size) of the image, half a pixel off the
    middle, and nothing is averaged where images become smaller.

    Args:
      images: (N, H, W, 3) uint8.
      size: Height and width of the results in pixels.

    Returns:
      (N, size, size, 3) float32 from 0 to 255.
    """
    resize = tf.raw_ops.ResizeBilinear
    return resize(images=images, size=(size, size), half_pixel_centers=False).numpy()


RULES: dict[str, Resize] = {
    "antialiased bilinear, 8 bits": bilinear,
    "antialiased bicubic": bicubic,
    "bilinear of TensorFlow 1": tensorflow1,
}
