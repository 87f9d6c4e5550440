"""The contact sheet: which images are on it, where, and as training sees them."""

import numpy as np
import tensorflow as tf

from stargan_tf.data import labels, options
from stargan_tf.diagnosis import collection, contact_sheet, inspection
from tests import tiny

CELL = 6 * tiny.SIZE + 4  # images of 16 px are shown six times as large, with a margin


class ContactSheetTest(tf.test.TestCase):
    def draw(self, label_rows, problems=(), image_size=tiny.SIZE):
        names = tuple(f"n{i}" for i in range(label_rows.shape[1]))
        self.pictures = tiny.Pictures(len(label_rows), labels.LabelSpace("domains", names))
        self.pictures.labels = label_rows.astype(np.float32)
        numbers = np.arange(self.pictures.size)
        problems = dict.fromkeys(problems, "empty")
        found = inspection.Inspection(numbers, np.zeros(0, inspection.ROW), problems, frozenset())
        part = collection.InspectedSplit(collection.TRAINING, self.pictures, found)
        return contact_sheet.draw([part], options.DataOptions(image_size=image_size))

    def cell(self, sheet, row, column):
        """The image in a cell of the block that ends the sheet, at the size of training."""
        top = sheet.shape[0] - (6 - row) * CELL
        left = 4 + column * CELL
        return sheet[top : top + CELL - 4 : 6, left : left + CELL - 4 : 6]

    def test_images_are_evenly_spread_and_what_is_broken_is_left_out(self):
        rows = np.zeros((30, 2))
        rows[:27, 0] = rows[27:, 1] = 1
        sheet = self.draw(rows, problems=[10, 28])
        # Of 26 whole ones: the first, every fifth after it, the last.
        for row, index in enumerate((0, 5, 11, 16, 21, 26)):
            self.assertAllEqual(self.cell(sheet, row, 0), self.pictures.images[index])
        for row, index in enumerate((27, 29)):
            self.assertAllEqual(self.cell(sheet, row, 1), self.pictures.images[index])
        self.assertAllEqual(self.cell(sheet, 2, 1), np.full((16, 16, 3), 255))

    def test_many_labels_are_below_each_other(self):
        sheet = self.draw(np.eye(14))
        self.assertEqual(sheet.shape[1], 12 * CELL + 4)
        self.assertAllEqual(self.cell(sheet, 0, 0), self.pictures.images[12])
        self.assertAllEqual(self.cell(sheet, 0, 1), self.pictures.images[13])
        self.assertAllEqual(self.cell(sheet, 0, 2), np.full((16, 16, 3), 255))

    def test_large_images_are_shown_smaller(self):
        self.assertEqual(self.draw(np.eye(2), image_size=512).shape[1], 2 * 260 + 4)


if __name__ == "__main__":
    tf.test.main()
