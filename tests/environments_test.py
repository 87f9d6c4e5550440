"""Two environments, those of Keras 2 and of Keras 3: one trains as the other and continues it.

The Python of the other one is named by STARGAN_TF_OTHER_PYTHON; `make test-addons` does.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import keras_versions

OTHER = os.environ.get("STARGAN_TF_OTHER_PYTHON", "")
PYTHONS = {"here": sys.executable, "there": OTHER}
SMALL = ("--cartoon_train_size=64", "--cartoon_test_size=4")
# The quickstart as it is; StarGAN v2's with few channels, and with images of that size.
FLAGS = {
    "quickstart": SMALL,
    "quickstart_v2": (*SMALL, "--image_size=32", "--bottleneck_size=8", "--channel_base=4",
                      "--max_channels=16", "--hidden_units=16"),
}  # fmt: skip


def run(side, *arguments):
    command = [PYTHONS[side], "-m", *(str(argument) for argument in arguments)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise AssertionError(f"{command}: {result.stderr[-3000:]}")
    return result.stdout


def train(side, name, directory, steps, every):
    run(side, "stargan_tf.train", f"--flagfile=configs/{name}.flags", *FLAGS[name],
        f"--run_dir={directory}", f"--total_steps={steps}", "--deterministic", "--log_every=1",
        f"--checkpoint_every={every}", "--sample_every=1000", "--sample_count=2")  # fmt: skip


def losses(directory):
    """Returns {step: {loss: value}} of a run."""
    rows = [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]
    return {row.pop("step"): row for row in rows}


class EnvironmentsTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        if not OTHER:  # then this is not the environment of `make test-addons`
            self.skipTest("STARGAN_TF_OTHER_PYTHON names no other environment's Python")
        self.root = pathlib.Path(self.create_tempdir().full_path)

    def assertAlike(self, found, expected, tolerance):
        self.assertCountEqual(found, expected)
        for name, value in expected.items():
            self.assertAllClose(found[name], value, rtol=tolerance, atol=tolerance, msg=name)

    # In float32 a difference of one rounding grows tenfold with every step of the quickstart: the
    # same environment, begun from weights that are 1e-7 off, is 1e-3 off at step 3 and has nothing
    # in common with itself at step 12. So what is computed is compared in float64, and float32
    # while it can be.
    @parameterized.parameters(("quickstart", 20, 1e-6), ("quickstart_v2", 6, 1e-6))
    def test_both_train_alike(self, name, steps, tolerance):
        rows = []
        for side in PYTHONS:
            output = self.root / f"{side}.json"
            run(side, "tests.environment_steps", output, steps,
                f"--flagfile=configs/{name}.flags", *FLAGS[name])  # fmt: skip
            rows.append(json.loads(output.read_text()))
        self.assertLen(rows[0], steps)
        for here, there in zip(*rows, strict=True):
            self.assertAlike(there, here, tolerance)
        changes = [abs(rows[0][-1][key] - rows[0][0][key]) for key in rows[0][0]]
        self.assertGreater(max(changes), 0.1)  # it is training that is alike

    # The second step tells whether the optimizers were restored; StarGAN v2's Adam, whose beta_1 is
    # 0, has by then made whole steps of roundings.
    @parameterized.parameters(("quickstart", 10, 1e-3), ("quickstart_v2", 2, 0.03))
    @pytest.mark.timeout(1800)  # six trainings and two translations, a process each
    def test_one_continues_what_the_other_began(self, name, middle, tolerance):
        last = middle + 2
        for side in PYTHONS:
            train(side, name, self.root / side, last, middle)
        first = {side: losses(self.root / side) for side in PYTHONS}
        for step, allowed in ((1, 1e-3), (2, tolerance)):
            self.assertAlike(first["there"][step], first["here"][step], allowed)
        for begun, other in (("here", "there"), ("there", "here")):
            directory = self.root / f"of_{begun}"
            shutil.copytree(self.root / begun, directory)
            (checkpoint,) = directory.glob(f"checkpoints/*{last}.npz")
            checkpoint.unlink()
            train(other, name, directory, last, middle)
            found = losses(directory)
            self.assertCountEqual(found, first[begun])
            self.assertAlike(found[middle + 1], first[begun][middle + 1], 1e-3)
            self.assertAlike(found[last], first[begun][last], tolerance)
            # The steps were taken again, not only found in the file.
            self.assertNotEqual(found[last], first[begun][last])
            states = [np.load(next(d.glob(f"checkpoints/*{last}.npz")))
                      for d in (directory, self.root / begun)]  # fmt: skip
            self.assertCountEqual(*states)
            for key in (key for key in states[0] if key.endswith("iterations")):
                self.assertEqual(states[0][key], states[1][key], key)
        self._check_translations()

    def _check_translations(self):
        """Asserts that both give the same picture of a run, but for a rounded grey level."""
        photo = self.root / "photo.png"
        noise = np.random.default_rng(0).integers(0, 256, (6, 6, 3), np.uint8)
        Image.fromarray(noise).resize((64, 64), Image.Resampling.BICUBIC).save(photo)
        pictures = []
        for side in PYTHONS:
            output = self.root / f"{side}.png"
            run(side, "stargan_tf.translate", f"--run={self.root / 'here'}", f"--image={photo}",
                "--to=Blond_Hair", f"--output={output}")  # fmt: skip
            pictures.append(np.asarray(Image.open(output)).astype(int))
        self.assertGreater(np.std(pictures[0]), 1)
        self.assertLessEqual(np.abs(pictures[0] - pictures[1]).max(), 1)

    def test_tensorflow_addons_is_here(self):
        # Else all that is said of it here would be skipped, or be about the native backend.
        self.assertIsNotNone(keras_versions.addons())

    def test_the_other_has_another_keras(self):
        versions = {
            subprocess.run([python, "-c", "import keras; print(keras.__version__)"],
                           capture_output=True, text=True, check=True).stdout
            for python in PYTHONS.values()
        }  # fmt: skip
        self.assertLen(versions, 2)


if __name__ == "__main__":
    tf.test.main()
