"""Data sets laid out as one folder of images for every domain."""

import os
import shutil

import tensorflow as tf
from absl import flags
from PIL import Image

from stargan_tf import errors
from stargan_tf.data import image_folder


def setUpModule():
    flags.FLAGS.mark_as_parsed()  # pytest does not, and create_tempdir reads a flag.


class ImageFolderTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.dir = self.create_tempdir().full_path
        for name in (
            "train/dog/2.png",
            "train/dog/deep/1.PNG",
            "train/cat/b.png",
            "train/cat/A.PNG",
            "train/wild/w.png",
            "train/stray.png",
            "train/.cache/x.png",
            "train/cat/.hidden.png",
            "val/wild/v.png",
            "val/cat/c.png",
            "val/.DS_Store/x.png",
        ):
            self.draw(name)
        with open(os.path.join(self.dir, "train", "notes.txt"), "w") as file:
            file.write("not a domain")

    def draw(self, name):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Image.new("RGB", (3, 2), (len(name), 0, 255)).save(path)

    def error(self, split="train", data_dir=None):
        with self.assertRaises(errors.UserError) as caught:
            image_folder.load_image_folder(self.dir if data_dir is None else data_dir, split)
        return str(caught.exception)

    def test_train(self):
        files = image_folder.load_image_folder(self.dir, "train")
        self.assertEqual(files.label_space.kind, "domains")
        self.assertEqual(files.label_space.names, ("cat", "dog", "wild"))
        found = [os.path.relpath(files.describe(i), self.dir) for i in range(files.size)]
        self.assertEqual(
            found,
            ["train/cat/A.PNG", "train/cat/b.png", "train/dog/2.png", "train/dog/deep/1.PNG"]
            + ["train/wild/w.png"],
        )
        cat, dog, wild = [1, 0, 0], [0, 1, 0], [0, 0, 1]
        self.assertAllEqual(files.labels, [cat, cat, dog, dog, wild])
        expected = [[[len("train/dog/2.png"), 0, 255]] * 3] * 2
        self.assertAllEqual(files.load(tf.constant(2, tf.int64)), expected)

    def test_val_uses_the_domains_of_train(self):
        files = image_folder.load_image_folder(self.dir, "val")
        self.assertEqual(files.label_space.names, ("cat", "dog", "wild"))
        found = [os.path.relpath(files.describe(i), self.dir) for i in range(files.size)]
        self.assertEqual(found, ["val/cat/c.png", "val/wild/v.png"])
        self.assertAllEqual(files.labels, [[1, 0, 0], [0, 0, 1]])

    def test_a_domain_may_be_a_link(self):
        outside = self.create_tempdir("outside").full_path
        Image.new("RGB", (2, 2)).save(os.path.join(outside, "x.png"))
        os.symlink(outside, os.path.join(self.dir, "train", "ant"))
        files = image_folder.load_image_folder(self.dir, "train")
        self.assertEqual(files.label_space.names, ("ant", "cat", "dog", "wild"))
        self.assertEqual(files.describe(0), os.path.join(self.dir, "train/ant/x.png"))

    def test_no_data_folder(self):
        layout = r"expected DIR/train/<domain>/\*.jpg and DIR/val/<domain>/\*.jpg"
        cartoon = r".*--dataset=cartoon_faces needs no files"
        self.assertRegex(self.error(data_dir=""), f"is empty.*--data_dir=DIR; {layout}{cartoon}")
        missing = os.path.join(self.dir, "nowhere")
        self.assertRegex(self.error(data_dir=missing), f"'{missing}'; {layout}{cartoon}")

    def test_no_split_folder(self):
        shutil.rmtree(os.path.join(self.dir, "val"))
        image_folder.load_image_folder(self.dir, "train")
        self.assertRegex(self.error("val"), "no folder 'val' in .*; expected DIR/train")
        shutil.rmtree(os.path.join(self.dir, "train"))
        self.assertRegex(self.error("train"), "no folder 'train' in .*; expected DIR/train")

    def test_empty_domain(self):
        os.makedirs(os.path.join(self.dir, "train", "eel", "deep"))
        self.assertRegex(self.error(), "train/eel' holds no image .*png.*remove the folder")
        os.makedirs(os.path.join(self.dir, "val", "eel"))
        self.assertRegex(self.error("val"), "val/eel' holds no image")

    def test_fewer_than_two_domains(self):
        for domain in ("cat", "wild"):
            shutil.rmtree(os.path.join(self.dir, "train", domain))
        self.assertRegex(self.error(), r"holds 1 domains \(dog\).*at least 2")
        shutil.rmtree(os.path.join(self.dir, "train", "dog"))
        self.assertRegex(self.error("val"), r"train' holds 0 domains \(no folder\)")

    def test_val_domain_that_train_lacks(self):
        self.draw("val/eel/1.png")
        self.assertRegex(
            self.error("val"), r"holds the domains eel, which are not in train \(cat, dog, wild\)"
        )

    def test_val_without_domains(self):
        shutil.rmtree(os.path.join(self.dir, "val"))
        self.draw("val/stray.png")
        self.assertRegex(self.error("val"), "val' holds no domain folder")

    def test_unknown_split(self):
        with self.assertRaisesRegex(ValueError, "Received: 'test'"):
            image_folder.load_image_folder(self.dir, "test")


if __name__ == "__main__":
    tf.test.main()
