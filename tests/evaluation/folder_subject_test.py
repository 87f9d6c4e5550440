"""Two folders as what is measured: which images are of which domain, and users' mistakes."""

import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.evaluation import folder_subject, measuring, subject

PIXELS = np.random.default_rng(0).integers(0, 256, (9, 6, 8, 3), np.uint8)


class FolderSubjectTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)

    def _put(self, folder, *numbers):
        (self.root / folder).mkdir(parents=True, exist_ok=True)
        for i in numbers:
            Image.fromarray(PIXELS[i]).save(self.root / folder / f"{i}.png")

    def _subject(self, **options):
        return folder_subject.FolderSubject(
            str(self.root / "made"), str(self.root / "real"), **options
        )

    def test_flat_folders(self):
        self._put("made", 0, 1, 2)
        self._put("real", 3, 4)
        one = self._subject()
        self.assertEqual((one.image_size, one.total), (6, 3))  # the smaller side
        (direction,) = one.directions
        (batch,) = one.batches("")
        self.assertAllEqual(batch.outputs[:, 0], PIXELS[:3, :, 1:7])  # the centred square
        self.assertIsNone(batch.images)
        self.assertAllEqual(one.real(direction).take([0, 1]), PIXELS[3:5, :, 1:7])
        self.assertEqual(one.offers, {subject.Need.REAL})

    def test_domains_and_pairs_of_them(self):
        self._put("made/cat2dog", 0)
        self._put("made/dog", 1, 2)
        self._put("real/cat", 3)
        self._put("real/dog", 4, 5)
        one = self._subject(most_real=0)
        self.assertEqual(
            [(d.name, d.source, d.target) for d in one.directions],
            [("cat2dog", "cat", "dog"), ("dog", "", "dog")],
        )
        found = {batch.direction.name: batch.outputs[:, 0] for batch in one.batches("")}
        self.assertAllEqual(found["cat2dog"], PIXELS[:1, :, 1:7])
        self.assertAllEqual(found["dog"], PIXELS[1:3, :, 1:7])
        for direction in one.directions:
            self.assertAllEqual(one.real(direction).take([0, 1]), PIXELS[4:6, :, 1:7])

    def test_sizes(self):
        self._put("made", 0)
        self._put("real", 1)
        (batch,) = self._subject(image_size=3).batches("")
        self.assertEqual(batch.outputs.shape, (1, 1, 3, 3, 3))

    def test_what_needs_more_than_images_does_not_apply(self):
        self._put("made", 0)
        self._put("real", 1)
        for name in ("cycle", "renders", "diversity"):
            with self.assertRaisesRegex(errors.UserError, f"{name} does not apply"):
                measuring.choose(self._subject(), [name], None)

    @parameterized.parameters(
        ([], ["real"], r"generated`=.*made is no folder; give one"),
        (["made"], ["real/a"], r"holds images, but `real`=.*real holds a folder a; both"),
        (["made/b"], ["real/a", "real/c"], "holds a folder b, .* a folder a, a folder c; both"),
        (["made/a"], ["real"], "holds a folder a, but .* holds images; both"),
    )
    def test_folders_that_do_not_go_together(self, made, real, message):
        for folder in (*made, *real):
            self._put(folder, 0)
        with self.assertRaisesRegex(errors.UserError, message):
            self._subject()

    def test_an_empty_folder(self):
        self._put("made/a", 0)
        self._put("real/a")
        with self.assertRaisesRegex(errors.UserError, "There is no image in .*real/a .*`real`"):
            self._subject()

    def test_a_damaged_image(self):
        self._put("made", 0)
        self._put("real", 1)
        (self.root / "real" / "2.png").write_bytes(b"no image")
        with self.assertRaisesRegex(errors.UserError, "1 of 2 images cannot be used: .*2.png"):
            self._subject()


if __name__ == "__main__":
    tf.test.main()
