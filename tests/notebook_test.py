"""Commands inside a notebook: `%run -m stargan_tf.translate`, again and again in one process."""

import contextlib
import io
import os
import runpy
import sys
from unittest import mock

import tensorflow as tf
from absl import flags
from absl.testing import parameterized

from stargan_tf.cli import command_line


class NotebookStream(io.TextIOBase):
    """A stream as notebooks have: it is no file, and can't be given another way with errors."""

    def __init__(self):
        self.text = ""

    def writable(self):
        return True

    def write(self, text):
        self.text += text
        return len(text)


class NotebookTest(tf.test.TestCase, parameterized.TestCase):
    def _run(self, name, *arguments):
        """Returns the status and what was written, as IPython's %run -m executes a module."""
        out, err = NotebookStream(), NotebookStream()
        parsed = flags.FLAGS.is_parsed()
        with (
            mock.patch.object(sys, "argv", [name, *arguments]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            self.assertRaises(SystemExit) as ended,
        ):
            try:
                runpy.run_module(name, run_name="__main__", alter_sys=True)
            finally:
                if parsed:
                    flags.FLAGS.mark_as_parsed()
        return ended.exception.code, out.text, err.text

    @parameterized.parameters("stargan_tf.translate", "stargan_tf.train", "export.saved_model")
    def test_commands_run_and_run_again(self, name):
        for _ in range(2):
            status, _, err = self._run(name, "--nonsense=1")
            self.assertEqual(status, 2)
            self.assertIn("error: Unknown command line flag 'nonsense'", err)

    def test_values_are_not_remembered(self):
        defined = set(flags.FLAGS)
        mistake = ("stargan_tf.translate", "--image=a.png", "--output=b.txt")
        self.assertIn("Flag --run must have a value", self._run(*mistake)[2])
        self.assertIn("--image=a.png does not exist", self._run(*mistake, "--run=x")[2])
        self.assertIn("Flag --run must have a value", self._run(*mistake)[2])
        self.assertEqual(set(flags.FLAGS), defined)

    def test_the_home_folder(self):
        root = self.create_tempdir().full_path
        flag_file = self.create_tempfile(content="--image=~/photo.png\n--run=~/run\n").full_path
        arguments = [f"--flagfile={flag_file}", "--output=~/out.png", "--to=a"]
        with mock.patch.dict("os.environ", HOME=root):
            err = self._run("stargan_tf.translate", *arguments)[2]
            self.assertIn(f"--image={root}/photo.png does not exist", err)
            joint = ["--datasets=celeba,image_folder", "--data_dir=~/a;~/b"]
            err = self._run("stargan_tf.train", *joint, "--run_dir=~/run")[2]
        self.assertIn(f"There is no data folder '{root}/a'", err)

    @parameterized.parameters(
        ("--run=a~/b", "--run=a~/b"),
        ("--to=~", "--to=HOME"),
        ("--init_from=~/a:3", "--init_from=HOME/a:3"),
        ("~/a", "HOME/a"),
        ("--reference=~/a,~/b", "--reference=HOME/a,HOME/b"),
        ("--data_dir=x;~/b", "--data_dir=x;HOME/b"),
        ("--run=~nobody-of-this-name/x", "--run=~nobody-of-this-name/x"),
    )
    def test_where_the_home_folder_is_meant(self, argument, expected):
        with mock.patch.dict("os.environ", HOME="HOME"):
            self.assertEqual(command_line._with_home(argument), expected)

    def test_a_gpu_that_is_not_used_is_told_unless_it_was_hidden(self):
        for visible, told in ((None, True), ("0", True), ("-1", False), ("", False)):
            err = NotebookStream()
            with (
                mock.patch.dict("os.environ"),
                mock.patch.object(command_line, "has_nvidia_driver", return_value=True),
                mock.patch.object(tf.config, "list_physical_devices", return_value=[]),
                contextlib.redirect_stderr(err),
            ):
                os.environ.pop("CUDA_VISIBLE_DEVICES", None)
                if visible is not None:
                    os.environ["CUDA_VISIBLE_DEVICES"] = visible
                command_line.import_tensorflow()
            self.assertEqual("TensorFlow can't use it; --verbose" in err.text, told, visible)

    def test_what_is_not_descriptor_2_is_not_filtered(self):
        with contextlib.redirect_stderr(NotebookStream()):
            before = sys.stderr
            command_line.log_filter.install(cuda=False)
            self.assertIs(sys.stderr, before)


if __name__ == "__main__":
    tf.test.main()
