"""Gradients that are bounded, on one replica and on two."""

import numpy as np
import tensorflow as tf

from stargan_tf.optimization import clipping
from tests import tiny


class ClippingTest(tf.test.TestCase):
    def test_longer_gradients_are_scaled_and_shorter_ones_are_not(self):
        gradients = [tf.constant([3.0, 0.0]), tf.constant([[0.0], [4.0]])]
        found = clipping.clipped(gradients, 1.0)
        self.assertAllClose(found[0], [0.6, 0])
        self.assertAllClose(found[1], [[0], [0.8]])
        for longest in (6.0, 0.0):
            for one, other in zip(gradients, clipping.clipped(gradients, longest), strict=True):
                self.assertAllEqual(one, other)

    def test_it_is_the_sum_over_replicas_that_is_bounded(self):
        strategy = tiny.two_devices()
        parts = np.array([[3.0, -2.0], [1.0, 6.0]], np.float32)  # whose sum is (4, 4)

        @tf.function
        def shares():
            def one():
                own = tf.distribute.get_replica_context().replica_id_in_sync_group
                (share,) = clipping.clipped([tf.gather(parts, own)], 2.0, replicas=2)
                return share

            return strategy.experimental_local_results(strategy.run(one))

        found = shares()
        self.assertLen(found, 2)
        for share in found:
            self.assertAllClose(share, np.full(2, np.sqrt(2) / 2), rtol=1e-5)


if __name__ == "__main__":
    tf.test.main()
