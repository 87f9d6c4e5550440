"""Squares around faces, and faces that are followed from frame to frame."""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.pictures import face_framing, faces, framed, regions
from tests.pictures import regions_test


@dataclasses.dataclass
class Sees:
    """Stands for the detector."""

    found: list

    def find(self, photo):
        return self.found


def place(x, y=50, side=40, turn=0.0):
    return regions.Region(x - side / 2, y - side / 2, side, side, turn)


class FacesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        (0, (10, 20, 30, 30)), (0.5, (-5, -2.5, 60, 60)), (1, (-20, -25, 90, 90))
    )
    def test_the_margin_is_larger_above(self, margin, wanted):
        region = face_framing.around(faces.Face(10, 20, 30, 30), margin)
        self.assertAllClose(dataclasses.astuple(region), (*wanted, 0))

    def test_every_face_is_framed_and_changed_alone(self):
        photo = regions_test.smooth(120, 200)
        seen = Sees([faces.Face(20, 40, 30, 30), faces.Face(130, 40, 24, 30)])
        framer = face_framing.Faces(seen, 16, margin=0.2)
        found = framer.frame(photo)
        self.assertEqual(found.squares.shape, (2, 16, 16, 3))
        for region, square in zip(found.regions, found.squares, strict=True):
            middle = np.asarray(photo).astype(int)[tuple(map(int, region.centre[::-1]))]
            self.assertAllClose((square[8, 8] + 1) * 127.5, middle, rtol=0, atol=8)
        lighter = found.squares + np.array([0.2, 0.0], np.float32)[:, None, None, None]
        change = found.result(lighter).astype(int) - np.asarray(photo)
        self.assertAllClose(change[55, 35], [25.5] * 3, rtol=0, atol=1)
        self.assertAllEqual(change[:, 90:], np.zeros_like(change[:, 90:]))

    def test_no_face_is_one_sentence_with_the_photos_name(self):
        path = pathlib.Path(self.create_tempdir().full_path, "a.png")
        Image.new("RGB", (40, 40)).save(path)
        with self.assertRaisesRegex(errors.UserError, "a.png: No face was found; name"):
            framed.read(path, face_framing.Faces(Sees([]), 16))

    def test_what_is_no_face_when_aligned_is_left_out(self):
        seen = Sees([faces.Face(20, 40, 30, 30), faces.Face(130, 40, 30, 30)])

        def align(photo, region):
            return dataclasses.replace(region, turn=0.5) if region.left < 90 else None

        found = face_framing.Faces(seen, 16, align=align).frame(regions_test.smooth(120, 200))
        self.assertEqual([region.turn for region in found.regions], [0.5])


class TracksTest(tf.test.TestCase, parameterized.TestCase):
    def test_faces_keep_their_numbers_in_whatever_order_they_come(self):
        tracks = face_framing.Tracks("each")
        self.assertEqual([n for n, _ in tracks.update([place(50), place(150)])], [0, 1])
        found = tracks.update([place(145), place(55), place(250)])
        self.assertEqual([(n, region.centre[0]) for n, region in found],
                         [(0, 55), (1, 145), (2, 250)])  # fmt: skip

    def test_a_face_that_is_missed_stays_for_a_while(self):
        tracks = face_framing.Tracks()
        tracks.update([place(50)])
        for _ in range(15):
            self.assertEqual(tracks.update([]), [(0, place(50))])
        self.assertEqual(tracks.update([]), [])
        self.assertEqual(tracks.update([place(50)]), [(1, place(50))])

    @parameterized.parameters("smooth", "fixed", "each")
    def test_how_squares_follow(self, boxes):
        tracks = face_framing.Tracks(boxes)
        shown = [tracks.update([place(50 + 4 * k)])[0][1].centre[0] for k in range(20)]
        if boxes == "smooth":
            steps = np.diff(shown)
            self.assertAllClose(steps[0], 0.3 * 4)
            self.assertAllClose(steps[-1], 4, rtol=0.01)
            self.assertBetween(50 + 4 * 19 - shown[-1], 4, 10)  # it lags a little
        else:
            self.assertAllClose(shown, [50 + 4 * k * (boxes == "each") for k in range(20)])

    def test_turns_go_the_shorter_way_round(self):
        tracks = face_framing.Tracks()
        tracks.update([place(50, turn=3.1)])
        turned = tracks.update([place(50, turn=-3.1)])[0][1].turn
        self.assertAllClose(turned, 3.1 + 0.3 * (2 * np.pi - 6.2))


if __name__ == "__main__":
    tf.test.main()
