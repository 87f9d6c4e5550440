"""A trial of a step in a process of its own: what it tells, and what is made of its end.

A real one is in doctor_test; here other programs take the place of the process.
"""

import dataclasses
import io
import json
import os
import pathlib
import sys
import time
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.diagnosis import trial, trial_process
from tests import tiny

START = '{"devices": ["CPU:0"], "gpus": false}\n'
BUILT = '{"checkpoint": 1000, "images_per_step": 8}\n{"tracing": 4.5}\n'
STEPS = "".join(json.dumps({"step": s, "memory": m}) + "\n" for s, m in (
    (3.0, 50), (0.7, 60), (0.2, 60), (0.6, 61)))  # fmt: skip


def measure(program, time_limit=30.0):
    """Lets a Python program (of the standard library alone) stand for the process."""
    config = tiny.config(pathlib.Path("runs/x"), seed=7)
    command = [sys.executable, "-S", "-c", f"import os, sys, time\n{program}"]
    return trial.measure(config, {5, 3}, time_limit, command)


def printing(text):
    return f"sys.stdout.write({text!r}); sys.stdout.flush()\n"


class TrialTest(tf.test.TestCase, parameterized.TestCase):
    def test_what_it_tells(self):
        end = '{"outcome": "measured", "seconds": 12.5}\n'
        noise = '[1, 2]\n{"unknown": 1}\nnot JSON {\n'
        found = measure(printing(START + noise + BUILT + STEPS + end))
        self.assertEqual(
            found,
            trial.Trial("measured", devices=("CPU:0",), seconds=12.5, tracing=4.5, first_step=3.0,
                        step=0.6, memory=61, checkpoint=1000, images_per_step=8),
        )  # fmt: skip
        self.assertEqual(json.loads(json.dumps(dataclasses.asdict(found)))["devices"], ["CPU:0"])

    def test_what_it_is_asked(self):
        path = os.path.join(self.create_tempdir().full_path, "asked")
        measure(f"open({path!r}, 'w').write(sys.stdin.read())")
        with open(path) as file:
            asked = json.load(file)
        self.assertEqual((asked["broken"], asked["time_limit"]), ([3, 5], 30.0))
        self.assertEqual(asked["options"]["seed"], 7)

    def test_cut_off(self):
        start = time.monotonic()
        found = measure(printing(START + BUILT + STEPS[:28] + '{"st') + "time.sleep(60)", 1.5)
        self.assertLess(time.monotonic() - start, 20)
        self.assertEqual((found.outcome, found.seconds), ("cut_off", 1.5))
        self.assertEqual((found.tracing, found.first_step, found.step), (4.5, 3.0, None))

    def test_nothing_told_before_it_was_cut_off(self):
        found = measure("time.sleep(60)", 0.5)
        self.assertEqual(found, trial.Trial("cut_off", seconds=0.5))

    @parameterized.named_parameters(
        ("killed", "os.kill(os.getpid(), 9)", "out_of_memory", "the system ended it"),
        ("uncaught_in_cpp", "sys.stderr.write('what(): std::bad_alloc'), sys.stderr.flush(), "
         "os.kill(os.getpid(), 6)", "out_of_memory", r"what\(\): std::bad_alloc"),
        ("alarm", "os.kill(os.getpid(), 14)", "cut_off", ""),
        ("segmentation_fault", "os.kill(os.getpid(), 11)", "crashed", "signal 11: .*"),
        ("exception", "raise ValueError('no such layer')", "crashed",
         "status 1: .*ValueError: no such layer"),
        ("silence", "sys.exit(3)", "crashed", "status 3: without a word"),
        ("vanished", "pass", "crashed", "status 0: without a word"),
    )  # fmt: skip
    def test_crashes(self, end, outcome, detail):
        found = measure(printing(START + BUILT) + end)
        self.assertEqual(found.outcome, outcome)
        self.assertRegex(found.detail, f"^{detail}$")
        self.assertEqual(found.checkpoint, 1000)  # what was told before stays

    def test_refusals_and_a_full_memory_are_told_by_the_process(self):
        for outcome in ("refused", "out_of_memory"):
            told = json.dumps({"outcome": outcome, "detail": "OOM when allocating"}) + "\n"
            found = measure(printing(START + told))
            self.assertEqual((found.outcome, found.detail), (outcome, "OOM when allocating"))


class ProcessTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        ("refused", errors.UserError("no"), {"outcome": "refused", "detail": "no"}),
        ("memory", tf.errors.ResourceExhaustedError(None, None, "OOM\nstack"),
         {"outcome": "out_of_memory", "detail": "OOM"}),
        ("memory_of_xla", tf.errors.InternalError(None, None, "RESOURCE_EXHAUSTED: no\nstack"),
         {"outcome": "out_of_memory", "detail": "RESOURCE_EXHAUSTED: no"}),
        ("measured", None, {"outcome": "measured"}),
    )  # fmt: skip
    def test_how_it_ends(self, error, outcome):
        with (
            mock.patch("signal.alarm") as alarm,
            mock.patch("pathlib.Path.write_text") as score,
            mock.patch.object(trial_process, "_try", side_effect=error),
            mock.patch("sys.stdin", io.StringIO('{"time_limit": 7.5}')),
            mock.patch("sys.stdout", io.StringIO()) as stdout,
        ):
            trial_process.main()
        alarm.assert_called_once_with(18)  # an orphan ends itself
        score.assert_called_once_with("1000")  # first in line where the memory ends
        told = json.loads(stdout.getvalue())
        self.assertBetween(told.pop("seconds"), 0, 60)
        self.assertEqual(told, outcome)


if __name__ == "__main__":
    tf.test.main()
