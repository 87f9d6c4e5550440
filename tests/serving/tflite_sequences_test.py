"""TFLite files of runs that convert sequences: their answers in the interpreter, and mistakes."""

import dataclasses
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.runs import runs
from stargan_tf.serving import tflite, tflite_examples, tflite_report
from tests import commands, tiny

interpreter = pytest.importorskip("ai_edge_litert.interpreter")


class TfliteSequencesTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pathlib.Path(cls().create_tempdir().full_path)
        cls.run_ = tiny.untrained_run(cls.root / "voices", algorithm="stargan_vc")
        cls.algorithm = cls.run_.build(training=False)
        runs.restore_weights(cls.run_, cls.algorithm)

    def setUp(self):
        super().setUp()
        self.out = pathlib.Path(self.create_tempdir().full_path)

    def _check(self, path, frames, atol):
        """Compares conversions of sequences by a file with the run's."""
        file = interpreter.Interpreter(str(path)).get_signature_runner("convert")
        random, names = np.random.default_rng(frames), np.eye(2, dtype=np.float32)
        mean, deviation = (self.run_.statistics[f"{name}_all"] for name in ("mean", "deviation"))
        for source, target in ((0, 1), (1, 0), (1, 1)):
            x = random.standard_normal((1, frames, len(mean))) * deviation + mean
            x = x.astype(np.float32)
            numbers = {
                k: np.array([v], np.int32) for k, v in (("source", source), ("target", target))
            }
            found = file(features=x, **numbers)["converted"]
            expected = self.algorithm.convert(x, names[[source]], names[[target]])
            self.assertEqual(found.shape, expected.shape)
            self.assertAllClose(found / deviation, expected / deviation, rtol=0, atol=atol)

    def test_the_command_makes_a_file_for_any_number_of_frames(self):
        flags = {"run": str(self.run_.directory), "output": str(self.out), "quantize": "none"}
        with commands.given("stargan_tf.export.tflite", num_comparison_images=2, **flags):
            self.assertEqual(commands.load("stargan_tf.export.tflite").main(), 0)
        path = self.out / "voices-none.tflite"
        for frames in (1, 16, 23):
            self._check(path, frames, 1e-4)
        text = path.with_suffix(".txt").read_text()
        self.assertIn("on 2 held-out sequences of the run's data set (drawn_voices)\n", text)
        self.assertRegex(text, r"2 threads +SNR +max error\nconvert +\d.* 1\d\d\.\d dB ")
        described = json.loads(path.with_suffix(".json").read_text())
        self.assertEqual(
            described["signatures"]["convert"]["inputs"]["features"]["shape"], [1, None, 5]
        )
        self.assertEqual(described["labels"]["names"], list(self.run_.label_space.names))

    @parameterized.parameters(("float16", 10, 0.02), ("int16x8", 0, 1.0))
    @pytest.mark.slow
    def test_a_file_for_so_many_frames(self, scheme, frames, largest):
        options = tflite.Options(
            scheme, frames=frames, num_comparison_images=2, num_calibration_images=4
        )
        (exported,) = tflite.export(self.run_, self.out, options)
        frames = frames or 16  # those of training
        self.assertEqual(exported.path.name, f"voices-{frames}frames-{scheme}.tflite")
        if scheme == "float16":  # other ranges are those of real sequences
            self._check(exported.path, frames, largest)
        deviation = self.run_.statistics["deviation_all"].max()
        self.assertBetween(exported.reports[0].largest / deviation, 1e-6, largest)
        self.assertNotIn("BROADCAST_TO", tflite_report.operations(exported.path))

    def test_signal_to_noise(self):
        random = np.random.default_rng(0)
        scale = np.array([0.1, 1, 10])
        wanted = random.standard_normal((4, 1000, 3)) * scale
        found = wanted + 0.1 * random.standard_normal(wanted.shape) * scale
        ratio = tflite_report._signal_to_noise(wanted, found)
        self.assertAllClose(ratio, 20, atol=0.2)
        self.assertEqual(tflite_report._signal_to_noise(wanted, wanted), 120)

    def _elsewhere(self):
        """Returns the run as if its data were recordings that are not here."""
        data = dataclasses.replace(
            self.run_.config.data, dataset="voice_folder", data_dir=str(self.root / "nowhere")
        )
        config = dataclasses.replace(self.run_.config, data=data)
        return dataclasses.replace(self.run_, config=config)

    def test_without_the_data_it_is_compared_on_random_sequences_of_their_range(self):
        known, compared = tflite_examples.find(self._elsewhere(), tflite.Options(frames=40))
        self.assertIsNone(known)
        self.assertEqual(compared.samples.shape, (50, 40, 5))
        statistics = self.run_.statistics
        self.assertAllClose(compared.samples.mean(axis=(0, 1)), statistics["mean_all"], atol=1e-4)
        deviation = compared.samples.std(axis=(0, 1))
        self.assertAllClose(deviation, statistics["deviation_all"], rtol=1e-3)
        self.assertAllEqual(compared.labels[:3], np.eye(2)[[0, 1, 0]])

    def test_mistakes(self):
        with self.assertRaisesRegex(errors.UserError, "quantize=int8 with .*int16x8 or dynamic"):
            tflite.export(self.run_, self.out, tflite.Options("int8"))
        with self.assertRaisesRegex(errors.UserError, "takes sequences.*image_size=64; leave it"):
            tflite.export(self.run_, self.out, tflite.Options(image_size=64))
        message = "quantize=int16x8 finds its ranges on sequences like.*folder.*as `data_dir`"
        with self.assertRaisesRegex(errors.UserError, message):
            tflite_examples.find(self._elsewhere(), tflite.Options("int16x8"))
        faces = tiny.untrained_run(self.root / "faces", algorithm="stargan_v1")
        with self.assertRaisesRegex(errors.UserError, "takes images, .*frames=64; leave it out"):
            tflite.export(faces, self.out, tflite.Options(frames=64))
        self.assertEmpty(list(self.out.iterdir()))


if __name__ == "__main__":
    tf.test.main()
