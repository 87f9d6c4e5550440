"""Sound to converted sound: against drawn voices, whose pitch and envelopes are known."""

import dataclasses
import pathlib
from unittest import mock

import numpy as np
import soundfile
import tensorflow as tf

import stargan_tf
from stargan_tf import algorithms
from stargan_tf.audio import files as audio_files
from stargan_tf.audio import world
from stargan_tf.base import errors
from stargan_tf.data import options
from stargan_tf.data.sources import drawn_voices
from stargan_tf.evaluation.distances import sequences as distances
from stargan_tf.inference import converter, sequence_files, sounds
from tests import commands, sequences

RULE = sounds.Rule("mcep", 16_000, 36)


class Exact(converter.Converter):
    """Converts an utterance as the data know it: the truth, aligned to the frames of the sound."""

    def __init__(self, data, index, rule=RULE):
        self._data, self._index = data, index
        self.about_conversions_ = converter.About(
            "a model", data.label_space, 36, rule, data.statistics
        )

    @property
    def about_conversions(self):
        return self.about_conversions_

    def _convert(self, features, sources, labels, differential):
        truth = [
            self._data.conversion(self._index, int(y.argmax())) for y in (sources[0], labels[0])
        ]
        wanted = features[0] + 0
        frames = min(len(wanted), len(truth[0]))
        wanted[:frames] += truth[1][:frames] - truth[0][:frames]
        return wanted[np.newaxis]


class SoundTest(tf.test.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data = drawn_voices.DrawnVoices("test", count=2, train_count=2)
        cls.names = cls.data.label_space.names
        cls.samples = cls.data.sound(0)
        cls.scale = np.abs(cls.samples).max() * 1.5
        cls.root = pathlib.Path(cls().create_tempdir().full_path)
        cls.path = cls.root / "in.wav"
        audio_files.write(cls.path, cls.samples / cls.scale, 16_000)

    def analysis(self, sound):
        return world.analyze(sound.samples, sound.rate)

    def check(self, made, share=0.75):
        """A conversion has the target's pitch and is nearer to its envelopes than the input is."""
        found = self.analysis(made)
        both = (found.f0 > 0)[: len(self.data.f0(0))] & (self.data.f0(0, 1) > 0)[: len(found.f0)]
        mapped = sounds.mapped_pitch(self.data.f0(0), self.data.statistics, 0, 1)
        ratio = found.f0[: len(both)][both] / mapped[: len(both)][both]
        self.assertAllClose(np.median(ratio), 1, atol=0.03)
        truth = [self.data.conversion(0, k) for k in (0, 1)]
        features = found.mel_cepstra(36)
        frames = distances.loud(truth[1])
        frames[min(len(features), len(frames)) :] = False
        to_source, to_target = (
            distances.distortion(
                features[: len(frames)][frames[: len(features)]], one[frames]
            ).mean()
            for one in truth
        )
        self.assertLess(to_target, share * to_source)

    def test_a_file_becomes_sound_of_the_target(self):
        exact = Exact(self.data, 0)
        made = exact.convert(self.path, source=self.names[0], target=self.names[1])
        self.assertEqual(made.rate, 16_000)
        self.assertAllClose(len(made.samples), len(self.samples), atol=200)
        self.check(made)
        made.save(self.root / "out.wav")
        again = audio_files.read(self.root / "out.wav")
        self.assertAllClose(again.samples[:, 0], np.clip(made.samples, -1, 1), atol=1e-4)

    def test_the_spectral_gain_keeps_fine_structure(self):
        exact = Exact(self.data, 0)
        way = {"source": self.names[0], "target": self.names[1], "spectral_gain": True}
        self.check(exact.convert(self.path, **way))
        way["target"] = way["source"]  # a gain of 1 everywhere
        heard = sounds.analyzed(sounds.read(self.path), RULE, "a model")
        made = exact.convert(self.path, **way)
        expected = world.synthesize(heard.analysis)
        self.assertAllClose(made.samples, expected, atol=1e-3)

    def test_arrays_keep_their_rate(self):
        exact = Exact(self.data, 0)
        way = {"source": self.names[0], "target": self.names[1]}
        given = sounds.Sound(self.samples / self.scale, 16_000).at(44_100)
        made = exact.convert(np.clip(given.samples, -1, 1), rate=44_100, **way)
        self.assertEqual(made.dtype, np.float32)
        self.assertAllClose(len(made), len(given.samples), atol=500)
        # Resampling cuts off what lies near half of the rate, which mel-cepstra see.
        self.check(sounds.Sound(made.astype(np.float64), 44_100).at(16_000), share=0.95)

    def test_features_with_a_pitch_become_sound_without_a_vocoder(self):
        sequence = sequence_files.Sequence(self.data.conversion(0, 1), self.data.f0(0, 1))
        with mock.patch.dict("sys.modules", {"pyworld": None}):
            made = sounds.synthesized(sequence, RULE, "a model")
        self.check(made)
        with self.assertRaisesRegex(errors.UserError, "has none; add an array 'f0' to it"):
            sounds.synthesized(dataclasses.replace(sequence, f0=None), RULE, "a model")

    def test_what_can_not_be_heard(self):
        way = {"source": self.names[0], "target": self.names[1]}
        exact = Exact(self.data, 0, sounds.Rule("mel", 16_000, 36))
        with self.assertRaisesRegex(errors.UserError, "log mel spectra, of which only a neural"):
            exact.convert(self.path, **way)
        with self.assertRaisesRegex(errors.UserError, "log mel spectra"):
            exact.convert(np.zeros((9, 36)), **way, spectral_gain=True)
        exact = Exact(self.data, 0)
        for array in (np.zeros(99, np.int16), np.full(99, 1.5), np.array([np.nan]), np.zeros(0)):
            with self.assertRaisesRegex(errors.UserError, r"holds floats in \[-1, 1\]; received"):
                exact.convert(array, rate=16_000, **way)
        with self.assertRaisesRegex(errors.UserError, "16000 Hz or more; received rate=8000"):
            exact.convert(np.zeros(99), rate=8000, **way)
        missing = mock.patch.dict("sys.modules", {"pyworld": None})
        with missing, self.assertRaisesRegex(errors.UserError, r"package pyworld.*\[voice\]"):
            exact.convert(self.path, **way)
        for name, contents, message in (
            ("noise.wav", b"RIFF nothing", "can't be read as sound"),
            ("none.wav", None, "There is no file"),
        ):
            if contents:
                (self.root / name).write_bytes(contents)
            with self.assertRaisesRegex(errors.UserError, message):
                exact.convert(self.root / name, **way)

    def test_the_rule_is_that_of_the_data(self):
        data = options.DataOptions(dataset="drawn_voices", features="mel")
        self.assertEqual(sounds.rule(data, (128, 80)), sounds.Rule("mel", 16_000, 80))
        data = options.DataOptions(dataset="drawn_voices", sample_rate=22_050)
        self.assertEqual(sounds.rule(data, (128, 36)), sounds.Rule("mcep", 22_050, 36))
        self.assertIsNone(sounds.rule(options.DataOptions(), (3, 2)))


class CommandTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.enter_context(
            mock.patch.object(algorithms, "algorithm_class", lambda name: sequences.Toy)
        )
        self.enter_context(mock.patch.object(
            sounds, "rule", lambda *unused: sounds.Rule("mcep", 16_000, sequences.FEATURES)
        ))  # fmt: skip
        sequences.untrained_run(self.root / "run")

    def test_files_that_are_no_sound_and_what_is_mixed(self):
        given = self.root / "in"
        given.mkdir()
        sound = drawn_voices.DrawnVoices("test", count=1, train_count=1).sound(0)[:6400]
        soundfile.write(given / "stereo.wav", np.stack([sound, sound], axis=1), 16_000)
        soundfile.write(given / "slow.wav", sound, 8000)
        audio_files.write(given / "zero.wav", np.zeros(0), 16_000)
        (given / "text.wav").write_text("no sound")
        (given / "text.mp3").write_text("no sound")
        flags = [f"--run={self.root}/run", "--from=anna", "--to=ben"]
        done = commands.run(
            "stargan_tf.convert", *flags, f"--audio={given}", f"--output={self.root}/out"
        )
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"stereo.wav .*0.4 s, 2 channels mixed down to one\)")
        for message in (
            "slow.wav has a rate of 8000 Hz, which lacks the sounds above 4000 Hz; give",
            "zero.wav lasts 0 seconds; give a file that holds sound",
            "text.wav can't be read as sound (Format not recognised); give a wav or flac",
            "3 of 4 files could not be converted",
        ):
            self.assertIn(message, done.stderr)
        self.assertEqual([p.name for p in (self.root / "out").iterdir()], ["stereo.wav"])
        for more, message in (
            ([f"--audio={given}/text.mp3"], "text.mp3 can't be read as sound (Format not recog"),
            ([f"--audio={given}/stereo.wav", "--from=bob"], "Unknown domain 'bob'; the known ones"),
        ):
            done = commands.run("stargan_tf.convert", *flags, *more, f"--output={self.root}/o.wav")
            self.assertEqual(done.returncode, 2)
            self.assertIn(message, done.stderr)
            self.assertFalse((self.root / "o.wav").exists())

    def test_sound_to_sound_and_to_features(self):
        root = self.root
        sound = drawn_voices.DrawnVoices("test", count=1, train_count=1).sound(0)
        stereo = np.stack([sound, sound])
        audio_files.write(root / "in.wav", sound / np.abs(stereo).max() * 0.7, 16_000)
        flags = [f"--run={root}/run", "--from=anna", "--to=ben"]
        for output in ("out.wav", "out.npz"):
            done = commands.run(
                "stargan_tf.convert", *flags, f"--audio={root}/in.wav", f"--output={root}/{output}"
            )
            self.assertEqual(done.returncode, 0, done.stderr)
        seconds = audio_files.read(root / "out.wav").seconds
        self.assertAllClose(seconds, len(sound) / 16_000, atol=0.02)
        with np.load(root / "out.npz") as file:
            heard = sounds.analyzed(sounds.read(root / "in.wav"), sounds.rule(), "")
            expected = stargan_tf.load(root / "run").convert(
                heard.features, source="anna", target="ben"
            )
            self.assertAllClose(file["features"], expected, atol=1e-5)
        done = commands.run(
            "stargan_tf.convert", *flags, f"--audio={root}/out.npz", f"--output={root}/b.wav"
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertAllClose(audio_files.read(root / "b.wav").seconds, seconds, atol=0.02)
        done = commands.run(
            "stargan_tf.convert", *flags, f"--audio={root}/out.npz", f"--output={root}/b.wav",
            "--spectral_gain",
        )  # fmt: skip
        self.assertRegex(done.stderr, "--spectral_gain keeps the fine structure of sound, which")


if __name__ == "__main__":
    tf.test.main()
