"""Random crops and mirroring, read off images whose slopes tell what was cut out."""

from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.data import labels, source
from stargan_tf.data.images import transforms
from stargan_tf.data.pipeline import draws, samplers


class Ramps(source.Source):
    """Image i is 180 x 260: red rises with the column from 0 in the centred square, green with the
    row, blue is i within the square and 255 outside.
    """

    label_space = labels.LabelSpace("attributes", ("any",))
    labels = np.zeros((200, 1), np.float32)

    def load(self, index):
        column, row = tf.meshgrid(tf.range(-40, 220), tf.range(180))
        inside = (column >= 0) & (column < 180)
        blue = tf.where(inside, tf.cast(index, tf.int32), 255)
        return tf.cast(tf.stack([tf.where(inside, column, 255), row, blue], axis=2), tf.uint8)

    def describe(self, index):
        return f"ramp {index}"


class AugmentedTest(tf.test.TestCase, parameterized.TestCase):
    """What is cut out of Ramps and mirrored can be read from the slopes."""

    SIDE = 30  # of the results

    def augment(self, count, stream=draws.Draw.SOURCE, p=0.5, seed=4, **options):
        images = samplers.Sampler(Ramps(), seed, self.SIDE, **options)
        call = tf.function(lambda n: images.load(images.view(n % 200, n, stream, p)))
        self.assertEqual(
            call.get_concrete_function(tf.TensorSpec([], tf.int64)).output_shapes,
            (self.SIDE, self.SIDE, 3),
        )
        batches = tf.data.Dataset.range(count).map(call, num_parallel_calls=2)
        return np.stack(list(batches.as_numpy_iterator()))

    def read(self, images):
        """Returns the widths and heights of the boxes, in pixels, and which are mirrored."""
        self.assertEqual(images.dtype, np.uint8)
        grey = images.astype(np.float32)
        # Nothing outside the centred square: blue is the number of the image everywhere.
        numbers = np.broadcast_to(np.arange(len(images)) % 200, (self.SIDE, self.SIDE, len(images)))
        self.assertAllEqual(grey[..., 2], np.transpose(numbers, (2, 0, 1)))
        slopes = self.SIDE / (self.SIDE - 3)
        widths = (grey[:, 5, -2, 0] - grey[:, 5, 1, 0]) * slopes
        heights = (grey[:, -2, 5, 1] - grey[:, 1, 5, 1]) * slopes
        return np.abs(widths), heights, widths < 0

    def test_crops_with_the_probability_and_in_the_papers_ranges(self):
        widths, heights, _ = self.read(self.augment(600))
        cropped = (widths < 178) | (heights < 178)
        self.assertAllClose(cropped.mean(), 0.5, atol=0.09)  # few crops are as large as all
        areas, ratios = widths * heights / 180**2, widths / heights
        self.assertGreater(areas.min(), 0.78)
        self.assertBetween(np.quantile(areas[cropped], 0.1), 0.8, 0.85)
        self.assertBetween(ratios.min(), 0.88, 0.92)
        self.assertBetween(ratios.max(), 1.08, 1.12)

    @parameterized.parameters((0.0, 0), (0.25, 0.25), (1.0, 1.0))
    def test_probability(self, p, expected):
        widths, heights, mirrored = self.read(self.augment(300, p=p))
        cropped = (widths < 178) | (heights < 178)
        self.assertAllClose(cropped.mean(), expected, atol=0.1 if p else 0)
        self.assertAllClose(mirrored.mean(), 0.5, atol=0.12)

    def test_without_crop_it_is_the_plain_or_its_mirror(self):
        images = samplers.Sampler(Ramps(), 4, self.SIDE, crop_size=100)
        result = self.augment(8, p=0.0, crop_size=100)
        plain = [images.plain(tf.constant(n, tf.int64)).numpy() for n in range(8)]
        plain = [np.rint((image + 1) * 127.5) for image in plain]
        same = [np.array_equal(a, b) for a, b in zip(result, plain, strict=True)]
        turned = [np.array_equal(a, b[:, ::-1]) for a, b in zip(result, plain, strict=True)]
        self.assertAllEqual(np.add(same, turned), np.ones(8))
        self.assertBetween(sum(same), 1, 7)
        with mock.patch.object(transforms, "random_box") as crop:
            self.augment(1, p=0.0)
        crop.assert_not_called()

    def test_without_flip_nothing_is_mirrored_and_the_crops_stay(self):
        widths, heights, mirrored = self.read(self.augment(20, flip=False))
        self.assertFalse(mirrored.any())
        expected = self.read(self.augment(20))
        self.assertAllClose((widths, heights), expected[:2], atol=0.01)

    def test_the_crop_lies_within_the_crop_size(self):
        widths, heights, _ = self.read(self.augment(30, p=1.0, crop_size=100))
        self.assertLess(max(widths.max(), heights.max()), 103)
        self.assertGreater(min(widths.min(), heights.min()), 80)

    def test_streams_seeds_and_purposes_are_independent(self):
        first = self.augment(400, p=1.0)
        variants = {
            "stream": self.augment(400, draws.Draw.REFERENCE, p=1.0),
            "seed": self.augment(400, p=1.0, seed=5),
            "position": np.roll(first, 1, axis=0),
        }
        width, height, mirrored = self.read(first)
        self.assertLess(abs(np.corrcoef(mirrored, width)[0, 1]), 0.2)
        self.assertLess(abs(np.corrcoef(mirrored, height)[0, 1]), 0.2)
        for name, images in variants.items():
            grey = images.astype(np.float32)
            other = grey[:, 5, -2, 0] - grey[:, 5, 1, 0]
            self.assertLess(abs(np.corrcoef(np.abs(other), width)[0, 1]), 0.2, name)
            self.assertLess(abs(np.corrcoef(other < 0, mirrored)[0, 1]), 0.2, name)

    def test_one_position_alone_equals_the_same_in_a_sequence(self):
        images = samplers.Sampler(Ramps(), 4, self.SIDE)
        sequence = self.augment(20, draws.Draw.REFERENCE_2)
        for n in (19, 3):
            p = tf.constant(n, tf.int64)
            result = images.load(images.view(p, p, draws.Draw.REFERENCE_2, 0.5))
            self.assertAllEqual(result, sequence[n])


if __name__ == "__main__":
    tf.test.main()
