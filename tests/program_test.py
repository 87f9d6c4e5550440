"""The program `stargan`: its list of commands, how it runs one, and what it says of mistakes."""

import os
import shutil
import subprocess
import sys
from unittest import mock

from absl.testing import absltest, parameterized

import stargan_tf
from stargan_tf import __main__ as program
from stargan_tf.cli import command_line
from tests import commands

# Asks every command for help in one process that has imported nothing before.
_HELP = """
import contextlib, io, sys
from stargan_tf import __main__ as program
for name in program.commands():
    sys.argv = ["stargan", *name.split(), "--help"]
    printed, status = io.StringIO(), "none"
    with contextlib.redirect_stdout(printed):
        try:
            program.main()
        except SystemExit as end:
            status = end.code
    heavy = [m for m in ("tensorflow", "keras", "torch", "grpc", "av", "cv2") if m in sys.modules]
    example = next(line for line in printed.getvalue().splitlines() if line.startswith("  "))
    print(name, status, heavy, "flags:" in printed.getvalue(), example.split("--")[0].strip())
"""


class ProgramTest(parameterized.TestCase):
    def run_program(self, *arguments):
        return commands.run("stargan_tf", *arguments)

    @parameterized.parameters([()], [("--help",)], [("-h",)], [("help",)])
    def test_lists_every_command_with_the_first_line_of_its_docstring(self, arguments):
        result = self.run_program(*arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        lines = result.stdout.splitlines()
        self.assertRegex(
            lines[0], r"^usage: .*python\S* -m stargan_tf COMMAND \[--flag=value ...\]"
        )
        listed = dict(line.strip().split("  ", 1) for line in lines if line.startswith("  "))
        self.assertContainsSubset(
            {"train", "translate", "evaluate", "doctor", "client", "export saved_model"}, listed
        )
        self.assertNotIn("command_line", listed)
        self.assertEqual(
            listed["export tflite"].strip(),
            "Exports a run as a TFLite file for phones and small computers, and measures it.",
        )

    def test_a_group_lists_its_own(self):
        result = self.run_program("export")
        self.assertEqual(result.returncode, 0)
        self.assertIn("  export saved_model  Exports", result.stdout)
        self.assertNotIn("train", result.stdout)

    def test_version(self):
        result = self.run_program("--version")
        self.assertEqual(result.stdout, f"stargan-tf {stargan_tf.__version__}\n")

    @parameterized.parameters(
        (["trian", "--seed=1"], "There is no command 'trian'; did you mean train?"),
        (["import-reference"], "no command 'import-reference'; did you mean import_reference?"),
        (["export", "tflight"], "no command 'export tflight'; did you mean export tflite?"),
        (["--seed=1", "train"], "no command '--seed=1'; the commands are align, animate, .*train"),
    )
    def test_an_unknown_command_is_one_sentence(self, arguments, message):
        result = self.run_program(*arguments)
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, rf"^error: .*{message}.* See .* -m stargan_tf --help.\n$")

    def test_arguments_reach_the_command(self):
        result = self.run_program("train", "--batch_size=0")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertEqual(result.stderr, "error: batch_size must be at least 1; received 0.\n")
        result = self.run_program("align", "a.png", "b.png", "c.png")
        self.assertIn("Unexpected argument 'c.png'", result.stderr)

    def test_commands_are_named_as_the_user_named_this_one(self):
        for name in ("train", "export tflite"):
            text = self.run_program(*name.split(), "--help").stdout
            self.assertRegex(text, rf"\n  .* -m stargan_tf {name} --")
        text = commands.run("stargan_tf.train", "--help").stdout
        self.assertIn("\n  python -m stargan_tf.train --flagfile", text)
        self.assertEndsWith(command_line.command("translate"), " -m stargan_tf.translate")
        with command_line.called_by("stargan"):
            self.assertEqual(command_line.command("translate"), "stargan translate")

    @parameterized.parameters(
        ("/elsewhere/bin/stargan", "stargan"),
        (f"{os.getcwd()}/.venv/bin/stargan", ".venv/bin/stargan"),
        (program.__file__, f"{command_line.python()} -m stargan_tf"),
    )
    def test_how_to_call_it_again(self, called, expected):
        with (
            mock.patch.object(sys, "argv", [called]),
            mock.patch.object(shutil, "which", return_value=None) as which,
        ):
            self.assertEqual(program._program(), expected)
            if called.endswith("stargan"):
                which.return_value = called
                self.assertEqual(program._program(), "stargan")

    def test_help_is_no_failure_and_needs_no_tensorflow(self):
        result = subprocess.run(
            [sys.executable, "-c", _HELP], capture_output=True, text=True, check=False
        )
        names = list(program.commands())
        expected = [f"{name} 0 [] True stargan {name}" for name in names]
        found = [line.partition(" IN OUT")[0] for line in result.stdout.splitlines()]
        self.assertEqual(found, expected, result.stderr)

    @parameterized.parameters(
        ("export.saved_model", "export saved_model"),
        ("export.tflite", "export tflite"),
        ("export.serving.client", "client"),
        ("stargan_tf.client", "client"),
        ("stargan_tf.export.tflite", "export tflite"),
    )
    def test_the_modules_that_a_clone_names_are_the_same_commands(self, module, name):
        expected = self.run_program(*name.split(), "--help").stdout.partition("flags:")[2]
        self.assertIn("--verbose", expected.replace("[no]", ""))
        found = commands.run(module, "--help")
        self.assertEqual((found.returncode, found.stdout.partition("flags:")[2]), (0, expected))


if __name__ == "__main__":
    absltest.main()
