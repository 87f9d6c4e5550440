"""Finding faces: drawn ones of several sizes, none, and packages that are missing."""

import builtins
import importlib.util
from unittest import mock

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.pictures import faces

PLACES = ((40, 30, 300), (500, 60, 120), (700, 300, 90))  # left, top and side of each drawing


def group():
    """A large picture with drawn faces."""
    drawn = cartoon_faces.CartoonFaces("test", 128, len(PLACES))
    picture = Image.new("RGB", (900, 600), (90, 120, 100))
    for number, (left, top, side) in enumerate(PLACES):
        face = Image.fromarray(drawn.image(number)).resize((side, side))
        picture.paste(face, (left, top))
    return picture


class DetectorTest(tf.test.TestCase):
    def test_all_faces_are_found_where_they_are(self):
        found = faces.Detector().find(group())
        self.assertLen(found, len(PLACES))
        for face, (left, top, side) in zip(found, PLACES, strict=True):
            # From the brows to the chin: of these drawings about the middle, and below it.
            centre = (face.left + face.width / 2 - left) / side, (face.top - top) / side
            self.assertAllClose(centre[0], 0.5, rtol=0, atol=0.1)
            self.assertAllClose(centre[1], 0.42, rtol=0, atol=0.12)
            self.assertAllClose(face.width / side, 0.46, rtol=0, atol=0.12)
            self.assertBetween(face.confidence, 0.6, 1)

    def test_only_large_ones_in_the_whole_photo(self):
        found = faces.Detector(levels=1).find(group())
        self.assertEqual(round(found[0].left / 100), 1)
        self.assertLess(len(found), len(PLACES))

    def test_a_face_that_fills_the_photo(self):
        picture = Image.fromarray(cartoon_faces.CartoonFaces("test", 128, 1).image(0))
        picture = picture.crop((30, 40, 98, 116)).resize((136, 152))
        found = faces.Detector().find(picture)
        self.assertLen(found, 1)
        centre = found[0].left + found[0].width / 2, found[0].top + found[0].height / 2
        self.assertAllClose(centre, (68, 84), rtol=0, atol=20)

    def test_pictures_without_faces(self):
        noise = np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)
        for picture in (
            Image.fromarray(noise).resize((450, 300)),
            Image.new("RGB", (1, 1)),
            Image.new("RGB", (2000, 3)),
        ):
            self.assertEmpty(faces.Detector().find(picture))

    def test_parts_cover_the_photo(self):
        seen = np.zeros((700, 1000), int)
        for left, top, right, bottom in faces._parts((1000, 700), 3)[1:]:
            seen[top:bottom, left:right] += 1
        self.assertGreaterEqual(seen.min(), 2)

    def test_missing_packages(self):
        no_file = mock.patch.object(importlib.util, "find_spec", return_value=None)
        with no_file, self.assertRaisesRegex(errors.UserError, "-tflite .*extra faces"):
            faces.Detector()
        real = builtins.__import__

        def without(name, *rest):
            if name.startswith("ai_edge_litert"):
                raise ImportError("no such module")
            return real(name, *rest)

        no_runtime = mock.patch.object(builtins, "__import__", without)
        with no_runtime, self.assertRaisesRegex(errors.UserError, "ai-edge-litert .*extra faces"):
            faces.Detector()


if __name__ == "__main__":
    tf.test.main()
