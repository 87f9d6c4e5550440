"""What a folder that is not laid out as a data set looks like, and what to do with it."""

import os
import pathlib

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.data.sources import folder_layout, folder_survey
from stargan_tf.diagnosis import folder


class FolderTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path) / "data"
        self.root.mkdir()

    def write(self, *paths):
        for path in paths:
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_bytes(b"x")

    def guess(self, kind="image_folder", root=""):
        return folder.guess(folder_survey.survey(os.path.join(self.root, root)), kind)

    @parameterized.named_parameters(
        ("nothing", [], "Copy images into ROOT/<domain>, a folder for each domain"),
        ("archive", ["b.zip", "a.tar"], "Unpack ROOT/a.tar first"),
        ("heic", ["train/cat/a.heic", "b.svg"], "Convert the 2 pictures to JPEG or PNG first"),
        ("celeba", ["list_attr_celeba.txt", "images/1.jpg"],
         "Pass --dataset=celeba --data_dir=ROOT/"),
        ("celeba_below", ["x/list_attr_celeba.txt", "x/images/1.jpg"],
         "Pass --dataset=celeba --data_dir=ROOT/x"),
        ("as_it_was_said", ["set/train/cat/1.jpg", "set/val/cat/1.jpg"], ""),
    )  # fmt: skip
    def test_guess(self, paths, expected):
        self.write(*paths)
        self.assertEqual(self.guess(), expected.replace("ROOT", str(self.root)))

    def test_guess_of_a_name(self):
        self.assertEqual(self.guess(root="../dota"), f"Pass --data_dir={self.root}/../data")
        self.assertEqual(self.guess(root="/nowhere/at/all"), "Check --data_dir")

    @parameterized.named_parameters(
        ("parts", ["a.jpg", "train/b.jpg", "train/cat/c.jpg", "train/dog/more/d.jpg", "e/f/g.jpg",
                   "val/cat/h.jpg"], ["/", "/e/f", "/train"]),
        ("three_parts", ["train/cat/a.jpg", "Val/cat/b.jpg", "test/cat/c.jpg", "test/d.jpg"],
         ["/test"]),
        ("train_alone", ["train/cat/a.jpg", "train/b.jpg"], ["/train"]),
        ("no_parts", ["cat/a.jpg", "dog/more/b.jpg", "c.jpg"], ["/"]),
    )  # fmt: skip
    def test_what_is_outside_of_the_layout(self, paths, outside):
        self.write(*paths)
        survey = folder_survey.survey(self.root)
        (found,) = folder.strays(survey, folder_layout.find(str(self.root)))
        names = [name.removeprefix(str(self.root)) for name in found.names]
        self.assertEqual(names, [f"{at} (1 image)" for at in outside])
        self.assertEqual(folder.strays(survey), [])

    def test_links_and_too_much(self):
        self.write("train/cat/a.jpg")
        os.symlink("/", self.root / "train" / "cat" / "all")
        (found,) = folder.strays(folder_survey.survey(self.root))
        self.assertEqual((found.kind, found.names), ("links", (f"{self.root}/train/cat/all",)))
        (found,) = folder.strays(folder_survey.survey(self.root, most=1))
        self.assertEqual(found.kind, "large_folder")

    def test_description(self):
        self.write(*(f"{i:02d}/a.jpg" for i in range(12)), "x.txt")
        lines = folder.description(folder_survey.survey(self.root))
        self.assertEqual(lines[0], f"{self.root} holds 12 folders; files: 12 .jpg, 1 .txt.")
        self.assertEqual(lines[1], "  00: 1 image")
        self.assertEqual(lines[-1], "  and 2 more folders with images")
        lines = folder.description(folder_survey.survey("/nowhere"))
        self.assertEqual(lines, ["/nowhere is missing, is no folder, or can't be listed."])


if __name__ == "__main__":
    tf.test.main()
