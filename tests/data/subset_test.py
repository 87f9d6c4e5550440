"""A data set without some of its images, and what is skipped or refused."""

import io
import os

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import labels, loading, source, subset
from stargan_tf.data.sources import image_files
from tests import tiny
from tests.data.pipeline import samplers_test

SPACE = labels.LabelSpace("domains", ("cat", "dog"))


class SubsetTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.dir = self.create_tempdir().full_path

    def files(self, *broken):
        """Six PNG files, three of each domain, of which some are broken."""
        paths = []
        for i in range(6):
            buffer = io.BytesIO()
            Image.fromarray(np.full((4, 4, 3), i, np.uint8)).save(buffer, "PNG")
            paths.append(os.path.join(self.dir, f"{i}.png"))
            with open(paths[-1], "wb") as file:
                file.write(b"" if i in broken else buffer.getvalue())
        return image_files.ImageFiles(paths, np.eye(2)[[0, 0, 0, 1, 1, 1]], SPACE)

    def test_of_files(self):
        images = self.files(4)
        images.crop_size = 3
        part = subset.subset(images, [5, 1, 4])
        self.assertEqual((part.size, part.crop_size, part.label_space), (3, 3, SPACE))
        self.assertAllEqual(part.labels, [[0, 1], [1, 0], [0, 1]])
        self.assertAllEqual(part.load(tf.constant(0, tf.int64)), images.load(tf.constant(5)))
        self.assertIsInstance(part, source.EncodedSource)
        self.assertAllEqual(part.read(tf.constant(1, tf.int64)), images.read(tf.constant(1)))
        self.assertEqual(part.describe(1), images.describe(1))
        self.assertEqual(part.key(1), images.key(1))
        self.assertEqual(part.problems(), {2: "empty"})

    def test_of_pictures_in_memory(self):
        pictures = tiny.Pictures()
        part = subset.subset(pictures, [3, 7])
        self.assertNotIsInstance(part, source.EncodedSource)
        self.assertAllEqual(part.load(tf.constant(1)), pictures.images[7])
        self.assertEqual(part.describe(1), "picture 7")

    def test_of_examples_with_parts(self):
        voices = samplers_test.Parted()
        voices.statistics = {"mean": np.ones(2)}
        part = subset.subset(voices, [3, 1])
        index, start = tf.constant(1, tf.int64), tf.constant(0.5)
        self.assertAllEqual(part.load_part(index, start), voices.load(1) + 2)
        self.assertAllEqual(part.whole(1), voices.load(1))
        self.assertIs(part.statistics, voices.statistics)
        self.assertAllEqual(tiny.Pictures().load_part(index, start), tiny.Pictures().images[1])
        self.assertEmpty(tiny.Pictures().statistics)

    def test_a_source_may_make_its_own(self):
        class Whole(samplers_test.Voices):
            def restricted(self, kept):
                return [self, list(kept)]

        whole = Whole()
        self.assertEqual(subset.subset(whole, [3, 1]), [whole, [3, 1]])

    def test_what_is_whole_stays_as_it_is(self):
        images = self.files()
        for on_corrupt in ("error", "skip"):
            self.assertEqual(loading.usable(images, on_corrupt), (images, {}))

    def test_error_names_the_broken_ones(self):
        images = self.files(1, 4)
        with self.assertRaises(errors.UserError) as caught:
            loading.usable(images, "error")
        self.assertEqual(
            str(caught.exception),
            f"2 of 6 images cannot be used: {images.paths[1]} (empty), {images.paths[4]} (empty); "
            "remove or replace them, or pass on_corrupt=skip to train without them.",
        )

    def test_error_names_five(self):
        problems = dict.fromkeys(range(6), "empty")
        with self.assertRaisesRegex(errors.UserError, r"^6 of 6 images.* and 1 more; remove"):
            source.refuse(problems, self.files())

    def test_skip_leaves_them_out(self):
        images = self.files(1, 4)
        part, problems = loading.usable(images, "skip")
        self.assertEqual(problems, {1: "empty", 4: "empty"})
        self.assertEqual(
            [part.describe(i) for i in range(4)], [images.paths[i] for i in (0, 2, 3, 5)]
        )

    def test_skip_is_no_help_where_a_domain_loses_its_last_image(self):
        with self.assertRaisesRegex(errors.UserError, "^3 of 6 images cannot be used"):
            loading.usable(self.files(0, 3, 4, 5), "skip")

    def test_keys_change_with_the_file(self):
        images = self.files()
        before = images.key(0)
        self.assertLen({images.key(i) for i in range(6)}, 6)
        os.utime(images.paths[0], ns=(1, 1))
        self.assertNotEqual(images.key(0), before)

    def test_thinned_labels_keep_their_share(self):
        pictures = tiny.Pictures(40, tiny.LABELS["stargan_v2"])
        pictures.images = np.arange(40)[:, None, None, None] + np.zeros((1, 16, 16, 3), np.uint8)
        part = subset.thinned(pictures, {"Black": 0.5, "Blond": 0.1})
        self.assertAllEqual(part.labels.sum(axis=0), [7, 1, 13])  # of 14, 13, 13
        kept = [int(part.load(tf.constant(i))[0, 0, 0]) for i in range(part.size)]
        self.assertAllEqual(part.labels, pictures.labels[kept])
        again = subset.thinned(pictures, {"Black": 0.5, "Blond": 0.1})
        self.assertEqual([again.describe(i) for i in range(21)], [f"picture {i}" for i in kept])
        # Chance decides, not the order: neither the first seven nor every other.
        black = [i // 3 for i in kept if i % 3 == 0]
        self.assertNotIn(black, [list(range(7)), list(range(0, 14, 2)), list(range(1, 14, 2))])
        # A larger share has the images of a smaller one.
        more = subset.thinned(pictures, {"Black": 0.7, "Blond": 0.1})
        names = {more.describe(i) for i in range(more.size)}
        self.assertContainsSubset({f"picture {i}" for i in kept}, names)

    def test_a_share_without_images_is_refused(self):
        pictures = tiny.Pictures(12, tiny.LABELS["stargan_v2"])
        with self.assertRaisesRegex(
            errors.UserError, "None of the 4 .* of Black .*=Black:0.1; keep"
        ):
            subset.thinned(pictures, {"Black": 0.1})
        with self.assertRaisesRegex(
            errors.UserError, "Unknown domain 'Black_'.*Did you mean Black"
        ):
            subset.thinned(pictures, {"Black_": 0.1})


if __name__ == "__main__":
    tf.test.main()
