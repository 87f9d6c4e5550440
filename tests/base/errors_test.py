"""A memory that ran out is told from everything else, and each command says it in a sentence."""

import contextlib
import io
import subprocess
import sys
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.cli import command_line

OOM = "OOM when allocating tensor with shape[4,64] on /job:localhost/device:{} by allocator x"
FULL = {
    "python": (MemoryError(), "memory"),
    "cpu": (tf.errors.ResourceExhaustedError(None, None, OOM.format("CPU:0")), "memory"),
    "gpu": (
        tf.errors.ResourceExhaustedError(None, None, OOM.format("GPU:0")),
        "memory of the GPU",
    ),
    "xla": (
        tf.errors.InternalError(
            None, None, "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 99 bytes."
        ),
        "memory",
    ),
    "cpp": (tf.errors.UnknownError(None, None, "std::bad_alloc"), "memory"),
    "cuda": (
        tf.errors.InternalError(None, None, "CUDA_ERROR_OUT_OF_MEMORY: out of memory"),
        "memory of the GPU",
    ),
    "cudnn": (
        tf.errors.InternalError(None, None, "CUDNN_STATUS_ALLOC_FAILED"),
        "memory of the GPU",
    ),
}
OTHERS = {
    "python": ValueError("out of memory"),
    "invalid": tf.errors.InvalidArgumentError(None, None, "Incompatible shapes"),
    "disk": tf.errors.ResourceExhaustedError(None, None, "a.tmp; No space left on device"),
    "files": tf.errors.ResourceExhaustedError(None, None, "a.png; Too many open files"),
}


def each(cases):
    return parameterized.named_parameters(
        (name, *(case if isinstance(case, tuple) else (case,))) for name, case in cases.items()
    )


class ExhaustedMemoryTest(tf.test.TestCase, parameterized.TestCase):
    @each(FULL)
    def test_full(self, error, which):
        self.assertEqual(errors.exhausted_memory(error), which)

    @each(OTHERS)
    def test_anything_else(self, error):
        self.assertEqual(errors.exhausted_memory(error), "")

    def test_while_a_graph_is_traced(self):
        @tf.function
        def traced():
            raise MemoryError

        with self.assertRaises(Exception) as caught:
            traced()
        self.assertEqual(errors.exhausted_memory(caught.exception), "memory")


class CommandsTest(tf.test.TestCase, parameterized.TestCase):
    """`_guarded` is around the main function of every command."""

    @each(FULL)
    def test_a_command_says_so(self, error, which):
        def main():
            raise error

        stderr = io.StringIO()
        with contextlib.redirect_stderr(stderr):
            self.assertEqual(command_line._guarded(main), 2)
        self.assertRegex(stderr.getvalue(), f"^error: The {which} ran out; end other .*[.]\n$")
        self.assertEqual("CUDA_VISIBLE_DEVICES=-1" in stderr.getvalue(), "GPU" in which)

    @each(OTHERS)
    def test_other_errors_go_on(self, error):
        def main():
            raise error

        with self.assertRaises(type(error)):
            command_line._guarded(main)

    def test_how_an_extra_is_installed(self):
        self.assertEqual(errors.install_command("video"), 'pip install -e ".[video]"')  # a clone
        installed = "/lib/site-packages/stargan_tf/base/errors.py"
        with mock.patch.object(errors, "__file__", installed):
            self.assertEqual(errors.install_command("video"), 'pip install "stargan-tf[video]"')

    def test_without_tensorflow_none_is_imported(self):
        code = (
            "import sys\nfrom stargan_tf.base import errors\n"
            "from stargan_tf.cli import command_line\n"
            "def full(): raise MemoryError\n"
            "assert command_line._guarded(full) == 2\n"
            "assert not errors.exhausted_memory(ValueError())\n"
            "assert 'tensorflow' not in sys.modules"
        )
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


if __name__ == "__main__":
    tf.test.main()
