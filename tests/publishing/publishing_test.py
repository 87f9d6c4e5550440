"""What is published of a run, in a folder and on a stand-in for the hub."""

import contextlib
import json
import pathlib
import re
import shutil
from unittest import mock

import huggingface_hub
import numpy as np
import pytest
import tensorflow as tf
import yaml
from absl.testing import parameterized
from PIL import Image

import stargan_tf
from stargan_tf import algorithms
from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.inference import model as model_lib
from stargan_tf.publishing import card, copying, figures, folder, front_matter
from stargan_tf.publishing.kinds import kind
from stargan_tf.runs import checkpoints, initial_weights, runs
from tests import commands, shared, tiny
from tests.publishing import stand_in_hub

PAPERS = ("stargan_v1", "stargan_v2")
IMAGES = tuple(name for name in algorithms.names() if name not in tiny.WINDOWS)


def report(step, **means):
    """Returns what evaluate would have written of a step."""
    figures_ = {
        "Black_Hair": {"l1": {"mean": 3.0, "deviation": None}},
        "mean": {name: {"mean": value, "deviation": None} for name, value in means.items()},
    }
    one = {"metric": "cycle", "mode": "", "better": {"l1": "lower"}, "figures": figures_,
           "notes": ["Few images."], "explanation": "l1: grey\nlevels."}  # fmt: skip
    return {"format": 1, "step": step, "images": [5], "measurements": {"cycle": one}}


def front_matter_of(text):
    return yaml.safe_load(text.split("---\n")[1])


class FolderTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.enter_context(shared.in_runs())
        self.output = self.root / "published"

    def run_of(self, **changes):
        run = tiny.untrained_run(self.root / "secret" / "run", **changes)
        self._add_what_training_saves(run)
        for number in (3, 7, 9):  # the last is of a step after the checkpoint
            picture = Image.new("RGB", (9, 9), (number, 0, 0))
            picture.save(run.directory / "samples" / f"step-{number:08d}-targets.png")
        return run

    def _add_what_training_saves(self, run):
        """Adds to the checkpoint what only training needs, but for D, which starting does."""
        saved = checkpoints.Checkpoints(run.checkpoint_dir, {})
        values = saved.read(7, sorted)
        averaged = [name for name in values if name.startswith("G_ema/")]
        values |= {name.replace("_ema", "", 1): values[name] for name in averaged}
        if averaged:
            values["D/out/bias"] = np.ones(3, np.float32)
        values |= {"optimizers/G/iterations": np.array(7), "extra/pool": np.zeros(3, np.float32)}
        saved.write(7, values)

    def publish(self, run, **changes):
        return folder.write(folder.Request(run, self.output, **changes))

    def report_of(self, run, step, **means):
        path = run.directory / "evaluation" / f"step-{step}" / "report.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(report(step, **means)))

    @parameterized.parameters(*IMAGES)
    def test_a_copy_is_the_run_without_optimizers_and_paths(self, name):
        run = self.run_of(algorithm=name, data_dir=str(self.root / "faces"))
        algorithm = run.build(training=False)
        runs.restore_weights(run, algorithm)
        expected = tiny.values(algorithm.weights())
        facts = self.publish(run)
        self.assertEqual((facts.copy.largest, facts.copy.left_out), (0, ()))
        there = {p.relative_to(self.output).as_posix() for p in self.output.rglob("*.*")}
        self.assertEqual(there, {"README.md", "model.json", "train.flags", "samples/targets.jpg",
                                 "checkpoints/step-00000007.npz"})  # fmt: skip
        if any("_ema/" in variable for variable in expected):  # see `run_of`
            expected["D/out/bias"] = np.ones(3, np.float32)
        with np.load(self.output / "checkpoints" / "step-00000007.npz") as stored:
            self.assertEqual(set(stored.files) - {"stargan_tf"}, set(expected))
            for variable, value in expected.items():
                self.assertAllEqual(stored[variable], value)
        for path in ("README.md", "model.json", "train.flags"):
            self.assertNotIn(str(self.root), (self.output / path).read_text(), path)
        copy = runs.open_run(self.output)
        self.assertEqual(copy.config.data.data_dir, "faces")
        self.assertEqual(copy.label_space, run.label_space)
        self.assertEqual(copy.classifies, run.classifies)
        with Image.open(self.output / "samples" / "targets.jpg") as picture:
            self.assertBetween(picture.getpixel((4, 4))[0], 5, 8)  # that of step 7

    @parameterized.parameters(*PAPERS)
    def test_float16_and_only_what_translates(self, name):
        run = self.run_of(algorithm=name)
        model = model_lib.Model(run)
        photo = Image.effect_noise((40, 40), 60).convert("RGB")
        before = np.asarray(model.translate(photo, to="Blond_Hair"), float)
        needed = {*model.algorithm.translating_networks()}
        if run.classifies:
            needed |= {*model.algorithm.classifies_with}
        facts = self.publish(run, weights="float16", networks="translating")
        with np.load(self.output / "checkpoints" / "step-00000007.npz") as stored:
            arrays = {key: stored[key] for key in stored.files if key != "stargan_tf"}
        self.assertEqual({value.dtype for value in arrays.values()}, {np.dtype(np.float16)})
        self.assertEqual({key.split("/")[0] for key in arrays}, needed)
        after = np.asarray(stargan_tf.load(self.output).translate(photo, to="Blond_Hair"), float)
        self.assertLess(np.abs(after - before).max(), 3)
        text = (self.output / "README.md").read_text()
        self.assertIn("rounded to float16", text)
        self.assertEqual("Nor are D there" in text, name == "stargan_v2")
        self.assertEqual(facts.copy.left_out, ("D",) if name == "stargan_v2" else ())

    def test_weights_that_float16_can_not_hold_are_refused(self):
        run = self.run_of()
        saved = checkpoints.Checkpoints(run.checkpoint_dir, {})
        values = saved.read(7, sorted)
        values["G/conv_in/kernel"][0, 0, 0, 0] = 1e5
        saved.write(7, values)
        with self.assertRaisesRegex(errors.UserError, "too large for float16 .100000.; pass weig"):
            self.publish(run, weights="float16")
        self.assertEmpty([p for p in self.root.iterdir() if "published" in p.name])

    def test_the_card_says_what_was_measured_of_this_step(self):
        run = self.run_of()
        self.report_of(run, 7, l1=12.25)
        self.report_of(run, 6, l1=99.0)
        broken = run.directory / "evaluation" / "broken" / "report.json"
        broken.parent.mkdir()
        broken.write_text('{"step": 7}')
        facts = self.publish(run, limits="Not for hats.", address="hf://me/faces")
        text = (self.output / "README.md").read_text()
        self.assertIn("on 5 held-out images", text)
        self.assertIn("| cycle | l1 (lower is better) |\n|---|---|\n| Black_Hair | 3 |\n", text)
        self.assertIn("| mean | 12.25 |", text)
        self.assertNotIn("99", text.partition("# published")[2])
        self.assertIn("l1: grey levels. Few images.", text)
        self.assertIn("- Not for hats.", text)
        head = front_matter_of(text)
        self.assertEqual((head["license"], head["library_name"]), ("apache-2.0", "stargan-tf"))
        self.assertIn("stargan_v1", head["tags"])
        (result,) = head["model-index"][0]["results"]
        self.assertEqual(
            result["metrics"], [{"type": "cycle", "name": "cycle, l1", "value": 12.25}]
        )
        self.assertEqual(facts.measured.images, 5)
        self.assertEqual(
            huggingface_hub.ModelCard.load(self.output / "README.md").data.license, "apache-2.0"
        )

    def test_what_was_not_measured_is_said(self):
        self.publish(self.run_of(), address="mine")
        text = (self.output / "README.md").read_text()
        self.assertIn("not measured when the card was written", text)
        self.assertIn("evaluate --run=mine", text)
        self.assertNotIn("model-index", front_matter_of(text))
        self.assertIn("| `g_conv_dim` | 4 |", text)
        self.assertNotIn("`log_every`", text)  # decides nothing of what is learnt

    @parameterized.parameters(*IMAGES)
    def test_the_python_lines_of_the_card_run(self, name):
        run = self.run_of(algorithm=name)
        self.publish(run, address="published")
        (code,) = re.findall(
            r"```python\n(.*?)```", (self.output / "README.md").read_text(), re.DOTALL
        )
        for photo in ("face.jpg", "other.jpg"):
            Image.new("RGB", (50, 40), "pink").save(self.root / photo)
        with contextlib.chdir(self.root), mock.patch("builtins.print") as said:
            exec(code, {})
        self.assertEqual(Image.open(self.root / "out.png").size, (32, 32))
        self.assertEqual(said.called, run.classifies)  # it tells what a face shows

    def test_a_folder_that_is_not_empty_stays_as_it_is(self):
        self.output.mkdir()
        (self.output / "mine.txt").write_text("x")
        with self.assertRaisesRegex(errors.UserError, "is not empty, and nothing in it was chang"):
            self.publish(self.run_of())
        self.assertEqual([p.name for p in self.output.iterdir()], ["mine.txt"])

    def test_nothing_is_left_of_a_folder_that_could_not_be_finished(self):
        run = self.run_of()
        with (
            mock.patch.object(card, "text", side_effect=RuntimeError("x")),
            self.assertRaises(RuntimeError),
        ):
            self.publish(run)
        self.assertEqual([p.name for p in self.root.iterdir()], ["secret"])
        with self.assertRaisesRegex(
            errors.UserError, "no sheet of samples 'hats'; it has: targets"
        ):
            self.publish(run, pictures=("hats",))
        self.assertEqual([p.name for p in self.root.iterdir()], ["secret"])

    def test_a_copy_is_not_trained_on(self):
        self.publish(self.run_of())
        with self.assertRaisesRegex(
            errors.UserError,
            "is a copy that was published and has no optimizer's state.*init_from=",
        ):
            runs.open_run(self.output).check()

    @pytest.mark.slow
    def test_a_training_starts_from_a_copy(self):
        run = self.run_of(algorithm="stargan_v2")
        self.publish(run, networks="translating", weights="float16")
        copy = runs.open_run(self.output)
        new = tiny.config(
            self.root / "new", algorithm="stargan_v2", init_from=str(self.output), batch_size=2
        )
        fresh = runs.Run(self.root / "new", new, run.label_space)
        start = initial_weights.find(fresh)
        algorithm = fresh.build()
        lines = initial_weights.give(start, fresh, algorithm)
        self.assertIn("D starts with random weights", "\n".join(lines))
        average = model_lib.Model(copy).algorithm
        given = algorithm.networks["G"].variables[0].numpy()
        self.assertAllClose(given, average.networks["G_ema"].variables[0].numpy(), atol=1e-6)

    def test_a_copy_can_be_published_again(self):
        run = self.run_of()
        self.publish(run)
        again = folder.write(folder.Request(runs.open_run(self.output), self.root / "again"))
        self.assertEqual(list(again.pictures.values()), ["samples/targets.jpg"])
        self.assertEqual(again.copy.parameters.keys(), {"G", "D"})

    def test_an_imported_run_says_so(self):
        run = self.run_of()
        model = json.loads((run.directory / "model.json").read_text())
        model["imported"] = {"files": ["200000-G.ckpt"], "classifies": False}
        (run.directory / "model.json").write_text(json.dumps(model))
        facts = self.publish(runs.open_run(run.directory))
        text = (self.output / "README.md").read_text()
        self.assertIn("were imported from 200000-G.ckpt", text)
        self.assertIn("The licence of these weights was not stated", text)
        self.assertNotIn("license", front_matter_of(text))
        self.assertIn('known="', text)  # it can't classify
        self.assertEqual(set(facts.copy.parameters), {"G"})


class PartsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ("data/celeba;/mnt/x/rafd/", "celeba;rafd"), ("hf://me/faces:7", "hf://me/faces:7"),
        (r"C:\images\faces", "faces"), ("plain", "plain"), ("", ""),
    )  # fmt: skip
    def test_paths_lose_their_folders(self, value, expected):
        config = tiny.config(pathlib.Path("/home/me/runs/x"), data_dir=value, attributes="")
        found = copying.without_paths(config, "x")
        self.assertEqual((found.data.data_dir, found.train.run_dir), (expected, "x"))
        self.assertEqual(found.data.exclusive, config.data.exclusive)

    def test_the_front_matter_is_yaml_whatever_names_hold(self):
        label = 'a: "b" #c'
        rows = {"mean": {label: 1.5, "none": 2.0}}
        one = figures.Measurement("kid", rows, {label: "lower", "none": ""}, "")
        run = mock.Mock(converts=False)
        run.config.data.datasets, run.config.data.dataset = "", "tfds:é"
        run.config.train.algorithm = "toy"
        text = front_matter.text(run, "- x", "mit", figures.Measured((one,), 3))
        found = front_matter_of(text)
        (result,) = found["model-index"][0]["results"]
        self.assertEqual(result["dataset"], {"type": "tfds:é", "name": "tfds:é"})
        self.assertEqual(result["metrics"][0]["name"], f"kid, {label}")
        self.assertLen(result["metrics"], 1)  # what is neither good nor bad is no metric
        self.assertEqual(found["model-index"][0]["name"], "- x")

    def test_many_labels_are_not_all_listed(self):
        space = labels_lib.LabelSpace("domains", tuple(f"d{i}" for i in range(50)))
        self.assertEndsWith(kind.listed(space.names), "d39 and 10 more")


class CommandTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.enter_context(shared.in_runs())
        self.run_dir = tiny.untrained_run(self.root / "run").directory

    def call(self, *flags, status=0):
        found = commands.run("stargan_tf.export.hub", f"--run={self.run_dir}",
                             f"--output={self.root / 'out'}", *flags)  # fmt: skip
        self.assertEqual(found.returncode, status, found.stderr)
        return found.stdout if status == 0 else found.stderr

    def test_it_writes_and_says_what_is_missing(self):
        said = self.call()
        self.assertRegex(said, r"out  \(4 files, .* MB, step 7\)\n")
        self.assertIn(
            "differ from the run's by 0.00 grey levels in the mean, 0.00 grey levels at most", said
        )
        self.assertIn("note: this checkpoint was not measured", said)
        self.assertIn(f"evaluate --run={self.run_dir} first", said)
        text = (self.root / "out" / "README.md").read_text()
        self.assertIn(f'stargan_tf.load("{self.root / "out"}")', text)

    def test_pushed_and_loaded_from_there(self):
        with stand_in_hub.started() as hub:
            said = self.call("--push=me/faces", "--private", "--weights=float16")
            self.assertIn("/me/faces\n", said)
            self.assertEqual(hub.private, {"me/faces"})
            files = hub.repositories["me/faces"]
            for path in (self.root / "out").rglob("*.*"):
                name = path.relative_to(self.root / "out").as_posix()
                self.assertEqual(files[name], path.read_bytes())
            self.assertIn(b'stargan_tf.load("hf://me/faces")', files["README.md"])
            self.assertIn(b"# faces\n", files["README.md"])
            files["checkpoints/step-00000001.npz"] = b"old"
            files["notes.txt"] = b"mine"
            shutil.rmtree(self.root / "out")
            self.call("--push=me/faces")
            self.assertNotIn("checkpoints/step-00000001.npz", files)
            self.assertIn("notes.txt", files)
            model = stargan_tf.load("hf://me/faces")
            self.assertEqual((model.step, model.about.name), (7, "hf://me/faces"))
            self.assertEqual(model.run.name, "faces")

    @parameterized.parameters(
        ("--push=faces", "A repository on the hub is USER/NAME; received --push=faces"),
        ("--license=CC BY", "--license is a licence's short name in small letters"),
        ("--include=onx", "--include knows saved_model and tflite; received onx"),
        ("--private", "--private says nothing without --push"),
    )
    def test_mistakes_are_sentences(self, flag, message):
        self.assertStartsWith(self.call(flag, status=2), f"error: {message}")
        self.assertFalse((self.root / "out").exists())

    def test_pushing_needs_a_login_and_a_licence(self):
        with stand_in_hub.started() as hub:
            with mock.patch.dict("os.environ", {"HF_TOKEN": ""}):
                said = self.call("--push=me/faces", status=2)
            self.assertIn("Nobody is logged in to the Hugging Face hub", said)
            tokens = mock.patch.dict("os.environ", {"HF_TOKEN": "hf_wrong"})
            with tokens:
                said = self.call("--push=me/faces", status=2)
            self.assertIn("log in with: hf auth login", said)
            self.assertTrue((self.root / "out" / "README.md").exists())
            shutil.rmtree(self.root / "out")
            model = json.loads((self.run_dir / "model.json").read_text())
            model["options"] |= {"dataset": "celeba", "data_dir": "/data/celeba"}
            (self.run_dir / "model.json").write_text(json.dumps(model))
            said = self.call("--push=me/faces", status=2)
            self.assertIn("Nobody may use weights without a licence; pass --license=", said)
            self.assertEmpty(hub.repositories)
            self.call("--push=me/faces", "--license=cc-by-4.0")
            text = hub.repositories["me/faces"]["README.md"].decode()
            self.assertEqual(front_matter_of(text)["license"], "cc-by-4.0")
            self.assertIn("is no fact about that person", text)

    @pytest.mark.slow
    def test_exports_that_are_added(self):
        self.call("--include=saved_model,tflite", "--quantize=none")
        text = (self.root / "out" / "README.md").read_text()
        self.assertTrue((self.root / "out" / "saved_model" / "1" / "saved_model.pb").exists())
        (path,) = (self.root / "out" / "tflite").glob("*.tflite")
        self.assertEqual(path.name, "out-32px-none.tflite")
        self.assertIn(f"- `tflite/{path.name}`: a TFLite file", text)
        self.assertRegex(text, r"- `saved_model`: .* differ from the networks' by \de-\d\d at most")


if __name__ == "__main__":
    tf.test.main()
