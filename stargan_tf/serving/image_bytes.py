"""Image files inside a graph: bytes of any JPEG or PNG to network images, and back to PNG."""

import tensorflow as tf

from stargan_tf.data import transforms


def decode(contents: tf.Tensor, image_size: int) -> tf.Tensor:
    """Decodes, cuts out the centred square and resizes it with antialiasing.

    Exactly what training does to an image without `--crop_size`: whole grey levels, as a saved
    8-bit file would hold them. An EXIF orientation is not applied, transparency is dropped.

    Args:
      contents: (N,) strings, each the bytes of a JPEG, a PNG or the first frame of a GIF.
      image_size: S in pixels.

    Returns:
      (N, S, S, 3) float32 in [-1, 1].
    """

    def one(content: tf.Tensor) -> tf.Tensor:
        # The operation decodes PNG and GIF, too. The accurate transform equals Pillow's.
        image = tf.io.decode_jpeg(content, channels=3, dct_method="INTEGER_ACCURATE")
        return transforms.to_unit_range(transforms.square(image, image_size))

    spec = tf.TensorSpec((image_size, image_size, 3), tf.float32)
    return tf.map_fn(one, contents, fn_output_signature=spec)


def encode(images: tf.Tensor) -> tf.Tensor:
    """Returns the PNG files (N,) of images (N, H, W, 3), clipped to [-1, 1]."""
    levels = tf.round((tf.clip_by_value(images, -1.0, 1.0) + 1.0) * 127.5)
    encoded = tf.TensorSpec((), tf.string)
    return tf.map_fn(tf.io.encode_png, tf.cast(levels, tf.uint8), fn_output_signature=encoded)
