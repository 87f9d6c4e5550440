"""A run that is killed and continued equals, bit for bit, one that was not."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
import tensorflow as tf

from stargan_tf.base import files
from tests import tiny

STEPS = 24
# Training as `python -m stargan_tf.train` does it, with saves slow enough to be killed inside one.
SLOW_SAVES = """
    import io, runpy, sys, time
    import numpy as np
    savez = np.savez

    def slow_savez(file, **arrays):
        content = io.BytesIO()
        savez(content, **arrays)
        content = content.getvalue()
        file.write(content[: len(content) // 2])
        file.flush()
        time.sleep(5)
        file.write(content[len(content) // 2 :])

    np.savez = slow_savez
    sys.argv[0] = "train"
    runpy.run_module("stargan_tf.train", run_name="__main__")
"""


@pytest.mark.slow
class ResumeTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)

    def _start(self, run, *, slow_saves=False):
        config = tiny.config(
            run,
            total_steps=STEPS,
            checkpoint_every=3,
            deterministic=True,
            cartoon_train_size=40,
            watch_every=4,
            evaluate_every=5,
            evaluate_metrics="cycle",
            keep_best="cycle",
        )
        flagfile = self.root / f"{run.name}.flags"
        flagfile.write_text(config.to_flagfile())
        program = ["-c", textwrap.dedent(SLOW_SAVES)] if slow_saves else ["-m", "stargan_tf.train"]
        return subprocess.Popen(
            [sys.executable, *program, f"--flagfile={flagfile}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": os.getcwd()},
        )

    def _finish(self, process):
        output = process.communicate(timeout=300)[0]
        self.assertEqual(process.returncode, 0, output)
        return output

    def _kill_when(self, process, condition, delay=0.0):
        deadline = time.monotonic() + 240
        while not condition():
            self.assertIsNone(process.poll(), "the training ended before it could be killed")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.002)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.assertEqual(process.returncode, -signal.SIGKILL)

    def test_killed_three_times_equals_never_killed(self):
        whole, killed = self.root / "whole", self.root / "killed"
        self._finish(self._start(whole))
        metrics = killed / "metrics.jsonl"
        seed = time.time_ns()
        moments = random.Random(seed)
        print(f"moments of seed {seed}")

        def lines():
            return len(metrics.read_text().splitlines()) if metrics.exists() else 0

        # Twice at a random step, and a random part of it later.
        for low, high in ((4, 8), (11, 16)):
            step = moments.randint(low, high)
            process = self._start(killed)
            self._kill_when(process, lambda step=step: lines() >= step, moments.uniform(0, 0.2))
        # Once inside a save: half of the file is written.
        directory = killed / "checkpoints"
        before = {p.name for p in directory.glob("step-*.npz")}
        process = self._start(killed, slow_saves=True)
        partial = f"*{files.PARTIAL}"
        self._kill_when(process, lambda: any(p.stat().st_size for p in directory.glob(partial)))
        self.assertNotEmpty(list(directory.glob(partial)))
        self.assertEqual({p.name for p in directory.glob("step-*.npz")}, before)

        output = self._finish(self._start(killed))
        self.assertRegex(output, r"Continuing .* from step \d+")
        self.assertEmpty(list(directory.glob(partial)))
        self.assertEqual(metrics.read_bytes(), (whole / "metrics.jsonl").read_bytes())
        for name in (b'"watch/change"', b'"evaluate/cycle"'):
            self.assertIn(name, metrics.read_bytes())
        best = "checkpoints/best.json"
        self.assertEqual((killed / best).read_bytes(), (whole / best).read_bytes())
        name = f"checkpoints/step-{STEPS:08d}.npz"
        with np.load(whole / name) as expected, np.load(killed / name) as found:
            self.assertCountEqual(expected.files, found.files)
            for array in expected.files:
                self.assertAllEqual(found[array], expected[array], msg=array)


if __name__ == "__main__":
    tf.test.main()
