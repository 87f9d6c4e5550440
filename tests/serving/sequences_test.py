"""A run of sequences, exported and served: the client converts as the run itself does."""

import contextlib
import json
import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

import stargan_tf
from stargan_tf import algorithms
from stargan_tf.base import errors
from stargan_tf.client import client as client_lib
from stargan_tf.client import served
from stargan_tf.client import target as target_lib
from stargan_tf.data.sources import drawn_voices
from stargan_tf.inference import sounds
from stargan_tf.serving import saved_model
from tests import commands, sequences
from tests.serving import stand_in, stand_in_rest

RULE = sounds.Rule("mcep", 16_000, sequences.FEATURES)


class SequencesTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pathlib.Path(cls().create_tempdir().full_path)
        cls.enterClassContext(
            mock.patch.object(algorithms, "algorithm_class", lambda name: sequences.Toy)
        )
        cls.enterClassContext(mock.patch.object(sounds, "rule", lambda *unused: RULE))
        run = sequences.untrained_run(cls.root / "run")
        cls.exported = saved_model.export(run, cls.root / "exported").directory
        cls.model = stargan_tf.load(cls.root / "run")
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        backend = stand_in.Backend({"stargan": cls.exported.parent})
        stack.callback(backend.close)
        cls.servers = {
            "grpc": stack.enter_context(stand_in.serve_grpc(backend)),
            "rest": stack.enter_context(stand_in_rest.serve_rest(backend)),
        }

    def client(self, kind):
        return client_lib.connect(target_lib.Target(self.servers[kind], timeout=120.0))

    @parameterized.product(kind=("grpc", "rest"), differential=(False, True))
    def test_it_converts_as_the_run_does(self, kind, differential):
        given = np.random.default_rng(0).normal(size=(13, 5)).astype(np.float32)
        way = {"source": "cleo", "target": "ben", "differential": differential}
        found = self.client(kind).convert(given, **way)
        self.assertAllClose(found, self.model.convert(given, **way), atol=1e-5)

    def test_what_it_says_of_itself(self):
        model = self.client("grpc").model
        self.assertEqual((model.sequences.features, model.sequences.rule), (5, RULE))
        self.assertAllClose(model.sequences.statistics["log_f0_mean"], np.log([100, 200, 300]))
        self.assertIn("5 features, domains anna, ben, cleo", str(model))

    def test_images_are_refused(self):
        with self.assertRaisesRegex(errors.UserError, "takes no images; call convert"):
            self.client("rest").translate(np.zeros((8, 8, 3), np.uint8), to="ben")

    def test_a_damaged_description_is_a_sentence(self):
        text = json.loads((self.exported / "model.json").read_text())
        for changed in ({"features": 0}, {"statistics": {"log_f0_mean": [1.0]}}, {"rule": {}}):
            broken = {**text, "sequences": {**text["sequences"], **changed}}
            with self.assertRaisesRegex(errors.UserError, "description can't be read"):
                served.ServedModel.from_json(json.dumps(broken).encode())

    @parameterized.product(kind=("grpc", "rest"), gain=(False, True))
    def test_sound_through_the_command(self, kind, gain):
        spoken = drawn_voices.DrawnVoices("test", ("anna", "ben"), 1).sound(0)[3200:9600]
        given, made = self.root / "in.wav", self.root / f"{kind}{gain}.wav"
        sounds.Sound(spoken, 16_000).save(given)
        done = commands.run(
            "stargan_tf.client", f"--server={self.servers[kind]}", f"--audio={given}",
            f"--output={made}", "--from=anna", "--to=ben", f"--spectral_gain={str(gain).lower()}",
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        way = {"source": "anna", "target": "ben", "spectral_gain": gain}
        self.model.convert(str(given), **way).save(self.root / "own.wav")
        found, expected = (sounds.read(path) for path in (made, self.root / "own.wav"))
        self.assertEqual(found.rate, 16_000)
        self.assertAllClose(found.samples, expected.samples, atol=2**-14)  # of 16 bits
        self.assertGreater(np.abs(found.samples).max(), 0.01)

    @parameterized.parameters("grpc", "rest")
    def test_the_command(self, kind):
        given = np.random.default_rng(0).normal(size=(9, 5)).astype(np.float32)
        f0 = np.full(9, 100.0)
        np.savez(self.root / "in.npz", features=given, f0=f0)
        flags = [f"--server={self.servers[kind]}", f"--audio={self.root}/in.npz",
                 f"--output={self.root}/{kind}.npz"]  # fmt: skip
        done = commands.run("stargan_tf.client", *flags, "--from=anna", "--to=ben")
        self.assertEqual(done.returncode, 0, done.stderr)
        with np.load(self.root / f"{kind}.npz") as file:
            expected = self.model.convert(given, source="anna", target="ben")
            self.assertAllClose(file["features"], expected, atol=1e-5)
            self.assertAllClose(file["f0"], np.full(9, 200.0), rtol=1e-5)
        for more, message in (
            (["--to=ben"], "received no --from"),
            (["--from=anna", "--to=bob"], "(?i)unknown domain 'bob'"),
            (["--from=anna,ben", "--to=ben"], "Pass one domain with --from"),
            (["--from=anna", "--to=ben", "--seed=3"], "--seed is of images"),
        ):
            done = commands.run("stargan_tf.client", *flags, *more)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, message)


if __name__ == "__main__":
    tf.test.main()
