"""Runs that come with the package or lie on the hub: finding them, and what can go wrong."""

import contextlib
import json
import pathlib
import shutil
import sys
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from huggingface_hub import constants
from PIL import Image

import stargan_tf
from stargan_tf.base import errors
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.publishing import folder
from stargan_tf.runs import hub, initial_weights, places, runs
from tests import commands, shared, tiny
from tests.publishing import stand_in_hub


class ConnectTimeout(Exception):
    """As huggingface_hub lets through what the library beneath it raises."""

    __module__ = "httpx._exceptions"


class PretrainedTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(*((name,) for name in places.names()))
    def test_the_runs_of_the_package_translate(self, name):
        model = stargan_tf.load(name)
        self.assertEqual((model.about.name, model.run.name), (name, name))
        faces = cartoon_faces.CartoonFaces("test", model.image_size, 12)
        images = np.stack([faces.image(i) for i in range(12)])
        found = model.translate(images, to="Blond_Hair")
        # A face with blond hair is lighter and yellower than one with black hair, at the top.
        dark = model.translate(images, to="Black_Hair")
        self.assertGreater((found.astype(float) - dark)[:, :20].mean(), 15)

    def test_they_are_small_and_have_cards(self):
        self.assertIn("cartoon_faces_v1", places.names())
        paths = [p for p in places.PRETRAINED.rglob("*") if p.is_file() and p.suffix != ".pyc"]
        self.assertLess(sum(path.stat().st_size for path in paths), 10e6)
        for name in places.names():
            text = (places.PRETRAINED / name / "README.md").read_text()
            self.assertIn(f'stargan_tf.load("{name}")', text)
            self.assertIn("\nlicense: ", text)


class PlacesTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.enter_context(shared.in_runs())
        self.enter_context(contextlib.chdir(self.root))
        packaged = self.root / "package"
        self.enter_context(mock.patch.object(places, "PRETRAINED", packaged))
        for name in ("drawn_a", "drawn_b"):
            run = tiny.untrained_run(self.root / "run", attributes="Black_Hair,Smiling")
            folder.write(folder.Request(run, packaged / name, networks="translating"))
            shutil.rmtree(self.root / "run")
        Image.effect_noise((40, 40), 60).convert("RGB").save("face.png")

    def test_a_name_of_the_package(self):
        self.assertEqual(places.names(), ("drawn_a", "drawn_b"))
        run = runs.open_run("drawn_b")
        self.assertEqual((run.shown, run.name), ("drawn_b", "drawn_b"))
        self.assertEqual(run.directory, self.root / "package" / "drawn_b")

    def test_an_unknown_name_lists_those_that_there_are(self):
        with self.assertRaisesRegex(errors.UserError, "come with this package: drawn_a, drawn_b"):
            stargan_tf.load("drawn_c")
        with self.assertRaises(errors.UserError) as raised:
            stargan_tf.load("runs/drawn_c")
        self.assertNotIn("come with", str(raised.exception))

    def test_a_folder_of_that_name_comes_first(self):
        tiny.untrained_run(pathlib.Path("drawn_a"))
        run = runs.open_run("drawn_a")
        self.assertEqual((run.address, run.directory), ("", pathlib.Path("drawn_a")))
        self.assertEqual(runs.open_run("package/drawn_a").address, "")
        pathlib.Path("drawn_b").mkdir()
        with self.assertRaisesRegex(errors.UserError, "hides the run drawn_b that comes with this"):
            runs.open_run("drawn_b")

    def _call(self, command, *flags):
        found = commands.run(f"stargan_tf.{command}", *flags)
        self.assertEqual(found.returncode, 0, found.stderr)
        return found.stdout

    def test_commands_take_it_and_write_nothing_into_the_package(self):
        package = self.root / "package"
        before = {path: path.stat().st_mtime_ns for path in package.rglob("*")}
        self._call("translate", "--run=drawn_a", "--image=face.png", "--to=Smiling",
                   "--output=out.png")  # fmt: skip
        self.assertEqual(Image.open("out.png").size, (32, 32))
        said = self._call("evaluate", "--run=drawn_a", "--metrics=cycle", "--num_images=4")
        path = pathlib.Path("evaluation/drawn_a/step-00000007/report.json")
        self.assertIn(f"report       {path}\n", said)
        self.assertIn("translate --run=drawn_a --image", said)
        self.assertNotIn("TensorBoard", said)
        self.assertEqual(json.loads(path.read_text())["run"], "drawn_a")
        self.assertEqual({path: path.stat().st_mtime_ns for path in package.rglob("*")}, before)

    def test_a_training_starts_from_it(self):
        def new(**changes):
            config = tiny.config(
                self.root / "new", attributes="Smiling", init_from="drawn_a:7", **changes
            )
            space = runs.open_run("drawn_a").label_space
            return runs.Run(self.root / "new", config, space)

        start = initial_weights.find(new())
        self.assertEqual((start.option, start.step), ("drawn_a:7", 7))
        run = initial_weights.recorded(new(), start)
        run.create()
        self.assertEqual(run.config.train.init_from, "drawn_a:7")
        (run.checkpoint_dir / "step-00000001.npz").write_bytes(b"")
        self.assertIsNone(initial_weights.find(new()))  # it has begun, from there

    def test_a_revision_is_no_part_of_the_name(self):
        run = runs.Run(self.root, None, None, address="hf://me/faces@v1.0")
        self.assertEqual((run.name, run.shown), ("faces", "hf://me/faces@v1.0"))
        self.assertEqual(run.results("evaluation"), pathlib.Path("evaluation/me/faces"))


class HubTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.hub = self.enter_context(stand_in_hub.started())
        self.files = self.hub.repositories["me/faces"] = {
            "model.json": b'{"format": 1, "labels": {}, "options": {}}',
            "checkpoints/step-00000007.npz": b"weights",
            "checkpoints/other.bin": b"x",
            "saved_model/1/saved_model.pb": b"x",
        }

    def fails(self, address, message):
        with self.assertRaisesRegex(errors.UserError, message) as raised:
            hub.fetch(address, "run")
        self.assertNotIn("\n", str(raised.exception))

    def test_only_the_parts_of_a_run_are_fetched_and_kept(self):
        found = hub.fetch("hf://me/faces", "run")
        names = {p.relative_to(found).as_posix() for p in found.rglob("*.*")}
        self.assertEqual(names, {"model.json", "checkpoints/step-00000007.npz"})
        self.assertEqual((found / "checkpoints/step-00000007.npz").read_bytes(), b"weights")
        self.hub.asked.clear()
        with mock.patch.object(constants, "HF_HUB_OFFLINE", True):
            self.assertEqual(hub.fetch("hf://me/faces", "run"), found)
        self.assertEmpty(self.hub.asked)
        for revision in ("main", "v1.0", self.hub.commit("me/faces")):
            self.assertEqual(hub.fetch(f"hf://me/faces@{revision}", "run"), found)

    def test_a_new_state_is_fetched_again(self):
        old = hub.fetch("hf://me/faces", "run")
        self.files["checkpoints/step-00000007.npz"] = b"better weights"
        new = hub.fetch("hf://me/faces", "run")
        self.assertNotEqual(old, new)
        self.assertEqual((new / "checkpoints/step-00000007.npz").read_bytes(), b"better weights")

    def test_what_is_not_there_is_said(self):
        self.fails("hf://me/hats", "^run=hf://me/hats: there is no repository me/hats on the hub")
        self.fails(
            "hf://me/faces@v9", "the repository me/faces has no revision 'v9'; name a branch"
        )
        self.fails(
            "hf://faces", "is hf://USER/NAME or hf://USER/NAME@REVISION; received run=hf://f"
        )
        self.fails("hf://me/..", "^run=hf://me/..: ")

    def test_a_repository_that_is_no_run(self):
        del self.files["checkpoints/step-00000007.npz"]
        self.fails("hf://me/faces", "but no run of this program .it has no checkpoints.")
        self.files["model.json"] = b'{"model": "bert"}'
        self.files["checkpoints/step-1.npz"] = b"x"
        self.hub.asked.clear()
        self.fails("hf://me/faces", "its model.json is another program's")
        self.assertNotIn("step-1", "".join(self.hub.asked))  # nothing more was fetched
        del self.files["model.json"]
        self.fails("hf://me/faces", "it has no model.json.; name one that export.hub wrote")

    def test_no_network(self):
        with mock.patch.object(constants, "HF_HUB_OFFLINE", True):
            self.fails("hf://me/faces", "the hub could not be reached .* no earlier copy is in the")

    @parameterized.parameters(
        (ConnectionError("x"), "could not be reached"),
        (TimeoutError("x"), "could not be reached"),
        (ConnectTimeout("x"), "could not be reached"),
        (OSError(28, "No space left on device"), "could not write the cache .*No space left"),
    )
    def test_errors_on_the_way(self, error, message):
        with self.assertRaisesRegex(errors.UserError, message), hub.explained("run=x", "a/b"):
            raise error

    def test_other_errors_are_not_hidden(self):
        with self.assertRaises(ZeroDivisionError), hub.explained("run=x", "a/b"):
            raise ZeroDivisionError
        with self.assertRaisesRegex(errors.UserError, "^mine$"), hub.explained("run=x", "a/b"):
            raise errors.UserError("mine")

    def test_without_the_package(self):
        with mock.patch.dict(sys.modules, {"huggingface_hub": None}):
            self.fails("hf://me/faces", r"needs the package huggingface_hub.*pip install .*\[hub\]")


if __name__ == "__main__":
    tf.test.main()
