"""The networks of StarGAN v2 where the golden tests, all in float32 and float64, don't reach."""

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms.stargan_v2 import networks


class GeneratorTest(tf.test.TestCase):
    def test_styles_keep_their_digits_in_bfloat16(self):
        # 1 + 2^-12 is 1 in bfloat16. The last beta, 4096 s - 4096, is 1 or 0: the pictures differ.
        G = networks.Generator(16, style_dim=1, channel_base=2, dtype="mixed_bfloat16")
        x = tf.zeros([1, 16, 16, 3])
        one, more = tf.constant([[1.0]]), tf.constant([[1 + 2.0**-12]])
        G(x, one)
        last = G.decode[-1].norm2
        last.set_weights([np.array([[0, 0, 4096, 4096]]), np.array([0, 0, -4096, -4096])])
        # Where a map is flat, the last normalization would take the difference away again.
        x = tf.constant(np.random.default_rng(0).normal(size=(1, 16, 16, 3)), tf.float32)
        self.assertGreater(np.abs(G(x, more) - G(x, one)).max(), 0.1)


if __name__ == "__main__":
    tf.test.main()
