"""Squares of photos: where they lie, and what pasting changes and what it leaves alone."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.pictures import photos, regions


def smooth(height, width, seed=0):
    """A photo (H, W, 3) without fine details, which shrinking and enlarging hardly change."""
    small = np.random.default_rng(seed).integers(60, 196, (3, 4, 3), np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def detailed(height, width):
    noise = np.random.default_rng(1).integers(-20, 21, (height, width, 3))
    return Image.fromarray((np.asarray(smooth(height, width)) + noise).astype(np.uint8))


def as_ints(image):
    return np.asarray(image).astype(int)


class RegionsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(
        how=regions.PASTES,
        fit=("crop", "pad", "stretch"),
        size=((90, 64), (50, 201), (20, 17), (64, 64), (1, 40)),
    )
    def test_the_untouched_square_goes_back_where_it_was(self, how, fit, size):
        photo = smooth(*size)
        framing = photos.Framing(32, fit)
        x = photos.to_array(framing.square(photo)[0])
        region = regions.of_framing(framing, photo.size)
        found = regions.paste(photo, region, x, x, how)
        self.assertEqual(found.size, photo.size)
        if how == "difference":
            self.assertAllEqual(as_ints(found), as_ints(photo))
        elif max(size) < 100:  # at the border what is between the square's pixels is not known
            inner = np.s_[5:-5, 5:-5]
            self.assertAllClose(as_ints(found)[inner], as_ints(photo)[inner], rtol=0, atol=9)

    @parameterized.parameters(*regions.PASTES)
    def test_outside_the_square_nothing_changes(self, how):
        photo = detailed(120, 80)
        framing = photos.Framing(32, crop_size=40)
        x = photos.to_array(framing.square(photo)[0])
        region = regions.of_framing(framing, photo.size)
        self.assertEqual(region, regions.Region(20, 40, 40, 40))
        change = as_ints(regions.paste(photo, region, x, np.ones_like(x), how)) - as_ints(photo)
        inside = np.zeros((120, 80), bool)
        inside[40:80, 20:60] = True
        self.assertAllEqual(change[~inside], np.zeros_like(change[~inside]))
        self.assertGreater(change[48:72, 28:52].min(), 20)
        # It fades out: at the border little of the change inside is left.
        self.assertLess(np.abs(change[40, 20:60]).max(), 0.2 * change[60, 40].max())

    def test_difference_keeps_the_photos_details_and_square_replaces_them(self):
        photo = detailed(128, 128)
        framing = photos.Framing(32)
        x = photos.to_array(framing.square(photo)[0])
        region = regions.of_framing(framing, photo.size)
        brighter = x + np.float32(20 / 127.5)
        by_difference = regions.paste(photo, region, x, brighter, "difference")
        self.assertAllClose(as_ints(by_difference), as_ints(photo) + 20, rtol=0, atol=1)
        by_square = as_ints(regions.paste(photo, region, x, brighter, "square"))
        wanted = photos.to_uint8(brighter).astype(int)
        means = by_square.reshape(32, 4, 32, 4, 3).mean((1, 3))
        self.assertAllClose(means, wanted, rtol=0, atol=6)
        fine = np.abs(np.diff(by_square, axis=1)).mean()
        self.assertLess(fine, 0.5 * np.abs(np.diff(as_ints(photo), axis=1)).mean())

    def test_at_the_photos_end_nothing_fades(self):
        photo = smooth(64, 64)
        x = photos.to_array(photos.Framing(32).square(photo)[0])
        region = regions.of_framing(photos.Framing(32), photo.size)
        found = regions.paste(photo, region, x, np.ones_like(x), "square")
        self.assertAllEqual(as_ints(found), np.full((64, 64, 3), 255))

    def test_strips_join_without_a_seam(self):
        photo = smooth(700, 700)
        noise = np.random.default_rng(0).uniform(-1, 1, (32, 32, 3)).astype(np.float32)
        region = regions.of_framing(photos.Framing(32), photo.size)
        found = regions.paste(photo, region, noise, noise, "square")
        plane = Image.fromarray((noise[..., 0] + 1) * np.float32(127.5))
        whole = np.asarray(plane.resize((700, 700), Image.Resampling.BICUBIC))
        wanted = np.clip(whole, 0, 255)
        self.assertAllClose(as_ints(found)[..., 0], wanted, rtol=0, atol=0.6)

    @parameterized.parameters(0.0, 0.5, -2.0)
    def test_a_region_is_cut_out_and_put_back_where_it_is(self, turn):
        y, x = np.mgrid[:200, :240]
        photo = np.stack([x, y, np.full_like(x, 90)], -1).astype(np.uint8)
        region = regions.Region(60, 40, 100, 100, turn)
        square = regions.cut(Image.fromarray(photo), region, 50)
        cos, sin = np.cos(turn), np.sin(turn)
        for u, v in ((0.1, 0.1), (0.9, 0.2), (0.5, 0.5), (0.3, 0.8)):
            a, b = 100 * (u - 0.5), 100 * (v - 0.5)  # where the point lies, turned clockwise
            at = (110 + cos * a - sin * b, 90 + sin * a + cos * b)
            found = square.getpixel((int(50 * u), int(50 * v)))
            self.assertAllClose(found[:2], at, rtol=0, atol=2.5)
        before = photos.to_array(square)
        found = regions.paste(Image.fromarray(photo), region, before, before, "square")
        self.assertAllClose(as_ints(found), photo, rtol=0, atol=2)
        white = regions.paste(
            Image.fromarray(photo), region, before, np.ones_like(before), "square"
        )
        for u, v in ((0.12, 0.12), (0.88, 0.12), (0.5, 0.9), (0.5, 0.5)):
            a, b = 100 * (u - 0.5), 100 * (v - 0.5)
            at = (int(110 + cos * a - sin * b), int(90 + sin * a + cos * b))
            self.assertAllEqual(white.getpixel(at), (255, 255, 255))
        self.assertAllEqual(np.asarray(white)[:15], photo[:15])

    @parameterized.parameters(0.0, 0.3)
    def test_a_region_may_reach_beyond_the_photo(self, turn):
        photo = smooth(60, 80)
        region = regions.Region(50, -20, 50, 50, turn)
        square = regions.cut(photo, region, 32)
        self.assertAllClose(as_ints(square)[16, 5], as_ints(photo)[5, 58], rtol=0, atol=45)
        x = photos.to_array(square)
        found = regions.paste(photo, region, x, -np.ones_like(x), "square")
        self.assertEqual(found.size, (80, 60))
        self.assertAllEqual(as_ints(found)[5, 75], [0, 0, 0])
        self.assertAllEqual(as_ints(found)[:, :40], as_ints(photo)[:, :40])
        away = regions.Region(500, 500, 40, 40, turn)
        self.assertAllEqual(as_ints(regions.paste(photo, away, x, -x, "square")), as_ints(photo))

    @parameterized.parameters(*regions.PASTES)
    def test_where_squares_overlap_they_are_averaged(self, how):
        photo = Image.new("RGB", (100, 60), (100, 100, 100))
        x = np.full((16, 16, 3), 100 / 127.5 - 1, np.float32)
        lighter, darker = x + np.float32(40 / 127.5), x - np.float32(20 / 127.5)
        places = regions.Region(0, 0, 60, 60), regions.Region(40, 0, 60, 60)
        found = regions.paste_all(photo, [(places[0], x, lighter), (places[1], x, darker)], how)
        row = as_ints(found)[30, :, 0]
        self.assertAllClose(row[[20, 50, 80]], [140, 110, 80], rtol=0, atol=1)
        self.assertAllEqual(row, np.sort(row)[::-1])

    def test_nan_and_other_ways_are_refused(self):
        photo, x = smooth(32, 32), np.zeros((8, 8, 3), np.float32)
        region = regions.Region(0, 0, 32, 32)
        with self.assertRaisesRegex(ValueError, "NaN"):
            regions.paste(photo, region, x, x + np.nan, "square")
        with self.assertRaisesRegex(ValueError, "how must be"):
            regions.paste(photo, region, x, x, "other")


if __name__ == "__main__":
    tf.test.main()
