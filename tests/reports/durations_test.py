"""Times in words."""

from absl.testing import absltest, parameterized

from stargan_tf.reports import durations


class DurationsTest(parameterized.TestCase):
    @parameterized.parameters(
        (0.0346, "0.035 s"), (1.02, "1.0 s"), (9.96, "10 s"), (55.4, "55 s"), (180, "3.0 minutes"),
        (7200, "2.0 hours"), (86400 * 25.4, "25 days"), (86400 * 1234, "1,234 days"),
    )  # fmt: skip
    def test_text(self, seconds, expected):
        self.assertEqual(durations.text(seconds), expected)


if __name__ == "__main__":
    absltest.main()
