"""Data sets laid out as one folder of images for every domain."""

import hashlib
import os
import shutil

import numpy as np
import tensorflow as tf
from absl import flags
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import loading, options
from stargan_tf.data.sources import image_folder


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
        paths = [os.path.relpath(files.describe(i), self.dir) for i in range(files.size)]
        self.assertEqual(
            paths,
            ["train/cat/A.PNG", "train/cat/b.png", "train/dog/2.png", "train/dog/deep/1.PNG"]
            + ["train/wild/w.png"],
        )
        cat, dog, wild = [1, 0, 0], [0, 1, 0], [0, 0, 1]
        self.assertAllEqual(files.labels, [cat, cat, dog, dog, wild])
        expected = [[[len("train/dog/2.png"), 0, 255]] * 3] * 2
        self.assertAllEqual(files.load(tf.constant(2, tf.int64)), expected)

    def test_val_uses_the_domains_of_train(self):
        files = image_folder.load_image_folder(self.dir, "test")
        self.assertEqual(files.label_space.names, ("cat", "dog", "wild"))
        paths = [os.path.relpath(files.describe(i), self.dir) for i in range(files.size)]
        self.assertEqual(paths, ["val/cat/c.png", "val/wild/v.png"])
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
        cartoon = r".*dataset=cartoon_faces needs no files"
        self.assertRegex(self.error(data_dir=""), f"is empty.*data_dir=DIR; {layout}{cartoon}")
        missing = os.path.join(self.dir, "nowhere")
        self.assertRegex(self.error(data_dir=missing), f"'{missing}'; {layout}{cartoon}")

    def test_no_split_folder(self):
        shutil.rmtree(os.path.join(self.dir, "val"))
        shutil.rmtree(os.path.join(self.dir, "train"))
        self.assertRegex(self.error("train"), "no folder 'train' in .*; expected DIR/train")

    def test_empty_domain(self):
        os.makedirs(os.path.join(self.dir, "train", "eel", "deep"))
        self.assertRegex(self.error(), "train/eel' holds no image .*png.*remove the folder")
        os.makedirs(os.path.join(self.dir, "val", "eel"))
        self.assertRegex(self.error("test"), "val/eel' holds no image")

    def test_fewer_than_two_domains(self):
        for domain in ("cat", "wild"):
            shutil.rmtree(os.path.join(self.dir, "train", domain))
        self.assertRegex(self.error(), r"holds 1 domains \(dog\).*at least 2")
        shutil.rmtree(os.path.join(self.dir, "train", "dog"))
        self.assertRegex(self.error("test"), r"train' holds 0 domains \(no folder\)")

    def test_val_domain_that_train_lacks(self):
        self.draw("val/eel/1.png")
        self.assertRegex(
            self.error("test"), r"holds the domains eel, which are not in train \(cat, dog, wild\)"
        )

    def test_val_without_domains(self):
        shutil.rmtree(os.path.join(self.dir, "val"))
        self.draw("val/stray.png")
        self.assertRegex(self.error("test"), "val' holds no domain folder")

    def test_test_is_val_where_there_is_no_val(self):
        shutil.copytree(os.path.join(self.dir, "val"), os.path.join(self.dir, "test"))
        self.assertEqual(self.load_names("test"), ["val/cat/c.png", "val/wild/v.png"])
        shutil.rmtree(os.path.join(self.dir, "val"))
        self.assertEqual(self.load_names("test"), ["test/cat/c.png", "test/wild/v.png"])
        self.assertLen(self.load_names("train"), 5)

    def test_a_share_that_would_be_ignored(self):
        with self.assertRaisesRegex(
            errors.UserError, "/val' holds the held-out images, .* val_fraction=0.25; leave it"
        ):
            image_folder.load_image_folder(self.dir, "train", 0.25)

    def load_names(self, split):
        files = image_folder.load_image_folder(self.dir, split)
        return [os.path.relpath(path, self.dir) for path in files.paths]

    def test_unknown_split(self):
        with self.assertRaisesRegex(ValueError, "Received: 'val'"):
            image_folder.load_image_folder(self.dir, "val")


def place(name):
    """Where in [0, 1) a name stands, written another way than the program does."""
    return int(hashlib.blake2b(name.encode(), digest_size=8).hexdigest(), 16) / 16**16


class HeldOutPartTest(tf.test.TestCase, parameterized.TestCase):
    """Folders without val, of which a part is held out."""

    def setUp(self):
        super().setUp()
        self.dir = self.create_tempdir().full_path
        # Listed by domain, then by the whole path: "-" comes before "/".
        self.names = [f"{d}/{n}" for d in ("cat", "dog") for n in ("a-b/0.png", "a/1.png", "b.JPG")]
        self.names += [f"dog/x{i:02d}.png" for i in range(40)] + [
            f"wild/{i:02d}.png" for i in range(30)
        ]

    def write(self, names, under=""):
        for name in names:
            path = os.path.join(self.dir, under, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, "wb").close()  # No image is opened to list them.

    def load_names(self, split, fraction=0.3, under=""):
        files = image_folder.load_image_folder(self.dir, split, fraction)
        start = os.path.join(self.dir, under, "")
        self.assertTrue(all(path.startswith(start) for path in files.paths))
        return [path.removeprefix(start) for path in files.paths], files

    @parameterized.parameters("", "train", "Training")
    def test_by_the_hash_of_the_path_from_the_domain_on(self, under):
        self.write(self.names, under)
        for split, wanted in (("train", False), ("test", True)):
            names, files = self.load_names(split, under=under)
            self.assertEqual(names, [n for n in self.names if (place(n) < 0.3) == wanted])
            self.assertEqual(files.label_space.names, ("cat", "dog", "wild"))
            expected = [["cat", "dog", "wild"].index(name.split("/")[0]) for name in names]
            self.assertAllEqual(files.labels.argmax(axis=1), expected)
            self.assertAllEqual(files.labels.sum(axis=1), np.ones(len(names)))

    def test_the_others_stay_where_they_are(self):
        self.write(self.names)
        before = self.load_names("test")[0]
        self.write(["ant/1.png", "ant/2.png", "ant/3.png", "cat/0.png", "wild/deep/er/9.jpeg"])
        after = self.load_names("test")[0]
        self.assertContainsSubset(before, after)
        self.assertEmpty(set(self.names) & set(after) - set(before))

    def test_every_domain_has_a_held_out_image(self):
        names = [f"{d}/{i}.png" for d in ("ant", "bee", "cat") for i in range(5)]
        names += [f"dog/{i}.png" for i in range(50)]
        self.write(names)
        below = {name for name in names if place(name) < 0.1}
        alone = [d for d in ("ant", "bee", "cat") if not any(n.startswith(d) for n in below)]
        self.assertNotEmpty(alone)
        more = {min((n for n in names if n.startswith(d)), key=place) for d in alone}
        self.assertEqual(set(self.load_names("test", 0.1)[0]), below | more)
        self.assertEqual(set(self.load_names("train", 0.1)[0]), set(names) - below - more)
        self.assertAllEqual(self.load_names("test", 0.1)[1].labels.any(axis=0), [True] * 4)

    def test_domains_in_two_spellings_of_unicode(self):
        """macOS writes names decomposed; what is copied to another system may be composed."""
        decomposed, composed = "cafe\u0301", "caf\u00e9"
        self.write([f"train/{decomposed}/0.png", "train/dog/0.png", f"val/{composed}/1.png"])
        train = image_folder.load_image_folder(self.dir, "train")
        held_out = image_folder.load_image_folder(self.dir, "test")
        self.assertEqual(train.label_space.names, (composed, "dog"))
        self.assertEqual(train.paths[0], os.path.join(self.dir, f"train/{decomposed}/0.png"))
        self.assertAllEqual(train.labels, [[1, 0], [0, 1]])
        self.assertAllEqual(held_out.labels, [[1, 0]])

    def test_both_splits_of_the_flags(self):
        self.write(self.names)
        given = options.DataOptions(dataset="image_folder", data_dir=self.dir, val_fraction=0.4)
        given.check()
        paths = [set(loading.load(given, split).paths) for split in ("train", "test")]
        held_out = {os.path.join(self.dir, name) for name in self.names if place(name) < 0.4}
        self.assertEqual(paths[1], held_out)
        self.assertEqual(paths[0] | paths[1], {os.path.join(self.dir, n) for n in self.names})

    def test_parts_without_images(self):
        names = ["cat/a.png"] + [f"dog/{i}.png" for i in range(20)]
        self.write(names)
        places = {name: place(name) for name in names}
        few = min(places.values()) / 2
        first = min(names[1:], key=places.get)
        self.assertEqual(self.load_names("test", few)[0], [first])  # of dog; cat has one
        self.assertCountEqual(self.load_names("train", few)[0], set(names) - {first})
        self.assertLess(places["cat/a.png"], max(places.values()))  # dog keeps an image
        with self.assertRaisesRegex(
            errors.UserError, "^All 1 images of the domain 'cat' fall into"
        ):
            self.load_names("test", (places["cat/a.png"] + max(places.values())) / 2)


if __name__ == "__main__":
    tf.test.main()
