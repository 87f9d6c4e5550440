"""The picture of a confusion matrix: its cells are shaded by their share of the row."""

import numpy as np
import tensorflow as tf

from stargan_tf.pictures import confusion


def middles(picture, count):
    """Returns the colours just inside the corners of the cells, from the last backwards."""
    bottom, right = picture.shape[0] - 8, picture.shape[1] - 8
    at = [[(bottom - 44 * i - 4, right - 44 * j - 4) for j in range(count)] for i in range(count)]
    return np.array([[picture[place] for place in row] for row in at])[::-1, ::-1]


class ConfusionTest(tf.test.TestCase):
    def test_cells_are_shares_of_their_rows(self):
        picture = confusion.render(("a", "b"), ("a", "b"), np.array([[8, 0], [1, 3]]))
        shares = np.array([[1, 0], [0.25, 0.75]])[..., None]
        expected = (255 + shares * (np.array([31, 82, 140]) - 255)).round()
        self.assertAllEqual(middles(picture, 2), expected)

    def test_a_row_without_any_is_white(self):
        picture = confusion.render(("a", "b"), ("a", "b"), np.array([[0, 0], [0, 5]]), "title")
        self.assertAllEqual(middles(picture, 2)[0], np.full((2, 3), 255))

    def test_many_labels_have_small_cells(self):
        names = [f"domain {i}" for i in range(30)]
        picture = confusion.render(names, names, np.eye(30))
        self.assertLess(picture.shape[1], 30 * 12 + 120)

    def test_names_and_counts_have_to_agree(self):
        with self.assertRaisesRegex(ValueError, "Received: \\(2, 3\\)"):
            confusion.render(("a", "b"), ("a", "b"), np.zeros((2, 3)))


if __name__ == "__main__":
    tf.test.main()
