"""What is seen in a folder, and what is left out."""

import os
import pathlib

import tensorflow as tf

from stargan_tf.data.sources import folder_survey


class FolderSurveyTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path) / "data"
        self.root.mkdir()

    def write(self, *paths):
        for path in paths:
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_bytes(b"x")

    def test_kinds_of_files_and_where_they_are(self):
        self.write("a.JPG", "train/cat/b.png", "train/cat/more/c.jpeg", "train/dog/d.webp",
                   "train/dog/e.HEIC", "x.heic", "pictures.tar.gz", "README", "train/.cache/f.jpg",
                   "train/dog/.g.jpg")  # fmt: skip
        (self.root / "val").mkdir()
        found = folder_survey.survey(self.root)
        self.assertEqual(found.root, str(self.root))
        self.assertEqual(
            found.folders, ("train", "train/cat", "train/cat/more", "train/dog", "val")
        )
        self.assertEqual(found.images, {"": 1, "train/cat": 1, "train/cat/more": 1, "train/dog": 1})
        self.assertEqual(
            found.suffixes,
            {".jpg": 1, ".png": 1, ".jpeg": 1, ".webp": 1, ".heic": 2, ".gz": 1, "no suffix": 1},
        )
        self.assertEqual(found.unread, ("train/dog/e.HEIC", "x.heic"))
        self.assertEqual(
            found.left_out(),
            f"left out of {self.root}: 4 files that are not images this program reads "
            "(.heic 2, .gz 1, no suffix 1)",
        )
        self.assertEqual(found.archives, ("pictures.tar.gz",))
        self.assertEqual(found.hidden, ("train/.cache",))
        self.assertEqual((found.links, found.problems, found.complete), ((), (), True))
        self.assertEqual(found.children(), ("train", "val"))
        self.assertEqual(found.children("train"), ("cat", "dog"))
        self.assertEqual([found.images_below(f) for f in ("", "train", "train/cat", "val")],
                         [4, 3, 2, 0])  # fmt: skip

    def test_links_are_followed_where_domains_may_be(self):
        self.write("elsewhere/a.jpg", "train/dog/b.jpg")
        os.symlink(self.root / "elsewhere", self.root / "train" / "cat")
        os.symlink(self.root, self.root / "train" / "dog" / "circle")
        found = folder_survey.survey(self.root)
        self.assertEqual(found.links, ("train/dog/circle",))
        self.assertEqual(found.images["train/cat"], 1)

    def test_nothing_is_left_out(self):
        self.write("cat/a.jpg")
        self.assertEqual(folder_survey.survey(self.root).left_out(), "")

    def test_a_folder_that_is_not_there(self):
        found = folder_survey.survey(self.root / "nowhere")
        self.assertEqual((found.problems, found.images), (("",), {}))

    def test_there_is_an_end(self):
        self.write(*(f"{i}/{j}.jpg" for i in range(9) for j in range(9)))
        found = folder_survey.survey(self.root, most=20)
        self.assertFalse(found.complete)
        self.assertLess(sum(found.images.values()), 40)


if __name__ == "__main__":
    tf.test.main()
