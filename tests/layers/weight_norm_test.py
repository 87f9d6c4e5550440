"""Weight normalization against its definition."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.layers import initializers, weight_norm


class WeightNormTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters((5, 2, 3), (3, 4, 2, 6))
    def test_every_entry_of_the_last_axis_gets_its_length(self, *shape):
        random = np.random.default_rng(0)
        v, g = random.normal(size=shape), random.normal(size=(1,) * (len(shape) - 1) + shape[-1:])
        found = weight_norm.normalized(tf.constant(v), tf.constant(g)).numpy()
        for c in range(shape[-1]):
            expected = g[..., c].item() * v[..., c] / np.linalg.norm(v[..., c].ravel())
            self.assertAllClose(found[..., c], expected, rtol=1e-12)

    def test_the_first_length_gives_back_the_first_kernel(self):
        shape, drawn = (5, 2, 3), initializers.XavierNormal(0.1)
        length = weight_norm.LengthOf(drawn, shape)((1, 1, 3), "float64")
        self.assertEqual(length.shape, (1, 1, 3))
        v = tf.cast(drawn(shape), tf.float64)
        self.assertAllClose(weight_norm.normalized(v, length), v, rtol=1e-6)
        self.assertAllClose(length[0, 0, 1], np.linalg.norm(v[..., 1]), rtol=1e-6)


if __name__ == "__main__":
    tf.test.main()
