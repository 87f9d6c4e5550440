"""The device's scripts in an environment that holds only what it says it needs."""

import dataclasses
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from stargan_tf.data.sources import cartoon_faces
from stargan_tf.pictures import photos
from stargan_tf.runs import runs
from stargan_tf.serving import tflite
from tests import tiny

ON_DEVICE = pathlib.Path(__file__).parents[2] / "export" / "on_device"


class BareEnvironmentTest(tf.test.TestCase):
    @pytest.mark.slow
    def test_translates_and_measures(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            python = self._environment(folder / "venv")
            run = tiny.untrained_run(folder / "run")
            options = tflite.Options(scheme="none", num_comparison_images=1)
            (exported,) = tflite.export(run, folder, options)
            (levels,) = tflite.export(run, folder, dataclasses.replace(options, io="uint8"))
            for one in (exported, levels):  # the file alone has to do
                one.path.with_suffix(".json").rename(one.path.with_suffix(".kept"))
            photo = cartoon_faces.CartoonFaces("test", 40, 1).image(0)
            Image.fromarray(photo).save(folder / "face.png")
            for name in ("translate.py", "benchmark.py", "describe.py"):
                (folder / name).write_bytes((ON_DEVICE / name).read_bytes())

            def call(*arguments):
                return subprocess.run(
                    [python, *arguments], cwd=folder, capture_output=True, text=True
                )

            loaded = call("-c", "import tensorflow")
            self.assertIn("No module named 'tensorflow'", loaded.stderr)
            algorithm = run.build(training=False)
            runs.restore_weights(run, algorithm)
            image = photos.to_array(photos.fit(Image.fromarray(photo), 32))[np.newaxis]
            label = run.label_space.changed(np.zeros((1, 5), np.float32), ("Blond_Hair",))
            expected = photos.to_uint8(algorithm.translate(image, label)[0]).astype(np.int32)
            for one in (exported, levels):
                done = call("translate.py", f"--model={one.path.name}", "--image=face.png",
                            "--to=Blond_Hair", "--output=out.png")  # fmt: skip
                self.assertEqual(done.returncode, 0, done.stderr)
                found = np.asarray(Image.open(folder / "out.png"), np.int32)
                self.assertAllClose(found, expected, rtol=0, atol=1)
                done = call("describe.py", one.path.name)
                self.assertEqual(done.stdout, one.path.with_suffix(".kept").read_text())
            done = call("describe.py", "face.png")
            self.assertEqual(done.returncode, 2)
            self.assertIn("face.png is no .tflite file that describes itself", done.stderr)
            done = call("benchmark.py", exported.path.name, "--threads=1", "--repeats=3")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"\d\.\d +1  translate  run-32px-none.tflite")

    def _environment(self, folder):
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        python = str(folder / "bin" / "python")
        packages = ["ai-edge-litert", "numpy", "pillow"]
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run([*install, *packages], capture_output=True, text=True)
        if done.returncode:
            self.skipTest(f"pip can't install {packages} here: {done.stderr.strip()[-200:]}")
        return python


if __name__ == "__main__":
    tf.test.main()
