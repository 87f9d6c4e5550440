"""What tensorflow-addons computes too: the augmentation's geometry, and averages of weights.

The package does not use it for these (docs/versions.md says why); as a second derivation it is
welcome.
"""

import numpy as np
import tensorflow as tf

from stargan_tf.base import keras_versions
from stargan_tf.gan import diff_augment
from stargan_tf.optimization import ema

SIZE = 16
# What leaves colours and place as they are, and puts the cutout into the lower right corner.
STILL = np.array([0.5, 0.5, 0.5, 0.5, 0.5, 0.999, 0.999], np.float32)


class AddonsOracleTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.addons = keras_versions.addons()
        if self.addons is None:
            self.skipTest("tensorflow-addons is not installed (the extra `addons`)")

    def _images(self, count):
        return np.random.default_rng(0).normal(size=(count, SIZE, SIZE, 3)).astype(np.float32)

    def test_cutout(self):
        centres = [(0, 0), (3, 12), (8, 8), (16, 5)]  # rows and columns, as lines between pixels
        x, draws = self._images(len(centres)), np.tile(STILL, (len(centres), 1))
        # With an even side there are SIZE + 1 centres, all as likely.
        draws[:, 5:] = [[(column + 0.5) / (SIZE + 1), (row + 0.5) / (SIZE + 1)]
                        for row, column in centres]  # fmt: skip
        expected = self.addons.image.cutout(x, (SIZE // 2, SIZE // 2), centres)
        self.assertNotAllClose(expected, x)
        self.assertAllClose(diff_augment.diff_augment(x, draws), expected, rtol=0, atol=1e-6)

    def test_translation(self):
        shifts = [(0, 0), (2, -1), (-2, 2), (1, 0)]  # to the right and down, at most SIZE / 8
        x, draws = self._images(len(shifts)), np.tile(STILL, (len(shifts), 1))
        draws[:, 3:5] = [[(right + 2.5) / 5, (down + 2.5) / 5] for right, down in shifts]
        moved = self.addons.image.translate(x, shifts)
        corner = [(SIZE, SIZE)] * len(shifts)
        expected = self.addons.image.cutout(moved, (SIZE // 2, SIZE // 2), corner)
        self.assertAllClose(diff_augment.diff_augment(x, draws), expected, rtol=0, atol=1e-6)

    def test_gradient_of_a_translation(self):
        shifts, x = [(2, -1)], tf.constant(self._images(1))
        draws = STILL[np.newaxis].copy()
        draws[:, 3:5] = [[(2 + 2.5) / 5, (-1 + 2.5) / 5]]
        corner = [(SIZE, SIZE)]
        weight = np.random.default_rng(1).normal(size=x.shape).astype(np.float32)

        def theirs(x):
            moved = self.addons.image.translate(x, shifts)
            return self.addons.image.cutout(moved, (SIZE // 2, SIZE // 2), corner)

        found = []
        for augment in (theirs, lambda x: diff_augment.diff_augment(x, draws)):
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = tf.reduce_sum(weight * tf.square(augment(x)))
            found.append(tape.gradient(loss, x))
        self.assertGreater(np.abs(found[0]).max(), 0.1)
        self.assertAllClose(*found, rtol=0, atol=1e-5)

    def test_moving_average(self):
        start, rate, decay = np.array([1.0, -2.0], np.float32), 0.25, 0.9
        gradients = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
        plain = tf.keras.optimizers.legacy.SGD(rate)
        optimizer = self.addons.optimizers.MovingAverage(plain, average_decay=decay)
        theirs, ours, average = (tf.Variable(start) for _ in range(3))
        for gradient in gradients:
            optimizer.apply_gradients([(tf.constant(gradient), theirs)])
            ours.assign_sub(rate * gradient)
            ema.update([average], [ours], decay)
        optimizer.assign_average_vars([theirs])
        self.assertNotAllClose(average, ours)
        self.assertAllClose(average, theirs, rtol=0, atol=1e-6)


if __name__ == "__main__":
    tf.test.main()
