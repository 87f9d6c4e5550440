"""What is in a page's folder, written without a network and without converting anything."""

import base64
import hashlib
import json
import pathlib
import re
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.browser import litert, site
from stargan_tf.data import latents
from stargan_tf.runs import runs
from stargan_tf.serving import description, tflite
from tests import commands, tiny

LIBRARY = {name: name.encode() for name in litert.NAMES}
PAGE = pathlib.Path(site.__file__).parent / "page"


def converted(run, output, options):
    """Stands in for `tflite.export`: a description, and a file that names the signatures."""
    algorithm = run.build(training=False)
    step = runs.restore_weights(run, algorithm)
    path = output / "file.tflite"
    path.write_text(" ".join(options.signatures))
    text = description.to_json(description.describe(run, algorithm, step))
    path.with_suffix(".json").write_text(text)
    return [tflite.Exported(path, (), "nothing")]


class FolderTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.output = self.root / "site"
        self.enter_context(mock.patch.object(tflite, "export", converted))

    def run_of(self, name="stargan_v1", folder="", **changes):
        return tiny.untrained_run(self.root / (folder or name), algorithm=name, **changes)

    def write(self, *runs_, **changes):
        site.write(site.Request(runs_, self.output, LIBRARY, **changes))
        return [self.read(run.name) for run in runs_]

    def read(self, name):
        return json.loads((self.output / "models" / name / "model.json").read_text())

    def test_everything_is_there(self):
        (model,) = self.write(self.run_of())
        files = {p.relative_to(self.output).as_posix() for p in self.output.rglob("*.*")}
        self.assertContainsSubset({f"litert/{name}" for name in litert.NAMES}, files)
        self.assertContainsSubset({path.name for path in PAGE.iterdir()}, files)
        self.assertIn("models/stargan_v1/model.tflite", files)
        self.assertEqual(
            json.loads((self.output / "models" / "index.json").read_text())["models"],
            ["stargan_v1"],
        )
        self.assertEqual(model["about"]["licence"], "apache-2.0")
        self.assertIn("no person's picture is in it", model["about"]["data"])
        self.assertEqual(model["ways"][0]["kind"], "label")
        (inputs,) = (call["inputs"] for call in model["signatures"].values())
        self.assertEqual([one["shape"] for one in inputs], [[1, 32, 32, 3], [1, 5]])
        self.assertLen(model["examples"], site.EXAMPLES)
        for example in model["examples"]:
            self.assertEqual(example["roles"], ["source", "reference"])
            self.assertContainsSubset(example["shows"], model["labels"]["names"])
            with Image.open(self.output / "models" / "stargan_v1" / example["file"]) as picture:
                self.assertEqual(picture.size, (32, 32))

    def test_latent_codes_are_those_of_the_seeds(self):
        run = self.run_of("stargan_v2")
        (model,) = self.write(run)
        codes = np.fromfile(self.output / "models" / run.name / "latents.f32", "<f4")
        self.assertAllEqual(codes.reshape(site.SEEDS, -1)[7], latents.draw(7, 1, 16)[0])
        self.assertEqual([way["kind"] for way in model["ways"]], ["latent", "reference"])
        text = (self.output / "models" / run.name / "model.tflite").read_text()
        self.assertEqual(text, "map_latent translate_style encode_style")

    def test_translations_that_lead_one_way(self):
        two, one = self.write(self.run_of("cyclegan"), self.run_of("bicyclegan"))
        self.assertEqual([(way["source"], way["target"]) for way in two["ways"]], [(0, 1), (1, 0)])
        asked = [(way["kind"], way["image"], way["style"]) for way in one["ways"]]
        self.assertEqual(  # its style is its latent code, for which there is nothing to ask
            asked,
            [("latent", "translate_latent", ""), ("reference", "translate_style", "encode_style")],
        )
        (target,) = one["targets"]
        for example in one["examples"]:
            good_for = "reference" if target in example["shows"] else "source"
            self.assertEqual(example["roles"], [good_for])
        self.assertLen({example["roles"][0] for example in one["examples"]}, 2)

    def test_examples_licence_and_limits_of_the_user(self):
        photos = self.root / "photos"
        photos.mkdir()
        Image.effect_noise((50, 40), 60).save(photos / "a.png")
        given = {"examples": str(photos), "licence": "mit", "limits": "Only cats."}
        (model,) = self.write(self.run_of(), **given)
        self.assertEqual([e["file"] for e in model["examples"]], ["examples/1.png"])
        self.assertEqual(model["examples"][0]["shows"], [])
        self.assertEqual(model["about"]["licence"], "mit")
        self.assertEqual(model["about"]["limits"][-1], "Only cats.")

    def test_a_failure_leaves_nothing(self):
        with (
            mock.patch.object(tflite, "export", side_effect=RuntimeError("no")),
            self.assertRaises(RuntimeError),
        ):
            self.write(self.run_of())
        self.assertEqual([path.name for path in self.root.iterdir()], ["stargan_v1"])

    def test_mistakes(self):
        one, same = self.run_of(), self.run_of(folder="other/stargan_v1")
        with self.assertRaisesRegex(errors.UserError, "Two runs are called stargan_v1"):
            self.write(one, same)
        with self.assertRaisesRegex(errors.UserError, "can't translate images"):
            self.write(self.run_of("stargan_vc"))
        self.output.mkdir()
        (self.output / "mine.txt").touch()
        with self.assertRaisesRegex(errors.UserError, "is not empty, and nothing in it was chan"):
            self.write(one)

    def test_the_command_says_what_is_missing_before_it_converts(self):
        done = commands.run("stargan_tf.export.web", f"--output={self.output}", "--litert=/nowhere")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertStartsWith(done.stderr, "error: There is no /nowhere; pass the folder with ")
        self.assertIn("as --litert.", done.stderr)
        self.assertFalse(self.output.exists())


class PageTest(tf.test.TestCase):
    def test_the_policy_has_the_hash_of_the_import_map(self):
        text = (PAGE / "index.html").read_text()
        (content,) = re.findall(r'<script type="importmap">(.*?)</script>', text)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        self.assertIn(f"'sha256-{digest}'", text)
        for path in json.loads(content)["imports"].values():
            self.assertIn(path.removeprefix("./litert/"), litert.NAMES)

    def test_every_address_is_relative_and_there(self):
        for path in PAGE.iterdir():
            text = path.read_text()
            self.assertNotRegex(text.replace("http://www.w3.org/2000/svg", ""), "https?://", path)
            found = re.findall(r'(?:src|href)="([^"]+)"|from \'\./([^\']+)\'', text)
            for target in (a or b for a, b in found):
                there = (PAGE / target).is_file() or target == "litert/NOTICE.txt"
                self.assertTrue(there, f"{path}: {target}")

    def test_every_element_that_is_asked_for_is_there(self):
        ids = re.findall(r'\bid="([\w-]+)"', (PAGE / "index.html").read_text())
        self.assertLen(set(ids), len(ids))
        asked = set()
        for path in PAGE.glob("*.js"):
            asked |= set(re.findall(r"\$\('([\w-]+)'\)", path.read_text()))
        self.assertContainsSubset(asked, ids)
        self.assertGreater(len(asked), 30)


if __name__ == "__main__":
    tf.test.main()
