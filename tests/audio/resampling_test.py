"""Resampling: tones keep their shape, and what the new rate can't hold is filtered out."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.audio import resampling


def _tone(hertz, rate, seconds=0.5):
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate + 0.3)


class ResamplingTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(
        rates=[(44_100, 16_000), (48_000, 16_000), (22_050, 16_000), (16_000, 22_050)],
        hertz=[100.0, 3000.0, 7000.0],
    )
    def test_tones_stay(self, rates, hertz):
        rate, wanted = rates
        found = resampling.resampled(_tone(hertz, rate), rate, wanted)
        expected = _tone(hertz, wanted)
        self.assertLen(found, -(-len(_tone(hertz, rate)) * wanted // rate))
        middle = slice(1000, len(expected) - 1000)  # the ends touch the silence around
        self.assertAllClose(found[middle], expected[middle], atol=2e-4)

    @parameterized.parameters(8500.0, 12_000.0)
    def test_what_can_not_be_held_vanishes(self, hertz):
        found = resampling.resampled(_tone(hertz, 44_100), 44_100, 16_000)
        self.assertLess(np.abs(found[1000:-1000]).max(), 1e-3)

    def test_the_same_rate_and_short_sound(self):
        self.assertAllEqual(resampling.resampled(np.arange(5), 16_000, 16_000), np.arange(5.0))
        self.assertLen(resampling.resampled(np.ones(3), 48_000, 16_000), 1)
        self.assertLen(resampling.resampled(np.ones(2), 44_100, 16_000), 1)
        self.assertEmpty(resampling.resampled(np.zeros(0), 44_100, 16_000))


if __name__ == "__main__":
    tf.test.main()
