"""Files of sound: what is read, at which rate, and sentences for what is none."""

import pathlib
import sys
from unittest import mock

import numpy as np
import soundfile
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.audio import files
from stargan_tf.base import errors


class FilesTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)

    def _written(self, name, samples, rate=16_000):
        path = self.root / name
        soundfile.write(path, samples, rate)
        return path

    @parameterized.parameters("a.wav", "a.flac")
    def test_stereo_is_mixed_and_resampled(self, name):
        left = 0.5 * np.sin(2 * np.pi * 200 * np.arange(44_100) / 44_100)
        path = self._written(name, np.stack([left, np.zeros_like(left)], axis=1), 44_100)
        sound = files.read(path)
        self.assertEqual((sound.rate, sound.channels, sound.seconds), (44_100, 2, 1.0))
        mixed = sound.mono(16_000)
        expected = 0.25 * np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000)
        self.assertAllClose(mixed[500:-500], expected[500:-500], atol=2e-4)
        self.assertAllClose(sound.mono(), left / 2, atol=1e-4)
        self.assertEqual(files.seconds_and_rate(path), (1.0, 44_100))

    def test_what_is_written_is_read_again(self):
        samples = np.array([0, 0.5, -0.25, 1.7, -3])
        files.write(self.root / "out.wav", samples, 16_000)
        sound = files.read(self.root / "out.wav")
        self.assertAllClose(sound.samples[:, 0], np.clip(samples, -1, 1), atol=1 / 32_000)
        with self.assertRaisesRegex(errors.UserError, "Could not write .*there is no folder"):
            files.write(self.root / "none" / "out.wav", samples, 16_000)

    @parameterized.parameters(files.read, files.seconds_and_rate)
    def test_what_is_no_sound(self, read):
        text = self.root / "text.wav"
        text.write_text("no sound at all, but text that is long enough for a header " * 3)
        with self.assertRaisesRegex(errors.UserError, "text.wav can't be read as sound .*; give"):
            read(text)
        with self.assertRaisesRegex(errors.UserError, "empty.wav lasts 0 seconds; give"):
            read(self._written("empty.wav", np.zeros(0)))
        with self.assertRaisesRegex(errors.UserError, "slow.wav has a rate of 8000 Hz, .*4000 Hz"):
            read(self._written("slow.wav", np.zeros(80), 8000))

    def test_what_is_missing(self):
        with self.assertRaisesRegex(errors.UserError, "There is no file .*none.wav; check"):
            files.read(self.root / "none.wav")
        self.enter_context(mock.patch.dict(sys.modules, {"soundfile": None}))
        with self.assertRaisesRegex(errors.UserError, r"soundfile, .*install .*\[voice\]"):
            files.read(self.root / "none.wav")

    def test_an_hour_is_too_long(self):
        path = self._written("long.flac", np.zeros(16_000 * 10))
        self.enter_context(mock.patch.object(files, "LONGEST", 9.0))
        with self.assertRaisesRegex(errors.UserError, "cut it into sentences"):
            files.read(path)


if __name__ == "__main__":
    tf.test.main()
