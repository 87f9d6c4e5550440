"""Trackers: what they are told, what is continued, and what happens when one fails."""

import contextlib
import io
import os
import pathlib
import sys
import types
import wave
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.inference import conversion_samples, sounds
from stargan_tf.pictures import sheets
from stargan_tf.training import previews, trackers
from stargan_tf.training.trackers import mlflow as mlflow_tracker
from tests import commands
from tests.training import stub


class _WandbError(Exception):
    pass


def fake_wandb(**changes):
    """Returns a module that stands in for wandb, and the list of what it was told."""
    told = []

    class Run:
        id = "run-1"

        def log(self, values):
            told.append(("log", values))

        def define_metric(self, name, **how):
            told.append(("define", name, how))

        def alert(self, title, text, level):
            told.append(("alert", title, text, level))

        def finish(self, exit_code):
            told.append(("finish", exit_code))

    def init(**arguments):
        told.append(("init", arguments))
        return Run()

    module = types.ModuleType("wandb")
    module.init, module.Image = init, lambda picture: ("image", picture.shape, picture.dtype)
    module.Audio = lambda samples, rate: ("audio", len(samples), rate)
    module.Settings = lambda **settings: settings
    module.errors = types.SimpleNamespace(Error=_WandbError)
    for name, value in changes.items():
        setattr(module, name, value)
    return module, told


def fake_mlflow():
    """Returns a module that stands in for mlflow, and the list of what it was told."""
    told = []

    class MlflowException(Exception):
        error_code = "RESOURCE_DOES_NOT_EXIST"

    class Client:
        def __init__(self, tracking_uri):
            told.append(("client", tracking_uri))

        def __getattr__(self, method):
            def call(*arguments, **named):
                told.append((method, *arguments, named))
                if method == "update_run" and arguments[0] == "removed":
                    raise MlflowException("gone")
                if method == "get_experiment_by_name":
                    return None
                if method == "create_run":
                    return types.SimpleNamespace(info=types.SimpleNamespace(run_id="new"))
                return "7"

            return call

    module = types.ModuleType("mlflow")
    module.MlflowClient = Client
    module.entities = types.SimpleNamespace(
        Metric=lambda *values: values, Param=lambda *values: values
    )
    module.exceptions = types.SimpleNamespace(MlflowException=MlflowException)
    return module, told


class Shown(stub.Stub):
    """Has a sheet to show."""

    def sample_sheets(self, images, labels):
        return {"toy": sheets.Sheet(["a"], np.zeros((1, 1, 8, 8, 3), np.float32))}


class Heard(stub.Stub):
    """Has a sound, too, where previews are asked for."""

    def samples(self, held_out):
        sound = sounds.Sound(np.linspace(-2, 2, 99), 16_000)
        return conversion_samples.Samples({}, {"toy": sound})


class TrackersTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.directory = pathlib.Path(self.create_tempdir().full_path) / "run"
        self.enter_context(mock.patch.dict("os.environ"))
        for name in ("WANDB_PROJECT", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
            os.environ.pop(name, None)

    def train(self, algorithm=None, status=0, **changes):
        changes = {"total_steps": 2, "sample_every": 2, **changes}
        found = stub.train(self.directory, algorithm or Shown(), **changes)
        self.assertEqual(found, status)

    def with_module(self, name, module):
        self.enter_context(mock.patch.dict(sys.modules, {name: module}))

    def test_wandb_is_told_everything_and_goes_on_with_its_run(self):
        module, told = fake_wandb()
        self.with_module("wandb", module)
        self.train(tracker="wandb")
        (begun,) = [arguments for what, *(arguments, *_) in told if what == "init"]
        self.assertEqual((begun["project"], begun["name"]), ("stargan-tf", "run"))
        self.assertEqual((begun["id"], begun["dir"]), (None, str(self.directory)))
        self.assertEqual(begun["config"]["total_steps"], 2)
        self.assertIn(("define", "*", {"step_metric": "step"}), told)
        logged = [values for what, *(values, *_) in told if what == "log"]
        numbers = [values for values in logged if "G/x" in values]
        self.assertEqual([(v["step"], v["G/x"]) for v in numbers], [(1, 1.0), (2, 1.0)])
        (pictures,) = [values for values in logged if "samples/toy" in values]
        self.assertEqual(pictures["step"], 2)
        kind, shape, dtype = pictures["samples/toy"]
        self.assertEqual((kind, shape[-1], dtype), ("image", 3, np.uint8))
        self.assertEqual(told[-1], ("finish", 0))

        told.clear()
        self.train(tracker="wandb", total_steps=3)
        self.assertEqual(told[0][1]["id"], "run-1")
        logged = [values for what, *(values, *_) in told if what == "log"]
        self.assertEqual({values["step"] for values in logged}, {3})

    def test_mlflow_is_told_everything_and_goes_on_with_its_run(self):
        module, told = fake_mlflow()
        self.with_module("mlflow", module)
        self.train(tracker="mlflow")
        self.assertEqual(told[0], ("client", (self.directory.parent / "mlruns").as_uri()))
        names = [what for what, *_ in told]
        self.assertEqual(names[1:4], ["get_experiment_by_name", "create_experiment", "create_run"])
        batches = [call for call in told if call[0] == "log_batch"]
        self.assertTrue(all(call[1] == "new" for call in batches))
        parameters = dict(p for call in batches for p in call[-1].get("params", ()))
        self.assertEqual(parameters["total_steps"], "2")
        metrics = [m for call in batches for m in call[-1].get("metrics", ()) if m[0] == "G/x"]
        self.assertEqual([(value, step) for _, value, _, step in metrics], [(1.0, 1), (1.0, 2)])
        (image,) = [call for call in told if call[0] == "log_image"]
        self.assertEqual(image[3], "samples/step-00000002-toy.png")
        self.assertEqual(told[-1][:3], ("set_terminated", "new", "FINISHED"))

        told.clear()
        self.train(tracker="mlflow", total_steps=3)
        self.assertEqual(told[1], ("update_run", "new", {"status": "RUNNING"}))
        self.assertNotIn("create_run", [what for what, *_ in told])

        (self.directory / "trackers.json").write_text('{"mlflow": "removed"}')
        told.clear()
        self.train(tracker="mlflow", total_steps=4)
        self.assertIn("create_run", [what for what, *_ in told])

    def test_sounds_are_told(self):
        wandb, told_wandb = fake_wandb()
        mlflow, told_mlflow = fake_mlflow()
        self.with_module("wandb", wandb)
        self.with_module("mlflow", mlflow)
        with mock.patch.object(previews, "of", Heard.samples):
            self.train(Heard(), tracker="wandb,mlflow")
        with wave.open(str(self.directory / "samples" / "step-00000002-toy.wav")) as file:
            samples = np.frombuffer(file.readframes(99), "<i2")
        self.assertEqual((samples.min(), samples.max(), samples[49]), (-32767, 32767, 0))
        logged = [values for what, *(values, *_) in told_wandb if what == "log"]
        (told,) = [values for values in logged if "samples/toy" in values]
        self.assertEqual(told, {"samples/toy": ("audio", 99, 16_000), "step": 2})
        (artifact,) = [call for call in told_mlflow if call[0] == "log_artifact"]
        self.assertRegex(artifact[2], "step-00000002-toy.wav$")
        self.assertEqual(artifact[3], "samples")

    def test_a_name_of_a_number_is_one_that_mlflow_allows(self):
        self.assertEqual(mlflow_tracker._key("evaluate/kid+b/cat (2)"), "evaluate/kid_b/cat _2_")

    def test_a_tracker_that_fails_does_not_end_the_training(self):
        module, told = fake_wandb()
        self.with_module("wandb", module)
        run = module.init()

        def log(values):
            raise ConnectionError("no route to host")

        module.init = mock.Mock(return_value=run)
        run.log = log
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.train(tracker="wandb")
        warning = "warning: wandb takes no more (ConnectionError: no route to host), so this"
        self.assertEqual(said.getvalue().count(warning), 1)
        self.assertNotIn("finish", [what for what, *_ in told])
        self.assertTrue((self.directory / "checkpoints" / "step-00000002.npz").exists())

    def test_a_training_that_fails_is_told_as_failed(self):
        module, told = fake_wandb()
        self.with_module("wandb", module)
        nan = Shown(lambda step: {"G/x": tf.constant(np.nan)})
        with self.assertRaisesRegex(errors.UserError, "The loss G/x is nan"):
            self.train(nan, tracker="wandb")
        self.assertEqual(told[-1], ("finish", 1))

    def test_one_that_can_not_start_is_a_sentence(self):
        def refuse(**unused):
            raise _WandbError("No API key configured. Use `wandb login` to log in.")

        self.with_module("wandb", fake_wandb(init=refuse)[0])
        with self.assertRaisesRegex(
            errors.UserError,
            r"^tracker=wandb could not start \(No API key configured\); log in with: wandb login",
        ):
            self.train(tracker="wandb")

    @parameterized.parameters("wandb", "mlflow")
    def test_a_missing_package_is_a_sentence_before_anything_is_written(self, name):
        self.with_module(name, None)
        message = rf"tracker={name} needs a package .*; install it with: pip install .*\[{name}\]"
        with self.assertRaisesRegex(errors.UserError, message):
            self.train(tracker=name)
        self.assertFalse(self.directory.exists())

    def test_the_command_refuses_what_it_does_not_know(self):
        result = commands.run("stargan_tf.train", "--tracker=wanbd")
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, "^error: .*wanbd.*wandb")
        self.assertEqual(trackers.check(""), ())
        self.assertEqual(trackers.names(), ("mlflow", "wandb"))

    def test_tensorboard_is_always_written(self):
        self.train()
        self.assertFalse((self.directory / "trackers.json").exists())
        (path,) = (self.directory / "tensorboard").iterdir()
        tags = {
            (value.tag, event.step)
            for event in tf.compat.v1.train.summary_iterator(str(path))
            for value in event.summary.value
        }
        self.assertContainsSubset({("G/x", 1), ("G/x", 2), ("toy", 2)}, tags)


if __name__ == "__main__":
    tf.test.main()
