"""The CelebA reader and the reference's split."""

import os
import random
import types
from unittest import mock

import numpy as np
import tensorflow as tf
from absl import flags
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import labels, loading
from stargan_tf.data.images import reading
from stargan_tf.data.sources import celeba

NAMES = ("Bald", "Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair", "Male", "Young")


def setUpModule():
    flags.FLAGS.mark_as_parsed()  # pytest does not, and create_tempdir reads a flag.


class CelebATest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.dir = self.create_tempdir().full_path
        self.make(40)

    def make(self, count, folder="images"):
        """Writes a table, and images filled with (number, 7, 7)."""
        values = np.random.default_rng(0).integers(0, 2, (count, len(NAMES)))
        self.lines = [
            f"{i + 1:06d}.png " + " ".join(f"{2 * v - 1:2d}" for v in row)
            for i, row in enumerate(values)
        ]
        self.write([str(count), " ".join(NAMES) + " ", *self.lines])
        os.makedirs(os.path.join(self.dir, folder), exist_ok=True)
        for i in range(count):
            image = Image.new("RGB", (2, 2), (min(i + 1, 255), 7, 7))
            image.save(os.path.join(self.dir, folder, f"{i + 1:06d}.png"))

    def write(self, lines):
        with open(os.path.join(self.dir, "list_attr_celeba.txt"), "w") as file:
            file.write("\n".join(lines) + "\n")

    def test_the_largest_square_is_that_of_178_pixels(self):
        size = (
            218,
            178,
        )  # of the aligned images; earlier versions cut out 178 pixels by themselves
        self.assertEqual(reading.centre_box(*size), (20, 0, 178, 178))
        self.assertEqual(reading.centre_box(*size, 178), (20, 0, 178, 178))
        self.assertEqual(self.load().crop_size, 0)

    def load(self, split="train", test_size=9, **options):
        options = {"data_dir": self.dir, "split": split, **options}
        with mock.patch.multiple(celeba, _TEST_SIZE=test_size, _MIN_RATIO=1):
            return celeba.load_celeba(**options)

    def error(self, data_dir=None, **options):
        with self.assertRaises(errors.UserError) as caught:
            self.load(data_dir=self.dir if data_dir is None else data_dir, **options)
        return str(caught.exception)

    def reference(self, attributes, test_size):
        """What data_loader.py of the reference does, line by line."""
        lines = list(self.lines)
        random.seed(1234)
        random.shuffle(lines)
        sets = {"train": [], "test": []}
        for i, line in enumerate(lines):
            filename, *values = line.split()
            label = [float(values[NAMES.index(name)] == "1") for name in attributes]
            sets["test" if (i + 1) < test_size + 1 else "train"].append((filename, label))
        return sets

    @parameterized.parameters("train", "test")
    def test_split_and_labels_equal_the_reference(self, split):
        files = self.load(split)
        expected = self.reference(celeba.DEFAULT_ATTRIBUTES, 9)[split]
        self.assertEqual(files.size, {"train": 31, "test": 9}[split])
        paths = [files.describe(i) for i in range(files.size)]
        self.assertEqual(paths, [os.path.join(self.dir, "images", name) for name, _ in expected])
        self.assertAllEqual(files.labels, [label for _, label in expected])
        self.assertEqual(files.labels.dtype, np.float32)
        number = int(expected[3][0][:6])
        self.assertAllEqual(files.load(tf.constant(3, tf.int64))[0, 0], [number, 7, 7])

    def test_known_order(self):
        # random.Random(1234).shuffle has given this since Python 3.2, on every platform.
        numbers = [int(os.path.basename(self.load("test").describe(i))[:6]) for i in range(5)]
        self.assertEqual(numbers, [10, 19, 14, 33, 17])

    def test_default_test_size_and_global_random_state(self):
        os.rename(os.path.join(self.dir, "images"), os.path.join(self.dir, "img_align_celeba"))
        random.seed(5)
        state = random.getstate()
        test = celeba.load_celeba(self.dir, "test")
        train = celeba.load_celeba(self.dir, "train")
        self.assertEqual(random.getstate(), state)
        self.assertEqual((test.size, train.size), (4, 36))
        expected = self.reference(celeba.DEFAULT_ATTRIBUTES, 4)["train"]
        names = [os.path.basename(train.describe(i)) for i in range(36)]
        self.assertEqual(names, [name for name, _ in expected])

    def test_label_space(self):
        space = self.load().label_space
        self.assertEqual(space.kind, "attributes")
        self.assertEqual(space.names, celeba.DEFAULT_ATTRIBUTES)
        self.assertEqual(space.exclusive, (("Black_Hair", "Blond_Hair", "Brown_Hair"),))
        chosen = ("Young", "Gray_Hair", "Male")
        files = self.load(attributes=chosen, exclusive=(celeba.HAIR_COLOURS, ("Male", "Young")))
        self.assertEqual(files.label_space.names, chosen)
        self.assertEqual(files.label_space.exclusive, (("Male", "Young"),))
        expected = self.reference(chosen, 9)["train"]
        self.assertAllEqual(files.labels, [label for _, label in expected])

    @parameterized.parameters("train", "test")
    def test_domains_are_the_images_that_show_exactly_one(self, split):
        names = ("Young", "Male")
        files = self.load(split, test_size=18, attributes=names, as_domains=True)
        expected = [row for row in self.reference(names, 18)[split] if sum(row[1]) == 1]
        paths = [os.path.basename(files.describe(i)) for i in range(files.size)]
        self.assertEqual(paths, [name for name, _ in expected])
        self.assertAllEqual(files.labels, [label for _, label in expected])
        self.assertEqual(files.label_space, labels.LabelSpace("domains", names))
        self.assertBetween(files.size, 3, {"train": 21, "test": 17}[split])

    def test_a_domain_without_an_image_is_named(self):
        lines = [line[:10] + " -1" + line[13:] for line in self.lines]  # Nobody is bald.
        self.write(["40", " ".join(NAMES), *lines])
        message = self.error(attributes=("Male", "Bald"), as_domains=True)
        self.assertRegex(message, "None of the 31 images shows Bald and no other")
        message = self.error(attributes=("Male", "Male"), as_domains=True)
        self.assertRegex(message, "a name twice")

    def test_nested_folder(self):
        inner = os.path.join("img_align_celeba", "img_align_celeba")
        os.makedirs(os.path.join(self.dir, "img_align_celeba"))
        os.rename(os.path.join(self.dir, "images"), os.path.join(self.dir, inner))
        files = self.load()
        self.assertEqual(os.path.dirname(files.describe(0)), os.path.join(self.dir, inner))

    def test_windows_line_ends_and_blank_lines_at_the_end(self):
        expected = self.load()
        with open(os.path.join(self.dir, "list_attr_celeba.txt"), "wb") as file:
            text = "\r\n".join(["40", " ".join(NAMES), *self.lines])
            file.write(text.encode() + b"\r\n\r\n\n")
        files = self.load()
        self.assertEqual(files.paths, expected.paths)
        self.assertAllEqual(files.labels, expected.labels)

    def test_missing_files_and_folders(self):
        layout = r"expected DIR/list_attr_celeba.txt \(or .csv\) and the images in DIR/images"
        self.assertRegex(self.error(""), f"is empty.*data_dir=DIR; {layout}")
        self.assertRegex(self.error("/nowhere"), f"no data folder '/nowhere'; {layout}")
        os.rename(os.path.join(self.dir, "images"), os.path.join(self.dir, "pictures"))
        self.assertRegex(self.error(), f"no folder images or img_align_celeba.*{layout}")
        os.remove(os.path.join(self.dir, "list_attr_celeba.txt"))
        self.assertRegex(self.error(), f"no list_attr_celeba.txt or .*csv in .*{layout}")

    def test_missing_images_are_problems_and_keep_their_side(self):
        before = {split: self.load(split).paths for split in ("train", "test")}
        gone = {os.path.join(self.dir, "images", f"{i:06d}.png") for i in (3, 10, 30)}
        for path in gone:
            os.remove(path)
        for split, missing in (("train", 2), ("test", 1)):
            files = self.load(split)
            self.assertEqual(files.paths, before[split])
            kept, problems = loading.usable(files, "skip")
            self.assertEqual({files.describe(i) for i in problems}, gone & set(files.paths))
            self.assertLen(problems, missing)
            self.assertEqual(
                [kept.describe(i) for i in range(kept.size)],
                [path for path in before[split] if path not in gone],
            )
            with self.assertRaisesRegex(
                errors.UserError, rf"^{missing} of {files.size} images cannot be used: .*\.png \("
            ):
                loading.usable(files, "error")

    def test_the_last_image_of_a_label_is_not_told_to_be_skipped(self):
        files = self.load()
        problems = {int(i): "gone" for i in np.flatnonzero(files.labels[:, 0])}
        name = files.label_space.names[0]
        with self.assertRaisesRegex(
            errors.UserError, f"without them no image of {name} is left, .*leave that label out"
        ) as caught:
            loading.without(files, problems)
        self.assertNotIn("on_corrupt", str(caught.exception))

    def test_all_images_missing(self):
        for i in range(1, 41):
            os.rename(
                os.path.join(self.dir, "images", f"{i:06d}.png"),
                os.path.join(self.dir, "images", f"face{i}.png"),
            )
        message = self.error()
        self.assertRegex(
            message, r"None of the 40 images .*images' \(000001.png, .* 000005.png, ..."
        )

    def test_names_cannot_leave_the_folder(self):
        for outside in ("../list_attr_celeba.txt", "deep/000001.png", ".."):
            self.write(["40", " ".join(NAMES), outside + self.lines[0][10:], *self.lines[1:]])
            self.assertRegex(self.error(), f"Line 3 of .* names the image '{outside}'.*file alone")

    @parameterized.parameters(("\n", ""), ("\r\n", "\ufeff"))
    def test_csv_as_on_kaggle(self, end, mark):
        expected = self.load("test")
        rows = [",".join(line.split()) for line in self.lines]
        text = mark + end.join([",".join(("image_id", *NAMES)), *rows]) + end
        path = os.path.join(self.dir, "list_attr_celeba.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        self.write(["0", " ".join(NAMES)])  # of both the text file counts, as in runs that exist
        with self.assertRaises(errors.UserError):
            self.load()
        os.remove(os.path.join(self.dir, "list_attr_celeba.txt"))
        files = self.load("test")
        self.assertEqual(files.paths, expected.paths)
        self.assertAllEqual(files.labels, expected.labels)
        with open(path, "a", encoding="utf-8") as file:
            file.write("000041.png" + 7 * ",2")
        self.assertRegex(self.error(), "Line 42 of list_attr_celeba.csv must be .* and 7 values")

    def test_png_files_where_the_table_says_jpg(self):
        images = os.path.join(self.dir, "images")
        lines = [line.replace(".png", ".jpg") for line in self.lines]
        self.write(["40", " ".join(NAMES), *lines])
        pixels = Image.new("RGB", (2, 2), (90, 7, 7))
        pixels.save(os.path.join(images, "000010.jpg"))  # whose name is exactly the listed one
        os.rename(os.path.join(images, "000019.png"), os.path.join(images, "000019.PNG"))
        files = self.load("test")
        names = [os.path.basename(path) for path in files.paths[:3]]
        self.assertEqual(names, ["000010.jpg", "000019.PNG", "000014.png"])
        self.assertEqual(files.load(tf.constant(1, tf.int64))[0, 0, 0], 19)

    @parameterized.parameters((2, 1), (19, 1), (20, 2), (199, 19), (19_989, 1998), (19_990, 1999),
                              (202_599, 1999))  # fmt: skip
    def test_a_short_table_holds_out_a_tenth(self, count, expected):
        self.lines = [f"{i}.png 1 -1" for i in range(count)]
        self.write([str(count), "Male Young", *self.lines])
        listing = [types.SimpleNamespace(name=f"{i}.png") for i in range(count)]
        with mock.patch.object(os, "scandir") as scandir:
            scandir.return_value.__enter__.return_value = listing
            files = celeba.load_celeba(self.dir, "test", ("Male",))
        self.assertEqual(files.size, expected)
        order = [f"{i}.png" for i in range(count)]
        random.Random(1234).shuffle(order)
        self.assertEqual([os.path.basename(path) for path in files.paths], order[:expected])

    def test_attributes(self):
        message = self.error(attributes=("Male", "Blond_hair"))
        self.assertRegex(message, "Unknown attribute 'Blond_hair'.*Did you mean Blond_Hair")
        self.assertRegex(self.error(attributes=()), "at least one")
        self.assertRegex(self.error(attributes=("Male", "Male")), "a name twice")

    @parameterized.parameters(
        ("000006.png 1 -1", "000006.png 1 -1"),
        ("000006.png 1 -1 1 -1 1 -1 yes", "-1 yes"),
        ("", "is ''"),
    )
    def test_malformed_line(self, line, shown):
        lines = [*self.lines[:5], line, *self.lines[6:]]
        self.write(["40", " ".join(NAMES), *lines])
        self.assertRegex(self.error(), f"Line 8 of .* and 7 values .*{shown}")

    def test_malformed_first_lines(self):
        self.write(["forty", " ".join(NAMES), *self.lines])
        self.assertRegex(self.error(), "Line 1 .* is 'forty'")
        self.write(["40", " ".join(NAMES), *self.lines[:-1]])
        self.assertRegex(self.error(), "announces 40 images but 39 follow")
        self.write([])
        self.assertRegex(self.error(), "Line 1 .* is ''")
        with open(os.path.join(self.dir, "list_attr_celeba.txt"), "wb") as file:
            file.write(b"\xff\xd8\xff")
        self.assertRegex(self.error(), "Cannot read .*it is not text")

    def test_too_few_lines(self):
        message = "lists 40 images, but a test set of 40 needs at least 41"
        self.assertRegex(self.error(test_size=40), message)
        self.assertEqual(self.load(test_size=39).size, 1)

    def test_unknown_split(self):
        with self.assertRaisesRegex(ValueError, "Received: 'val'"):
            self.load("val")


if __name__ == "__main__":
    tf.test.main()
