"""Replicas let the images of all pass their pools, and so hold what one device would.

What a single pool returns and keeps is compared with the authors' program in the golden tests of
CycleGAN.
"""

import numpy as np
import tensorflow as tf

from stargan_tf.gan import image_pool
from tests import tiny


class ImagePoolTest(tf.test.TestCase):
    def test_two_devices_equal_one(self):
        batch, rounds = 4, 8
        random = np.random.default_rng(0)
        draws = random.uniform(size=(rounds, batch, 2)).astype(np.float32)
        images = np.arange(rounds * batch, dtype=np.float32).reshape(rounds, batch, 1, 1, 1)
        alone = image_pool.ImagePool(3, (1, 1, 1))
        expected = [
            alone.exchange(tf.constant(x), tf.constant(d))
            for x, d in zip(images, draws, strict=True)
        ]
        self.assertNotAllEqual(np.stack(expected), images)  # some were exchanged
        strategy = tiny.two_devices()
        with strategy.scope():
            pool = image_pool.ImagePool(3, (1, 1, 1))

        @tf.function
        def exchange(x, d):
            return strategy.run(pool.exchange, args=(x, d))

        def slices(values):
            return strategy.experimental_distribute_values_from_function(
                lambda c: tf.constant(np.split(values, 2)[c.replica_id_in_sync_group])
            )

        for x, d, together in zip(images, draws, expected, strict=True):
            found = strategy.experimental_local_results(exchange(slices(x), slices(d)))
            self.assertAllEqual(tf.concat(found, axis=0), together)
        for name, variable in pool.state().items():
            for local in strategy.experimental_local_results(variable):
                self.assertAllEqual(local, alone.state()[name])


if __name__ == "__main__":
    tf.test.main()
