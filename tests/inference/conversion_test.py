"""Converting sequences of features: from Python, by the command, and what is refused."""

import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

import stargan_tf
from stargan_tf import algorithms
from stargan_tf.base import errors
from stargan_tf.inference import converter
from tests import commands, sequences, tiny

REAL = algorithms.algorithm_class


def some_features(frames=7):
    return np.random.default_rng(1).normal(size=(frames, sequences.FEATURES)).astype(np.float32)


class ConversionTestCase(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.enter_context(
            mock.patch.object(algorithms, "algorithm_class", lambda name: sequences.Toy)
        )
        sequences.untrained_run(self.root / "run")

    def convert(self, **given):
        flags = {"run": self.root / "run", "audio": self.root / "in.npz", "from": "anna"}
        flags |= {"to": "ben", "output": self.root / "out.npz", **given}
        return commands.run(
            "stargan_tf.convert",
            *(f"--{name}={value}" for name, value in flags.items() if value is not True),
            *(f"--{name}" for name, value in flags.items() if value is True),
        )


class FeaturesTest(ConversionTestCase):
    def test_features_of_any_length(self):
        model = stargan_tf.load(self.root / "run")
        self.assertEqual(model.domains, sequences.SPACE.names)
        for frames in (1, 7, 30):
            given = some_features(frames)
            made = model.convert(given, source="cleo", target="ben")
            offset = sequences.LEARNT[1] - sequences.LEARNT[2]
            self.assertAllClose(made, given + offset, atol=1e-6)
            self.assertEqual(made.dtype, np.float32)

    def test_the_differential_form(self):
        model = stargan_tf.load(self.root / "run")
        with mock.patch.object(
            sequences.Model, "call", lambda self, x, s, y: 0.5 * self.offset(x, y)
        ):
            given = some_features()
            whole = model.convert(given, source="ben", target="cleo")
            kept = model.convert(given, source="ben", target="cleo", differential=True)
        a, b = sequences.LEARNT[1:]
        self.assertAllClose(whole, 0.5 * (given + b), atol=1e-6)
        self.assertAllClose(kept, given + 0.5 * (b - a), atol=1e-6)

    def test_a_list_gives_a_list(self):
        model = stargan_tf.load(self.root / "run")
        given = [some_features(3), some_features(9)]
        made = model.convert(given, source="anna", target="ben")
        self.assertEqual([len(one) for one in made], [3, 9])
        for one, before in zip(made, given, strict=True):
            alone = model.convert(before, source="anna", target="ben")
            self.assertAllEqual(one, alone)

    def test_the_command_writes_what_python_gives(self):
        given = some_features()
        f0 = np.array([0, 100, 100, 120, 0, 90, 100.0])
        np.savez(self.root / "in.npz", features=given, f0=f0)
        done = self.convert()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("out.npz  (anna to ben, 7 frames)", done.stdout)
        with np.load(self.root / "out.npz") as file:
            model = stargan_tf.load(self.root / "run")
            expected = model.convert(self.root / "in.npz", source="anna", target="ben")
            self.assertAllEqual(file["features"], expected)
            voiced = f0 > 0
            logs = (np.log(f0[voiced]) - np.log(100)) / 0.1 * 0.2 + np.log(200)
            self.assertAllClose(file["f0"][voiced], np.exp(logs), rtol=1e-5)
            self.assertAllEqual(file["f0"][~voiced], [0, 0])

    def test_a_folder_becomes_a_folder(self):
        (self.root / "in" / "deep").mkdir(parents=True)
        for name in ("a.npz", "deep/b.npz"):
            np.savez(self.root / "in" / name, features=some_features())
        (self.root / "in" / "bad.npz").write_bytes(b"nothing")
        (self.root / "in" / "notes.txt").write_text("no sound")
        done = self.convert(audio=self.root / "in", output=self.root / "in" / "out")
        self.assertEqual(done.returncode, 1)
        self.assertIn("bad.npz can't be read as a file of features", done.stderr)
        self.assertIn("1 of 3 files could not be converted", done.stderr)
        written = sorted(
            path.relative_to(self.root / "in" / "out").as_posix()
            for path in (self.root / "in" / "out").rglob("*.npz")
        )
        self.assertEqual(written, ["a.npz", "deep/b.npz"])
        again = self.convert(audio=self.root / "in", output=self.root / "in" / "out")
        self.assertIn("1 of 3", again.stderr)  # results are not read


class RefusedTest(ConversionTestCase):
    @parameterized.parameters(
        ({"to": "bob"}, "(?i)unknown domain 'bob'.*ben"),
        ({"from": ""}, "Pass one domain with --from"),
        ({"from": "ann"}, "(?i)unknown domain 'ann'.*anna"),
        ({"audio": "none.npz"}, "--audio=none.npz does not exist; name a file"),
        ({"output": "out.mp3"}, r"--output is written as .wav or .* end it in one"),
        ({"spectral_gain": True}, "features of .* are not of sound; pass features"),
        ({"output": "out.wav"}, "features of .* are not of sound; pass features"),
    )
    def test_what_makes_no_sense(self, flags, message):
        np.savez(self.root / "in.npz", features=some_features(), f0=np.ones(7))
        output = {"output": self.root / flags["output"]} if "output" in flags else {}
        done = self.convert(**{**flags, **output})
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertRegex(done.stderr, message)
        self.assertNotIn("Traceback", done.stderr)

    @parameterized.parameters(
        ({"features": np.zeros((4, 6))}, r"are \(frames, 5\); received \(4, 6\)"),
        ({"features": np.zeros((0, 5))}, r"received \(0, 5\)"),
        ({"features": np.full((4, 5), np.nan)}, "finite numbers"),
        ({"features": np.full((4, 5), "a")}, "finite numbers; received <U1"),
        ({"values": np.zeros((4, 5))}, "holds no array 'features'"),
        ({"features": np.zeros((4, 5)), "f0": np.zeros(3)}, "each of 4 frames; received"),
        ({"features": np.zeros((4, 5)), "f0": -np.ones(4)}, "Hz from 0 on"),
    )
    def test_files_that_do_not_fit(self, arrays, message):
        np.savez(self.root / "in.npz", **arrays)
        done = self.convert()
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, message)

    def test_what_a_run_of_sequences_can_not_do(self):
        model = stargan_tf.load(self.root / "run")
        for call in (
            lambda: model.translate(np.zeros((8, 8, 3), np.uint8), to="ben"),
            lambda: model.encode(np.zeros((8, 8, 3), np.uint8), "ben"),
            lambda: model.styles("ben"),
            lambda: model.labels(np.zeros((8, 8, 3), np.uint8)),
            lambda: model.classify(np.zeros((8, 8, 3), np.uint8)),
            lambda: model.image_size,
            lambda: model.generator,
        ):
            with self.assertRaisesRegex(errors.UserError, r"\(stargan_v1\) can't translate images"):
                call()

    def test_domains_are_named_one_at_a_time(self):
        self.assertEqual(converter.way_of(" a", "b", True, False), converter.Way("a", "b", True))
        for source, target in (("", "b"), ("a", "a,b"), (None, "b")):
            with self.assertRaisesRegex(errors.UserError, "Pass one domain with `from`"):
                converter.way_of(source, target, False, False)

    def test_arguments(self):
        model = stargan_tf.load(self.root / "run")
        ways = {"source": "anna", "target": "ben"}
        with self.assertRaisesRegex(errors.UserError, "the list is empty"):
            model.convert([], **ways)
        with self.assertRaisesRegex(errors.UserError, r"received ndarray \(1, 2, 5\)"):
            model.convert(np.zeros((1, 2, 5)), **ways)
        with self.assertRaisesRegex(errors.UserError, "needs its `rate`"):
            model.convert(np.zeros(9), **ways)
        with self.assertRaisesRegex(errors.UserError, "not of sound; pass features"):
            model.convert(np.zeros(9), rate=16_000, **ways)

    def test_networks_that_give_no_numbers(self):
        model = stargan_tf.load(self.root / "run")
        model.algorithm.M.offset.offset.assign([0, np.inf, 0])
        with self.assertRaisesRegex(errors.UserError, "not finite: the training has diverged"):
            model.convert(some_features(), source="anna", target="ben")

    def test_files_that_would_be_lost(self):
        np.savez(self.root / "in.npz", features=some_features())
        done = self.convert(output=self.root / "in.npz")
        self.assertIn("would overwrite", done.stderr)
        folder = self.root / "both"
        folder.mkdir()
        (folder / "a.wav").write_bytes(b"")
        (folder / "a.flac").write_bytes(b"")
        done = self.convert(audio=folder, output=self.root / "made")
        self.assertIn("would both become", done.stderr)
        self.assertFalse((self.root / "made").exists())
        for output, message in (
            (folder, "is the folder of the sound itself"),
            (self.root / "out.wav", "is a folder, so --output must be one too"),
        ):
            self.assertIn(message, self.convert(audio=folder, output=output).stderr)
        (self.root / "empty").mkdir()
        done = self.convert(audio=self.root / "empty", output=self.root / "made")
        self.assertIn("holds no sound", done.stderr)

    def test_a_run_of_images_converts_nothing(self):
        with mock.patch.object(algorithms, "algorithm_class", REAL):
            tiny.untrained_run(self.root / "images")
            np.savez(self.root / "in.npz", features=some_features())
            done = self.convert(run=self.root / "images")
            self.assertEqual(done.returncode, 2)
            self.assertIn("can't convert sequences of features", done.stderr)
            model = stargan_tf.load(self.root / "images")
            with self.assertRaisesRegex(errors.UserError, "can't convert sequences"):
                model.convert(some_features(), source="anna", target="ben")

    def test_commands_for_images_refuse_a_run_of_sequences(self):
        for command, more in (
            ("translate", ["--image=x.png", "--to=ben", f"--output={self.root}/o.png"]),
            ("animate", ["--image=x.png", "--to=ben", f"--output={self.root}/o.gif"]),
        ):
            (self.root / "x.png").write_bytes(b"")
            more[0] = f"--image={self.root}/x.png"
            done = commands.run(f"stargan_tf.{command}", f"--run={self.root}/run", *more)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertRegex(done.stderr, "error: The networks of .* can't translate images")


if __name__ == "__main__":
    tf.test.main()
