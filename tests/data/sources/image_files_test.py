"""Finding, checking and decoding image files."""

import io
import os
import struct
import zlib

import numpy as np
import tensorflow as tf
from absl import flags
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data.sources import image_files

SPACE = labels_lib.LabelSpace("domains", ("cat", "dog"))


def setUpModule():
    flags.FLAGS.mark_as_parsed()  # pytest does not, and create_tempdir reads a flag.


def noise(height=37, width=53, channels=3, seed=0):
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width, height):
    """A PNG of the given size with hardly any data: valid as far as its header goes."""

    def chunk(kind, data):
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


class FilesTestCase(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.dir = self.create_tempdir().full_path

    def write(self, name, contents=b"x"):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(contents)
        return path


class ImageFilesTest(FilesTestCase):
    def test_loads_inside_a_pipeline_and_eagerly(self):
        images = [noise(4 + i, 5, seed=i) for i in range(3)]
        # The last name is not valid UTF-8, as names from old archives may be.
        names = ["a.png", "é b.png", os.fsdecode(b"\xff.png")]
        paths = [
            self.write(n, encoded(Image.fromarray(i), "PNG"))
            for n, i in zip(names, images, strict=True)
        ]
        labels = np.float32([[1, 0], [0, 1], [0, 1]])
        files = image_files.ImageFiles(paths, labels, SPACE)
        self.assertEqual(files.size, 3)
        self.assertEqual(files.describe(1), paths[1])
        self.assertEqual(files.label_space, SPACE)
        self.assertAllEqual(files.labels, labels)
        self.assertEqual(files.labels.dtype, np.float32)
        for _ in range(2):  # The second data set uses the tensor that the first one made.
            indices = tf.data.Dataset.from_tensor_slices(np.int64([2, 0, 1]))
            loaded = list(indices.map(files.load, num_parallel_calls=2))
            for index, image in zip([2, 0, 1], loaded, strict=True):
                self.assertAllEqual(image, images[index])
        self.assertAllEqual(files.load(tf.constant(1, tf.int64)), images[1])

    def test_graphs_do_not_hold_the_paths(self):
        paths = [f"/nowhere/{'x' * 100}/{i}.jpg" for i in range(1000)]
        files = image_files.ImageFiles(paths, np.zeros((1000, 2)), SPACE)
        concrete = tf.function(files.load).get_concrete_function(tf.TensorSpec((), tf.int64))
        self.assertLess(concrete.graph.as_graph_def().ByteSize(), 20_000)

    def test_shape_of_labels_is_checked(self):
        with self.assertRaisesRegex(ValueError, r"shape \(1, 2\). Received: \(1, 3\)"):
            image_files.ImageFiles(["a.png"], np.zeros((1, 3)), SPACE)


class FindImagesTest(FilesTestCase):
    def test_sorted_recursive_any_case_without_hidden_ones(self):
        names = ("b.JPG", "a/z.Png", "a/deep/er/c.jpeg", "a.jpg", "B.png", "a-b/1.JPEG",
                 "c.gif", "d.WebP", "e.bmp", "f.tif", "g.tiff", "h.jfif", "i.jpe")  # fmt: skip
        for name in names + (
            ".hidden.jpg",
            ".git/x.png",
            "a/._c.jpg",
            "notes.txt",
            "jpg",
            "c.svg",
            "c.heic",
        ):
            self.write(name)
        os.makedirs(os.path.join(self.dir, "folder.png"))
        expected = ["B.png", "a-b/1.JPEG", "a.jpg", "a/deep/er/c.jpeg", "a/z.Png", "b.JPG",
                    "c.gif", "d.WebP", "e.bmp", "f.tif", "g.tiff", "h.jfif", "i.jpe"]  # fmt: skip
        self.assertEqual(
            image_files.find_images(self.dir), [os.path.join(self.dir, n) for n in expected]
        )

    def test_links(self):
        self.write("real/a.png")
        root = os.path.join(self.dir, "root")
        os.makedirs(root)
        os.symlink(os.path.join(self.dir, "real", "a.png"), os.path.join(root, "file.png"))
        os.symlink(os.path.join(self.dir, "real"), os.path.join(root, "folder"))
        os.symlink(root, os.path.join(root, "circle.png"))
        self.assertEqual(image_files.find_images(root), [os.path.join(root, "file.png")])
        linked = os.path.join(root, "folder")
        self.assertEqual(image_files.find_images(linked), [os.path.join(linked, "a.png")])

    def test_missing_folder(self):
        with self.assertRaisesRegex(errors.UserError, "Cannot list the folder .*nowhere"):
            image_files.find_images(os.path.join(self.dir, "nowhere"))


class FindProblemsTest(FilesTestCase):
    def reason(self, path):
        problems = image_files.find_problems([path])
        self.assertEqual(list(problems), [0])
        return problems[0]

    def test_good_files(self):
        image = Image.fromarray(noise())
        jpeg, png = encoded(image, "JPEG"), encoded(image, "PNG")
        self.assertEmpty(image_files.find_problems([]))
        problems = image_files.find_problems(
            [
                self.write("a.jpg", jpeg),
                self.write("a.png", png),
                self.write("a.PNG", jpeg),
                self.write("b.png", encoded(image, "GIF")),
                self.write("progressive.jpg", encoded(image, "JPEG", progressive=True)),
                self.write("cmyk.jpg", encoded(image.convert("CMYK"), "JPEG")),
                self.write("two.jpg", encoded(image, "MPO", save_all=True, append_images=[image])),
                # Trailing data that hides the end, though the image is whole.
                self.write("camera.jpg", jpeg + bytes(3000)),
                self.write("junk.png", png + b"junk" * 10),
            ]
        )
        self.assertEmpty(problems)

    def test_not_images(self):
        image = Image.fromarray(noise())
        self.assertEqual(self.reason(self.write("a.jpg", b"")), "empty")
        self.assertEqual(
            self.reason(self.write("b.jpg", b"<html>")), "not an image of a known kind"
        )
        eps = self.write("c.png", encoded(image, "EPS"))  # Pillow would start a program.
        self.assertEqual(self.reason(eps), "not an image of a known kind")
        floats = self.write("f.tif", encoded(Image.fromarray(np.zeros((2, 2), np.float32)), "TIFF"))
        self.assertEqual(self.reason(floats), "32-bit floats")
        missing = os.path.join(self.dir, "d.png")
        self.assertEqual(self.reason(missing), "No such file or directory")
        self.assertEqual(self.reason(self.dir), "not a regular file")

    def test_named_pipe_does_not_hang(self):
        pipe = os.path.join(self.dir, "pipe.jpg")
        os.mkfifo(pipe)
        self.assertEqual(self.reason(pipe), "not a regular file")

    @parameterized.parameters((20_000, 10_000), (8_001, 8_000), (60_000, 60_000))
    def test_too_many_pixels(self, width, height):
        path = self.write("bomb.png", png_header(width, height))
        self.assertRegex(self.reason(path), "more than 64,000,000 pixels")

    @parameterized.product(
        kind=("JPEG", "PNG"), kept=("half", "all but 1", "all but 16"), progressive=(False, True)
    )
    def test_cut_short(self, kind, kept, progressive):
        options = {"progressive": progressive} if kind == "JPEG" else {}
        contents = encoded(Image.fromarray(noise(90, 90)), kind, **options)
        cut = {"half": len(contents) // 2, "all but 1": 1, "all but 16": 16}[kept]
        path = self.write("a.jpg", contents[:-cut])
        self.assertEqual(self.reason(path), "cut short or damaged")

    def test_header_cut_short(self):
        image = Image.fromarray(noise())
        for kind in ("JPEG", "PNG"):
            path = self.write(kind, encoded(image, kind)[:100])
            self.assertIn(self.reason(path), ("cut short or damaged", "damaged"))

    def test_a_damaged_png_is_found_by_its_checksums(self):
        contents = bytearray(encoded(Image.fromarray(noise(90, 90)), "PNG"))
        contents[len(contents) // 2] ^= 255
        self.assertEqual(self.reason(self.write("a.png", bytes(contents))), "damaged")

    def test_damage_inside_a_jpeg_is_found_by_decoding(self):
        contents = bytearray(encoded(Image.fromarray(noise(90, 90)), "JPEG"))
        middle = len(contents) // 2
        contents[middle : middle + 4] = b"\xff\xc0\xff\xd8"  # headers where there can be none
        path = self.write("a.jpg", bytes(contents))
        self.assertEmpty(image_files.find_problems([path]))
        problems = image_files.find_problems([path], thorough=True)
        self.assertEqual(problems, {0: "cut short or damaged"})

    def test_every_bad_file_is_found_among_good_ones(self):
        good = self.write("good.png", encoded(Image.fromarray(noise()), "PNG"))
        bad = [self.write(f"{i}.png", b"") for i in range(3)]
        problems = image_files.find_problems([bad[0]] + [good] * 600 + bad[1:])
        self.assertEqual(problems, {0: "empty", 601: "empty", 602: "empty"})


if __name__ == "__main__":
    tf.test.main()
