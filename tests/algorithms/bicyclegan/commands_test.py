"""What users do with a run of BicycleGAN, by the commands that know no paper."""

import json
import pathlib
import tempfile

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import absltest, parameterized
from PIL import Image

import stargan_tf
from stargan_tf.base import errors
from stargan_tf.client import served
from stargan_tf.data import latents
from stargan_tf.pictures import photos
from stargan_tf.runs import runs
from stargan_tf.serving import description, tflite
from tests import commands, tiny

SIZE = 32


class CommandsTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pathlib.Path(tempfile.mkdtemp(dir=absltest.get_default_test_tmpdir()))
        changes = {"cartoon_test_size": 11, "algorithm": "bicyclegan"}
        cls.run_ = tiny.untrained_run(cls.root / "run", **changes)
        cls.model = stargan_tf.load(cls.root / "run")
        random = np.random.default_rng(0)
        # First weights give nearly black images, whatever the style: these differ.
        for variable in cls.model.generator.variables:
            variable.assign(random.normal(0, 0.2, variable.shape))
        for name in "ab":
            pixels = random.integers(0, 256, (SIZE, SIZE, 3), np.uint8)
            Image.fromarray(pixels).save(cls.root / f"{name}.png")

    def test_the_model_translates_to_styles(self):
        a, b = (np.asarray(Image.open(self.root / f"{name}.png")) for name in "ab")
        algorithm = self.model.algorithm
        one = self.model.translate(a, "B", seed=3)
        z = latents.draw_each([3], 4)
        expected = photos.to_uint8(algorithm.render(photos.from_uint8(a[None]), z))[0]
        self.assertAllEqual(one, expected)
        style = self.model.encode(b, "B")
        self.assertAllClose(style, algorithm.encode(photos.from_uint8(b[None]), None)[0])
        shown = self.model.translate(a, "B", reference=b)
        self.assertAllEqual(shown, self.model.translate(a, style=style))
        self.assertNotAllEqual(shown, one)
        message = "Images of A are translated to B, and to nothing else; received A; pass B."
        for given in ({"to": "A"}, {"to": "A", "reference": b}):
            with self.assertRaisesRegex(errors.UserError, message):
                self.model.translate(a, **given)
        with self.assertRaisesRegex(errors.UserError, message):
            self.model.styles("A")
        with self.assertRaisesRegex(errors.UserError, "the domains are B"):
            self.model.translate(a)

    def test_translate_writes_sheets_matrices_and_styles(self):
        a, b, out = (str(self.root / name) for name in ("a.png", "b.png", "out.png"))
        job = {"run": str(self.root / "run"), "image": a, "output": out}
        saved = str(self.root / "s.npy")
        for more in (
            {"to": "B", "outputs": 1, "save_style": saved},
            {"style": saved},
            {"sheet": True},
            {"to": "B", "reference": [b], "matrix": True},
        ):
            with commands.given("translate", **job, **more):
                self.assertEqual(commands.load("translate").main(), 0)
        self.assertEqual(np.load(saved).shape, (1, 4))
        with (
            commands.given("translate", **job, to="A"),
            self.assertRaisesRegex(errors.UserError, "received A; pass B"),
        ):
            commands.load("translate").main()

    def test_evaluate_measures_pairs(self):
        done = commands.run(
            "stargan_tf.evaluate", f"--run={self.root / 'run'}", "--num_images=11",
            "--metrics=targets,answers,diversity",
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        report = self.root / "run" / "evaluation" / "step-00000007" / "report.json"
        found = json.loads(report.read_text())["measurements"]
        self.assertEqual(found["answers"]["figures"]["A2B"]["images"]["mean"], 11)
        self.assertGreater(found["targets"]["figures"]["A2B"]["encoded"]["mean"], 20)
        self.assertIn("--to=B ", done.stdout)

    def test_the_description_names_what_there_is_to_go_to(self):
        told = description.describe(self.run_, self.model.algorithm, 7)
        self.assertEqual(told["targets"], ["B"])
        model = served.ServedModel.from_json(description.to_json(told).encode())
        self.assertEqual((model.targets, model.takes_domains), (("B",), False))
        for name, signature in self.model.algorithm.serving_signatures().items():
            self.assertNotIn("domain", signature.inputs, name)
        older = {key: value for key, value in told.items() if key != "targets"}
        model = served.ServedModel.from_json(description.to_json(older).encode())
        self.assertEqual((model.targets, model.takes_domains), ((), True))
        with self.assertRaisesRegex(errors.UserError, "targets"):
            served.ServedModel.from_json(description.to_json({**told, "targets": ["C"]}).encode())

    @pytest.mark.slow
    def test_tflite_equals_the_run(self):
        pytest.importorskip("ai_edge_litert")
        run = runs.open_run(self.root / "run")
        options = tflite.Options(scheme="none", num_comparison_images=3)
        (exported,) = tflite.export(run, self.root / "tflite", options)
        names = [report.signature for report in exported.reports]
        self.assertContainsSubset({"translate_latent", "translate_reference"}, names)
        for report in exported.reports:
            if report.psnr is not None:
                self.assertGreater(report.psnr, 80)


if __name__ == "__main__":
    tf.test.main()
