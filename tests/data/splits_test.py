"""Which names are held out."""

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import splits

NAMES = [f"cats/{i}.jpg" for i in range(4000)]


class HeldOutTest(tf.test.TestCase):
    def test_about_the_fraction(self):
        for fraction in (0.05, 0.1, 0.5):
            share = splits.held_out(NAMES, fraction).mean()
            self.assertAllClose(share, fraction, atol=4 * np.sqrt(fraction / len(NAMES)))

    def test_each_for_itself_and_everywhere_the_same(self):
        held_out = splits.held_out(NAMES, 0.1)
        self.assertAllEqual(splits.held_out(NAMES[::-1], 0.1), held_out[::-1])
        self.assertAllEqual(splits.held_out(NAMES[100:], 0.1), held_out[100:])
        more = splits.held_out(NAMES, 0.2)
        self.assertTrue(more[held_out].all())
        # Written down once: another value would tear apart the split of every run there is.
        self.assertAllEqual(np.flatnonzero(held_out)[:5], [22, 37, 40, 49, 64])

    def test_all_and_none(self):
        self.assertFalse(splits.held_out(NAMES, 0.0).any())
        self.assertTrue(splits.held_out(NAMES, 1.0).all())

    def test_names_that_are_not_text(self):
        self.assertLen(splits.held_out(["a\udcff.jpg"], 0.5), 1)


class HeldOutCheckedTest(tf.test.TestCase):
    def checked(self, names, fraction, kind="attributes"):
        labels = np.eye(2)[[0] * (len(names) - 1) + [1]]
        space = labels_lib.LabelSpace(kind, ("cat", "dog"))
        return splits.choose_held_out(names, fraction, labels, space)

    def test_as_held_out(self):
        expected = splits.held_out(NAMES[:60], 0.1)
        self.assertAllEqual(self.checked(NAMES[:60], 0.1), expected)

    def test_nothing_on_one_side(self):
        with self.assertRaisesRegex(errors.UserError, "^None of the 20 .*larger `val_fraction"):
            self.checked(NAMES[:20], 1e-6)
        with self.assertRaisesRegex(errors.UserError, "^All 20 images fall .*smaller `val_fract"):
            self.checked(NAMES[:20], 1 - 1e-6)

    def test_a_domain_without_training_images_but_not_an_attribute(self):
        names = [*NAMES[:22], NAMES[22]]  # of these the last only is held out
        self.checked(names, 0.1)
        with self.assertRaisesRegex(errors.UserError, "All 1 images of the domain 'dog'"):
            self.checked(names, 0.1, "domains")

    def test_every_domain_has_one_held_out_where_it_can(self):
        names = ["b", "c", "b", "d", "b", "b", NAMES[22], NAMES[0]]  # NAMES[22] is held out
        domain = [0, 0, 0, 1, 2, 2, 3, 3]
        labels = np.eye(4)[domain]
        space = labels_lib.LabelSpace("domains", ("pair", "single", "same", "own"))
        held_out = splits.choose_held_out(names, 0.1, labels, space)
        smallest = min("bc", key=splits.hash_fraction)
        pair = [name == smallest for name in names[:3]]  # both of one name go together
        self.assertAllEqual(held_out, [*pair, False, False, False, True, False])

    def test_a_share_that_would_be_ignored(self):
        splits.refuse_fraction(0.1, "There is val")  # what it is if nobody asks
        with self.assertRaises(errors.UserError) as caught:
            splits.refuse_fraction(0.25, "There is val")
        self.assertEqual(
            str(caught.exception),
            "There is val, so there is nothing to choose; received val_fraction=0.25; leave "
            "it out.",
        )


if __name__ == "__main__":
    tf.test.main()
