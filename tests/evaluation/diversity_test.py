"""The mean distance of outputs, against the double loop."""

import numpy as np
import tensorflow as tf

from stargan_tf.evaluation import diversity


class DiversityTest(tf.test.TestCase):
    def test_equals_the_mean_over_all_pairs(self):
        images = np.random.default_rng(0).uniform(0, 255, (4, 5, 6, 3))
        total = [np.abs(images[i] - images[j]).mean() for i in range(4) for j in range(i)]
        self.assertAllClose(diversity.mean_pairwise_distance(images), sum(total) / 6)

    def test_whole_grey_levels_do_not_wrap(self):
        images = np.array([0, 255], np.uint8).reshape(2, 1, 1, 1).repeat(3, axis=-1)
        self.assertEqual(diversity.mean_pairwise_distance(images), 255.0)

    def test_one_image_has_no_pairs(self):
        with self.assertRaisesRegex(ValueError, "Received: 1"):
            diversity.mean_pairwise_distance(np.zeros((1, 2, 2, 3)))


if __name__ == "__main__":
    tf.test.main()
