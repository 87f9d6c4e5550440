"""What is read off each image, and that what can't be read is told."""

import io
import os
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.data import labels
from stargan_tf.data.sources import image_files
from stargan_tf.diagnosis import inspection
from tests import tiny
from tests.data.sources import image_files_test

SPACE = labels.LabelSpace("domains", ("cat", "dog"))


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(width, height, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


class InspectionTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.dir = self.create_tempdir().full_path

    def files(self, *contents):
        paths = []
        for i, content in enumerate(contents):
            paths.append(os.path.join(self.dir, f"{i}.png"))
            with open(paths[-1], "wb") as file:
                file.write(content)
        return image_files.ImageFiles(paths, np.eye(2)[np.arange(len(paths)) % 2], SPACE)

    def row(self, content):
        found = inspection.inspect(self.files(content))
        self.assertEqual(found.problems, {})
        return found.table[0]

    def test_size_format_and_pixels(self):
        image = noise(20, 10)
        found = inspection.inspect(
            self.files(encoded(image), encoded(image, compress_level=0), encoded(noise(20, 10, 1)))
        )
        row = found.table[0]
        self.assertEqual((row["width"], row["height"]), (20, 10))
        self.assertEqual(inspection.FORMATS[row["format"]], "PNG")
        self.assertFalse(row["grey"] or row["plain"] or row["transparent"])
        pixels = found.table["pixels"]
        self.assertAllEqual(pixels[0], pixels[1])  # other bytes, the same pixels
        self.assertNotAllEqual(pixels[0], pixels[2])
        jpeg = self.row(encoded(image, "JPEG"))
        self.assertEqual(inspection.FORMATS[jpeg["format"]], "JPEG")

    def test_the_size_belongs_to_the_hash_of_the_pixels(self):
        found = inspection.inspect(self.files(
            encoded(Image.new("RGB", (4, 6), "red")), encoded(Image.new("RGB", (6, 4), "red"))
        ))  # fmt: skip
        self.assertNotAllEqual(*found.table["pixels"])

    def test_look(self):
        grey = np.zeros((80, 90), np.uint8)
        grey[:, 30:] = 200  # brightens once in every row, to the right of the third of nine cells
        row = self.row(encoded(Image.fromarray(grey)))
        self.assertAllEqual(row["thumbnail"], [[0] * 3 + [200] * 6] * 8)
        self.assertEqual(int(row["differences"]).to_bytes(8, "little"), bytes([0b00100000] * 8))
        self.assertTrue(row["grey"])
        self.assertFalse(row["plain"])

    @parameterized.parameters(("JPEG", 6, (10, 20)), ("PNG", 8, (10, 20)), ("PNG", 3, (20, 10)))
    def test_the_size_is_that_of_the_upright_image(self, kind, orientation, size):
        row = self.row(encoded(noise(20, 10), kind, exif=turned(orientation)))
        self.assertEqual((row["width"], row["height"]), size)

    @parameterized.parameters("PNG", "TIFF")
    def test_the_largest_value_of_16_bits(self, kind):
        values = np.arange(6, dtype=np.uint16).reshape(2, 3) * 800
        self.assertEqual(self.row(encoded(Image.fromarray(values), kind))["largest"], 4000)
        self.assertEqual(self.row(encoded(noise(20, 10), kind))["largest"], 0)

    @parameterized.named_parameters(
        ("clear", (255, 0, 0, 0), True),
        ("nearly_opaque", (255, 0, 0, 254), True),
        ("opaque", (255, 0, 0, 255), False),
    )
    def test_transparency_is_of_pixels_not_of_modes(self, colour, transparent):
        image = Image.new("RGBA", (20, 20), "blue")
        image.putpixel((3, 4), colour)
        self.assertEqual(self.row(encoded(image))["transparent"], transparent)
        palette = image.convert("RGB").quantize(4)
        self.assertTrue(self.row(encoded(palette, transparency=0))["transparent"])

    def test_grey_and_plain(self):
        colour = Image.new("RGB", (64, 64), (9, 9, 9))
        row = self.row(encoded(colour))
        self.assertTrue(row["grey"] and row["plain"])
        colour.putpixel((33, 35), (9, 9, 10))  # between the pixels of the first look
        row = self.row(encoded(colour))
        self.assertFalse(row["grey"] or row["plain"])
        self.assertTrue(self.row(encoded(noise(32, 32).convert("L"), "JPEG"))["grey"])

    def test_problems_are_told_early_or_late(self):
        whole = encoded(noise(200, 200), "JPEG")
        middle = whole[:900] + b"\xff\xd8\xff\xc0" * 40 + whole[1100:]  # markers among the data
        images = self.files(whole, b"", b"text", whole[: len(whole) // 2], middle)
        self.assertNotIn(4, images.problems())
        found = inspection.inspect(images)
        self.assertEqual(
            found.problems,
            {1: "empty", 2: "not an image of a known kind", 3: "cut short or damaged",
             4: "cut short or damaged"},
        )  # fmt: skip
        self.assertEqual(found.problems, images.problems(thorough=True))
        self.assertEqual(found.late, {4})
        self.assertAllEqual(found.table["width"], [200, 0, 0, 0, 0])

    def test_a_picture_of_too_many_pixels_is_not_decoded(self):
        images = self.files(image_files_test.png_header(10_000, 9_000))
        with mock.patch.object(images, "problems", return_value={}):  # as of another source
            found = inspection.inspect(images)
        self.assertEqual(found.problems, {0: "10000 x 9000, more than 64,000,000 pixels"})

    def test_a_file_that_goes_while_it_looks(self):
        images = self.files(encoded(noise(4, 4)), encoded(noise(4, 4)))
        with mock.patch.object(images, "problems", return_value={}):
            os.remove(images.paths[1])
            self.assertEqual(inspection.inspect(images).problems, {1: "gone"})

    def test_a_source_that_can_not_read_tells_why(self):
        images = self.files(encoded(noise(4, 4)))
        error = tf.errors.InvalidArgumentError(None, None, "its checksum differs\nstack ...")
        with mock.patch.object(images, "read", side_effect=error):
            found = inspection.inspect(images)
        self.assertEqual(found.problems, {0: "its checksum differs"})

    def test_of_pictures_in_memory_some_are_looked_at(self):
        pictures, told = tiny.Pictures(), []
        found = inspection.inspect(pictures, 4, told.append)
        self.assertAllEqual(found.indices, [0, 4, 7, 11])
        self.assertEqual(told, [4])
        self.assertAllEqual(found.table["format"], [0] * 4)
        whole = inspection.inspect(pictures)
        self.assertAllEqual(whole.indices, np.arange(12))
        self.assertTrue((whole.table[[0, 4, 7, 11]] == found.table).all())


if __name__ == "__main__":
    tf.test.main()
