"""The command that packs a data set, from its flags to the data set that training reads."""

import io
import os
import pathlib
from contextlib import redirect_stdout

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import loading, options
from tests import commands
from tests.data.packs import packing_test


class PackTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.output = str(self.root / "packed")

    def command(self, **flags):
        """Returns what the command prints."""
        with (
            commands.given("pack", **{"output": self.output, **flags}),
            redirect_stdout(io.StringIO()) as printed,
        ):
            self.assertEqual(commands.load("pack").main(), 0)
        return printed.getvalue()

    def folder(self):
        """Makes a folder of two domains with seven images each, in both parts."""
        for part in ("train", "val"):
            for domain in ("cat", "dog"):
                packing_test.write_images(str(self.root / "images" / part / domain))
        return {"dataset": "image_folder", "data_dir": str(self.root / "images")}

    def assert_packed(self, expected, packed, count):
        for split in ("train", "test"):
            images = loading.load(expected, split)
            found = loading.load(packed, split)
            self.assertEqual(found.size, count[split])
            self.assertEqual(found.label_space, images.label_space)
            self.assertAllEqual(found.labels, images.labels)
            for i in range(found.size):
                index = tf.constant(i, tf.int64)
                self.assertAllEqual(found.load(index), images.load(index))

    def test_drawn_faces(self):
        flags = {
            "cartoon_train_size": 6,
            "cartoon_test_size": 3,
            "cartoon_spread": 0.5,
            "image_size": 32,
            "attributes": "Eyeglasses,Black_Hair,Blond_Hair",
        }
        printed = self.command(**flags)
        self.assertEqual(
            printed,
            "Checking 6 train images.\nChecking 3 test images.\n"
            "image 6/6  train-00000.tfrecord\n"
            "image 3/3  test-00000.tfrecord\n"
            "Packed 6 train and 3 test images. Train with --dataset=packed "
            f"--data_dir={self.output} in place of the flags of the data set.\n",
        )
        packed = options.DataOptions(dataset="packed", data_dir=self.output)
        self.assert_packed(options.DataOptions(**flags), packed, {"train": 6, "test": 3})
        self.assertEqual(self.command(**flags), printed)  # it is whole
        with self.assertRaisesRegex(errors.UserError, "made with cartoon_spread=0.5; received"):
            self.command(**{**flags, "cartoon_spread": 0.4})

    def test_a_folder(self):
        flags = self.folder()
        self.command(**flags, crop_size=10)
        packed = options.DataOptions(dataset="packed", data_dir=self.output)
        self.assert_packed(options.DataOptions(**flags), packed, {"train": 14, "test": 14})
        images = loading.load(packed, "train")
        self.assertEqual(images.crop_size, 10)
        self.assertEqual(images.describe(0), os.path.join("train", "cat", "a.png"))
        # What was packed can be packed again, with other files as large as asked for.
        again = str(self.root / "again")
        self.command(dataset="packed", data_dir=self.output, output=again)
        self.assertEqual(packing_test.contents(again), packing_test.contents(self.output))

    def test_pairs_stay_pairs(self):
        random = np.random.default_rng(0)
        for part in ("train", "val"):
            (self.root / part).mkdir()
            for k in range(3):
                pixels = random.integers(0, 256, (16, 40, 3), np.uint8)
                Image.fromarray(pixels).save(self.root / part / f"{k}.png")
        flags = {"dataset": "pairs", "data_dir": str(self.root), "direction": "BtoA"}
        with self.assertRaisesRegex(errors.UserError, "packed as they are; received"):
            self.command(**flags, image_size=64)
        self.command(**flags)
        packed = options.DataOptions(dataset="packed", data_dir=self.output)
        self.assert_packed(options.DataOptions(**flags), packed, {"train": 6, "test": 6})
        images = loading.load(packed, "train")
        self.assertAllEqual(images.pairs, [[0, 3], [1, 4], [2, 5]])
        self.assertEqual(images.describe(4), "train/1.png (left half)")
        self.assertIn("target", images.example_spec)
        # Packed again they still are, and of a part only whole pairs are left.
        again = str(self.root / "again")
        self.command(dataset="packed", data_dir=self.output, output=again)
        self.assertEqual(packing_test.contents(again), packing_test.contents(self.output))
        self.assertAllEqual(loading.without(images, {4: "broken"}).pairs, [[0, 2], [1, 3]])

    def test_broken_images(self):
        flags = self.folder()
        broken = self.root / "images" / "train" / "dog" / "b.jpg"
        broken.write_bytes(b"")
        with self.assertRaisesRegex(errors.UserError, r"1 of 14 images .*b.jpg \(empty\)"):
            self.command(**flags)
        self.assertFalse(os.path.exists(self.output))
        printed = self.command(**flags, on_corrupt="skip")
        self.assertIn(f"\nskipped: {broken} (empty)\n1 of 14 images skipped.\n", printed)
        images = loading.load(options.DataOptions(dataset="packed", data_dir=self.output), "train")
        self.assertEqual(images.size, 13)
        self.assertNotIn("train/dog/b.jpg", [images.describe(i) for i in range(13)])

    @parameterized.named_parameters(
        ("output", {"output": ""}, "pass --output=DIR"),
        ("flags", {"dataset": "cartoons"}, "Unknown `dataset` 'cartoons'"),
        ("image_size", {"image_size": 64, "dataset": "image_folder"}, "leave it out here"),
    )
    def test_mistakes(self, flags, message):
        flags = {**self.folder(), **flags}
        with self.assertRaisesRegex(errors.UserError, message):
            self.command(**flags)
        self.assertFalse(os.path.exists(self.output))

    def test_flags_of_the_data_alone(self):
        text = commands.run("stargan_tf.pack", "--help").stdout
        for part in ("--shard_mb", "--on_corrupt", "--val_fraction"):
            self.assertIn(part, text)
        self.assertNotIn("--[no]flip", text)


if __name__ == "__main__":
    tf.test.main()
