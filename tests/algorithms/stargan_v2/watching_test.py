"""What StarGAN v2 tells a monitor to watch."""

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms.stargan_v2 import watching
from tests import tiny


class WatchingTest(tf.test.TestCase):
    def _images(self, count):
        return tf.constant(tiny.Pictures().images[:count] / np.float32(127.5) - 1)

    def test_units_with_a_known_sign(self):
        algorithm = tiny.build("stargan_v2")
        D = algorithm.D
        D.conv_out.kernel.assign(tf.zeros_like(D.conv_out.kernel))
        D.conv_out.bias.assign(tf.cast(tf.range(D.conv_out.filters) % 4, tf.float32) - 1.0)
        found = algorithm.units(self._images(5), np.zeros((5, 3)))
        self.assertCountEqual(found, [f"D/{D.blocks[-1].name}", "D/conv_out"])
        expected = np.tile(np.float32([-0.2, 0, 1, 2]), D.conv_out.filters // 4)
        self.assertAllClose(found["D/conv_out"], np.tile(expected, (5, 1)))

    def test_units_are_the_largest_over_all_places(self):
        algorithm = tiny.build("stargan_v2")
        D, images = algorithm.D, self._images(2)
        x = D.from_rgb(images)
        for block in D.blocks:
            x = block(x)
        x = x.numpy()
        self.assertEqual(x.shape[1:3], (4, 4))
        found = algorithm.units(images, np.zeros((2, 3)))[f"D/{D.blocks[-1].name}"]
        x = np.maximum(x, np.float32(0.2) * x)
        self.assertAllClose(found, x.reshape(2, 16, -1).max(axis=1), atol=1e-5)

    def test_advice_starts_from_what_was_given(self):
        found = watching.advice(tiny.hparams("stargan_v2", lambda_ds=2.0))
        self.assertIn("lambda_ds=4", found["style_ignored"])
        self.assertIn("augment=diffaugment", found["loss_at_zero"])
        augmented = watching.advice(tiny.hparams("stargan_v2", augment="diffaugment"))
        self.assertNotIn("augment", augmented["loss_at_zero"])


if __name__ == "__main__":
    tf.test.main()
