"""What is read of a folder of photos, what is passed over, and how the results are called."""

import contextlib
import io
import itertools
import os
import pathlib

import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data.images import photo_folders
from stargan_tf.pictures import photo_jobs, photos


class PhotoJobsTestCase(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.folder, self.output = self.root / "in", self.root / "out"
        self.folder.mkdir()

    def _files(self, *names, contents=b"x"):
        for name in names:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(contents)

    def _jobs(self, output=None):
        """Returns the results' names by the photos', both relative, and what was printed."""
        output = output or self.output
        with contextlib.redirect_stdout(io.StringIO()) as said:
            jobs = photo_jobs.jobs(self.folder, output)
        self.assertTrue(jobs.of_folder)
        return {
            str(photo.relative_to(self.folder)): str(result.relative_to(output))
            for photo, result in jobs.pairs
        }, said.getvalue()


class NamesTest(PhotoJobsTestCase):
    @parameterized.named_parameters(
        ("alone", {"a.jpg": "a.png", "b.png": "b.png"}),
        ("two", {"a.jpg": "a.jpg.png", "a.png": "a.png.png"}),
        ("three", {"a.jpg": "a.jpg.png", "a.jpg.png": "a.jpg.png.png", "a.png": "a.png.png"}),
        ("double", {"a.jpg.png": "a.jpg.png", "b.jpg": "b.png"}),
        ("capitals", {"A.jpg": "A.jpg.png", "a.png": "a.png.png"}),
        ("capitals_only", {"A.jpg": "A.jpg.png", "a.JPG": "a.JPG-2.png", "a.jpg": "a.jpg-3.png"}),
        ("folders", {"a.jpg": "a.png", "s/a.jpg": "s/a.png", "s/t/a.gif": "s/t/a.png"}),
        ("capital_folders", {"S/a.jpg": "S/a.jpg.png", "s/a.png": "s/a.png.png"}),
        ("a_folder_of_that_name", {"b.jpg": "b.jpg.png", "b.png/c.jpg": "b.png/c.png"}),
        ("composed", {"e\u0301.jpg": "e\u0301.jpg.png", "\u00e9.png": "\u00e9.png.png"}),
        (
            "numbers",
            {"A.jpg": "A.jpg.png", "a.jpg": "a.jpg-2.png", "a.jpg-2.gif": "a.jpg-2.gif.png"},
        ),
    )
    def test_names(self, expected):
        self._files(*expected)
        found, said = self._jobs()
        self.assertEqual(found, expected)
        self.assertEqual(list(found), sorted(found, key=lambda name: name.split("/")))
        self.assertEqual(said, "")

    def test_no_two_results_are_one_file_whatever_the_names(self):
        parts = ("a", "A", "a-2", "s"), ("", ".jpg", ".png", ".jpg.png", ".jpg-2.png", ".JPG")
        names = ["".join(part) for part in itertools.product(*parts)]
        paths = [pathlib.PurePath(name) for name in names]
        paths += [pathlib.PurePath("s.png", name) for name in names]
        found = [str(path).lower() for path in photo_jobs._outputs(paths)]
        self.assertLen(set(found), len(paths))
        self.assertNotIn("s.png", found)  # the folder


class ListingTest(PhotoJobsTestCase):
    def test_what_is_no_picture_is_passed_over_with_a_word(self):
        self._files("a.jpg", "Thumbs.db", ".DS_Store", "desktop.ini", "notes.txt", "s/._a.jpg",
                    ".cache/b.jpg", "s/b.HEIC", "c.csv")  # fmt: skip
        (self.root / "elsewhere").mkdir()
        (self.folder / "linked").symlink_to(self.root / "elsewhere")
        os.mkfifo(self.folder / "pipe")  # reading it would never end
        found, said = self._jobs()
        self.assertEqual(list(found), ["a.jpg", "s/b.HEIC"])
        self.assertEqual(
            said,
            f"{self.folder}: passed over, as hidden, a link to a folder or no picture: .DS_Store, "
            ".cache/, Thumbs.db, c.csv, desktop.ini and 4 more\n",
        )

    @parameterized.parameters("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF")
    def test_a_picture_without_its_suffix_is_known_by_its_first_bytes(self, kind):
        if kind == "AVIF" and kind not in (Image.init(), Image.SAVE)[1]:
            self.skipTest("this Pillow has no AVIF")
        Image.new("RGB", (40, 30), "teal").save(self.folder / "face", kind)
        (self.folder / "face").rename(self.folder / "face.jpg_large")
        found, said = self._jobs()
        self.assertEqual((found, said), ({"face.jpg_large": "face.png"}, ""))
        photos.read_photo(str(self.folder / "face.jpg_large"))

    def test_texts_that_begin_as_pictures_do_are_none(self):
        self._files("a.jpg")
        self._files("text", contents=b"BMW and other cars, one in each line of this file")
        self._files("sound.wav", contents=b"RIFF\x24\0\0\0WAVEfmt ")
        self._files("film.mp4", contents=b"\0\0\0\x20ftypisom\0\0\2\0")
        self._files("empty", contents=b"")
        found, said = self._jobs()
        self.assertEqual(list(found), ["a.jpg"])
        self.assertIn("no picture: empty, film.mp4, sound.wav, text\n", said)

    @parameterized.parameters("results", "a/results", "run.v2")
    def test_the_results_are_not_read(self, name):
        self._files("a.jpg", "a/b.jpg")
        self._files(f"{name}/a.png", f"{name}/c.png")
        found, said = self._jobs(self.folder / name)
        self.assertEqual((found, said), ({"a.jpg": "a.png", "a/b.jpg": "a/b.png"}, ""))
        self.assertTrue((self.folder / name / "a").is_dir())

    def test_a_link_to_a_file_is_a_file_and_the_folder_may_be_a_link(self):
        (self.root / "real.jpg").write_bytes(b"x")
        (self.folder / "link.jpg").symlink_to(self.root / "real.jpg")
        (self.folder / "broken.jpg").symlink_to(self.root / "none.jpg")
        (self.root / "in2").symlink_to(self.folder)
        photos, _ = photo_folders.list_photos(self.root / "in2")
        self.assertEqual([str(p) for p in photos], ["broken.jpg", "link.jpg"])

    def test_found_takes_photos_and_folders(self):
        self._files("b.jpg", "s/a.jpg", "notes.txt")
        (self.root / "one.txt").write_bytes(b"x")
        with contextlib.redirect_stdout(io.StringIO()) as said:
            found = photo_jobs.find_photos(
                [str(self.root / "one.txt"), str(self.folder)], "`reference`"
            )
        expected = [self.root / "one.txt", self.folder / "b.jpg", self.folder / "s/a.jpg"]
        self.assertEqual(found, expected)
        self.assertIn("notes.txt", said.getvalue())


class MistakesTest(PhotoJobsTestCase):
    @parameterized.named_parameters(
        ("empty", (), r"in holds no photo; name a folder with JPEG, PNG, WebP"),
        ("others", ("notes.txt",), r"in holds no photo \(passed over.*: notes.txt\); name a fold"),
        ("hidden", (".a.jpg",), r"holds no photo \(.*: .a.jpg\)"),
    )
    def test_no_photo(self, names, message):
        self._files(*names)
        with self.assertRaisesRegex(errors.UserError, f"`image`=.*{message}"):
            self._jobs()
        self.assertFalse(self.output.exists())

    def test_an_output_that_is_no_folder(self):
        self._files("a.jpg")
        (self.root / "file").write_bytes(b"x")
        for name in ("file", "new.png"):
            with self.assertRaisesRegex(errors.UserError, f"must be one too; received .*{name}"):
                self._jobs(self.root / name)
        with self.assertRaisesRegex(errors.UserError, "is the folder of the photos itself"):
            self._jobs(self.folder / ".." / "in")

    def test_a_photo_is_not_overwritten(self):
        self._files("in/a.png", "b.png")
        with self.assertRaisesRegex(errors.UserError, "would overwrite the photo .*in/in/b.png"):
            os.link(self.folder / "b.png", self.folder / "in" / "b.png")
            photo_jobs.jobs(self.folder / "in", self.folder)
        # On a file system that takes them for the same, B.PNG is b.png: one number, two names.
        os.link(self.folder / "b.png", self.root / "B.PNG")
        with self.assertRaisesRegex(errors.UserError, "would overwrite the photo"):
            photo_jobs.jobs(self.folder / "b.png", self.root / "B.PNG")

    def test_a_folder_that_can_not_be_listed(self):
        if os.geteuid() == 0:
            self.skipTest("root may list any folder")
        self._files("a.jpg", "closed/b.jpg")
        (self.folder / "closed").chmod(0)
        self.addCleanup((self.folder / "closed").chmod, 0o700)
        with self.assertRaisesRegex(errors.UserError, "Cannot list the folder .*closed"):
            self._jobs()


if __name__ == "__main__":
    tf.test.main()
