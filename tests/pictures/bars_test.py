"""Bars are as high as their values, and their intervals as long as they should be."""

import numpy as np
from absl.testing import absltest, parameterized
from PIL import ImageColor

from stargan_tf.pictures import bars


def heights(picture, colour):
    """Returns the highest bar of a colour in each group, in pixels, from left to right."""
    same = (picture == ImageColor.getrgb(colour)).all(axis=2)
    same[: -bars._HEIGHT - 40] = False  # the legend
    columns = same.sum(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], columns > 0, [0]]).astype(int)))
    return [int(columns[a:b].max()) for a, b in zip(edges[::2], edges[1::2], strict=True)]


class BarsTest(parameterized.TestCase):
    def test_heights_are_the_shares(self):
        picture = bars.render(["a", "b"], {"one": [(1.0, 0), (0.5, 0)], "two": [(0.2, 0)] * 2}, "t")
        one, two = (heights(picture, colour) for colour in bars._COLOURS[:2])
        for found, share in zip([*one, *two], [1.0, 0.5, 0.2, 0.2], strict=True):
            self.assertAlmostEqual(found / bars._HEIGHT, share, delta=0.01)

    def test_high_shares_begin_higher(self):
        picture = bars.render(["a"], {"one": [(0.95, 0)], "two": [(0.975, 0)]}, "t")
        one, two = (heights(picture, colour)[0] for colour in bars._COLOURS[:2])
        bottom = 0.9  # the twentieth below the lowest share, less half a twentieth
        self.assertAlmostEqual(one / two, (0.95 - bottom) / (0.975 - bottom), delta=0.02)

    @parameterized.parameters(0.05, 0.1)
    def test_intervals_are_drawn_around_the_top(self, half):
        picture = bars.render(["a"], {"one": [(0.3, half)]}, "t")
        plain = bars.render(["a"], {"one": [(0.3, 0)]}, "t")
        rows = np.flatnonzero((picture != plain).any(axis=(1, 2)))
        self.assertAlmostEqual((rows[-1] - rows[0]) / bars._HEIGHT, 2 * half, delta=0.012)
        bar = np.flatnonzero((plain == ImageColor.getrgb(bars._COLOURS[0])).all(axis=2).any(axis=1))
        self.assertAlmostEqual((rows[0] + rows[-1]) / 2, bar[bar > rows[0]][0], delta=3)


if __name__ == "__main__":
    absltest.main()
