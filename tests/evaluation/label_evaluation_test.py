"""Measuring translations against true renders: what is perfect, and what is unchanged."""

import numpy as np
import tensorflow as tf

from stargan_tf.data.sources import cartoon_faces
from stargan_tf.evaluation import label_evaluation
from stargan_tf.pictures import photos


class EvaluationTest(tf.test.TestCase):
    def test_a_perfect_translator_has_no_error(self):
        source = cartoon_faces.CartoonFaces("test", 32, 8)

        class Perfect:
            def translate(self, images, labels):
                found = photos.to_uint8(images)
                own = [
                    next(i for i in range(8) if np.array_equal(source.image(i), image))
                    for image in found
                ]
                drawn = [source.render(i, c) for i, c in zip(own, labels, strict=True)]
                return photos.from_uint8(np.stack(drawn))

        table, sheet = label_evaluation.against_renders(Perfect(), source, 8)
        for row in table.values():
            self.assertEqual((row["nearest"], row["error"], row["elsewhere"]), (1.0, 0.0, 0.0))
            self.assertGreater(row["unchanged"], 5.0)
        self.assertEqual(table["Smiling"]["images"], 8)
        self.assertEqual(table["Black_Hair / Blond_Hair / Brown_Hair"]["images"], 16)
        self.assertAllEqual(sheet.images[:, 1], sheet.images[:, 2])  # beside its true render

    def test_an_unchanged_image_is_never_nearest_and_has_ratio_one(self):
        source = cartoon_faces.CartoonFaces("test", 32, 8)

        class Lazy:
            def translate(self, images, labels):
                return images

        table, _ = label_evaluation.against_renders(Lazy(), source, 8)
        for row in table.values():
            self.assertEqual(row["nearest"], 0.0)
            self.assertAllClose(row["ratio"], 1.0)
            self.assertEqual(row["elsewhere"], 0.0)


if __name__ == "__main__":
    tf.test.main()
