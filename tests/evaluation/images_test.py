"""Real images as metrics see them: read as training does it, and told apart by their keys."""

import os
import pathlib

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data.pipeline import samplers
from stargan_tf.data.sources import image_files
from stargan_tf.evaluation import images
from tests import tiny

SPACE = tiny.LABELS["stargan_v2"]


class ImagesTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.create_tempdir().full_path)
        self.pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)
        self.paths = [str(self.folder / f"{i}.png") for i in range(6)]
        for path, pixels in zip(self.paths, self.pixels, strict=True):
            Image.fromarray(pixels).save(path)
        self.labels = np.eye(3, dtype=np.float32)[[0, 0, 1, 1, 2, 2]]

    def _images(self, size=8):
        source = image_files.ImageFiles(self.paths, self.labels, SPACE)
        return images.Images(samplers.Sampler(source, 0, size, flip=False), SPACE, self.labels)

    def test_they_are_the_files_in_order(self):
        some = self._images()
        self.assertEqual(some.size, 6)
        self.assertAllEqual(some.take([4, 1]), self.pixels[[4, 1]])
        self.assertAllEqual(np.concatenate(list(some.batches(4))), self.pixels)
        self.assertEqual([len(part) for part in some.batches(4)], [4, 2])

    def test_some_domains_alone(self):
        part = self._images().subset([5, 1, 3]).of_domains(("Brown", "Black"))
        self.assertEqual(part.space.names, ("Brown", "Black"))
        self.assertAllEqual(part.labels, [[1, 0], [0, 1]])
        self.assertAllEqual(part.take([0, 1]), self.pixels[[5, 1]])
        self.assertAllEqual(part.showing("Black").take([0]), self.pixels[[1]])

    def test_keys_tell_images_apart(self):
        some = self._images()
        self.assertLen(set(some.keys()), 6)
        self.assertEqual(some.subset([4, 2]).keys(), [some.keys()[i] for i in (4, 2)])
        drawn = tiny.Pictures(4)
        drawn.images[3] = drawn.images[1]
        sampler = samplers.Sampler(drawn, 0, tiny.SIZE, flip=False)
        keys = images.Images(sampler, drawn.label_space, drawn.labels).keys()
        self.assertEqual(keys[1], keys[3])
        self.assertLen(set(keys), 3)

    def test_parts_keep_their_labels(self):
        some = self._images()
        for part, rows in (
            (some.showing("Blond"), [2, 3]),
            (some.showing("Blond", present=False), [0, 1, 4, 5]),
            (some.subset([5, 0]), [5, 0]),
            (some.spread(3), [0, 2, 5]),
            (some.spread(0), range(6)),
            (some.subset([5, 4, 3]).showing("Brown"), [5, 4]),
        ):
            self.assertAllEqual(part.take(np.arange(part.size)), self.pixels[list(rows)])
            self.assertAllEqual(part.labels, self.labels[list(rows)])

    def test_keys_tell_contents_apart(self):
        key = self._images().key
        self.assertEqual(self._images().key, key)
        others = [self._images(4).key, self._images().subset([0, 1]).key]
        others.append(self._images().subset([1, 0]).key)
        Image.fromarray(self.pixels[0]).save(self.paths[1])
        os.utime(self.paths[1], (1, 1))
        others.append(self._images().key)
        self.assertLen({key, *others}, 5)

    def test_images_without_files_are_told_apart_by_their_pixels(self):
        def key(pictures):
            sampler = samplers.Sampler(pictures, 0, tiny.SIZE, flip=False)
            return images.Images(sampler, pictures.label_space, pictures.labels).key

        pictures, other = tiny.Pictures(3), tiny.Pictures(3)
        self.assertEqual(key(pictures), key(other))
        other.images = other.images.copy()
        other.images[2, 0, 0, 0] ^= 1
        self.assertNotEqual(key(pictures), key(other))

    def test_a_file_that_is_gone_is_named(self):
        some = self._images()
        os.remove(self.paths[3])
        with self.assertRaisesRegex(errors.UserError, "3.png is damaged or gone"):
            some.take([3])


if __name__ == "__main__":
    tf.test.main()
