"""WORLD's analysis and synthesis of sound whose pitch and envelope are known."""

import sys
from unittest import mock

import numpy as np
import tensorflow as tf

from stargan_tf.audio import minimum_phase, world
from stargan_tf.base import errors


def _tone(frames=200, hertz=120.0):
    frequencies = np.linspace(0, 8000, 513)
    envelope = 1e-3 / (1 + (frequencies / 1000) ** 2) + 1e-7
    spectra = np.tile(envelope, (frames, 1))
    noise = np.full_like(spectra, 1e-9)
    return minimum_phase.synthesize(np.full(frames, hertz), spectra, noise), envelope


class WorldTest(tf.test.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sound, cls.envelope = _tone()
        cls.analysis = world.analyze(cls.sound, 16_000)

    def test_it_finds_pitch_and_envelope(self):
        inner = slice(20, -20)
        self.assertAllClose(self.analysis.f0[inner], np.full(161, 120.0), rtol=2e-3)
        self.assertEqual(self.analysis.spectra.shape, (201, 513))
        logs = 10 * np.log10(self.analysis.spectra[inner, 10:500] / self.envelope[10:500])
        self.assertLess(np.abs(logs.mean(axis=0)).max(), 1.5)  # dB
        self.assertEqual(self.analysis.mel_cepstra(36).shape, (201, 36))

    def test_synthesis_is_heard_as_the_same(self):
        again = world.analyze(world.synthesize(self.analysis), 16_000)
        inner = slice(20, 180)
        self.assertAllClose(again.f0[inner], self.analysis.f0[inner], rtol=3e-3)
        logs = 10 * np.log10(again.spectra[inner, 10:400] / self.analysis.spectra[inner, 10:400])
        self.assertLess(np.abs(logs.mean(axis=0)).max(), 2.0)

    def test_gain_keeps_what_the_features_do_not_tell(self):
        before = self.analysis.mel_cepstra(36)
        after = before + np.eye(36)[0] * 0.5  # e times the power
        f0 = 2 * self.analysis.f0
        gained = world.converted(self.analysis, f0, before, after, gain=True)
        self.assertAllClose(gained.spectra, np.e * self.analysis.spectra, rtol=1e-9)
        self.assertAllEqual(gained.f0, f0)
        replaced = world.converted(self.analysis, f0, before, after, gain=False)
        smooth = world.converted(self.analysis, f0, before, before, gain=False)
        self.assertAllClose(replaced.spectra, np.e * smooth.spectra, rtol=1e-9)
        self.assertNotAllClose(replaced.spectra, gained.spectra, rtol=1e-3)

    def test_without_the_extra(self):
        self.enter_context(mock.patch.dict(sys.modules, {"pyworld": None}))
        with self.assertRaisesRegex(errors.UserError, r"pyworld, .*install .*\[voice\]"):
            world.analyze(self.sound, 16_000)


if __name__ == "__main__":
    tf.test.main()
