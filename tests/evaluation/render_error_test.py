import numpy as np
from absl.testing import absltest, parameterized

from stargan_tf.evaluation import render_error


def picture(*pixels):
    """Returns a picture of one row, the three channels of a pixel being equal."""
    return np.repeat(np.array(pixels, np.uint8)[None, :, None], 3, axis=2)


IMAGE = picture(10, 20, 30, 40)
# The renders differ in the first two pixels only.
RENDERS = [picture(100, 20, 30, 40), picture(10, 220, 30, 40), IMAGE]


class CompareTest(parameterized.TestCase):
    def test_by_hand(self):
        found = render_error.compare(IMAGE, picture(90, 50, 33, 36), RENDERS, asked=0)
        # Where renders differ: |100 - 90|, |20 - 50|; elsewhere: |30 - 33|, |40 - 36|.
        self.assertTrue(found.nearest)
        self.assertAlmostEqual(found.error, (10 + 30) / 2)
        self.assertAlmostEqual(found.unchanged, (90 + 0) / 2)
        self.assertAlmostEqual(found.elsewhere, (3 + 4) / 2)

    @parameterized.parameters((0, True, 15.0), (1, False, 130.0), (2, False, 55.0))
    def test_nearest_and_error_depend_on_what_was_asked_for(self, asked, nearest, error):
        # Over the first two pixels: 5 and 25 from the first render, 85 and 175, 85 and 25.
        found = render_error.compare(IMAGE, picture(95, 45, 30, 40), RENDERS, asked)
        self.assertEqual(found.nearest, nearest)
        self.assertAlmostEqual(found.error, error)

    def test_a_perfect_translation(self):
        found = render_error.compare(IMAGE, RENDERS[1], RENDERS, asked=1)
        self.assertEqual(found, render_error.RenderError(True, 0.0, 100.0, 0.0))

    def test_returning_the_input_is_unchanged(self):
        found = render_error.compare(IMAGE, IMAGE, RENDERS, asked=0)
        self.assertFalse(found.nearest)
        self.assertEqual(found.error, found.unchanged)
        self.assertEqual(found.elsewhere, 0.0)

    def test_differences_do_not_wrap_around(self):
        # In uint8 0 - 255 would be 1.
        found = render_error.compare(
            picture(255, 255), picture(255, 255), [picture(0, 0), picture(255, 0)], asked=0
        )
        self.assertEqual(found.error, 255.0)
        self.assertEqual(found.elsewhere, 255.0)

    def test_one_channel_is_enough_for_a_pixel_to_differ(self):
        first, second = picture(50, 60), picture(50, 60)
        second[0, 1, 2] = 90
        found = render_error.compare(second, first + np.uint8(3), [first, second], asked=0)
        self.assertAlmostEqual(found.error, 3.0)
        self.assertAlmostEqual(found.unchanged, 30 / 3)  # over that pixel's three channels

    def test_renders_that_differ_everywhere_leave_nothing_elsewhere(self):
        found = render_error.compare(IMAGE, IMAGE, [IMAGE + np.uint8(9), IMAGE], asked=0)
        self.assertEqual((found.error, found.elsewhere), (9.0, 0.0))

    @parameterized.parameters(0, 1)
    def test_an_output_half_way_between_two_renders_is_not_the_nearest_to_either(self, asked):
        renders = [picture(10, 7), picture(30, 7)]
        found = render_error.compare(picture(0, 7), picture(20, 7), renders, asked)
        self.assertEqual(found.error, 10.0)
        self.assertFalse(found.nearest)

    def test_rejects_equal_renders(self):
        with self.assertRaisesRegex(ValueError, "Received: equal ones"):
            render_error.compare(IMAGE, IMAGE, [IMAGE, IMAGE.copy()], asked=0)


class SummarizeTest(absltest.TestCase):
    def test_by_hand(self):
        found = render_error.summarize(
            [
                render_error.RenderError(True, 2.0, 40.0, 1.0),
                render_error.RenderError(True, 4.0, 10.0, 0.0),
                render_error.RenderError(False, 9.0, 10.0, 0.5),
            ]
        )
        # The ratio is of the means, 5 / 20, not the mean of the ratios.
        expected = {"nearest": 2 / 3, "error": 5, "unchanged": 20, "ratio": 0.25, "elsewhere": 0.5}
        self.assertEqual(found.pop("images"), 3)
        self.assertEqual(found.keys(), expected.keys())
        for name, value in expected.items():
            self.assertAlmostEqual(found[name], value)


if __name__ == "__main__":
    absltest.main()
