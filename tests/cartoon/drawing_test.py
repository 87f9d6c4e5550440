import dataclasses
import math
import subprocess
import sys
import zlib

import numpy as np
from absl.testing import absltest, parameterized
from PIL import Image

from stargan_tf.cartoon import drawing, sampling

HELD_OUT = 2**32
BRIGHTNESS = np.array([0.299, 0.587, 0.114])


def label(*names):
    return np.array([name in names for name in sampling.ATTRIBUTES], np.float32)


def face(index, *names, spread=0.25, size=64, seed=0):
    identity = sampling.sample_identity(seed, index)
    return drawing.draw(identity, label(*names), sampling.sample_style(seed, index, spread), size)


def changed(a, b):
    return (a != b).any(axis=-1)


def pixel_of(identity, x, y, size):
    """Where the point (x, y) of the face lies in the picture, without the roll, which is small."""
    place = np.array([0.5, 0.545]) + identity.shift + identity.scale * np.array([x, y])
    return place * size


class SamplingTest(parameterized.TestCase):
    @parameterized.parameters(0, 17, HELD_OUT, 2**40)
    def test_samples_do_not_depend_on_what_was_drawn_before(self, index):
        first = sampling.sample_style(3, index, 0.5), sampling.sample_identity(3, index)
        attributes = sampling.sample_attributes(3, index)
        sampling.sample_identity(3, index + 1)
        np.random.seed(0)
        np.testing.assert_array_equal(sampling.sample_attributes(3, index), attributes)
        self.assertEqual(sampling.sample_identity(3, index), first[1])
        self.assertEqual(sampling.sample_style(3, index, 0.5), first[0])

    def test_another_process_draws_the_same_face(self):
        code = (
            "import zlib; from stargan_tf.cartoon import drawing, sampling as c; "
            "print(zlib.crc32(drawing.draw(c.sample_identity(5, 9), c.sample_attributes(5, 9), "
            "c.sample_style(5, 9, 1.0), 64).tobytes()), 'tensorflow' in __import__('sys').modules)"
        )
        printed = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        ).stdout.split()
        here = drawing.draw(
            sampling.sample_identity(5, 9),
            sampling.sample_attributes(5, 9),
            sampling.sample_style(5, 9, 1.0),
            64,
        )
        self.assertEqual(printed, [str(zlib.crc32(here.tobytes())), "False"])

    def test_different_faces_differ(self):
        # 2**32 apart, and a seed whose upper word looks like part of an index.
        keys = [(0, 0), (0, 1), (1, 0), (0, HELD_OUT), (HELD_OUT, 0), (1, 5 * 2**32), (0, 2**40)]
        self.assertLen({sampling.sample_identity(*key) for key in keys}, len(keys))
        self.assertLen({sampling.sample_style(*key, 1.0) for key in keys}, len(keys))

    def test_parts_are_uncorrelated(self):
        rows = []
        for index in range(400):
            identity = sampling.sample_identity(0, index)
            style = sampling.sample_style(0, index, 1.0)
            rows.append(
                [identity.face_width, sum(identity.skin), identity.light, style.shade, style.volume]
                + [style.smile_width, style.frame_square, *sampling.sample_attributes(0, index)[1:]]
            )
        between = np.corrcoef(np.array(rows).T)
        for block in (between[:3, 3:7], between[:3, 7:], between[3:7, 7:]):
            self.assertLess(np.abs(block).max(), 0.2)

    def test_exactly_one_hair_colour_and_the_frequencies(self):
        labels = np.stack([sampling.sample_attributes(0, index) for index in range(500)])
        self.assertEqual(labels.dtype, np.float32)
        self.assertContainsSubset(np.unique(labels), [0.0, 1.0])
        np.testing.assert_array_equal(labels[:, :3].sum(axis=1), 1.0)
        np.testing.assert_allclose(labels.mean(axis=0), [1 / 3] * 3 + [0.4, 0.5], atol=0.08)

    def test_spread_scales_the_styles(self):
        self.assertLen({sampling.sample_style(s, i, 0.0) for s in (0, 1) for i in range(20)}, 1)
        identity, who = sampling.sample_identity(0, 3), label("Brown_Hair", "Smiling", "Eyeglasses")
        deviation = []
        for spread in (0.0, 0.25, 1.0):
            styles = [sampling.sample_style(0, index, spread) for index in range(16)]
            faces = np.stack([drawing.draw(identity, who, style, 32) for style in styles])
            deviation.append(faces.astype(np.float32).std(axis=0).mean())
        self.assertEqual(deviation[0], 0.0)
        self.assertGreater(deviation[1], 1.0)
        self.assertGreater(deviation[2], 1.3 * deviation[1])

    @parameterized.parameters(0, 5, HELD_OUT + 1)
    def test_without_a_spread_of_poses_all_is_as_it_always_was(self, index):
        u = np.random.default_rng([0, 0, index % 2**32, index >> 32, 1]).random(40)
        identity = sampling.sample_identity(0, index)
        x, y = -0.022 + 0.044 * u[27], -0.012 + 0.028 * u[28]
        np.testing.assert_allclose(identity.shift, (x, y), rtol=1e-12)
        np.testing.assert_allclose(identity.roll, math.radians(-4.5 + 9.0 * u[29]), rtol=1e-12)
        np.testing.assert_allclose(identity.scale, 1.05 + (1.13 - 1.05) * u[30], rtol=1e-12)
        self.assertEqual(identity.body_shift, tuple(0.5 * v for v in identity.shift))
        self.assertEqual(identity.body_scale, 1.05)

    def test_poses_spread_and_nothing_else_changes(self):
        rows, neutral = [], []
        for index in range(300):
            usual, half, full = (sampling.sample_identity(0, index, p) for p in (0.0, 0.5, 1.0))
            same = {name: getattr(usual, name) for name in sampling.POSE}
            self.assertEqual(dataclasses.replace(full, **same), usual)
            # What a spread adds grows with it.
            self.assertAlmostEqual(half.scale - usual.scale, 0.5 * (full.scale - usual.scale))
            self.assertAlmostEqual(half.roll - usual.roll, 0.5 * (full.roll - usual.roll))
            rows.append([full.body_shift[0], full.scale / usual.scale, full.roll - usual.roll])
            neutral.append([sum(full.skin), full.face_width])
            # The head turns about the chin, which stays above the neck.
            chin = full.shift[0] - 0.3 * full.scale * math.sin(full.roll)
            self.assertLess(abs(chin - full.body_shift[0]), 0.045)
        rows = np.array(rows)
        low, high = rows.min(axis=0), rows.max(axis=0)
        limit = math.radians(18.0)
        np.testing.assert_allclose(low, [-0.1, 0.75, -limit], atol=0.03)
        np.testing.assert_allclose(high, [0.1, 1.0, limit], atol=0.03)
        between = np.corrcoef(np.concatenate([rows, neutral], axis=1).T)
        self.assertLess(np.abs(between[:3, :3] - np.eye(3)).max(), 0.2)
        self.assertLess(np.abs(between[:3, 3:]).max(), 0.2)

    def test_parts_are_frozen(self):
        with self.assertRaises(dataclasses.FrozenInstanceError):
            sampling.sample_identity(0, 0).roll = 0.0

    def test_rejects_a_negative_index_and_a_spread_out_of_range(self):
        with self.assertRaisesRegex(ValueError, "Received: 0, -1"):
            sampling.sample_identity(0, -1)
        with self.assertRaisesRegex(ValueError, r"Received: 1\.5"):
            sampling.sample_style(0, 0, 1.5)
        with self.assertRaisesRegex(ValueError, r"Received: -0\.1"):
            sampling.sample_identity(0, 0, -0.1)


class DrawTest(parameterized.TestCase):
    @parameterized.parameters(32, 50, 64, 128, 200, 256, 512)
    def test_shape_and_type(self, size):
        picture = face(1, "Black_Hair", "Smiling", size=size)
        self.assertEqual((picture.shape, picture.dtype), ((size, size, 3), np.uint8))

    @parameterized.product(size=(32, 64, 128), spread=(0.25, 1.0))
    def test_sizes_agree(self, size, spread):
        for index in (0, 7, HELD_OUT + 2):
            names = "Blond_Hair", "Smiling", "Eyeglasses"
            small = face(index, *names, spread=spread, size=size).astype(np.float32)
            large = face(index, *names, spread=spread, size=256)
            reduced = np.asarray(Image.fromarray(large).reduce(256 // size), np.float32)
            # Two faces differ by about 30; what remains here are antialiased edges.
            self.assertLess(np.abs(small - reduced).mean(), 2.0)
            self.assertLess(abs((small - reduced).mean()), 0.5)

    @parameterized.product(spread=(0.25, 1.0), extra=((), ("Eyeglasses", "Smiling")))
    def test_the_hair_colour_changes_the_hair_only(self, spread, extra):
        shares = []
        for index in (*range(12), HELD_OUT, HELD_OUT + 1):
            black, brown, blond = (
                face(index, f"{name}_Hair", *extra, spread=spread)
                for name in ("Black", "Brown", "Blond")
            )
            hair = changed(black, blond)
            self.assertFalse((changed(black, brown) | changed(brown, blond))[~hair].any())
            shares.append(hair.mean())
            self.assertBetween(shares[-1], 0.09, 0.42)
            levels = [(picture[hair] @ BRIGHTNESS).mean() for picture in (black, brown, blond)]
            self.assertGreater(levels[1], levels[0] + 15.0)
            self.assertGreater(levels[2], levels[1] + 40.0)
            # The middle of the face, from the eyes to the mouth, is never hair.
            x, y = pixel_of(sampling.sample_identity(0, index), 0.0, 0.1, 64).astype(int)
            self.assertFalse(hair[y - 8 : y + 7, x - 7 : x + 7].any())
        self.assertBetween(np.mean(shares), 0.15, 0.32)

    @parameterized.parameters(*range(6), HELD_OUT)
    def test_smiling_changes_the_mouth_only(self, index):
        for spread in (0.25, 1.0):
            names = "Brown_Hair", "Eyeglasses"
            change = changed(
                face(index, *names, spread=spread, size=128),
                face(index, *names, "Smiling", spread=spread, size=128),
            )
            self.assertBetween(change.mean(), 0.01, 0.06)
            x, y = pixel_of(sampling.sample_identity(0, index), 0.0, 0.18, 128)
            rows, columns = np.nonzero(change)
            self.assertLess(np.abs(rows - y).max(), 0.11 * 128)
            self.assertLess(np.abs(columns - x).max(), 0.17 * 128)

    @parameterized.parameters(*range(6), HELD_OUT)
    def test_eyeglasses_change_the_eyes_only(self, index):
        for spread in (0.25, 1.0):
            names = "Black_Hair", "Smiling"
            change = changed(
                face(index, *names, spread=spread, size=128),
                face(index, *names, "Eyeglasses", spread=spread, size=128),
            )
            self.assertBetween(change.mean(), 0.03, 0.12)
            x, y = pixel_of(sampling.sample_identity(0, index), 0.0, 0.0, 128)
            rows, columns = np.nonzero(change)
            self.assertLess(np.abs(rows - y).max(), 0.13 * 128)
            self.assertLess(np.abs(columns - x).max(), 0.31 * 128)

    def test_a_pose_moves_turns_and_shrinks_the_head(self):
        found, asked = [], []
        for index in range(24):
            identity = sampling.sample_identity(0, index, 1.0)
            style = sampling.sample_style(0, 0, 0.0)
            black, blond = (drawing.draw(identity, label(f"{name}_Hair"), style, 64)
                            for name in ("Black", "Blond"))  # fmt: skip
            rows, columns = np.nonzero(changed(black, blond))
            # Hair is above the chin, so its middle also tells how the head is turned.
            found.append([columns.mean() / 64, np.ptp(rows) / 64])
            middle = np.array([0.5 + identity.shift[0] + 0.13 * math.sin(identity.roll), 0.0])
            asked.append([middle[0], identity.scale])
        found, asked = np.array(found), np.array(asked)
        np.testing.assert_allclose(found[:, 0], asked[:, 0], atol=0.03)
        self.assertGreater(np.corrcoef(found[:, 1], asked[:, 1])[0, 1], 0.8)

    def test_any_content_of_the_label_can_be_drawn(self):
        black, blond = face(2, "Black_Hair"), face(2, "Blond_Hair")
        both, none = face(2, "Black_Hair", "Blond_Hair"), face(2)
        average = 0.5 * (black.astype(np.float32) + blond)
        np.testing.assert_allclose(both, average, atol=2.0)
        hair = changed(black, blond)
        self.assertFalse(changed(none, black)[~hair].any())
        grey = none[hair].astype(np.float32).mean(axis=0)
        self.assertLess(np.ptp(grey), 20.0)

    @parameterized.parameters(31, 513, 0, -64, 64.0)
    def test_rejects_other_sizes(self, size):
        with self.assertRaisesRegex(ValueError, rf"Received: {size}$"):
            face(0, "Black_Hair", size=size)

    @parameterized.parameters(((4,),), ((6,),), ((1, 5),))
    def test_rejects_labels_of_another_shape(self, shape):
        identity, style = sampling.sample_identity(0, 0), sampling.sample_style(0, 0, 0.0)
        with self.assertRaisesRegex(ValueError, r"Received: shape \(\d.*\)$"):
            drawing.draw(identity, np.zeros(shape), style, 64)


if __name__ == "__main__":
    absltest.main()
