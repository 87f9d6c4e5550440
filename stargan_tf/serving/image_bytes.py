"""Decodes image files inside a graph: JPEG or PNG bytes to network images, and back to PNG.

A server runs no Python, so this repeats the rules of `data.images.reading` with TensorFlow's
operations.
"""

import functools
from collections.abc import Callable

import tensorflow as tf

from stargan_tf.data.images import reading, transforms

_PNG = b"\x89PNG\r\n\x1a\n"
_NEITHER = (
    "an image file must be JPEG or PNG; convert it, or ask with stargan_tf.client, which reads "
    "other kinds, too"
)
# Offset in a PNG file of its bits per channel and, in the next byte, its colour type: 0 is grey, 4
# grey with alpha, 6 RGB with alpha.
_PNG_FORM = 24
_SHORT, _LONG = 3, 4  # EXIF types of 16 and 32 bits
_ENTRY = 12  # bytes of an EXIF entry


def decode(
    contents: tf.Tensor, image_size: int, crop_size: int = 0, max_grey: int = reading.MAX_GREY
) -> tf.Tensor:
    """Decodes images, cuts out the centred square and resizes it with antialiasing.

    Images are treated as in training: turned upright according to EXIF, put on white if they are
    transparent, and rounded to whole grey levels. Resizing may differ by one grey level.

    Args:
      contents: (N,) strings, each the bytes of a JPEG or PNG file.
      image_size: S in pixels.
      crop_size: Side in pixels of the centred square; 0, or too large: the largest square.
      max_grey: The value that becomes white in grey PNG files of 16 bits.

    Returns:
      (N, S, S, 3) float32 in [-1, 1].

    Raises:
      tf.errors.InvalidArgumentError: A file is of another kind, cut short or damaged.
    """
    spec = tf.TensorSpec((image_size, image_size, 3), tf.float32)
    one = _decoder(image_size, crop_size, max_grey)
    return tf.map_fn(one, contents, fn_output_signature=spec)


def encode(images: tf.Tensor) -> tf.Tensor:
    """Returns the PNG files (N,) of images (N, H, W, 3), clipped to [-1, 1]."""
    levels = tf.round((tf.clip_by_value(images, -1.0, 1.0) + 1.0) * 127.5)
    encoded = tf.TensorSpec((), tf.string)
    return tf.map_fn(tf.io.encode_png, tf.cast(levels, tf.uint8), fn_output_signature=encoded)


@functools.cache
def _decoder(image_size: int, crop_size: int, max_grey: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns a function that decodes one file; its graph is traced once and shared by all uses."""

    def one(content: tf.Tensor) -> tf.Tensor:
        image = _upright(content, max_grey)
        return transforms.to_unit_range(transforms.square(image, image_size, crop_size))

    return tf.function(one, input_signature=[tf.TensorSpec((), tf.string)])


def _upright(content: tf.Tensor, max_grey: int) -> tf.Tensor:
    """Decodes a JPEG or PNG file, upright; (H, W, 3) uint8."""
    is_jpeg = tf.io.is_jpeg(content)
    is_png = tf.strings.substr(content, 0, len(_PNG)) == _PNG
    with tf.control_dependencies([tf.debugging.Assert(is_jpeg | is_png, [_NEITHER])]):
        content = tf.identity(content)
    image, orientation = tf.cond(
        is_jpeg,
        # The accurate transform equals Pillow's.
        lambda: (
            tf.io.decode_jpeg(content, channels=3, dct_method="INTEGER_ACCURATE"),
            _orientation(content, b"Exif", _exif_of_jpeg),
        ),
        lambda: (_decode_png(content, max_grey), _orientation(content, b"eXIf", _exif_of_png)),
    )
    return _turned(image, orientation)


def _decode_png(content: tf.Tensor, max_grey: int) -> tf.Tensor:
    """Decodes a PNG file, on white; (H, W, 3) uint8."""

    def deep_grey() -> tf.Tensor:
        image = tf.cast(tf.io.decode_png(content, channels=4, dtype=tf.uint16), tf.int32)
        levels = (tf.minimum(image[..., :3], max_grey) * 510 + max_grey) // (2 * max_grey)
        return tf.where(image[..., 3:] == 0, 255, levels)  # one value may be transparent

    def with_alpha() -> tf.Tensor:
        image = tf.cast(tf.io.decode_png(content, channels=4), tf.int32)
        colour, alpha = image[..., :3], image[..., 3:]
        return (colour * alpha + 255 * (255 - alpha) + 127) // 255  # as Pillow's alpha_composite

    def opaque() -> tf.Tensor:  # An alpha channel would be wrong below 8 bits.
        return tf.cast(tf.io.decode_png(content, channels=3), tf.int32)

    form = tf.strings.substr(content, _PNG_FORM, 2)
    has_alpha = (form == b"\x08\x04") | (form == b"\x08\x06")
    has_alpha |= (form == b"\x10\x04") | (form == b"\x10\x06") | _holds(content, b"tRNS")
    image = tf.cond(form == b"\x10\x00", deep_grey, lambda: tf.cond(has_alpha, with_alpha, opaque))
    return tf.cast(image, tf.uint8)


def _orientation(
    content: tf.Tensor, name: bytes, find_exif: Callable[[tf.Tensor], tf.Tensor]
) -> tf.Tensor:
    """Returns the EXIF orientation of a file, int32 from 1 to 8; 1 if there is none."""

    def read() -> tf.Tensor:
        data = tf.cast(tf.io.decode_raw(content, tf.uint8), tf.int32)
        return _read_orientation(data, find_exif(data))

    return tf.cond(_holds(content, name), read, lambda: 1)  # Few files have EXIF data.


def _holds(content: tf.Tensor, text: bytes) -> tf.Tensor:
    return tf.size(tf.strings.split(content, text, maxsplit=1)) > 1


def _exif_of_jpeg(data: tf.Tensor) -> tf.Tensor:
    """Returns the offset of the EXIF data in a JPEG file (bytes), or the file's size if none."""

    def is_exif(at: tf.Tensor) -> tf.Tensor:
        return (_number(data, at, 2) == 0xFFE1) & (_number(data, at + 4, 4) == 0x45786966)  # "Exif"

    def goes_on(at: tf.Tensor) -> tf.Tensor:
        # Segments come before the pixels, which begin with the marker FFDA.
        is_segment = (_number(data, at, 1) == 0xFF) & (_number(data, at + 1, 1) != 0xDA)
        return (at < tf.size(data)) & is_segment & ~is_exif(at)

    def next_one(at: tf.Tensor) -> tf.Tensor:
        fills = _number(data, at + 1, 1) == 0xFF  # Any number of fill bytes may precede a marker.
        return tf.where(fills, at + 1, at + 2 + _number(data, at + 2, 2))

    (at,) = tf.while_loop(goes_on, lambda at: (next_one(at),), (tf.constant(2),))
    return tf.where(is_exif(at), at + 10, tf.size(data))


def _exif_of_png(data: tf.Tensor) -> tf.Tensor:
    """Returns the offset of the EXIF data in a PNG file (bytes), or the file's size if none."""

    def is_exif(at: tf.Tensor) -> tf.Tensor:
        return _number(data, at + 4, 4) == 0x65584966  # "eXIf"

    def next_one(at: tf.Tensor) -> tf.Tensor:
        length = tf.clip_by_value(_number(data, at, 4), 0, tf.size(data))
        return tf.minimum(at + 12 + length, tf.size(data))  # its length, name and checksum

    (at,) = tf.while_loop(
        lambda at: (at < tf.size(data)) & ~is_exif(at),
        lambda at: (next_one(at),),
        (tf.constant(len(_PNG)),),
    )
    return tf.where(is_exif(at), at + 8, tf.size(data))


def _read_orientation(data: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
    """Returns the orientation in the EXIF data at offset `start`, int32 from 1 to 8."""
    little = _number(data, start, 2) == 0x4949  # "II"; else "MM"
    table = start + _number(data, start + 4, 4, little)
    room = (tf.size(data) - table - 2) // _ENTRY
    count = tf.clip_by_value(_number(data, table, 2, little), 0, tf.maximum(room, 0))
    entries = table + 2 + _ENTRY * tf.range(count)
    kinds = _number(data, entries + 2, 2, little)
    values = tf.where(
        kinds == _SHORT,
        _number(data, entries + 8, 2, little),
        _number(data, entries + 8, 4, little),
    )
    right = (_number(data, entries, 2, little) == 0x0112) & ((kinds == _SHORT) | (kinds == _LONG))
    value = tf.reduce_max(tf.where(right, values, 1))  # very small without entries
    return tf.where((value >= 1) & (value <= 8), value, 1)


def _number(
    data: tf.Tensor, at: tf.Tensor, length: int, little: tf.Tensor | bool = False
) -> tf.Tensor:
    """Reads integers at offsets in a file; 0 beyond its end; int32.

    Args:
      data: (size,) int32, the file's bytes.
      at: int32 of any shape, the offsets.
      length: Bytes of each integer: 1, 2 or 4.
      little: Whether the last byte is the most significant; else the first.
    """
    inside = (at >= 0) & (at <= tf.size(data) - length)
    places = tf.where(inside, at, 0)
    read = [tf.gather(data, tf.minimum(places + i, tf.size(data) - 1)) for i in range(length)]
    big = sum(one * 256 ** (length - 1 - i) for i, one in enumerate(read))
    small = sum(one * 256**i for i, one in enumerate(read))
    return tf.where(inside, tf.where(little, small, big), 0)


def _turned(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Turns an image (H, W, 3) upright according to its EXIF orientation."""

    def is_one_of(*which: int) -> tf.Tensor:
        return tf.reduce_any(orientation == tf.constant(which))

    def transposed() -> tf.Tensor:
        # Not tf.transpose: oneDNN logs an error about uint8 on processors without AVX-512.
        height, width = tf.unstack(tf.shape(image)[:2])
        places = tf.range(width)[:, tf.newaxis] + width * tf.range(height)
        return tf.gather(tf.reshape(image, (-1, 3)), places)

    image = tf.cond(is_one_of(5, 6, 7, 8), transposed, lambda: image)
    image = tf.cond(is_one_of(2, 3, 6, 7), lambda: tf.reverse(image, (1,)), lambda: image)
    return tf.cond(is_one_of(3, 4, 7, 8), lambda: tf.reverse(image, (0,)), lambda: image)
