"""TFLite files that say what they are, and those whose images are grey levels."""

import importlib.util
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.pictures import photos
from stargan_tf.runs import runs
from stargan_tf.serving import tflite, tflite_levels, tflite_metadata
from tests import commands, tiny


class Case(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        if not importlib.util.find_spec("ai_edge_litert"):
            self.skipTest("ai-edge-litert is not installed (the extra `tflite`)")
        self.out = pathlib.Path(self.create_tempdir().full_path)

    def _built(self, name):
        run = tiny.untrained_run(self.out / name, algorithm=name)
        algorithm = run.build(training=False)
        runs.restore_weights(run, algorithm)
        return run, algorithm

    def _runner(self, path, signature):
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(str(path))
        return self._interpreter.get_signature_runner(signature)


class FileTest(Case):
    def test_the_command_writes_a_file_of_grey_levels_that_describes_itself(self):
        run, algorithm = self._built("stargan_v1")
        done = commands.run("stargan_tf.export.tflite", f"--run={run.directory}", "--io=uint8",
                            f"--output={self.out}", "--quantize=none", "--license=mit",
                            "--num_comparison_images=2")  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        path = self.out / "stargan_v1-32px-none-uint8.tflite"
        described = tflite_metadata.describe(path)
        self.assertEqual(described, json.loads(path.with_suffix(".json").read_text()))
        self.assertEqual(described["labels"], run.label_space.to_json())
        self.assertEqual((described["licence"], described["pixel_range"]), ("mit", [0, 255]))
        self.assertEqual(described["settings"]["dataset"], "cartoon_faces")
        ends = described["signatures"]["translate"]
        for one in (ends["inputs"]["image"], ends["outputs"]["translated"]):
            self.assertEqual((one["dtype"], one["range"], one["shape"]),
                             ("uint8", [0, 255], [1, 32, 32, 3]))  # fmt: skip
        self.assertEqual(ends["inputs"]["label"]["dtype"], "float32")
        self.assertNotIn(str(self.out), json.dumps(described))
        levels = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), np.uint8)
        label = np.array([[0, 1, 0, 0, 1]], np.float32)
        found = self._runner(path, "translate")(image=levels, label=label)["translated"]
        expected = photos.to_uint8(algorithm.translate(photos.from_uint8(levels), label))
        self.assertEqual(found.dtype, np.uint8)
        # A number half-way between two levels may be rounded to either.
        self.assertLess(np.mean(found != expected), 0.01)
        self.assertAllClose(found.astype(int), expected.astype(int), rtol=0, atol=1)

    @pytest.mark.slow
    def test_references_are_grey_levels_too_and_styles_are_not(self):
        run, algorithm = self._built("stargan_v2")
        options = tflite.Options("none", num_comparison_images=1, io="uint8")
        (exported,) = tflite.export(run, self.out, options)
        levels = np.random.default_rng(0).integers(0, 256, (2, 1, 32, 32, 3), np.uint8)
        image, reference = photos.from_uint8(levels)
        y, domain = np.eye(3, dtype=np.float32)[[1]], np.array([1], np.int32)
        style = algorithm.encode(reference, y)
        found = self._runner(exported.path, "encode_style")(image=levels[1], domain=domain)
        self.assertAllClose(found["style"], style, atol=1e-4)
        found = self._runner(exported.path, "translate_reference")(
            image=levels[0], reference=levels[1], domain=domain
        )["translated"]
        expected = photos.to_uint8(algorithm.render(image, style))
        self.assertAllClose(found.astype(int), expected.astype(int), rtol=0, atol=1)


class LevelsTest(tf.test.TestCase):
    def test_every_level_stays_itself_and_answers_are_cut_and_rounded(self):
        spec, kinds = tf.TensorSpec((1, 16, 16, 1), tf.float32), {"x": "image", "y": "image"}
        same = algorithm_lib.Signature(lambda x, z: {"y": x + z}, {"x": spec, "z": spec}, kinds)
        signature = tflite_levels.of_levels(same)
        self.assertEqual([s.dtype for s in signature.inputs.values()], [tf.uint8, tf.float32])
        levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
        for added, expected in (
            (0.0, levels),
            (0.4 / 127.5, levels),
            (0.6 / 127.5, np.minimum(levels.astype(int) + 1, 255)),
            (-3.0, np.zeros_like(levels)),
            (3.0, np.full_like(levels, 255)),
        ):
            found = signature.function(x=tf.constant(levels), z=tf.constant(added, tf.float32))
            self.assertEqual(found["y"].dtype, tf.uint8)
            self.assertAllEqual(found["y"], expected)


class MistakesTest(Case):
    def test_levels_in_8_bits(self):
        run, _ = self._built("stargan_v1")
        with self.assertRaisesRegex(errors.UserError, "quantize=int8 with io=uint8; leave one"):
            tflite.export(run, self.out / "x", tflite.Options("int8", io="uint8"))
        self.assertFalse((self.out / "x").exists())

    def test_files_that_say_nothing(self):
        function = tf.function(lambda x: x + 1).get_concrete_function(tf.TensorSpec((1,)))
        other = tf.lite.TFLiteConverter.from_concrete_functions([function]).convert()
        for name, content, message in (
            ("other.tflite", other, "other.tflite says nothing of itself"),
            ("text.tflite", b"no model at all", "text.tflite is no TFLite file"),
        ):
            (self.out / name).write_bytes(content)
            with self.assertRaisesRegex(errors.UserError, message):
                tflite_metadata.describe(self.out / name)
        with self.assertRaisesRegex(errors.UserError, "Could not read .*none.tflite"):
            tflite_metadata.describe(self.out / "none.tflite")


if __name__ == "__main__":
    tf.test.main()
