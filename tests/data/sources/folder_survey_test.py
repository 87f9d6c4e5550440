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
        survey = folder_survey.survey(self.root)
        self.assertEqual(survey.root, str(self.root))
        self.assertEqual(
            survey.folders, ["train", "train/cat", "train/cat/more", "train/dog", "val"]
        )
        images = {"": 1, "train/cat": 1, "train/cat/more": 1, "train/dog": 1}
        self.assertEqual(survey.images, images)
        self.assertEqual(
            survey.suffixes,
            {".jpg": 1, ".png": 1, ".jpeg": 1, ".webp": 1, ".heic": 2, ".gz": 1, "no suffix": 1},
        )
        self.assertEqual(survey.unread, ["train/dog/e.HEIC", "x.heic"])
        self.assertEqual(
            survey.describe_left_out(),
            f"left out of {self.root}: 4 files that are not images this program reads "
            "(.heic 2, .gz 1, no suffix 1)",
        )
        self.assertEqual(survey.archives, ["pictures.tar.gz"])
        self.assertEqual(survey.hidden, ["train/.cache"])
        self.assertEqual((survey.links, survey.problems, survey.complete), ([], [], True))

    def test_links_are_followed_where_domains_may_be(self):
        self.write("elsewhere/a.jpg", "train/dog/b.jpg")
        os.symlink(self.root / "elsewhere", self.root / "train" / "cat")
        os.symlink(self.root, self.root / "train" / "dog" / "circle")
        survey = folder_survey.survey(self.root)
        self.assertEqual(survey.links, ["train/dog/circle"])
        self.assertEqual(survey.images["train/cat"], 1)

    def test_nothing_is_left_out(self):
        self.write("cat/a.jpg")
        self.assertEqual(folder_survey.survey(self.root).describe_left_out(), "")

    def test_a_folder_that_is_not_there(self):
        survey = folder_survey.survey(self.root / "nowhere")
        self.assertEqual((survey.problems, survey.images), ([""], {}))

    def test_there_is_an_end(self):
        self.write(*(f"{i}/{j}.jpg" for i in range(9) for j in range(9)))
        survey = folder_survey.survey(self.root, most=20)
        self.assertFalse(survey.complete)
        self.assertLess(sum(survey.images.values()), 40)


if __name__ == "__main__":
    tf.test.main()
