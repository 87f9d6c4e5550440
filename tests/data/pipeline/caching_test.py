"""Caches of images: the same values as without, within the budget."""

import os
import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.data import labels
from stargan_tf.data.pipeline import caching, draws, samplers
from stargan_tf.data.sources import image_files

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

    def sampler(self, budget, **options):
        return samplers.Sampler(self.images, 3, SIZE, cache=budget, **options)

    def squares(self, sampler, count=20):
        """Returns samples of several epochs, made in parallel."""
        numbers = tf.data.Dataset.range(count)
        which = numbers.map(lambda n: {"image": samplers.View(n % 5, n % 3 == 0), "n": n})
        batches = list(sampler.load_batches(which.batch(4, True)).as_numpy_iterator())
        self.assertAllEqual(np.concatenate([one["n"] for one in batches]), np.arange(count))
        return [one["image"] for one in batches]

    def crops(self, sampler, count=20):
        def crop(n):
            return sampler.load(sampler.view(n % 5, n, draws.Draw.SOURCE, 0.5))

        return list(tf.data.Dataset.range(count).map(crop, num_parallel_calls=4))

    def ruin(self):
        """Replaces the files by others of the same length and time: a cache can't notice."""
        for path in self.paths:
            status = os.stat(path)
            with open(path, "wb") as file:
                file.write(bytes(status.st_size))
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


class SamplerTest(FilesTestCase):
    @parameterized.product(where=("auto", "memory"), kind=("squares", "crops"))
    def test_samples_are_the_same_and_files_are_read_once(self, where, kind):
        make = getattr(self, kind)
        expected = make(self.sampler(caching.Budget("off")))
        sampler = self.sampler(caching.Budget(where, 1.0))
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
        self.assertLen(sampler._plain._values, 2)
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
        self.assertIsNone(sampler._plain)
        self.assertIsNone(sampler._files)


if __name__ == "__main__":
    tf.test.main()
