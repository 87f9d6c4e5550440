"""The Radboud Faces Database: labels from names and folders, split by person."""

import hashlib
import itertools
import os
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.data import loading, options
from stargan_tf.data.sources import image_files, rafd

EIGHT = ("angry", "contemptuous", "disgusted", "fearful", "happy", "neutral", "sad", "surprised")
GAZES = ("frontal", "left", "right")


def ranked(identities):
    """The order in which people are held out, written another way than the program does."""
    digest = lambda name: hashlib.blake2b(name.encode(), digest_size=8).hexdigest()  # noqa: E731
    return sorted(identities, key=digest)


def name(identity, expression, angle="090", gaze="frontal"):
    return f"Rafd{angle}_{identity}_Caucasian_female_{expression}_{gaze}.jpg"


class RafdTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.dir = self.create_tempdir().full_path

    def write(self, *names):
        for path in (os.path.join(self.dir, n) for n in names):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, "wb").close()  # No image is opened to list them.

    def names(self, split="train", fraction=0.1):
        files = rafd.load_rafd(self.dir, split, fraction)
        return [os.path.relpath(path, self.dir) for path in files.paths]

    def error(self, fraction=0.1, data_dir=None):
        with self.assertRaises(errors.UserError) as caught:
            rafd.load_rafd(self.dir if data_dir is None else data_dir, "train", fraction)
        return str(caught.exception)

    def test_the_whole_database_gives_the_images_of_the_paper(self):
        people = [f"{i:02d}" for i in range(1, 74) if i not in (6, 13, 17, 34, 62, 66)]
        angles = ("000", "045", "090", "135", "180")
        everything = list(itertools.product(people, EIGHT, angles, GAZES))
        self.assertLen(everything, 8040)  # as the database's own overview says
        listed = sorted(os.path.join(self.dir, name(*one)) for one in everything)
        held_out = set(ranked(people)[:7])  # of 67, a tenth
        given = options.DataOptions(dataset="rafd", data_dir=self.dir)
        given.check()
        sizes = []
        for split in ("train", "test"):
            with mock.patch.object(image_files, "find_images", return_value=listed):
                files = loading.load(given, split)
            expected = [
                os.path.join(self.dir, name(i, expression, angle, gaze))
                for expression in EIGHT
                for angle in ("045", "090", "135")
                for i in people
                for gaze in GAZES
                if (i in held_out) == (split == "test")
            ]
            self.assertEqual(list(files.paths), expected)
            self.assertEqual(files.label_space.names, EIGHT)
            self.assertEqual(files.label_space.kind, "domains")
            places = [next(k for k, e in enumerate(EIGHT) if f"_{e}_" in p) for p in files.paths]
            self.assertAllEqual(files.labels, np.eye(8)[places])
            sizes.append(files.size)
        self.assertEqual(sizes, [60 * 72, 7 * 72])
        self.assertEqual(sum(sizes), 4824)

    def test_folders_of_expressions_and_shortened_names(self):
        names = {  # in the order that is expected: what they show, and whom
            "angry/Rafd090_01.jpg": ("angry", "01"),
            "angry/deep/045_02_x.PNG": ("angry", "02"),
            "HAPPY/rafd135_01_KID_MALE_HAPPY_LEFT.JPEG": ("happy", "01"),
            "happy/Rafd_02.jpg": ("happy", "02"),
            "03_sad.jpg": ("sad", "03"),
            "sad/happy/sad/Rafd090_01_1.jpg": ("sad", "01"),
        }
        self.write("happy/000_02.jpg", *names)  # a profile view, which is left out
        held_out = ranked(["01", "02", "03"])[0]
        for split in ("train", "test"):
            expected = [n for n in names if (names[n][1] == held_out) == (split == "test")]
            self.assertEqual(self.names(split, 0.3), expected)
            files = rafd.load_rafd(self.dir, split, 0.3)
            self.assertEqual(files.label_space.names, ("angry", "happy", "sad"))
            shown = [files.label_space.names[i] for i in files.labels.argmax(axis=1)]
            self.assertEqual(shown, [names[n][0] for n in expected])

    @parameterized.parameters((0.01, 1), (0.1, 1), (0.25, 2), (0.5, 5), (0.9, 9))
    def test_people_are_held_out(self, fraction, count):
        people = [f"{i:02d}" for i in range(1, 11)]
        # Whatever the folders are called that they lie in.
        parts = ("train", "test", "val")
        for k, (i, expression) in enumerate(itertools.product(people, ("happy", "sad"))):
            self.write(f"{parts[k % 3]}/{expression}/{name(i, expression)}")
        shown = {
            split: {os.path.basename(n)[8:10] for n in self.names(split, fraction)}
            for split in ("train", "test")
        }
        self.assertEqual(shown["test"], set(ranked(people)[:count]))
        self.assertEqual(shown["train"], set(people) - shown["test"])

    def test_names_that_can_not_be_read(self):
        good = [name(i, e) for i in ("01", "02") for e in ("happy", "sad")]
        for bad, message in (
            ("sad/anna.jpg", "sad/anna.jpg' does not tell who it shows; .*dataset=image_folder"),
            ("sad/01.jpg", "sad/01.jpg' does not tell who"),  # numbers anything
            ("sad/Rafd090_1_x.jpg", "Rafd090_1_x.jpg' does not tell who"),
            ("Rafd090_01_x.jpg", "Neither the name of .*Rafd090_01_x.jpg' nor a folder .* express"),
            (f"sad/{name('03', 'happy')}", "_happy_frontal.jpg' says happy, but its folder sad; m"),
            (name("03", "sad", "120"), "camera angle in the name of .*120_03.* is 120, but RaFD h"),
            (f"cropped/{good[1]}", r"seem to be the same image; remove one version"),
        ):
            self.write(*good, bad)
            self.assertRegex(self.error(), message)
            os.remove(os.path.join(self.dir, bad))
        self.assertLen(self.names(), 2)

    def test_too_little(self):
        expected = "expected DIR with files such as Rafd090_01_Caucasian_female_angry_frontal.jpg"
        self.assertRegex(self.error(data_dir=""), f"data_dir=DIR; {expected}")
        self.assertRegex(self.error(data_dir="/nowhere"), f"no data folder '/nowhere'; {expected}")
        self.assertRegex(self.error(), f"no image in .*; {expected}")
        self.write(name("01", "sad", "000"))
        self.assertRegex(self.error(), "All 1 images .* profile views .camera angle 000 or 180.")
        self.write(name("01", "sad"))
        self.assertRegex(self.error(), "All 1 images .* are sad, .*at least 2 of the expressions")
        self.write(name("01", "happy"))
        self.assertRegex(self.error(), "of one person .01., but some people are held out")
        self.write(name("02", "happy"), name("02", "sad"))
        self.assertRegex(self.error(0.9), "val_fraction=0.9 holds out all 2 people")
        first, _ = ranked(["01", "02"])
        self.write(name(first, "angry"))
        self.assertRegex(self.error(), f"images of the expression angry are of .*{first}.; add")

    def test_labels_can_not_be_chosen(self):
        given = options.DataOptions(dataset="rafd", data_dir="x", domains="angry,sad")
        with self.assertRaisesRegex(errors.UserError, "names of folders or files"):
            given.check()

    def test_unknown_split(self):
        with self.assertRaisesRegex(ValueError, "Received: 'val'"):
            rafd.load_rafd(self.dir, "val")


if __name__ == "__main__":
    tf.test.main()
