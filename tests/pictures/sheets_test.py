import numpy as np
from absl.testing import absltest, parameterized

from stargan_tf.pictures import sheets

GAP = 4  # white pixels around every cell


def grey_levels(rows, columns, height, width, seed=0):
    """Returns dark grey levels (at most 180), which tell cells from the white paper."""
    shape = (rows, columns, height, width, 3)
    return np.random.default_rng(seed).integers(0, 180, shape, dtype=np.uint8)


def rendered(levels, headings):
    return sheets.render(sheets.Sheet(headings, levels.astype(np.float32) / 127.5 - 1))


def cells(picture, rows, columns, height, width):
    """Cuts the cells out, counted from the lower right corner: above them are the headings."""
    bottom, right = picture.shape[0] - GAP, picture.shape[1] - GAP
    tops = [bottom - (rows - r) * (height + GAP) + GAP for r in range(rows)]
    lefts = [right - (columns - c) * (width + GAP) + GAP for c in range(columns)]
    found = [[picture[t : t + height, x : x + width] for x in lefts] for t in tops]
    return np.array(found), tops, lefts


class SheetTest(parameterized.TestCase):
    @parameterized.parameters((96, 96), (100, 130), (128, 97))
    def test_large_images_are_shown_pixel_by_pixel(self, height, width):
        levels = grey_levels(2, 3, height, width)
        found, _, _ = cells(rendered(levels, ("a", "b", "c")), 2, 3, height, width)
        np.testing.assert_array_equal(found, levels)

    @parameterized.parameters((32, 32, 3), (95, 95, 2), (64, 64, 2), (48, 40, 3), (2, 1, 96))
    def test_small_images_are_enlarged_by_a_whole_factor(self, height, width, factor):
        levels = grey_levels(2, 2, height, width)
        picture = rendered(levels, ("a", "b"))
        found, _, _ = cells(picture, 2, 2, factor * height, factor * width)
        np.testing.assert_array_equal(found, levels.repeat(factor, axis=2).repeat(factor, axis=3))

    def test_everything_between_and_around_the_cells_is_white(self):
        picture = rendered(grey_levels(2, 3, 96, 96), ("", "", "")).copy()
        _, tops, lefts = cells(picture, 2, 3, 96, 96)
        self.assertEqual(lefts[0], GAP)
        for top in tops:
            for left in lefts:
                self.assertLess(picture[top : top + 96, left : left + 96].max(), 180)
                picture[top : top + 96, left : left + 96] = 255
        np.testing.assert_array_equal(picture, np.full_like(picture, 255))

    def test_values_out_of_range_are_clipped(self):
        images = np.broadcast_to(np.float32([3.0, -3.0, 0.0]), (1, 1, 96, 96, 3))
        found, _, _ = cells(sheets.render(sheets.Sheet(("a",), images)), 1, 1, 96, 96)
        self.assertEqual(found[..., 0].min(), 255)
        self.assertEqual(found[..., 1].max(), 0)
        self.assertBetween(found[..., 2].max(), 127, 128)

    @parameterized.parameters(96, 200)
    def test_a_heading_is_dark_centred_and_above_its_own_column(self, width):
        levels = grey_levels(1, 3, 96, width)
        picture = rendered(levels, ("", "HHHH", ""))
        _, tops, lefts = cells(picture, 1, 3, 96, width)
        ink = picture[: tops[0]].min(axis=2) < 128
        rows, columns = np.nonzero(ink)
        self.assertGreater(len(rows), 20)
        self.assertGreaterEqual(rows.min(), 1)
        self.assertBetween(columns.min(), lefts[1], lefts[1] + width - 1)
        self.assertBetween(columns.max(), lefts[1], lefts[1] + width - 1)
        middle = (columns.min() + columns.max()) / 2
        self.assertAlmostEqual(middle, lefts[1] + (width - 1) / 2, delta=2)

    def test_a_long_heading_is_broken_and_makes_room_for_itself(self):
        levels = grey_levels(1, 2, 96, 96)
        short = rendered(levels, ("Smiling", "Young"))
        long = rendered(levels, ("Black_Hair+Eyeglasses+Smiling", "Young"))
        self.assertGreater(long.shape[0], short.shape[0] + 15)
        found, tops, lefts = cells(long, 1, 2, 96, 96)
        np.testing.assert_array_equal(found, levels)
        ink = long[: tops[0]].min(axis=2) < 128
        lines = np.diff(ink[:, : lefts[0] + 96].any(axis=1).astype(int), prepend=0) == 1
        self.assertGreaterEqual(lines.sum(), 2)
        self.assertFalse(ink[:2].any())
        # It stays in its column: between the two there is no ink.
        self.assertFalse(ink[:, lefts[1] - 2 : lefts[1]].any())

    @parameterized.parameters("Mouth_Slightly_Open", "M" * 40)
    def test_a_word_wider_than_its_column_does_not_run_into_the_next_one(self, word):
        picture = rendered(grey_levels(1, 3, 96, 96), ("", word, ""))
        _, tops, lefts = cells(picture, 1, 3, 96, 96)
        columns = np.nonzero((picture[: tops[0]].min(axis=2) < 128).any(axis=0))[0]
        self.assertBetween(columns.min(), lefts[1], lefts[1] + 95)
        self.assertBetween(columns.max(), lefts[1], lefts[1] + 95)

    def test_groups_stand_apart_under_their_headings(self):
        levels = grey_levels(2, 4, 96, 96)
        images = levels.astype(np.float32) / 127.5 - 1
        groups = (("", 1), ("HHHH", 2), ("", 1))
        picture = sheets.render(sheets.Sheet(("",) * 4, images, groups=groups))
        lefts = [GAP + column * (96 + GAP) + gaps * 12 for column, gaps in enumerate((0, 1, 1, 2))]
        self.assertEqual(picture.shape[1], lefts[-1] + 96 + GAP)
        bottom = picture.shape[0] - GAP
        for row, top in enumerate((bottom - 2 * (96 + GAP) + GAP, bottom - 96)):
            for column, left in enumerate(lefts):
                cell = picture[top : top + 96, left : left + 96]
                np.testing.assert_array_equal(cell, levels[row, column])
        above = picture[: bottom - 2 * (96 + GAP)]
        columns = np.nonzero((above.min(axis=2) < 128).any(axis=0))[0]
        self.assertGreater(len(columns), 20)
        middle = (lefts[1] + lefts[2] + 95) / 2
        self.assertAlmostEqual((columns.min() + columns.max()) / 2, middle, delta=2)

    def test_groups_have_to_cover_all_columns(self):
        with self.assertRaisesRegex(ValueError, r"all 2 columns. Received: \[\('x', 3\)\]"):
            sheets.Sheet(("a", "b"), np.zeros((1, 2, 9, 9, 3), np.float32), groups=[("x", 3)])

    @parameterized.parameters(((2, 96, 96, 3),), ((1, 3, 96, 96, 3),), ((1, 2, 96, 96),))
    def test_rejects_other_shapes(self, shape):
        with self.assertRaisesRegex(ValueError, r"Received: \(.*\['a', 'b'\]"):
            sheets.Sheet(("a", "b"), np.zeros(shape, np.float32))


if __name__ == "__main__":
    absltest.main()
