"""Where landmarks are, what turns them onto a mean face, and what that does to a picture."""

import pathlib
import sys
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.landmarks import alignment
from tests.golden import rule

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"


def mean_face():
    """Points of about a face's proportions, (98, 2) in pixels of a 256 px picture."""
    points = np.random.default_rng(0).uniform(80, 176, (98, 2))
    points[[*range(60, 68), 96]] += (100, 110) - points[[*range(60, 68), 96]].mean(axis=0)
    points[[*range(68, 76), 97]] += (156, 112) - points[[*range(68, 76), 97]].mean(axis=0)
    points[76], points[82] = (108, 170), (148, 171)
    return points


def similarity(scale, degrees, move):
    """p -> scale R p + move, as a matrix (3, 3)."""
    angle = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.block([[turn, np.reshape(move, (2, 1))], [np.zeros((1, 2)), np.ones((1, 1))]])


def moved(matrix, points):
    return points @ matrix[:2, :2].T + matrix[:2, 2]


def dots(points, size):
    """Returns a black (size, size, 3) uint8 picture with a soft white dot of 4 px at each point."""
    centres = np.arange(size) + 0.5
    picture = np.zeros((size, size))
    for x, y in points:
        distance = (centres[np.newaxis] - x) ** 2 + (centres[:, np.newaxis] - y) ** 2
        picture = np.maximum(picture, np.exp(-distance / 8))
    return np.repeat(np.round(picture * 255).astype(np.uint8)[..., np.newaxis], 3, axis=-1)


def dot_near(picture, point, reach=4):
    """Returns the centre of mass (x, y) of what is bright within `reach` pixels of `point`."""
    centres = np.arange(len(picture)) + 0.5
    near_x, near_y = (np.abs(centres - value) < reach for value in point)
    weights = picture[..., 0].astype(float) * near_x[np.newaxis] * near_y[:, np.newaxis]
    total = weights.sum()
    return np.array([(weights.sum(axis=0) @ centres), (weights.sum(axis=1) @ centres)]) / total


class LandmarksTest(tf.test.TestCase):
    def test_the_highest_cell_and_a_quarter_towards_its_higher_neighbours(self):
        maps = np.zeros((2, 64, 64, 99), np.float32)
        maps[0, 20, 30, :] = 1.0
        maps[0, 20, 31, 0] = 0.5  # right
        maps[0, 19, 30, 0] = 0.5  # up
        maps[0, 20, 29, 1] = maps[0, 20, 31, 1] = 0.5  # as high on both sides
        maps[1, 0, 30, :] = 1.0  # the first row: not moved, on the other axis neither
        maps[1, 0, 31, :] = 0.5
        maps[1, 40, 63, 5] = 2.0
        found = alignment.landmarks(maps)
        self.assertEqual(found.shape, (2, 98, 2))
        self.assertAllEqual(found[0, 0], [4 * 30.75, 4 * 20.25])
        self.assertAllEqual(found[0, 1], [4 * 30.5, 4 * 20.5])
        self.assertAllEqual(found[1, 0], [4 * 30.5, 4 * 0.5])
        self.assertAllEqual(found[1, 5], [4 * 63.5, 4 * 40.5])

    def test_the_confidence_is_the_mean_peak_of_the_landmarks(self):
        maps = np.zeros((1, 64, 64, 99), np.float32)
        maps[0, 3, 4, :49] = 0.8
        maps[0, 5, 6, 98] = 50.0  # the outline is no landmark
        self.assertAllClose(alignment.confidence(maps), [0.4])


class MatrixTest(tf.test.TestCase, parameterized.TestCase):
    def test_as_the_reference(self):
        points = rule.uniform("landmarks", (98, 2)) * 300
        mean = rule.uniform("celeba_mean", (98, 2)) * 256
        expected = np.load(GOLDEN / "align.npz")["matrix"]
        # The reference takes some of the means in float32.
        self.assertAllClose(alignment.matrix(points, mean), expected, rtol=1e-6, atol=1e-6)

    @parameterized.parameters((1, 0, 0), (0.5, 30, 40), (2.5, -75, -100), (1.2, 170, 5))
    def test_a_moved_face_is_moved_back(self, scale, degrees, move):
        moving = similarity(scale, degrees, (move, -move / 2))
        found = alignment.matrix(moved(moving, mean_face()), mean_face())
        self.assertAllClose(found @ moving, np.eye(3), rtol=1e-9, atol=1e-9)

    def test_landmarks_on_one_point_have_no_matrix(self):
        self.assertFalse(np.isfinite(alignment.matrix(np.ones((98, 2)), mean_face())).all())


class WarpTest(tf.test.TestCase, parameterized.TestCase):
    # The side of the picture, that of the result, and how its face was moved.
    @parameterized.parameters((256, 256, 1.1, 25), (512, 256, 0.8, -40), (300, 192, 1.0, 100))
    def test_landmarks_of_the_picture_come_to_lie_on_the_mean(self, side, size, scale, degrees):
        mean = mean_face()
        chosen = mean[[96, 97, 76, 82]]
        about = similarity(1, 0, (128, 128)) @ similarity(scale, degrees, (6, -9))
        moving = about @ similarity(1, 0, (-128, -128))
        picture = dots(moved(moving, chosen) * side / 256, side)
        found = alignment.warp(picture, alignment.matrix(moved(moving, mean), mean), size)
        self.assertEqual((found.shape, found.dtype), ((size, size, 3), np.uint8))
        for point in chosen * size / 256:
            self.assertLess(np.abs(dot_near(found, point) - point).max(), 0.3)

    def test_the_identity_changes_nothing(self):
        picture = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
        self.assertAllEqual(alignment.warp(picture, np.eye(3), 64), picture)

    def test_what_lies_outside_is_the_reflection_and_fades_into_a_blur(self):
        stripes = np.zeros((128, 128, 3), np.uint8)
        stripes[:, ::8] = stripes[:, 1::8] = 255
        smaller = similarity(0.5, 0, (64, 64))  # shows the picture and all of its margin
        found = alignment.warp(stripes, smaller, 256)[128, :, 0].astype(float)
        # Pixel 64 + k is column k of the picture, pixel 64 - k its reflection.
        self.assertAllEqual(found[64:192], stripes[0, :, 0])
        self.assertGreater(np.corrcoef(found[50:64], found[65:79][::-1])[0, 1], 0.99)
        contrast = [np.ptp(found[at : at + 8]) for at in (48, 32, 16, 0)]
        self.assertAllEqual(contrast, sorted(contrast, reverse=True))
        self.assertLess(contrast[-1], 64)  # 255 in the picture
        self.assertAllClose(found[8:16].mean(), stripes.mean(), atol=8)

    def test_other_arrays_are_refused(self):
        with self.assertRaisesRegex(ValueError, "must be .S, S, 3. uint8. Received: .4, 5, 3."):
            alignment.warp(np.zeros((4, 5, 3), np.uint8), np.eye(3), 4)

    def test_without_opencv_the_extra_is_named(self):
        with (
            mock.patch.dict(sys.modules, {"cv2": None}),
            self.assertRaisesRegex(errors.UserError, r"needs OpenCV.*\[align\]"),
        ):
            alignment.warp(np.zeros((4, 4, 3), np.uint8), np.eye(3), 4)


if __name__ == "__main__":
    tf.test.main()
