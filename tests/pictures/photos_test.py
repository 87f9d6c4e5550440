"""Reading users' photographs, fitting them, saving results."""

import errno
import io
import os
import stat
import struct
import time
import zlib
from unittest import mock

import numpy as np
import tensorflow as tf
from absl import flags
from absl.testing import parameterized
from PIL import Image, ImageFile

from stargan_tf.base import errors
from stargan_tf.data.images import reading
from stargan_tf.pictures import photos


def setUpModule():
    flags.FLAGS.mark_as_parsed()  # pytest does not, and create_tempdir reads a flag.


def noise(height=6, width=9, channels=3):
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


class PhotosTestCase(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.dir = self.create_tempdir().full_path

    def path(self, name):
        return os.path.join(self.dir, name)

    def saved(self, image, name="a.png", **options):
        image.save(self.path(name), **options)
        return self.path(name)

    def write(self, name, contents):
        with open(self.path(name), "wb") as file:
            file.write(contents)
        return self.path(name)

    def assert_pixels(self, image, expected):
        self.assertEqual(image.mode, "RGB")
        self.assertAllEqual(np.asarray(image), expected)


class ReadPhotoTest(PhotosTestCase):
    def test_rgb(self):
        for name in ("a.png", "a.bmp", "a.tiff"):
            path = self.saved(Image.fromarray(noise()), name)
            image = photos.read_photo(path)
            os.remove(path)  # The image does not depend on the file.
            self.assert_pixels(image, noise())

    @parameterized.parameters(
        (1, lambda a: a),
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (4, lambda a: a[::-1]),
        (5, lambda a: a.transpose(1, 0, 2)),
        (6, lambda a: np.rot90(a, -1)),
        (7, lambda a: a[::-1, ::-1].transpose(1, 0, 2)),
        (8, lambda a: np.rot90(a)),
    )
    def test_exif_orientation(self, orientation, turned):
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = self.saved(Image.fromarray(noise()), exif=exif)
        self.assert_pixels(photos.read_photo(path), turned(noise()))
        path = self.saved(Image.fromarray(noise()), "a.jpg", exif=exif, quality=95)
        with Image.open(path) as stored:
            expected = turned(np.asarray(stored))
        self.assert_pixels(photos.read_photo(path), expected)

    def test_damaged_exif_is_ignored(self):
        path = self.saved(Image.fromarray(noise()), exif=b"Exif\0\0garbage")
        self.assert_pixels(photos.read_photo(path), noise())

    @parameterized.parameters("L", "1", "CMYK", "YCbCr")
    def test_other_modes(self, mode):
        image = Image.fromarray(noise()).convert(mode)
        # Pillow 12.3 can't read the uncompressed YCbCr that it writes.
        path = self.saved(image, "a.tiff", compression="tiff_lzw")
        read = np.asarray(photos.read_photo(path), np.int32)
        # libtiff rounds YCbCr in its own way.
        expected = np.asarray(image.convert("RGB"), np.int32)
        self.assertAllClose(read, expected, atol=mode == "YCbCr", rtol=0)

    @parameterized.parameters(3, 1)
    def test_alpha_is_blended_with_white(self, colours):
        colour = noise(channels=3)[..., :colours]
        alpha = noise(channels=4)[..., 3:]
        alpha[0, :2] = [[0], [255]]
        image = Image.fromarray(np.concatenate([colour, alpha], -1))
        read = np.asarray(photos.read_photo(self.saved(image)))
        weight = alpha / 255
        expected = np.broadcast_to(weight * colour + (1 - weight) * 255, read.shape)
        self.assertAllClose(read, expected, atol=1, rtol=0)
        self.assertAllEqual(read[0, 0], [255] * 3)
        self.assertAllEqual(read[0, 1], np.broadcast_to(colour[0, 1], 3))

    def test_palette_with_and_without_transparency(self):
        image = Image.new("P", (3, 1))
        image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
        for x in range(3):
            image.putpixel((x, 0), x)
        opaque = [[[10, 20, 30], [40, 50, 60], [70, 80, 90]]]
        self.assert_pixels(photos.read_photo(self.saved(image)), opaque)
        path = self.saved(image, transparency=1)
        expected = [[[10, 20, 30], [255, 255, 255], [70, 80, 90]]]
        self.assert_pixels(photos.read_photo(path), expected)
        path = self.saved(image, "a.gif", transparency=1)
        self.assert_pixels(photos.read_photo(path), expected)

    def test_transparent_colour_of_rgb(self):
        image = Image.fromarray(np.uint8([[[1, 2, 3], [4, 5, 6]]]))
        path = self.saved(image, transparency=(1, 2, 3))
        self.assert_pixels(photos.read_photo(path), [[[255] * 3, [4, 5, 6]]])

    @parameterized.parameters("a.png", "a.tiff")
    def test_16_bit_grey_is_scaled(self, name):
        values = np.uint16([[0, 128, 129, 257, 32896, 60000, 65535]])
        path = self.saved(Image.fromarray(values), name)
        expected = np.round(values / 257)  # 257 * 255 = 65535.
        self.assert_pixels(photos.read_photo(path), np.stack([expected] * 3, -1))

    @parameterized.parameters((4095, 16), (1023, 4), (300, 1))
    def test_16_bit_grey_of_fewer_bits(self, max_grey, step):
        values = np.arange(0, 256, dtype=np.uint16)[None] * step
        path = self.saved(Image.fromarray(values))
        expected = np.floor(np.minimum(values, max_grey) * 255.0 / max_grey + 0.5)
        self.assert_pixels(photos.read_photo(path, max_grey), np.stack([expected] * 3, -1))

    def test_float_pixels_are_refused(self):
        path = self.saved(Image.fromarray(np.zeros((2, 2), np.float32)), "a.tiff")
        with self.assertRaisesRegex(errors.UserError, "32-bit floats"):
            photos.read_photo(path)

    def test_only_the_first_frame(self):
        first, second = (Image.new("RGB", (2, 2), c) for c in ((255, 0, 0), (0, 0, 255)))
        path = self.saved(first, "a.gif", save_all=True, append_images=[second])
        self.assert_pixels(photos.read_photo(path), [[[255, 0, 0]] * 2] * 2)


class ReadPhotoBytesTest(PhotosTestCase):
    def test_is_what_the_file_would_be(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        path = self.saved(Image.fromarray(noise()), "a.jpg", exif=exif)
        with open(path, "rb") as file:
            image = photos.read_photo_bytes(file.read())
        self.assert_pixels(image, np.asarray(photos.read_photo(path)))

    @parameterized.parameters(
        (b"", "photo 'mine': it is empty"),
        (b"no image", "photo 'mine': it is not an image of a known kind"),
    )
    def test_what_is_no_photo_is_called_by_the_name_given(self, contents, message):
        with self.assertRaisesRegex(errors.UserError, message):
            photos.read_photo_bytes(contents, "mine")

    def test_too_many_bytes(self):
        with (
            mock.patch.object(photos, "MAX_BYTES", 10),
            self.assertRaisesRegex(errors.UserError, "it has 11 bytes, more than 10"),
        ):
            photos.read_photo_bytes(bytes(11))


class RefusalTest(PhotosTestCase):
    def refused(self, path, reason):
        with self.assertRaises(errors.UserError) as caught:
            photos.read_photo(path)
        self.assertStartsWith(str(caught.exception), f"Cannot read the photo {path!r}: ")
        self.assertRegex(str(caught.exception), reason)

    def test_not_files(self):
        self.refused(self.path("none.jpg"), "No such file")
        self.refused(self.dir, "it is a folder")
        self.refused("a\0b", "null byte")
        os.mkfifo(self.path("pipe.jpg"))
        self.refused(self.path("pipe.jpg"), "not a regular file")
        self.refused(self.write("empty.jpg", b""), r"empty \(0 bytes\)")

    def test_not_images(self):
        self.refused(self.write("a.jpg", b"<html></html>"), r"not an image .*JPEG, PNG")
        # Pillow would hand this to Ghostscript.
        eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 5 5\n%%EndComments\n%%EOF\n"
        self.refused(self.write("a.eps", eps), "not an image of a known kind")

    def test_damaged(self):
        buffer = io.BytesIO()
        Image.fromarray(noise(60, 60)).save(buffer, "JPEG")
        self.refused(self.write("a.jpg", buffer.getvalue()[:-900]), "damaged .*truncated")

    def test_bytes_are_bounded(self):
        path = self.write("a.png", b"\x89PNG")
        os.truncate(path, photos.MAX_BYTES + 1)  # A hole: takes no space on the disk.
        self.refused(path, "268,435,457 bytes, more than 268,435,456")

    @parameterized.parameters((20_000, 10_000), (8_001, 8_000), (12_500, 8_000))
    def test_pixels_are_bounded_before_decoding(self, width, height):
        def chunk(kind, data):
            crc = zlib.crc32(kind + data)
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        data = zlib.compress(bytes(1000))
        chunks = chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
        path = self.write("bomb.png", b"\x89PNG\r\n\x1a\n" + chunks)
        start = time.monotonic()
        with mock.patch.object(ImageFile.ImageFile, "load", side_effect=AssertionError):
            self.refused(path, "more than 64,000,000 pixels")
        self.assertLess(time.monotonic() - start, 1)

    def test_bound_is_inclusive(self):
        path = self.saved(Image.fromarray(noise()))
        with mock.patch.object(reading, "MAX_PIXELS", 54):
            self.assertEqual(photos.read_photo(path).size, (9, 6))
        with mock.patch.object(reading, "MAX_PIXELS", 53):
            self.refused(path, "more than 53 pixels")


class FitTest(PhotosTestCase):
    def test_crop_takes_the_centre(self):
        array = noise(4, 10)
        self.assert_pixels(photos.fit(Image.fromarray(array), 4, "crop"), array[:, 3:7])
        tall = noise(11, 4)
        self.assert_pixels(photos.fit(Image.fromarray(tall), 4, "crop"), tall[3:7])

    def test_pad_shows_everything_between_bars_of_the_edges(self):
        wide = np.zeros((4, 8, 3), np.uint8)
        wide[0], wide[-1] = 100, 50
        wide[1:-1] = noise(2, 8)
        expected = np.full((8, 8, 3), 75)
        expected[2:6] = wide
        self.assert_pixels(photos.fit(Image.fromarray(wide), 8, "pad"), expected)
        tall = wide.transpose(1, 0, 2)
        expected = expected.transpose(1, 0, 2)
        self.assert_pixels(photos.fit(Image.fromarray(tall), 8, "pad"), expected)
        square = noise(8, 8)
        self.assert_pixels(photos.fit(Image.fromarray(square), 8, "pad"), square)
        self.assertEqual(photos.fit(Image.new("RGB", (1000, 1)), 8, "pad").size, (8, 8))

    def test_stretch(self):
        array = np.repeat(noise(3, 1), 7, axis=1)
        fitted = photos.fit(Image.fromarray(array), 3, "stretch")
        self.assert_pixels(fitted, array[:, :3])

    @parameterized.parameters("crop", "pad", "stretch")
    def test_shrinking_is_antialiased(self, how):
        stripes = np.zeros((64, 64, 3), np.uint8)
        stripes[:, ::2] = 254
        fitted = np.asarray(photos.fit(Image.fromarray(stripes), 8, how))
        self.assertAllClose(fitted, np.full((8, 8, 3), 127), atol=8, rtol=0)

    @parameterized.parameters((5, 5), (6, 6), (9, 6))
    def test_a_crop_is_cut_out_of_the_centre(self, crop_size, side):
        array = noise(6, 11)
        top, left = (6 - side) // 2, (11 - side) // 2
        expected = Image.fromarray(array[top : top + side, left : left + side]).resize(
            (4, 4), Image.Resampling.BILINEAR
        )
        found = photos.fit(Image.fromarray(array), 4, "crop", crop_size)
        self.assert_pixels(found, np.asarray(expected))

    def test_what_cuts_says_so(self):
        path = self.saved(Image.fromarray(noise(6, 11)))
        for crop_size, fit, note in (
            (5, "crop", "; cut to its central 5 x 5 px (crop_size=0: the largest square)"),
            (6, "crop", ""),
            (0, "crop", ""),
            (5, "pad", ""),
        ):
            square, said = photos.Framing(4, fit, crop_size).read(path)
            self.assertEqual(said, note)
            expected = photos.fit(Image.fromarray(noise(6, 11)), 4, fit, crop_size)
            self.assert_pixels(square, np.asarray(expected))

    def test_bad_arguments(self):
        with self.assertRaisesRegex(ValueError, "Received: 'zoom'"):
            photos.fit(Image.new("RGB", (2, 2)), 2, "zoom")
        with self.assertRaisesRegex(ValueError, "Received: 0"):
            photos.fit(Image.new("RGB", (2, 2)), 0, "pad")


class ArraysTest(PhotosTestCase):
    def test_round_trip_of_every_grey_level(self):
        levels = np.arange(256, dtype=np.uint8)
        image = np.stack([levels] * 3, -1)[None]
        array = photos.to_array(Image.fromarray(image))
        self.assertEqual(array.dtype, np.float32)
        self.assertAllClose(array[0, :, 0], levels / 127.5 - 1, atol=1e-6)
        self.assertEqual((array.min(), array.max()), (-1, 1))
        self.assertAllEqual(photos.to_uint8(array), image)
        self.assertEqual(photos.to_uint8(array).dtype, np.uint8)

    def test_rounds_and_clips(self):
        values = np.float32([-3, -1, 0.1 / 127.5 - 1, 0.6 / 127.5 - 1, 1, 1.01, np.inf])
        self.assertAllEqual(photos.to_uint8(values), [0, 0, 0, 1, 255, 255, 255])

    def test_nan_is_refused(self):
        with self.assertRaisesRegex(ValueError, "NaN"):
            photos.to_uint8(np.float32([0, np.nan]))


class SavePngTest(PhotosTestCase):
    def test_writes_and_replaces(self):
        path = self.write("a.png", b"old")
        previous = os.umask(0o022)
        try:
            photos.save_png(path, noise())
        finally:
            os.umask(previous)
        self.assert_pixels(Image.open(path), noise())
        self.assertEqual(os.listdir(self.dir), ["a.png"])
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o644)

    def test_relative_path(self):
        previous = os.getcwd()
        os.chdir(self.dir)
        try:
            photos.save_png("a.png", noise())
        finally:
            os.chdir(previous)
        self.assertEqual(os.listdir(self.dir), ["a.png"])

    def test_folder_that_cannot_be_written(self):
        self.write("file", b"")
        with self.assertRaisesRegex(errors.UserError, "nowhere/a.png: No such file"):
            photos.save_png(self.path("nowhere/a.png"), noise())
        with self.assertRaisesRegex(errors.UserError, "file/a.png: Not a directory"):
            photos.save_png(self.path("file/a.png"), noise())
        os.mkdir(self.path("folder"))
        with self.assertRaisesRegex(errors.UserError, "Is a directory; nothing was changed"):
            photos.save_png(self.path("folder"), noise())
        self.assertCountEqual(os.listdir(self.dir), ["file", "folder"])

    @parameterized.parameters(
        (
            OSError(errno.ENOSPC, "No space"),
            errors.UserError,
            "No space; nothing was changed",
        ),
        (KeyboardInterrupt(), KeyboardInterrupt, ""),
    )
    def test_full_disk_leaves_what_was_there(self, failure, expected, message):
        path = self.write("a.png", b"old")

        def save(self, file, kind):
            file.write(b"half of it")
            raise failure

        with (
            mock.patch.object(Image.Image, "save", save),
            self.assertRaisesRegex(expected, message),
        ):
            photos.save_png(path, noise())
        self.assertEqual(os.listdir(self.dir), ["a.png"])
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"old")

    @parameterized.parameters(((2, 2, 3), "float32"), ((2, 2), "uint8"), ((2, 2, 4), "uint8"))
    def test_other_arrays_are_refused(self, shape, dtype):
        with self.assertRaisesRegex(ValueError, "must be .height, width, 3. uint8. Received"):
            photos.save_png(self.path("a.png"), np.zeros(shape, dtype))


if __name__ == "__main__":
    tf.test.main()
