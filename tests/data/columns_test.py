"""Which labels and rows a table of attributes gives."""

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.data import columns

NAMES = ("Black", "Blond", "Smiling")
TABLE = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 1]])


class ChooseTest(tf.test.TestCase):
    def test_attributes(self):
        groups = (("Black", "Blond", "Brown"), ("Smiling", "Frowning"))
        space, labels, rows = columns.choose(NAMES, TABLE, ("Smiling", "Blond", "Black"), groups)
        self.assertEqual((space.kind, space.names), ("attributes", ("Smiling", "Blond", "Black")))
        self.assertEqual(space.exclusive, (("Black", "Blond"),))
        self.assertAllEqual(labels, TABLE[:, [2, 1, 0]])
        self.assertAllEqual(rows, range(4))

    def test_domains_keep_what_shows_exactly_one(self):
        space, labels, rows = columns.choose(NAMES, TABLE, ("Blond", "Black"), as_domains=True)
        self.assertEqual((space.kind, space.names), ("domains", ("Blond", "Black")))
        self.assertAllEqual(labels, [[0, 1], [1, 0]])
        self.assertAllEqual(rows, [0, 1])

    def test_unknown_name(self):
        with self.assertRaisesRegex(errors.UserError, "attribute 'Smile'.*Did you mean Smiling"):
            columns.choose(NAMES, TABLE, ("Smile",))

    def test_a_domain_that_never_stands_alone(self):
        with self.assertRaisesRegex(errors.UserError, "None of the 3 images shows Blond and no"):
            columns.choose(NAMES, TABLE[[0, 2, 3]], ("Black", "Blond"), as_domains=True)


if __name__ == "__main__":
    tf.test.main()
