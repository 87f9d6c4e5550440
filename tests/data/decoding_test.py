"""Decoding against Pillow."""

import io

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.data import decoding


def noise(channels=3):
    shape = (37, 53, channels) if channels > 1 else (37, 53)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


class DecodeTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(subsampling=("4:4:4", "4:2:2", "4:2:0"), progressive=(False, True))
    def test_jpeg_equals_pillow(self, subsampling, progressive):
        image = Image.fromarray(noise())
        options = {"quality": 85, "subsampling": subsampling, "progressive": progressive}
        contents = encoded(image, "JPEG", **options)
        with Image.open(io.BytesIO(contents)) as read:
            expected = np.asarray(read)
        self.assertAllEqual(decoding.decode(contents), expected)

    @parameterized.parameters("L", "CMYK")
    def test_jpeg_of_other_modes_equals_pillow(self, mode):
        contents = encoded(Image.fromarray(noise()).convert(mode), "JPEG")
        with Image.open(io.BytesIO(contents)) as read:
            expected = np.asarray(read.convert("RGB"))
        self.assertAllEqual(decoding.decode(contents), expected)

    def test_jpeg_orientation_is_not_applied(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        contents = encoded(Image.fromarray(noise()), "JPEG", exif=exif)
        self.assertEqual(decoding.decode(contents).shape, (37, 53, 3))

    def test_png(self):
        colour, grey = noise(), noise(channels=1)
        contents = encoded(Image.fromarray(colour), "PNG")
        self.assertAllEqual(decoding.decode(contents), colour)
        contents = encoded(Image.fromarray(grey), "PNG")
        self.assertAllEqual(decoding.decode(contents), np.stack([grey] * 3, -1))
        palette = Image.fromarray(colour).quantize(16)
        contents = encoded(palette, "PNG")
        self.assertAllEqual(decoding.decode(contents), np.asarray(palette.convert("RGB")))

    def test_png_alpha_is_dropped_and_16_bits_keep_the_upper_8(self):
        rgba = noise(channels=4)
        contents = encoded(Image.fromarray(rgba), "PNG")
        self.assertAllEqual(decoding.decode(contents), rgba[..., :3])
        deep = np.random.default_rng(0).integers(0, 65536, (5, 7)).astype(np.uint16)
        contents = encoded(Image.fromarray(deep), "PNG")
        self.assertAllEqual(decoding.decode(contents), np.stack([deep >> 8] * 3, -1))

    def test_the_contents_decide_not_the_suffix(self):
        contents = encoded(Image.fromarray(noise()), "PNG")
        self.assertAllEqual(decoding.decode(contents), noise())

    def test_static_shape_in_a_graph(self):
        spec = tf.TensorSpec((), tf.string)
        concrete = tf.function(decoding.decode).get_concrete_function(spec)
        self.assertEqual(concrete.structured_outputs.shape.as_list(), [None, None, 3])
        self.assertEqual(concrete.structured_outputs.dtype, tf.uint8)


if __name__ == "__main__":
    tf.test.main()
