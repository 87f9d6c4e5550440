"""Dropout by a key: how much it drops, and that replicas together drop what one device would."""

import numpy as np
import tensorflow as tf

from stargan_tf.layers import dropout


def chance(rows, count, key=(3, 4)):
    return dropout.Chance(tf.constant(key, tf.int64), tf.constant(rows, tf.int64), count)


class DropoutTest(tf.test.TestCase):
    def test_the_rate_is_that_of_the_dropped(self):
        kept = chance(range(100), 100).kept((10, 20), 0.3).numpy()
        self.assertEqual((kept.shape, kept.dtype), ((100, 10, 20), np.dtype(bool)))
        self.assertAllClose(kept.mean(), 0.7, atol=0.01)
        self.assertAllClose(kept.mean(axis=(1, 2)), np.full(100, 0.7), atol=0.15)

    def test_parts_of_a_batch_are_those_of_the_whole(self):
        whole = chance(range(6), 6).kept((4, 5), 0.5)
        for rows in ([0, 1, 2], [5, 3]):
            found = chance(rows, 6).kept((4, 5), 0.5)
            self.assertAllEqual(found, tf.gather(whole, rows))

    def test_every_use_and_every_key_has_chance_of_its_own(self):
        one = chance(range(4), 4)
        masks = [one, one.part(0), one.part(1), one.part(0).part(1), chance(range(4), 4, (3, 5))]
        masks = [mask.kept((30,), 0.5).numpy() for mask in masks]
        for i, mask in enumerate(masks):
            for other in masks[:i]:
                self.assertBetween((mask == other).mean(), 0.2, 0.8)
        self.assertAllEqual(masks[1], one.part(0).kept((30,), 0.5))

    def test_what_is_kept_grows_so_that_means_stay(self):
        x = np.array([[1.0, -2.0, 3.0]])
        found = dropout.dropped(tf.constant(x), tf.constant([[True, False, True]]), 0.25)
        self.assertAllClose(found, [[4 / 3, 0, 4]], rtol=1e-12)


if __name__ == "__main__":
    tf.test.main()
