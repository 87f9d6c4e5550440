"""The He-normal draw against the moments and tails of a normal distribution.

`FanInUniform` is tested with the convolutions that start from it.
"""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.layers import initializers


class HeNormalTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ((3, 3, 64, 128), False, 3 * 3 * 64),
        ((512, 200), False, 512),
        ((4, 3, 100, 64), False, 4 * 3 * 100),
        ((5, 512, 64), True, 512),
        ((5, 512, 64), False, 5 * 512),
    )
    def test_is_normal_with_the_deviation_of_its_fan_in(self, shape, stacked, fan_in):
        keras.utils.set_random_seed(0)
        value = initializers.HeNormal(stacked)(shape).numpy().astype(np.float64)
        self.assertEqual(value.shape, shape)
        z = value.ravel() / np.sqrt(2 / fan_in)
        error = 1 / np.sqrt(z.size)
        self.assertAllClose(z.mean(), 0, atol=4 * error)
        self.assertAllClose(z.std(), 1, atol=4 * error / np.sqrt(2))
        # Tails of the normal distribution; a draw cut off at two deviations has none.
        for bound, share in ((1, 0.3173), (2, 0.0455), (3, 0.0027)):
            tolerance = 4 * error * np.sqrt(share)
            self.assertAllClose(np.mean(np.abs(z) > bound), share, atol=tolerance)

    @parameterized.parameters((1, 2), (2**31 - 1, 0))
    def test_the_numbers_are_those_of_philox(self, *seed):
        """Equal on every device that has it."""
        expected = tf.random.stateless_normal((3, 4), seed, alg="philox") * np.sqrt(2 / 3)
        self.assertAllClose(initializers.HeNormal(seed=seed)((3, 4)), expected, rtol=1e-6)
        expected = tf.random.stateless_uniform((3, 4), seed, -0.5, 0.5, alg="philox")
        self.assertAllEqual(initializers.FanInUniform(4, seed)((3, 4)), expected)

    def test_stacked_kernels_differ(self):
        keras.utils.set_random_seed(0)
        first, second = initializers.HeNormal(stacked=True)((2, 8, 8)).numpy()
        self.assertLess(np.abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]), 0.5)

    def test_is_decided_by_the_seed_of_keras(self):
        def draw(seed):
            keras.utils.set_random_seed(seed)
            return [initializers.HeNormal()((4, 3)).numpy() for _ in range(2)]

        first, again, other = draw(3), draw(3), draw(4)
        self.assertAllEqual(first, again)
        self.assertNotAllClose(first[0], first[1])
        self.assertNotAllClose(first[0], other[0])

    @parameterized.parameters(initializers.HeNormal, initializers.FanInUniform, initializers.Normal)
    def test_every_call_and_every_copy_gives_the_same(self, kind):
        # A Keras that calls it more often, in a graph first, would else start elsewhere.
        initializer = kind()
        first = tf.function(lambda: initializer((4, 3)))()
        self.assertAllEqual(initializer((4, 3)), first)
        copy = kind.from_config(initializer.get_config())
        self.assertAllEqual(copy((4, 3)), first)
        self.assertNotAllClose(kind()((4, 3)), first)

    def test_dtype(self):
        self.assertEqual(initializers.HeNormal()((4, 3)).dtype, tf.float32)
        self.assertEqual(initializers.HeNormal()((4, 3), "float64").dtype, tf.float64)

    def test_normal_has_the_deviation_that_is_asked_for(self):
        keras.utils.set_random_seed(0)
        initializer = initializers.Normal(0.3)
        value = initializer((200, 300), "float64").numpy()
        self.assertEqual(value.dtype, np.float64)
        self.assertAllClose(value.mean(), 0, atol=4 * 0.3 / np.sqrt(value.size))
        self.assertAllClose(value.std(), 0.3, atol=4 * 0.3 / np.sqrt(2 * value.size))
        self.assertAllClose(np.mean(np.abs(value) > 0.6), 0.0455, atol=0.004)
        clone = keras.initializers.deserialize(keras.initializers.serialize(initializer))
        self.assertAllEqual(clone((3, 4)), initializer((3, 4)))

    @parameterized.parameters(False, True)
    def test_config_round_trip(self, stacked):
        initializer = initializers.HeNormal(stacked)
        clone = keras.initializers.deserialize(keras.initializers.serialize(initializer))
        self.assertAllEqual(initializer((3, 4, 2)), clone((3, 4, 2)))


if __name__ == "__main__":
    tf.test.main()
