"""Progress: a bar where stdout is a terminal, lines that can be read where it is a file."""

import io
from unittest import mock

from absl.testing import absltest

from stargan_tf.reports import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


class ProgressTest(absltest.TestCase):
    def test_a_file_gets_a_line_each_time_and_no_control_characters(self):
        now = 100.0
        with (
            mock.patch("sys.stdout", io.StringIO()) as stdout,
            mock.patch.object(progress.time, "monotonic", lambda: now),
            progress.Progress(20, "step", done=10) as shown,
        ):
            now = 104.0
            shown.show(11, "G 0.5")
            shown.show(12, line=False)
            now = 3710.0
            shown.show(15)
            shown.show(20)
        # Of 10 steps: one in 4 s, nine are left; five in 3610 s, five are left.
        self.assertEqual(
            stdout.getvalue(),
            "step 11/20  00:36 left  G 0.5\nstep 15/20  1:00:10 left\nstep 20/20\n",
        )

    def test_a_terminal_gets_a_bar_and_what_is_printed_afterwards_a_line_of_its_own(self):
        with mock.patch("sys.stdout", Terminal()) as stdout:
            with progress.Progress(20, "step", done=10) as shown:
                shown.show(20, "G 0.5")
            print("done")
        last = stdout.getvalue().split("\r")[-1]
        self.assertRegex(last, r"^100%\|.*\| 20/20 \[.*, G 0.5\]\n+done\n$")


if __name__ == "__main__":
    absltest.main()
