"""The rules of resizing against TensorFlow's antialiasing and against their definition."""

import numpy as np
import tensorflow as tf

from stargan_tf.evaluation.features import resizing


class ResizingTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(0)
        self.images = random.integers(0, 256, (2, 40, 40, 3), np.uint8)

    def test_antialiased_rules_equal_tensorflows(self):
        for size in (17, 299):
            wanted = tf.image.resize(self.images, (size, size), "bilinear", antialias=True)
            found = resizing.bilinear(self.images, size)
            self.assertEqual(found.dtype, np.uint8)
            self.assertAllClose(found, wanted, atol=1.01, rtol=0)  # rounded once for each axis
            wanted = tf.image.resize(self.images, (size, size), "bicubic", antialias=True)
            # TensorFlow's cubic is of another shape at the border, where it renormalizes.
            inside = slice(12, -12) if size == 299 else slice(3, -3)
            self.assertAllClose(
                resizing.bicubic(self.images, size)[:, inside, inside],
                np.clip(wanted, 0, 255)[:, inside, inside],
                atol=0.02,
                rtol=0,
            )

    def test_tensorflow_1_takes_points_and_does_not_average(self):
        # From 40 to 20 pixels every second pixel remains as it was.
        found = resizing.tensorflow1(self.images, 20)
        self.assertAllEqual(found, self.images[:, ::2, ::2])
        # From 40 to 80 pixels the odd ones lie in the middle of two, the last beyond the border.
        row = self.images[0, 0, :, 0].astype(np.float32)
        found = resizing.tensorflow1(self.images, 80)[0, 0, :, 0]
        self.assertAllEqual(found[::2], row)
        self.assertAllEqual(found[1:-1:2], (row[1:] + row[:-1]) / 2)

    def test_nothing_changes_at_the_same_size(self):
        for resize in resizing.RULES.values():
            self.assertAllClose(resize(self.images, 40), self.images, atol=1e-4)


if __name__ == "__main__":
    tf.test.main()
