"""Sound of envelopes: pulses and noise have the power density that was asked for."""

import numpy as np
import tensorflow as tf

from stargan_tf.audio import minimum_phase


def _density(sound, size=1024):
    """Returns Welch's estimate of the power density (size // 2 + 1,) per sample."""
    window = np.hanning(size + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(sound, size)[:: size // 2] * window
    return (np.abs(np.fft.rfft(frames)) ** 2).mean(axis=0) / (window**2).sum()


def _envelope():
    frequencies = np.linspace(0, 8000, 513)
    return 1e-3 / (1 + ((frequencies - 1500) / 700) ** 2)


class MinimumPhaseTest(tf.test.TestCase):
    def test_responses_have_the_envelope_and_are_causal(self):
        first_order = np.abs(1 / (1 - 0.8 * np.exp(-1j * np.linspace(0, np.pi, 513)))) ** 2
        response = minimum_phase.impulse_responses(first_order)
        self.assertAllClose(response[:50], 0.8 ** np.arange(50), atol=1e-6)
        self.assertAllClose(np.abs(np.fft.rfft(response)) ** 2, first_order, rtol=1e-6)

    def test_noise_has_its_density(self):
        noise = np.tile(_envelope(), (1200, 1))
        sound = minimum_phase.synthesize(np.zeros(1200), 0 * noise, noise)
        self.assertLen(sound, 1200 * 80)
        smooth = np.convolve(_density(sound) / _envelope(), np.ones(25) / 25, "valid")
        self.assertAllClose(smooth, np.ones_like(smooth), atol=0.12)

    def test_pulses_have_their_pitch_and_their_density(self):
        envelope = np.tile(_envelope(), (400, 1))
        for hertz in (100.0, 200.0):
            sound = minimum_phase.synthesize(np.full(400, hertz), envelope, 0 * envelope)
            inner = sound[4000:-4000]
            self.assertAllClose((inner**2).mean(), _envelope().mean(), rtol=0.03)
            period = round(16_000 / hertz)
            self.assertGreater(np.corrcoef(inner[period:], inner[:-period])[0, 1], 0.999)

    def test_pulses_follow_a_gliding_pitch(self):
        f0 = np.linspace(100, 200, 400)
        places = minimum_phase._pulses(f0, 16_000, 80)
        self.assertAllClose(len(places), f0.sum() * 0.005, atol=1.5)
        found = 16_000 / np.diff(places)
        expected = np.interp(places[1:] / 80, np.arange(400), f0)
        self.assertAllClose(found, expected, atol=1.0)
        self.assertEmpty(minimum_phase._pulses(np.zeros(10), 16_000, 80))

    def test_unvoiced_frames_are_silent_without_noise(self):
        envelope = np.tile(_envelope(), (40, 1))
        sound = minimum_phase.synthesize(np.zeros(40), envelope, 0 * envelope)
        self.assertLess(np.abs(sound).max(), 1e-6)
        whole = minimum_phase.from_features(np.full(200, 120.0), np.tile(_envelope(), (200, 1)))
        self.assertAllClose((whole[4000:-4000] ** 2).mean(), _envelope().mean(), rtol=0.1)


if __name__ == "__main__":
    tf.test.main()
