"""Which names are held out."""

import numpy as np
import tensorflow as tf

from stargan_tf.data import splits

NAMES = [f"cats/{i}.jpg" for i in range(4000)]


class HeldOutTest(tf.test.TestCase):
    def test_about_the_fraction(self):
        for fraction in (0.05, 0.1, 0.5):
            found = splits.held_out(NAMES, fraction).mean()
            self.assertAllClose(found, fraction, atol=4 * np.sqrt(fraction / len(NAMES)))

    def test_each_for_itself_and_everywhere_the_same(self):
        found = splits.held_out(NAMES, 0.1)
        self.assertAllEqual(splits.held_out(NAMES[::-1], 0.1), found[::-1])
        self.assertAllEqual(splits.held_out(NAMES[100:], 0.1), found[100:])
        more = splits.held_out(NAMES, 0.2)
        self.assertTrue(more[found].all())
        # Written down once: another value would tear apart the split of every run there is.
        self.assertAllEqual(np.flatnonzero(found)[:5], [22, 37, 40, 49, 64])

    def test_all_and_none(self):
        self.assertFalse(splits.held_out(NAMES, 0.0).any())
        self.assertTrue(splits.held_out(NAMES, 1.0).all())

    def test_names_that_are_not_text(self):
        self.assertLen(splits.held_out(["a\udcff.jpg"], 0.5), 1)


if __name__ == "__main__":
    tf.test.main()
