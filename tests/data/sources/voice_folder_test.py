"""Recordings in folders: layouts, splits, what is kept, and what is refused."""

import pathlib
from unittest import mock

import numpy as np
import soundfile
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.audio import world
from stargan_tf.base import errors
from stargan_tf.data import loading, options
from stargan_tf.data.sources import drawn_voices, voice_features, voice_layout


def _sound(speaker=0, number=0):
    """Returns half a second of a drawn voice at 16 kHz."""
    held_out = drawn_voices.DrawnVoices("test", ("anna", "ben"), 3)
    return held_out.sound(3 * speaker + number)[3200:11_200]


class VoiceFolderTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.cache = self.root / "cache"
        self.data = self.root / "voices"
        self.enter_context(mock.patch.dict("os.environ", {"XDG_CACHE_HOME": str(self.cache)}))

    def _write(self, name, samples=None, rate=16_000):
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.zeros(800) if samples is None else samples, rate)
        return path

    def _fill(self, *folders, count=4):
        for folder in folders:
            for number in range(count):
                self._write(f"{folder}/{number:03}.wav")

    def _load(self, split="train", **given):
        given = {"data_dir": str(self.data), **given}
        return loading.load(options.DataOptions(dataset="voice_folder", **given), split)

    def _paths(self, voices):
        return [str(pathlib.Path(path).relative_to(self.data)) for path in voices.paths]

    def test_sentences_are_held_out_of_all_speakers(self):
        self._fill("anna/deep", "ben", count=20)
        (self.data / "anna" / "notes.txt").write_text("x")
        training, held_out = self._load(), self._load("test")
        self.assertEqual(training.label_space.names, ("anna", "ben"))
        self.assertEqual(training.size + held_out.size, 40)
        names = {p.split("/")[-1] for p in self._paths(held_out)}
        self.assertLen(names, held_out.size // 2)
        self.assertEmpty(names & {p.split("/")[-1] for p in self._paths(training)})
        self.assertAllEqual(held_out.labels.sum(axis=0), [len(names)] * 2)
        self.assertIn("Left out, as they are neither wav nor flac: 1 .txt.", training.notes())

    def test_parts_in_folders(self):
        self._fill("training/anna", "training/ben", "test/ben", "test/other")
        self.assertEqual(self._load().size, 8)
        held_out = self._load("test")
        self.assertEqual(self._paths(held_out)[0], "test/ben/000.wav")
        self.assertAllEqual(held_out.labels, [[0, 1]] * 4)
        with self.assertRaisesRegex(errors.UserError, "holds the held-out recordings"):
            self._load(val_fraction=0.3)

    def test_vcc_2018(self):
        self._fill("vcc2018_training/VCC2SF1", "vcc2018_training/VCC2TM1", count=3)
        self._fill("vcc2018_evaluation/VCC2SF1", "vcc2018_reference/VCC2TM1", count=2)
        self.assertEqual(self._load().label_space.names, ("VCC2SF1", "VCC2TM1"))
        held_out = self._load("test")
        self.assertAllEqual(held_out.labels, [[1, 0], [1, 0], [0, 1], [0, 1]])
        # The reference holds the sentences of the evaluation.
        self.assertEqual([held_out.parallel(i, 1 - i // 2) for i in range(4)], [2, 3, 0, 1])

    def test_sentences_that_several_speakers_say(self):
        for name in ("anna/a/1.wav", "anna/2.flac", "anna/x.wav", "ben/b/1.WAV", "ben/2.wav",
                     "ben/c/2.wav", "clara/1.flac"):  # fmt: skip
            self._write(f"test/{name}")
        self._fill("train/anna", "train/ben", "train/clara")
        held_out = self._load("test")
        number = {path.removeprefix("test/"): i for i, path in enumerate(self._paths(held_out))}
        one = number["anna/a/1.wav"]
        self.assertEqual(held_out.parallel(one, 1), number["ben/b/1.WAV"])
        self.assertEqual(held_out.parallel(one, 2), number["clara/1.flac"])
        self.assertIsNone(held_out.parallel(number["anna/x.wav"], 1))
        # Ben has two files of that name, and nobody knows which is meant.
        self.assertIsNone(held_out.parallel(number["anna/2.flac"], 1))
        self.assertIsNone(held_out.parallel(number["ben/2.wav"], 0))
        kept = held_out.restricted([number["anna/a/1.wav"], number["clara/1.flac"]])
        self.assertEqual([kept.parallel(0, domain) for domain in (1, 2)], [None, 1])

    def test_cmu_arctic(self):
        self._fill("cmu_us_slt_arctic/wav", "cmu_us_bdl_arctic/wav", "cmu_us_rms_arctic/wav")
        self.assertEqual(self._load().label_space.names, ("bdl", "rms", "slt"))
        held_out = self._load("test")
        others = {held_out.parallel(0, domain) for domain in range(1, 3)}
        self.assertEqual(others, {1, 2})
        self.assertEqual(self._load(domains="slt,bdl").label_space.names, ("slt", "bdl"))

    def test_features_are_those_of_world_and_are_kept(self):
        for number in range(3):
            for k, speaker in enumerate(("anna", "ben")):
                self._write(f"{speaker}/{number}.wav", _sound(k, number))
        voices = self._load(coefficients=20, frames=40)
        self.assertEqual(voices.sample_shape, (40, 20))
        written, _ = soundfile.read(voices.paths[0])
        analysis = world.analyze(written, 16_000)
        self.assertAllClose(voices.whole(0), analysis.mel_cepstra(20), atol=1e-5)
        self.assertAllClose(voices.f0(0), analysis.f0, rtol=1e-6)
        self.assertAllClose(voices.sound(0), written, atol=1e-9)
        first = voices.statistics
        self.assertAllClose(first["mean_all"].shape, (20,))
        self.assertLen(list((self.cache / "stargan_tf" / "features").iterdir()), voices.size)
        moved = self.root / "moved"
        self.data.rename(moved)
        with mock.patch.object(voice_features.Analyzer, "_analyzed") as analyzed:
            again = self._load(coefficients=20, frames=40, data_dir=str(moved))
            self.assertAllClose(again.statistics["mean"], first["mean"])
            self.assertIs(self._load("test", coefficients=20, frames=40,
                                     data_dir=str(moved)).statistics, again.statistics)  # fmt: skip
        analyzed.assert_not_called()

    def test_a_damaged_file_in_the_cache_is_made_anew(self):
        path = str(self._write("anna/0.wav", _sound()))
        analyzer = voice_features.Analyzer("mel", 36, 16_000)
        features, _ = analyzer.features(path)
        self.assertEqual(features.shape, (63, 80))
        kept = next(voice_features.folder().iterdir())
        kept.write_bytes(kept.read_bytes()[:100])
        self.assertAllEqual(analyzer.features(path)[0], features)

    def test_stereo_and_other_rates_are_said(self):
        self._fill("anna", "ben")
        self._write("ben/1.wav", np.zeros((4410, 2)), 44_100)
        lines = " ".join([*self._load().notes(), *self._load("test").notes()])
        self.assertRegex(lines, r"1 of \d recordings are stereo and are mixed down to mono")
        self.assertRegex(lines, r"1 of \d recordings are resampled to 16000 Hz")

    def test_what_can_not_be_read_is_refused_or_skipped(self):
        self._fill("anna", "ben", count=9)
        self._write("anna/empty.wav", np.zeros(0))
        self._write("ben/slow.wav", np.zeros(800), 8000)
        (self.data / "ben" / "text.wav").write_text("no sound")
        whole = [self._load(split) for split in ("train", "test")]
        told = {
            pathlib.Path(part.describe(i)).name: why
            for part in whole
            for i, why in part.problems().items()
        }
        self.assertCountEqual(told, ["empty.wav", "slow.wav", "text.wav"])
        self.assertEqual(told["empty.wav"], "lasts 0 seconds")
        self.assertRegex(told["slow.wav"], "a rate of 8000 Hz, which lacks the sounds above 4000")
        self.assertRegex(told["text.wav"], "can't be read as sound")
        bad = next(part for part in whole if part.problems())
        with self.assertRaisesRegex(errors.UserError, r"\d of \d+ recordings cannot be used"):
            loading.usable(bad, "error")
        kept, problems = loading.usable(bad, "skip")
        self.assertEqual(kept.size, bad.size - len(problems))
        self.assertEmpty(kept.problems(thorough=True))

    def test_a_rate_is_not_invented(self):
        self._fill("anna", "ben")
        why = next(iter(self._load(sample_rate=22_050).problems().values()))
        self.assertRegex(why, "a rate of 16000 Hz, less than the 22050 Hz that `sample_rate`")
        with self.assertRaisesRegex(errors.UserError, "is 16000 or 22050 Hz; received 44100"):
            self._load(sample_rate=44_100)

    @parameterized.parameters(
        ((), {}, "received data_dir=.*voices, which is none; lay them out as DIR/<speaker>"),
        (("anna",), {}, r"holds 1 speaker \(anna\), but conversion needs at least 2"),
        (("anna", "ben"), {"domains": "anna,bob"}, "Unknown speaker in .* 'bob'; the known .*anna"),
        (("test/anna", "ben"), {}, "holds 'test', the name of a held-out part, but no training"),
        (("train/anna", "train/ben", "test/x"), {}, "holds no recording of anna, ben; add some"),
        (("anna", "ben", "c/"), {}, "The folder of c in .* holds no recording"),
    )
    def test_folders_that_make_no_sense(self, folders, given, message):
        for folder in folders:
            if folder.endswith("/"):
                (self.data / folder).mkdir()
            else:
                self._fill(folder, count=2)
        with self.assertRaisesRegex(errors.UserError, message):
            self._load(**given)

    def test_what_the_doctor_is_told(self):
        loud = np.clip(20 * _sound(), -1, 1)
        for number in range(4):
            self._write(f"anna/{number}.wav", loud)
            self._write(f"ben/{number}.wav", 0.2 * _sound(1, 1), 16_000 + 6050 * (number % 2))
            self._write(f"clara/{number}.wav", np.zeros((30 * 16_000, 2)))
        found = {remark.kind: remark for remark in self._load().remarks()}
        self.assertCountEqual(
            found,
            ["silent", "clipped", "short", "long", "stereo", "rates", "few_minutes", "minutes"],
        )
        self.assertTrue(all("clara" in name for name in found["stereo"].names))
        self.assertTrue(all("clara" in name for name in found["silent"].names))
        self.assertTrue(all("anna" in name for name in found["clipped"].names))
        self.assertTrue(all("clara" in name for name in found["long"].names))
        self.assertRegex(found["few_minutes"].message, r"3 minutes .*: anna 0.0, ben 0.0, clara")
        self.assertRegex(found["minutes"].message, r"clara (1.0|1.5|2.0)\.$")

    def test_arctic_names(self):
        self.assertEqual(voice_layout._ARCTIC.fullmatch("cmu_us_bdl_arctic-0.95")[1], "bdl")


if __name__ == "__main__":
    tf.test.main()
