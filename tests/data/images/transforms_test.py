"""The image transform against Pillow's."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.data.images import transforms


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
        result = transforms.square(tf.constant(image), size, crop_size)
        self.assertEqual(result.dtype, tf.float32)
        self.assertAllClose(result, by_pillow(image, size, side), rtol=0, atol=1.0)

    def test_an_image_of_the_right_size_is_not_changed(self):
        image = photo(33, 33)
        self.assertAllEqual(transforms.square(tf.constant(image), 33), image)

    def test_the_crop_is_the_centre(self):
        image = np.zeros((8, 12, 3), np.uint8)
        image[2:6, 4:8] = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
        result = transforms.square(tf.constant(image), 4, 4)
        self.assertAllEqual(result[..., 0], np.arange(16).reshape(4, 4))

    @parameterized.parameters(20, 64)
    def test_gives_whole_grey_levels(self, size):
        result = transforms.square(tf.constant(photo(50, 40)), size).numpy()
        self.assertAllEqual(result, np.rint(result))
        self.assertBetween(result.min(), 0, 255)
        self.assertBetween(result.max(), 0, 255)
        self.assertGreater(len(np.unique(result)), 50)

    def test_sizes_unknown_to_the_graph(self):
        spec = tf.TensorSpec([None, None, 3], tf.uint8)
        call = tf.function(lambda image: transforms.square(image, 16, 30), input_signature=[spec])
        self.assertEqual(call.get_concrete_function().output_shapes, (16, 16, 3))
        for shape, side in (((40, 50), 30), ((50, 20), 20)):
            image = photo(*shape)
            self.assertAllClose(
                call(tf.constant(image)), by_pillow(image, 16, side), rtol=0, atol=1
            )


def box_of(shape, uniforms, scale, ratio):
    """The box (top, left, height, width) of the usual algorithm, try after try."""
    height, width = shape
    for area, aspect, top, left in np.asarray(uniforms, float):
        area = height * width * (scale[0] + (scale[1] - scale[0]) * area)
        aspect = np.exp(np.log(ratio[0]) + np.log(ratio[1] / ratio[0]) * aspect)
        h, w = round(np.sqrt(area / aspect)), round(np.sqrt(area * aspect))
        if 0 < h <= height and 0 < w <= width:
            return int(top * (height - h + 1)), int(left * (width - w + 1)), h, w
    return None


def draws(count, seed=0):
    size = (count, transforms.TRIES, 4)
    return np.random.default_rng(seed).random(size, np.float32)


def boxes(shape, uniforms, **options):
    """Returns (N, 4): the boxes for uniforms (N, TRIES, 4)."""

    @tf.function
    def choose(all_uniforms):
        return tf.map_fn(
            lambda u: transforms.random_box(tf.constant(shape), u, **options),
            all_uniforms,
            fn_output_signature=tf.int32,
        )

    return choose(tf.constant(uniforms)).numpy()


class RandomBoxTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(((97, 97),), ((120, 110),), ((200, 64),))
    def test_is_the_first_try_that_fits(self, shape):
        uniforms = draws(150)
        scale, ratio = (0.2, 1.0), (0.5, 2.0)
        expected = [box_of(shape, u, scale, ratio) for u in uniforms]
        result = boxes(shape, uniforms, scale=scale, ratio=ratio)
        for box, wanted in zip(result, expected, strict=True):
            if wanted is not None:
                self.assertAllEqual(box, wanted)
        first = [box_of(shape, u[:1], scale, ratio) for u in uniforms]
        later = sum(a is None and b is not None for a, b in zip(first, expected, strict=True))
        self.assertGreater(later, 10)  # Some needed more than one try.

    def test_areas_ratios_and_places_are_spread_evenly(self):
        # Here every try fits, so nothing is distorted by what was refused.
        count, side = 2000, 1000
        top, left, height, width = boxes(
            (side, side), draws(count), scale=(0.3, 0.6), ratio=(0.75, 4 / 3)
        ).T
        shares = [
            (height * width / side**2 - 0.3) / 0.3,
            np.log(width / height / 0.75) / np.log(16 / 9),
            top / (side - height + 1),
            left / (side - width + 1),
        ]
        for share in shares:
            counts = np.histogram(share, 10, (0, 1))[0]
            self.assertGreaterEqual(counts.sum(), count - 5)  # rounding at the ends
            chi_squared = ((counts - count / 10) ** 2).sum() / (count / 10)
            self.assertLess(chi_squared, 27.9)  # 0.1 % with 9 degrees of freedom lie above
        self.assertLess(np.abs(np.corrcoef(shares) - np.eye(4)).max(), 0.09)

    def test_the_defaults_are_the_papers(self):
        side = 1000
        top, left, height, width = boxes((side, side), draws(500)).T
        self.assertBetween((height * width / side**2).min(), 0.799, 0.82)
        self.assertBetween((height * width / side**2).max(), 0.97, 1.0)
        self.assertBetween((width / height).min(), 0.898, 0.915)
        self.assertBetween((width / height).max(), 1.09, 1.102)
        self.assertTrue((np.minimum(top, left) >= 0).all())
        self.assertLessEqual(max((top + height).max(), (left + width).max()), side)

    @parameterized.parameters(
        ((300, 10), (144, 0, 11, 10)),  # 10 / 0.9 rows
        ((10, 300), (0, 144, 10, 11)),  # 10 * 1.1 columns
        ((5, 1), (2, 0, 1, 1)),
    )
    def test_where_nothing_fits_it_is_central_with_the_nearest_ratio(self, shape, expected):
        self.assertAllEqual(boxes(shape, draws(3)), [expected] * 3)

    def test_where_only_the_area_is_too_large_the_fallback_is_all(self):
        uniforms = np.zeros((1, transforms.TRIES, 4), np.float32)
        uniforms[..., :2] = 0.999  # the largest area in the widest shape
        self.assertIsNone(box_of((50, 50), uniforms[0], (0.8, 1.0), (0.9, 1.1)))
        self.assertAllEqual(boxes((50, 50), uniforms), [[0, 0, 50, 50]])


class ResizedBoxTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(((60, 91), 32), ((218, 178), 16), ((50, 50), 47), ((20, 31), 64))
    def test_equals_pillow_within_a_grey_level(self, shape, size):
        image = photo(*shape)
        for uniforms in draws(4):
            top, left, height, width = box = box_of(shape, uniforms, (0.3, 0.9), (0.8, 1.25))
            crop = Image.fromarray(image).crop((left, top, left + width, top + height))
            expected = np.asarray(crop.resize((size, size), Image.Resampling.BILINEAR), np.int32)
            result = transforms.resized_box(tf.constant(image), tf.constant(box, tf.int32), size)
            self.assertEqual(result.dtype, tf.uint8)
            self.assertAllClose(tf.cast(result, tf.int32), expected, rtol=0, atol=1)

    def test_a_box_of_the_right_size_is_only_cut_out(self):
        image = photo(40, 50)
        result = transforms.resized_box(tf.constant(image), tf.constant([3, 5, 16, 16]), 16)
        self.assertAllEqual(result, image[3:19, 5:21])

    def test_sizes_unknown_to_the_graph(self):
        specs = [tf.TensorSpec([None, None, 3], tf.uint8), tf.TensorSpec([4], tf.int32)]
        call = tf.function(
            lambda image, box: transforms.resized_box(image, box, 16), input_signature=specs
        )
        self.assertEqual(call.get_concrete_function().output_shapes, (16, 16, 3))
        image, box = tf.constant(photo(40, 50)), tf.constant([1, 2, 30, 33])
        self.assertAllEqual(call(image, box), transforms.resized_box(image, box, 16))


class UnitRangeTest(tf.test.TestCase):
    def test_maps_black_to_minus_one_and_white_to_one(self):
        grey = np.arange(256)
        result = transforms.to_unit_range(tf.constant(grey, tf.uint8))
        self.assertEqual(result.dtype, tf.float32)
        self.assertAllClose(result, (grey - 127.5) / 127.5, rtol=0, atol=1e-6)
        self.assertAllEqual(result.numpy()[[0, 255]], [-1, 1])


class AsFloatsTest(tf.test.TestCase):
    def test_maps_images_and_leaves_numbers(self):
        grey = tf.constant([[0, 51, 255]], tf.uint8)
        self.assertAllClose(transforms.as_floats(grey), [[-1, -0.6, 1]], atol=1e-6)
        for dtype in (tf.float32, tf.float64):
            values = tf.constant([3.0, -7.0], dtype)
            self.assertEqual(transforms.as_floats(values).dtype, dtype)
            self.assertAllEqual(transforms.as_floats(values), values)


class FlipIfTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(True, False)
    def test_mirrors_left_to_right(self, condition):
        image = np.random.default_rng(0).integers(0, 256, (3, 4, 3), np.uint8)
        result = transforms.flip_if(tf.constant(image), tf.constant(condition))
        self.assertAllEqual(result, image[:, ::-1] if condition else image)


if __name__ == "__main__":
    tf.test.main()
