"""ONNX files: what ONNX Runtime answers with them, what they say of themselves, and mistakes."""

import functools
import importlib.util
import json
import pathlib
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized

import stargan_tf
from stargan_tf.base import errors
from stargan_tf.runs import runs
from stargan_tf.serving import onnx, parity
from tests import commands, tiny

MISSING = [
    name for name in ("tf2onnx", "onnx", "onnxruntime") if not importlib.util.find_spec(name)
]


def noise(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


class Case(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        if MISSING:
            self.skipTest(f"{', '.join(MISSING)} can't be imported (the extra `onnx`)")
        self.out = pathlib.Path(self.create_tempdir().full_path)

    def _run(self, name, **changes):
        return tiny.untrained_run(self.out / name, algorithm=name, **changes)

    def _ask(self, path, **inputs):
        """Returns the one answer of a file."""
        (answer,) = onnx.load(path).run(None, inputs)
        return answer


class TranslateTest(Case):
    def test_v1_answers_as_the_run_to_any_batch_and_size_and_says_what_it_is(self):
        run = self._run("stargan_v1")
        done = commands.run("stargan_tf.export.onnx", f"--run={run.directory}",
                            f"--output={self.out}/x", "--license=mit")  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"translate +\d.*e-0[5-9].*\n.*x  \(every file run by ONNX")
        self.assertCountEqual([path.name for path in (self.out / "x").iterdir()],
                              ["translate.onnx", "model.json", "report.txt"])  # fmt: skip
        self.assertIn((self.out / "x" / "report.txt").read_text(), done.stdout)
        path = self.out / "x" / "translate.onnx"
        model = stargan_tf.load(run.directory)
        for count, height, width in ((1, 32, 32), (3, 20, 36)):
            images = noise(count, height, width, 3)
            labels = np.eye(5, dtype=np.float32)[:count]
            found = self._ask(path, image=images, label=labels)
            self.assertAllClose(found, model.algorithm.translate(images, labels), atol=1e-5)
        described = onnx.describe(path)
        self.assertEqual(described["labels"], run.label_space.to_json())
        self.assertEqual((described["licence"], described["settings"]["g_conv_dim"]), ("mit", 4))
        inputs = described["signatures"]["translate"]["inputs"]
        self.assertEqual(inputs["image"]["shape"], [None, None, None, 3])
        self.assertEqual(inputs["image"]["range"], [-1, 1])
        self.assertEqual(inputs["label"]["shape"], [None, 5])
        beside = json.loads((self.out / "x" / "model.json").read_text())
        self.assertEqual(beside["signatures"]["translate"].pop("file"), "translate.onnx")
        self.assertEqual(beside, described)
        self.assertNotIn(str(self.out), json.dumps(described))

    @pytest.mark.slow
    def test_styles(self):
        run = self._run("stargan_v2")
        exported = onnx.export(run, self.out / "x")
        algorithm = run.build(training=False)
        runs.restore_weights(run, algorithm)
        self.assertCountEqual([r.signature for r in exported.reports],
                              algorithm.serving_signatures())  # fmt: skip
        images, latents = noise(3, 32, 32, 3), noise(3, 16)
        domain, y = np.array([2, 0, 1], np.int32), np.eye(3, dtype=np.float32)[[2, 0, 1]]
        ask = functools.partial(self._ask, self.out / "x" / "translate_reference.onnx")
        style = algorithm.encode(images[::-1], y)
        expected = algorithm.render(images, style)
        found = ask(image=images, reference=images[::-1].copy(), domain=domain)
        self.assertAllClose(found, expected, atol=1e-4)
        found = self._ask(self.out / "x" / "translate_style.onnx", image=images, style=style)
        self.assertAllClose(found, expected, atol=1e-4)
        found = self._ask(self.out / "x" / "map_latent.onnx", latent=latents, domain=domain)
        self.assertAllClose(found, algorithm.map_latents(latents, y), atol=1e-5)
        # Nearest upsampling in the form that every runtime has.
        import onnx as library

        graph = library.load(str(self.out / "x" / "translate_style.onnx")).graph
        (resize,) = (node for node in graph.node if node.op_type == "Resize")
        modes = {a.name: a.s for a in resize.attribute if a.s}
        self.assertEqual(modes["coordinate_transformation_mode"], b"asymmetric")
        self.assertEqual(modes["nearest_mode"], b"floor")

    @parameterized.parameters(
        ("cyclegan", {"Black_Hair_to_Blond_Hair", "Blond_Hair_to_Black_Hair"}),
        ("bicyclegan", {"translate_reference", "translate_latent", "translate_style",
                        "encode_style", "map_latent"}),
    )  # fmt: skip
    @pytest.mark.slow
    def test_other_papers(self, name, signatures):
        exported = onnx.export(self._run(name), self.out / "x")
        self.assertEqual({r.signature for r in exported.reports}, signatures)
        for report in exported.reports:
            self.assertLess(report.error.largest, 1e-4)

    @pytest.mark.slow
    def test_sequences_of_any_length(self):
        run = self._run("stargan_vc")
        onnx.export(run, self.out / "x")
        algorithm = run.build(training=False)
        runs.restore_weights(run, algorithm)
        width, features = run.label_space.width, run.sample_shape[-1]
        for count, frames in ((1, 1), (2, 6), (1, 7), (2, 16)):
            x, y = noise(count, frames, features), np.eye(width, dtype=np.float32)
            source, target = np.zeros(count, np.int32), np.full(count, width - 1, np.int32)
            found = self._ask(self.out / "x" / "convert.onnx", features=x, source=source,
                              target=target)  # fmt: skip
            expected = algorithm.convert(x, y[source], y[target])
            self.assertAllClose(found, expected, atol=1e-4)


class MistakesTest(Case):
    def _fails(self, run, message, error=errors.UserError, **options):
        with self.assertRaisesRegex(error, message):
            onnx.export(run, self.out / "x", **options)
        self.assertFalse((self.out / "x").exists())
        self.assertEmpty(list(self.out.glob(".*")))

    def test_mistakes_leave_nothing(self):
        run = self._run("stargan_v1")
        self._fails(run, "no signature 'fly' .* choose among translate", signatures=("fly",))
        self._fails(run, "short name in small letters.*license=My own", licence="My own")
        with mock.patch.object(importlib.util, "find_spec", lambda name: name != "tf2onnx" or None):
            self._fails(run, r"of which tf2onnx can't be found; install them with .*\[onnx\]")
        with mock.patch.object(onnx, "convert", return_value=(b"nothing", {})):
            self._fails(run, "ONNX Runtime can't run translate.onnx", RuntimeError)
        with mock.patch.object(onnx.portability, "portable", side_effect=TypeError("a\nb")):
            self._fails(run, r"translate could not be converted to ONNX \(a\)", RuntimeError)

    def test_a_folder_that_is_not_empty_stays_as_it_is(self):
        (self.out / "notes.txt").write_text("mine")
        with self.assertRaisesRegex(errors.UserError, "is not empty, and nothing in it was chang"):
            onnx.export(self._run("stargan_v1"), self.out)
        self.assertEqual((self.out / "notes.txt").read_text(), "mine")

    def test_answers_that_differ_are_told(self):
        with self.assertRaisesRegex(RuntimeError, "translate differs from the run by up to 0.01"):
            parity.compare("translate", {"y": np.ones(3)}, {"y": np.array([1, 1, 1.01])})
        found = parity.compare("translate", {"y": np.ones(4)}, {"y": np.array([1, 1, 1, 1 - 4e-6])})
        self.assertAllClose((found.largest, found.mean), (4e-6, 1e-6), rtol=1e-3, atol=0)

    def test_a_file_of_others_says_nothing(self):
        import onnx as library

        helper, kind = library.helper, library.TensorProto.FLOAT
        x, y = (helper.make_tensor_value_info(name, kind, [1]) for name in "xy")
        graph = helper.make_graph([helper.make_node("Abs", ["x"], ["y"])], "g", [x], [y])
        opset = [helper.make_opsetid("", onnx.OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        library.save(model, str(self.out / "abs.onnx"))
        with self.assertRaisesRegex(errors.UserError, "abs.onnx was not exported by this package"):
            onnx.describe(self.out / "abs.onnx")


if __name__ == "__main__":
    tf.test.main()
