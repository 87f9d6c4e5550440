"""The image transform against Pillow's."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.data import transforms


def photo(height, width, seed=0):
    """Returns a picture with smooth parts, hard edges and noise."""
    y, x = np.mgrid[:height, :width]
    waves = [127 + 120 * np.sin(x / 7 + k) * np.cos(y / (5 + k)) for k in range(3)]
    image = np.stack(waves, axis=2)
    image[height // 3 : height // 2, width // 4 :] = (255, 0, 40)
    image[:, width // 2] += np.random.default_rng(seed).normal(0, 60, (height, 3))
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def by_pillow(image, size, side):
    left, top = (image.shape[1] - side) // 2, (image.shape[0] - side) // 2
    cropped = Image.fromarray(image).crop((left, top, left + side, top + side))
    return np.asarray(cropped.resize((size, size), Image.Resampling.BILINEAR), np.float32)


class SquareTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        ("landscape", (60, 91), 32, 0, 60),
        ("portrait", (90, 61), 32, 0, 61),
        ("much_smaller", (218, 178), 16, 0, 178),
        ("a_little_smaller", (50, 50), 47, 0, 50),
        ("larger", (20, 31), 64, 0, 20),
        ("cropped_as_celeba", (218, 178), 128, 178, 178),
        ("cropped_to_less", (218, 178), 64, 101, 101),
        ("crop_larger_than_the_image", (40, 61), 32, 178, 40),
        ("crop_larger_than_one_side", (40, 61), 32, 50, 40),
        ("one_pixel", (1, 1), 8, 0, 1),
    )
    def test_equals_pillow_within_a_grey_level(self, shape, size, crop_size, side):
        image = photo(*shape)
        found = transforms.square(tf.constant(image), size, crop_size)
        self.assertEqual(found.dtype, tf.float32)
        self.assertAllClose(found, by_pillow(image, size, side), rtol=0, atol=1.0)

    def test_an_image_of_the_right_size_is_not_changed(self):
        image = photo(33, 33)
        self.assertAllEqual(transforms.square(tf.constant(image), 33), image)

    def test_the_crop_is_the_centre(self):
        image = np.zeros((8, 12, 3), np.uint8)
        image[2:6, 4:8] = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
        found = transforms.square(tf.constant(image), 4, 4)
        self.assertAllEqual(found[..., 0], np.arange(16).reshape(4, 4))

    @parameterized.parameters(20, 64)
    def test_gives_whole_grey_levels(self, size):
        found = transforms.square(tf.constant(photo(50, 40)), size).numpy()
        self.assertAllEqual(found, np.rint(found))
        self.assertBetween(found.min(), 0, 255)
        self.assertBetween(found.max(), 0, 255)
        self.assertGreater(len(np.unique(found)), 50)

    def test_sizes_unknown_to_the_graph(self):
        spec = tf.TensorSpec([None, None, 3], tf.uint8)
        call = tf.function(lambda image: transforms.square(image, 16, 30), input_signature=[spec])
        self.assertEqual(call.get_concrete_function().output_shapes, (16, 16, 3))
        for shape, side in (((40, 50), 30), ((50, 20), 20)):
            image = photo(*shape)
            self.assertAllClose(
                call(tf.constant(image)), by_pillow(image, 16, side), rtol=0, atol=1
            )


class UnitRangeTest(tf.test.TestCase):
    def test_maps_black_to_minus_one_and_white_to_one(self):
        grey = np.arange(256)
        found = transforms.to_unit_range(tf.constant(grey, tf.uint8))
        self.assertEqual(found.dtype, tf.float32)
        self.assertAllClose(found, (grey - 127.5) / 127.5, rtol=0, atol=1e-6)
        self.assertAllEqual(found.numpy()[[0, 255]], [-1, 1])


class MaybeFlipTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters((0.0, True), (0.4999, True), (0.5, False), (0.9999, False))
    def test_mirrors_left_to_right_under_a_half(self, coin, flipped):
        image = np.random.default_rng(0).normal(size=(3, 4, 3))
        found = transforms.maybe_flip(tf.constant(image), tf.constant(coin))
        self.assertAllEqual(found, image[:, ::-1] if flipped else image)


if __name__ == "__main__":
    tf.test.main()
