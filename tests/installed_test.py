"""The wheel, installed in an environment of its own and used in a folder without the clone."""

import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest
import tensorflow as tf
import yaml
from PIL import Image

import stargan_tf

ROOT = pathlib.Path(__file__).parents[1]
TINY = ("--image_size=32", "--g_conv_dim=4", "--g_repeat_num=1", "--d_conv_dim=4",
        "--d_repeat_num=3", "--cartoon_train_size=16", "--cartoon_test_size=4", "--sample_count=2",
        "--total_steps=2")  # fmt: skip


class InstalledTest(tf.test.TestCase):
    @pytest.mark.slow
    def test_the_wheel_does_what_the_clone_does(self):
        self.root = pathlib.Path(self.create_tempdir().full_path)
        wheel = self._wheel()
        self._check_contents(wheel)
        self.bin = self._environment(wheel)
        self.folder = self.root / "photos"
        self.folder.mkdir()
        Image.effect_noise((40, 40), 50).save(self.folder / "face.png")

        where = self._call("python", "-c", "import stargan_tf; print(stargan_tf.__file__)")
        self.assertStartsWith(where, str(self.bin.parent))
        self.assertIn("\n  export tflite ", self._call("stargan", "--help"))
        said = self._call("stargan", "doctor", "--flagfile=quickstart.flags", *TINY)
        self.assertRegex(said, "A step takes .* s on")
        said = self._call("stargan", "train", "--flagfile=quickstart.flags", *TINY)
        self.assertIn("stargan_v1 on cartoon_faces: 16 training images", said)
        said = self._call("stargan", "evaluate", "--run=runs/quickstart", "--num_images=4")
        self.assertIn("next         stargan translate --run=runs/quickstart ", said)
        self._call("stargan", "translate", "--run=runs/quickstart", "--image=face.png",
                   "--to=Smiling", "--output=out.png")  # fmt: skip
        with Image.open(self.folder / "out.png") as image:
            self.assertEqual(image.size, (32, 32))
        self._call("stargan", "translate", "--run=cartoon_faces_v1", "--image=face.png",
                   "--to=Blond_Hair", "--output=packaged.png")  # fmt: skip
        with Image.open(self.folder / "packaged.png") as image:
            self.assertEqual(image.size, (64, 64))
        said = self._call("stargan", "export", "hub", "--run=runs/quickstart", "--output=published")
        self.assertStartsWith(said, "published  (")
        self._call("stargan", "export", "saved_model", "--run=runs/quickstart", "--output=model")
        self.assertTrue((self.folder / "model" / "1" / "saved_model.pb").exists())
        said = self._call("stargan", "export", "tflite", "--run=runs/quickstart", "--quantize=none",
                          "--output=device", "--num_comparison_images=2")  # fmt: skip
        self.assertStartsWith(said, "device/quickstart-32px-none.tflite\n")

    def _wheel(self):
        """Builds it from a copy, since a build leaves files beside the sources."""
        source = self.root / "source"
        source.mkdir()
        no_caches = shutil.ignore_patterns("__pycache__")
        for name in ("stargan_tf", "configs", "export"):
            shutil.copytree(ROOT / name, source / name, ignore=no_caches)
        for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, source)
        self._pip("wheel", "--no-build-isolation", f"--wheel-dir={self.root}", str(source))
        (wheel,) = self.root.glob("*.whl")
        return wheel

    def _check_contents(self, wheel):
        with zipfile.ZipFile(wheel) as file:
            names = set(file.namelist())
        self.assertStartsWith(wheel.name, f"stargan_tf-{stargan_tf.__version__}-py3-none-any")
        package = ROOT / "stargan_tf"
        expected = {
            f"stargan_tf/{p.relative_to(package).as_posix()}" for p in package.rglob("*.py")
        }
        expected |= {f"stargan_tf/configs/{p.name}" for p in (ROOT / "configs").iterdir()}
        expected.add("stargan_tf/py.typed")
        pages = list((package / "browser" / "page").iterdir())
        self.assertTrue(any(path.name == "index.html" for path in pages))
        expected |= {f"stargan_tf/browser/page/{path.name}" for path in pages}
        runs = [path for path in (package / "pretrained").rglob("*") if path.is_file()]
        self.assertTrue(any(path.suffix == ".npz" for path in runs))
        expected |= {
            f"stargan_tf/{path.relative_to(package).as_posix()}"
            for path in runs
            if "__pycache__" not in path.parts
        }
        found = {name for name in names if ".dist-info/" not in name}
        self.assertEqual(found, expected)
        self.assertTrue(any(name.endswith("/LICENSE") for name in names))

    def _environment(self, wheel):
        """Returns the programs of an environment with the wheel, and with what else is here."""
        folder = self.root / "environment"
        self._succeed([sys.executable, "-m", "venv", "--without-pip", str(folder)], self.root)
        (packages,) = folder.glob("lib/python*/site-packages")
        paths = [path for path in sys.path if path.endswith("-packages")]
        (packages / "others.pth").write_text("\n".join(paths))  # after its own
        self._pip("--python", str(folder / "bin" / "python"), "install", "--ignore-installed",
                  str(wheel))  # fmt: skip
        return folder / "bin"

    def _pip(self, *arguments):
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        self._succeed([*pip, *arguments, "--no-deps", "--no-index"], self.root)

    def _call(self, program, *arguments):
        """Returns what a program of the environment prints, in a folder without the clone."""
        return self._succeed([str(self.bin / program), *arguments], self.folder)

    def _succeed(self, command, folder):
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        result = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        self.assertEqual(result.returncode, 0, f"{command}: {result.stdout} {result.stderr}")
        return result.stdout


class CitationTest(tf.test.TestCase):
    def test_it_cites_the_program_and_both_papers(self):
        content = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
        self.assertEqual((content["cff-version"], content["type"]), ("1.2.0", "software"))
        self.assertContainsSubset({"message", "title", "authors"}, content)
        self.assertNotIn("version", content)  # it stands in one place, the package
        self.assertEqual([reference["year"] for reference in content["references"]], [2018, 2020])


if __name__ == "__main__":
    tf.test.main()
