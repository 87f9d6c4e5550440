"""Finding the domains in a folder, and the messages about folders with another layout."""

import os

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.data.sources import folder_layout, image_folder


class FolderLayoutTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.dir = self.create_tempdir().full_path

    def write(self, names):
        for name in names.split():
            path = os.path.join(self.dir, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, "wb").close()

    @parameterized.parameters(
        ("cat/a.jpg dog/b.jpg", "", None),
        ("cat/a.jpg dog/b.jpg stray.jpg .cache/x.jpg __MACOSX/cat/._a.jpg", "", None),
        ("train/cat/a.jpg val/cat/b.jpg", "train", "val"),
        ("train/cat/a.jpg val/cat/b.jpg test/cat/c.jpg extra/d.jpg", "train", "val"),
        ("train/cat/a.jpg test/cat/c.jpg", "train", "test"),
        ("Train/cat/a.jpg Test/cat/c.jpg", "Train", "Test"),
        ("train/cat/a.jpg valid/cat/c.jpg test/cat/d.jpg", "train", "valid"),
        ("Training/cat/a.jpg Testing/cat/c.jpg", "Training", "Testing"),
        ("train/cat/a.jpg notes/readme.txt", "train", None),
        ("land/car/a.jpg land/train/b.jpg air/plane/c.jpg", "", None),
    )
    def test_layouts(self, names, train, held_out):
        self.write(names)
        layout = folder_layout.find(self.dir)
        expected = held_out and f"{self.dir}/{held_out}"
        self.assertEqual(layout, folder_layout.Layout(f"{self.dir}/{train}".rstrip("/"), expected))

    def test_folders_are_visible_sorted_and_may_be_links(self):
        self.write("b/x.jpg a/y.jpg .c/z.jpg file.jpg __MACOSX/a/x.jpg")
        os.symlink(os.path.join(self.dir, "a"), os.path.join(self.dir, "ab"))
        self.assertEqual(folder_layout.folders(self.dir), ("a", "ab", "b"))

    # Of every mistake, what the sentence has to say: above all which folder to pass.
    @parameterized.named_parameters(
        ("loose_images", "1.jpg 2.png x.txt", r"holds images \(1.jpg, 2.png\) but no domain"),
        ("nothing", "readme.txt", "no folder 'train' in .*, and no other; expected DIR/train"),
        ("one_domain", "cat/a.jpg", r"holds 1 domains \(cat\), but .*at least 2; .*; sort"),
        ("train_without_domains", "train/images/a.jpg val/images/b.jpg",
         r"/train' holds 1 domains \(images\).*; sort the images into a folder for each domain"),
        ("loose_in_train", "train/a.jpg val/b.jpg",
         r"/train' holds 0 domains \(no folder\).*; sort the images into a folder for each domain"),
        ("folder_too_many", "train/images/cat/a.jpg train/images/dog/b.jpg val/images/cat/c.jpg",
         "/train' holds 1 domains .*; if cat, dog in 'images' are the domains, move them up"),
        ("wrapped_parts", "afhq/train/cat/a.jpg afhq/val/cat/b.jpg",
         "itself holds no 'train', but '.*/afhq' does; pass data_dir=.*/afhq[.]$"),
        ("wrapped_beside", "afhq/train/cat/a.jpg afhq/val/cat/b.jpg __MACOSX/x.jpg notes/x.txt",
         "pass data_dir=.*/afhq[.]$"),
        ("wrapped_twice", "a/b/train/cat/a.jpg a/b/val/cat/a.jpg",
         "train, val in '.*/a/b' are the parts, pass data_dir=.*/a/b[.]$"),
        ("wrapped_train", "a/train/cat/a.jpg", "train in '.*/a' are the parts, pass .*=.*/a[.]$"),
        ("wrapped_domains", "photos/cat/a.jpg photos/dog/b.jpg",
         "single folder, 'photos', .* if cat, dog in .*are the domains, pass .*/photos[.]$"),
        ("several", "afhq/train/cat/a.jpg afhq/val/cat/b.jpg hq/train/cat/a.jpg hq/val/cat/b.jpg",
         "pass one of afhq, hq, such as data_dir=.*/afhq[.]$"),
        ("domains_first", "cat/train/a.jpg cat/val/b.jpg dog/train/a.jpg dog/val/b.jpg",
         "Each of cat, dog in .* is split by itself.*; move cat/train to train/cat, and so on[.]$"),
        ("cyclegan", "trainA/a.jpg trainB/b.jpg testA/a.jpg testB/b.jpg",
         "as for CycleGAN.*; move testA to test/A, testB to test/B, trainA to train/A, trainB to"),
        ("only_val", "val/cat/a.jpg val/dog/b.jpg",
         "holds 'val', .* but no 'train'; add it, or pass data_dir=.*/val to split those"),
        ("test_beside_domains", "cat/a.jpg dog/b.jpg Test/c.jpg",
         "holds 'Test', .* but no 'train'; move cat, dog into '.*/train' .* or rename 'Test'"),
        ("train_is_a_vehicle", "bus/a.jpg car/b.jpg train/c.jpg",
         "images in 'train', .* and beside it in bus, car, but no 'val'; rename 'train' if"),
        ("labels_of_detectors", "images/a.jpg labels/a.txt",
         "/labels' holds no image .*remove the folder"),
    )  # fmt: skip
    def test_mistakes(self, names, message):
        self.write(names)
        with self.assertRaisesRegex(errors.UserError, message):
            image_folder.load_image_folder(self.dir, "train")


if __name__ == "__main__":
    tf.test.main()
