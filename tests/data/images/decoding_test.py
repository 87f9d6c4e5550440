"""Decoding against Pillow."""

import io
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.data.images import decoding


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

    def test_png(self):
        colour, grey = noise(), noise(channels=1)
        contents = encoded(Image.fromarray(colour), "PNG")
        self.assertAllEqual(decoding.decode(contents), colour)
        contents = encoded(Image.fromarray(grey), "PNG")
        self.assertAllEqual(decoding.decode(contents), np.stack([grey] * 3, -1))
        palette = Image.fromarray(colour).quantize(16)
        contents = encoded(palette, "PNG")
        self.assertAllEqual(decoding.decode(contents), np.asarray(palette.convert("RGB")))

    @parameterized.parameters("RGB", "L", "CMYK")
    def test_plain_jpeg_and_png_are_what_tensorflow_decodes(self, mode):
        image = Image.fromarray(noise()).convert(mode)
        contents = encoded(image, "JPEG")
        expected = tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE")
        self.assertAllEqual(decoding.decode(contents), expected)
        if mode != "CMYK":
            contents = encoded(image, "PNG")
            self.assertAllEqual(decoding.decode(contents), tf.io.decode_png(contents, channels=3))

    def test_the_contents_decide_not_the_suffix(self):
        contents = encoded(Image.fromarray(noise()), "PNG")
        self.assertAllEqual(decoding.decode(contents), noise())

    def test_what_is_no_image(self):
        for contents in (b"", b"text"):
            with self.assertRaisesRegex(tf.errors.InvalidArgumentError, "not an image of a known"):
                decoding.decode(tf.constant(contents))

    def test_static_shape_in_a_graph(self):
        spec = tf.TensorSpec((), tf.string)
        concrete = tf.function(decoding.decode).get_concrete_function(spec)
        self.assertEqual(concrete.structured_outputs.shape.as_list(), [None, None, 3])
        self.assertEqual(concrete.structured_outputs.dtype, tf.uint8)


def box_of(*box):
    return lambda size: tf.constant(box, tf.int32)


def pillow(contents, box, size):
    top, left, height, width = box
    with Image.open(io.BytesIO(contents)) as image:
        part = image.convert("RGB").crop((left, top, left + width, top + height))
        return np.asarray(part.resize((size, size), Image.Resampling.BILINEAR))


class ResizedTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(
        box=((0, 0, 37, 53), (5, 9, 20, 24)), size=(8, 30, 64), mode=("RGB", "L", "CMYK")
    )
    def test_jpeg_equals_pillow(self, box, size, mode):
        contents = encoded(Image.fromarray(noise()).convert(mode), "JPEG")
        image = decoding.resized(contents, box_of(*box), size)
        self.assertEqual(image.dtype, tf.uint8)
        self.assertAllEqual(image, pillow(contents, box, size))

    @parameterized.product(box=((0, 0, 37, 53), (5, 9, 20, 24)), size=(8, 30, 64))
    def test_png_equals_pillow(self, box, size):
        contents = encoded(Image.fromarray(noise()), "PNG")
        image = decoding.resized(contents, box_of(*box), size)
        self.assertAllEqual(image, pillow(contents, box, size))

    @parameterized.parameters("JPEG", "PNG")
    def test_the_box_is_chosen_by_the_size(self, kind):
        contents = encoded(Image.fromarray(noise()), kind)
        spec = tf.TensorSpec([], tf.string)
        call = tf.function(
            lambda data: decoding.resized(data, lambda size: tf.concat([[0, 0], size], 0), 16),
            input_signature=[spec],
        )
        self.assertEqual(call.get_concrete_function().output_shapes, (16, 16, 3))
        self.assertAllEqual(call(contents), pillow(contents, (0, 0, 37, 53), 16))

    @parameterized.parameters("JPEG", "PNG")
    def test_what_is_cut_short_is_an_error_that_a_pipeline_can_tell(self, kind):
        contents = encoded(Image.fromarray(noise()), kind)
        for cut in (contents[: len(contents) // 2], b"", b"<html>"):
            files = tf.data.Dataset.from_tensors(cut)
            for decode in (
                decoding.decode,
                lambda data: decoding.resized(data, box_of(0, 0, 37, 53), 16),
                lambda data: decoding.square(data, 16),
            ):
                with self.assertRaises(tf.errors.InvalidArgumentError):
                    list(files.map(decode))

    @parameterized.parameters((48, 96), (49, 96), (24, 48), (12, 96), (12, 90))
    def test_fast_is_near_and_decodes_no_smaller_than_needed(self, size, side):
        y, x = np.mgrid[:96, :128]
        picture = np.stack([x + y, 255 - x, 128 + 60 * np.sin(x / 9)], axis=2).astype(np.uint8)
        contents = encoded(Image.fromarray(picture), "JPEG", quality=95)
        with mock.patch.object(
            Image.Image, "resize", autospec=True, side_effect=Image.Image.resize
        ) as resize:
            image = decoding.resized(contents, box_of(0, 4, side, side), size, fast=True)
        divisor = max(n for n in (1, 2, 4, 8) if side // n >= size)
        (call,) = resize.call_args_list
        whole = (side, side) if divisor == 1 else (128 // divisor, 96 // divisor)
        self.assertEqual(call.args[0].size, whole)
        exact = decoding.resized(contents, box_of(0, 4, side, side), size)
        error = np.abs(np.subtract(image, exact, dtype=np.int32))
        self.assertLess(error.mean(), 4)  # of 120 that the sine changes by
        if divisor == 1:
            self.assertAllEqual(image, exact)


if __name__ == "__main__":
    tf.test.main()
