"""Log mel spectra: bands at published frequencies, and tones whose spectrum is known."""

import numpy as np
import tensorflow as tf

from stargan_tf.audio import mel


class MelTest(tf.test.TestCase):
    def test_slaneys_scale(self):
        # Linear below 1 kHz, which is 15 mel; 6.4 kHz is 27 mel more.
        self.assertAllClose([mel._mel(60.0), mel._mel(440.0), mel._mel(1000.0)], [0.9, 6.6, 15.0])
        self.assertAllClose(mel._mel(6400.0), 42.0)
        self.assertAllClose(mel._hertz(np.array([3.0, 15.0, 42.0])), [200, 1000, 6400])

    def test_every_band_has_area_one(self):
        filters = mel.filters()
        self.assertEqual(filters.shape, (80, 513))
        self.assertAllClose(filters.sum(axis=1)[-30:] * 16_000 / 1024, np.ones(30), atol=0.02)
        frequencies = np.linspace(0, 8000, 513)
        outside = filters[:, (frequencies <= 80) | (frequencies >= 7600)]
        self.assertAllEqual(outside, np.zeros_like(outside))

    def test_a_tone_has_the_level_of_its_window(self):
        # A cosine of amplitude A at frequency k of the STFT has magnitudes A / 2 * (512, 256).
        k, amplitude = 192, 0.4
        times = np.arange(4096)
        found = mel.log_mel(amplitude * np.cos(2 * np.pi * k * times / 1024))
        self.assertEqual(found.shape, (33, 80))
        magnitudes = np.zeros(513)
        magnitudes[k - 1 : k + 2] = amplitude / 2 * np.array([256, 512, 256])
        expected = np.log10(np.maximum(mel.filters() @ magnitudes, 1e-10))
        for frame in found[8:-8]:
            self.assertAllClose(frame[expected > -5], expected[expected > -5], atol=1e-6)
            self.assertLess(frame[expected <= -5].max(), -5)

    def test_silence_and_short_sound(self):
        self.assertAllEqual(mel.log_mel(np.zeros(100)), np.full((5, 80), -10.0))
        self.assertEqual(mel.log_mel(np.ones(1280)).shape, (11, 80))


if __name__ == "__main__":
    tf.test.main()
