"""Fetching LiteRT.js: from a folder, by npm into a cache, and what is said where that fails."""

import base64
import hashlib
import io
import os
import pathlib
import tarfile
from unittest import mock

from absl.testing import absltest, parameterized

from stargan_tf.base import errors
from stargan_tf.browser import litert


class LoadTest(parameterized.TestCase):
    """With packages of a few bytes, whose hashes stand in for the real ones."""

    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.create_tempdir().full_path)
        self.home = pathlib.Path(self.create_tempdir().full_path)
        self.enter_context(
            mock.patch.dict(os.environ, {"XDG_CACHE_HOME": str(self.home), "PATH": "/usr/bin:/bin"})
        )
        hashes = {name: self._package(name) for name in litert.PACKAGES}
        self.enter_context(mock.patch.object(litert, "PACKAGES", hashes))

    def _package(self, name):
        """Writes a package that holds, in each file, the file's name; returns its hash."""
        with tarfile.open(self.folder / name, "w:gz") as archive:
            for package, member in litert._FILES.values():
                if package == name:
                    info = tarfile.TarInfo(member)
                    info.size = len(member)
                    archive.addfile(info, io.BytesIO(member.encode()))
        digest = hashlib.sha512((self.folder / name).read_bytes()).digest()
        return f"sha512-{base64.b64encode(digest).decode()}"

    def _npm(self, *lines):
        """Puts a program npm first on the path."""
        folder = pathlib.Path(self.create_tempdir().full_path)
        (folder / "npm").write_text("\n".join(["#!/bin/sh", *lines]))
        (folder / "npm").chmod(0o755)
        os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"

    def test_a_folder_or_both_paths(self):
        expected = {name: member.encode() for name, (_, member) in litert._FILES.items()}
        paths = ",".join(str(self.folder / name) for name in litert.PACKAGES)
        for given in (str(self.folder), paths):
            self.assertEqual(litert.load(given), expected)
        self.assertIn("litert_wasm_compat_internal.wasm", expected)

    def test_npm_fills_the_cache_once(self):
        self._npm(f'cp {self.folder}/*.tgz "$PWD"', 'echo called >> "$XDG_CACHE_HOME/log"')
        first = litert.load()
        self.assertEqual(litert.load(), first)
        self.assertEqual((self.home / "log").read_text(), "called\n")
        self.assertEqual({path.name for path in litert.cache().iterdir()}, {*litert.PACKAGES})

    def test_npm_fails(self):
        self._npm("echo 'npm error code ENOTFOUND' >&2",
                  "echo 'npm error network It is not reachable.' >&2",
                  "echo 'npm error A complete log of this run is in x' >&2", "exit 1")  # fmt: skip
        with self.assertRaisesRegex(errors.UserError, r"\(network It is not reachable\); try"):
            litert.load()
        self.assertEmpty([path for path in self.home.rglob("*") if path.is_file()])

    def test_no_npm(self):
        with (
            mock.patch.object(litert.shutil, "which", return_value=None),
            self.assertRaisesRegex(errors.UserError, "npm, which fetches it, is not installed"),
        ):
            litert.load()

    @parameterized.parameters(True, False)
    def test_a_package_that_is_another(self, fetched):
        name = next(iter(litert.PACKAGES))
        (self.folder / name).write_bytes(b"another")
        self._npm(f'cp {self.folder}/*.tgz "$PWD"')
        with self.assertRaisesRegex(errors.UserError, f"{name} is not the package"):
            litert.load("" if fetched else str(self.folder))
        self.assertFalse((litert.cache() / name).exists())

    def test_a_folder_without_them(self):
        (self.folder / next(iter(litert.PACKAGES))).unlink()
        with self.assertRaisesRegex(errors.UserError, "lacks litertjs-core-.*tgz; `npm pack"):
            litert.load(str(self.folder))
        with self.assertRaisesRegex(errors.UserError, "There is no /nowhere"):
            litert.load("/nowhere")


if __name__ == "__main__":
    absltest.main()
