"""Caches of images: the same values as without, within the budget, found again on disk."""

import os
import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf import errors
from stargan_tf.data import caching, draws, image_files, labels, pipeline

SIZE = 8  # of the samples in pixels
PIXELS = SIZE * SIZE * 3  # bytes of one


class FilesTestCase(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.dir = pathlib.Path(self.create_tempdir().full_path)
        random = np.random.default_rng(0)
        self.paths = [str(self.dir / f"{i}.png") for i in range(5)]
        for path in self.paths:
            picture = random.integers(0, 256, (12, 10, 3), np.uint8)
            Image.fromarray(picture).save(path)
        space = labels.LabelSpace("attributes", ("any",))
        self.images = image_files.ImageFiles(self.paths, np.zeros((5, 1)), space)
        self.budget = caching.Budget("disk", 1.0, str(self.dir / "cache"))

    def sampler(self, budget, **options):
        return pipeline.Sampler(self.images, 3, SIZE, cache=budget, **options)

    def squares(self, sampler, count=20):
        """Returns samples of several epochs, made in parallel."""
        numbers = tf.data.Dataset.range(count)
        which = numbers.map(lambda n: {"index": n % 5, "mirrored": n % 3 == 0, "n": n})
        found = list(sampler.with_images(which.batch(4, True)).as_numpy_iterator())
        self.assertAllEqual(np.concatenate([one["n"] for one in found]), np.arange(count))
        return [one["image"] for one in found]

    def crops(self, sampler, count=20):
        def crop(n):
            return sampler.augmented(n % 5, n, draws.Draw.SOURCE, 0.5)

        return list(tf.data.Dataset.range(count).map(crop, num_parallel_calls=4))

    def ruin(self):
        """Replaces the files by others of the same length and time: a cache can't notice."""
        for path in self.paths:
            status = os.stat(path)
            with open(path, "wb") as file:
                file.write(bytes(status.st_size))
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


class SamplerTest(FilesTestCase):
    @parameterized.product(where=("auto", "memory", "disk"), kind=("squares", "crops"))
    def test_samples_are_the_same_and_files_are_read_once(self, where, kind):
        make = getattr(self, kind)
        expected = make(self.sampler(caching.Budget("off")))
        directory = str(self.dir / "cache") if where == "disk" else ""
        sampler = self.sampler(caching.Budget(where, 1.0, directory))
        self.assertAllEqual(make(sampler), expected)
        self.ruin()
        self.assertAllEqual(make(sampler), expected)

    def test_without_a_cache_files_are_read_again(self):
        sampler = self.sampler(caching.Budget("off"))
        self.squares(sampler)
        self.ruin()
        with self.assertRaises(tf.errors.InvalidArgumentError):
            self.squares(sampler)

    def test_the_budget_is_kept(self):
        sampler = self.sampler(caching.Budget("memory", 2.5 * PIXELS / 1e9))
        expected = self.squares(sampler)
        self.assertLen(sampler._pixels._values, 2)
        self.assertAllEqual(self.squares(sampler), expected)

    def test_auto_takes_half_of_what_is_free(self):
        with mock.patch.object(os, "sysconf", return_value=100):
            self.assertEqual(caching.Budget("auto", 1.0).size, 5000)
            self.assertEqual(caching.Budget("memory", 1.0).size, 10**9)
        with mock.patch.object(os, "sysconf", side_effect=ValueError):
            self.assertEqual(caching.Budget("auto", 1.0).size, 10**9)

    def test_what_is_in_memory_already_is_not_kept_again(self):
        self.images.in_memory = True
        sampler = self.sampler(caching.Budget("memory"))
        self.assertIsNone(sampler._pixels)
        self.assertIsNone(sampler._files)


class DiskTest(FilesTestCase):
    def fill(self):
        self.expected = self.squares(self.sampler(self.budget))
        return [*(self.dir / "cache").rglob("*.data")]

    def test_another_run_finds_it(self):
        self.fill()
        self.ruin()
        self.assertAllEqual(self.squares(self.sampler(self.budget)), self.expected)

    def test_another_size_or_crop_is_another_entry(self):
        self.fill()
        found = self.squares(self.sampler(self.budget, crop_size=5))
        expected = self.squares(self.sampler(caching.Budget("off"), crop_size=5))
        self.assertAllEqual(found, expected)
        self.assertNotAllEqual(found, self.expected)

    def test_a_changed_file_is_read_again(self):
        self.fill()
        Image.new("RGB", (9, 9), "red").save(self.paths[2])
        expected = self.squares(self.sampler(caching.Budget("off")))
        self.assertNotAllEqual(expected, self.expected)
        self.assertAllEqual(self.squares(self.sampler(self.budget)), expected)

    def test_damaged_values_are_made_again(self):
        (data,) = self.fill()
        contents = bytearray(data.read_bytes())
        contents[10] ^= 1
        data.write_bytes(bytes(contents))
        self.assertAllEqual(self.squares(self.sampler(self.budget)), self.expected)

    @parameterized.parameters(".data", ".index")
    def test_what_was_cut_off_is_made_again(self, suffix):
        (data,) = self.fill()
        path = data.with_suffix(suffix)
        path.write_bytes(path.read_bytes()[:-7])
        self.assertAllEqual(self.squares(self.sampler(self.budget)), self.expected)
        data.with_suffix(".index").unlink()
        self.assertAllEqual(self.squares(self.sampler(self.budget)), self.expected)

    def test_the_budget_counts_what_earlier_runs_have_kept(self):
        self.budget = caching.Budget("disk", 3.5 * PIXELS / 1e9, str(self.dir / "cache"))
        for _ in range(2):
            (data,) = self.fill()
            self.assertEqual(data.stat().st_size, 3 * PIXELS)

    def test_a_full_disk_only_ends_the_caching(self):
        expected = self.squares(self.sampler(caching.Budget("off")))
        with mock.patch.object(os, "write", side_effect=OSError(28, "No space left on device")):
            self.assertAllEqual(self.squares(self.sampler(self.budget)), expected)

    def test_a_folder_that_cannot_be_used(self):
        budget = caching.Budget("disk", 1.0, self.paths[0])
        with self.assertRaisesRegex(errors.UserError, "The cache folder .* can't be used"):
            budget.folder()

    def test_the_folder_of_the_user(self):
        with mock.patch.dict(os.environ, {"XDG_CACHE_HOME": str(self.dir)}):
            self.squares(self.sampler(caching.Budget("disk")))
        self.assertNotEmpty([*(self.dir / "stargan_tf" / "8px-crop0-exact-1").glob("*.index")])


if __name__ == "__main__":
    tf.test.main()
