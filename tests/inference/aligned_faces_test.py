"""Where the aligned face lies in a photo, against the matrix that `stargan_tf.align` warps with."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.inference import aligned_faces
from stargan_tf.landmarks import aligner
from stargan_tf.pictures import regions
from tests import align_test
from tests.landmarks import alignment_test


class AlignedFacesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters((0.8, 20, (60, -20)), (1.3, -150, (10, 200)), (1, 0, (0, 0)))
    def test_points_lie_where_the_matrix_maps_them(self, scale, degrees, shift):
        matrix = alignment_test.similarity(scale, degrees, shift)
        region = regions.Region(30, -12, 90, 90)
        points = np.random.default_rng(0).uniform(0, 256, (5, 2))
        x, y = (points * 90 / 256 + (30, -12)).T  # in the photo
        found = np.stack(aligned_faces.aligned(region, matrix).coordinates(x, y), axis=-1)
        self.assertAllClose(found * 256, alignment_test.moved(matrix, points), atol=1e-6)

    def test_it_is_the_picture_that_align_would_cut_out(self):
        dots = alignment_test.moved(align_test.MOVED, align_test.MEAN[align_test.SHOWN]) * 2
        photo = Image.fromarray(alignment_test.dots(dots, 512))
        finds = aligner.Aligner(align_test._network, align_test.MEAN, 128)
        region = aligned_faces.Alignment(finds)(photo, regions.Region(0, 0, 512, 512))
        self.assertNotAlmostEqual(region.turn, 0, places=1)
        found = np.asarray(regions.cut(photo, region, 128), int)
        wanted = finds.align(photo)[0].astype(int)
        self.assertGreater(np.corrcoef(found.ravel(), wanted.ravel())[0, 1], 0.9)
        elsewhere = np.roll(found, 3, axis=1)  # pixels: as far as a dot is wide
        self.assertLess(np.corrcoef(elsewhere.ravel(), wanted.ravel())[0, 1], 0.6)

    def test_what_shows_no_face_is_none(self):
        finds = aligner.Aligner(align_test._network, align_test.MEAN, 128)
        black = Image.new("RGB", (300, 300))
        self.assertIsNone(aligned_faces.Alignment(finds)(black, regions.Region(0, 0, 200, 200)))


if __name__ == "__main__":
    tf.test.main()
