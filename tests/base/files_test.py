"""A folder is held by one process, and no longer than that process lives."""

import errno
import fcntl
import os
import pathlib
import socket
import subprocess
import sys
import textwrap
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import files

# Holds the folder that it is told, and says so; it ends when it is killed.
HOLDER = """
    import pathlib, sys, time
    from stargan_tf.base import files

    with files.lock_folder(pathlib.Path(sys.argv[1]), "lock") as held:
        print(held, flush=True)
        time.sleep(60)
"""


class ClaimedTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.create_tempdir().full_path) / "a" / "folder"

    def test_another_process_is_named_and_its_death_frees_the_folder(self):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(HOLDER), str(self.folder)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.getcwd()},
        )
        try:
            self.assertEqual(process.stdout.readline(), b"True\n")
            said = f"process {process.pid} on {socket.gethostname()}"
            with self.assertRaisesRegex(files.TakenError, f"^{said}$"):
                files.lock_folder(self.folder, "lock").__enter__()
            self.assertEqual((self.folder / "lock").read_text(), said)
        finally:
            process.kill()
            process.communicate()
        self.assertTrue((self.folder / "lock").exists())  # a killed process removes nothing
        with files.lock_folder(self.folder, "lock") as held:
            self.assertTrue(held)
            self.assertStartsWith((self.folder / "lock").read_text(), f"process {os.getpid()} on")
        self.assertEmpty(list(self.folder.iterdir()))

    def test_a_folder_that_was_made_stays_only_with_something_in_it(self):
        with files.lock_folder(self.folder, "lock"):
            pass
        self.assertFalse(self.folder.exists())
        with files.lock_folder(self.folder, "lock"):
            (self.folder / "work").touch()
        self.assertEqual([path.name for path in self.folder.iterdir()], ["work"])

    def test_a_lock_that_its_holder_removes_meanwhile_is_not_mistaken_for_held(self):
        self.folder.mkdir(parents=True)
        flock, opened = fcntl.flock, []

        def removing(descriptor, how):
            if not opened:  # as where the holder ends between opening the file and locking it
                (self.folder / "lock").unlink()
            opened.append(descriptor)
            flock(descriptor, how)

        with (
            mock.patch.object(fcntl, "flock", removing),
            files.lock_folder(self.folder, "lock") as held,
        ):
            self.assertTrue(held)
            self.assertLen(opened, 2)
            with self.assertRaises(files.TakenError):
                files.lock_folder(self.folder, "lock").__enter__()

    @parameterized.parameters(errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
    def test_a_file_system_without_locks(self, number):
        with (
            mock.patch.object(fcntl, "flock", side_effect=OSError(number, "no locks")),
            files.lock_folder(self.folder, "lock") as held,
        ):
            self.assertFalse(held)
        self.assertFalse(self.folder.exists())


if __name__ == "__main__":
    tf.test.main()
