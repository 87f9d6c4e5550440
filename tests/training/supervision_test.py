"""A training is watched: what is told, once; what ends it; which checkpoint is the best."""

import contextlib
import io
import json
import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import watched
from stargan_tf.base import errors
from stargan_tf.runs import checkpoints, runs
from stargan_tf.training import evaluator, supervision
from tests.training import stub

MEANS = supervision.Means(np.zeros((4, 2, 2, 3), np.float32), np.zeros((4, 3), np.float32))
WORDS = "warning: Step 16: 100% of the units in the last layers of D are dead"


class Sick(stub.Stub, watched.Watched):
    """The units of its D die at step 14. All that it shows depends on what checkpoints hold."""

    def watchlist(self, labels):
        return watched.Watchlist()

    def units(self, images, labels):
        dead = float(self.count) >= 14
        return {"D/x": np.full((len(images), 5), -1.0 if dead else 1.0)}


class Measured:
    """Stands in for `evaluator.Evaluator`: `kid` is a function of the step."""

    names = ("kid",)
    values = {}

    def __init__(self, options, algorithm, data_sets):
        self.algorithm = algorithm

    def __call__(self):
        return {"evaluate/kid": self.values[int(self.algorithm.count)]}


class SupervisionTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.directory = pathlib.Path(self.create_tempdir().full_path) / "run"

    def _train(self, directory=None, means=MEANS, **changes):
        """Returns the exit status and what was printed."""
        options = {"total_steps": 20, "watch_every": 2, "log_every": 3, "checkpoint_every": 5}
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            directory = directory or self.directory
            status = stub.train(directory, Sick(), means, **{**options, **changes})
        return status, output.getvalue()

    def _lines(self, directory=None):
        text = ((directory or self.directory) / "metrics.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def _measured(self, *values):
        """Lets `kid` be these values at steps 2, 4, ..."""
        values = {2 * (k + 1): value for k, value in enumerate(values)}
        better = {"evaluate/kid": "lower"}
        self.enter_context(mock.patch.object(evaluator, "Evaluator", Measured))
        self.enter_context(mock.patch.object(Measured, "values", values))
        self.enter_context(mock.patch.object(evaluator, "better", lambda options, names=(): better))
        return {"evaluate_every": 2}

    def test_an_alert_is_in_the_numbers_in_words_and_on_the_board(self):
        # Two looks in a row, at 14 and 16.
        status, output = self._train()
        self.assertEqual(status, 0)
        self.assertEqual(output.count("warning:"), 1)
        self.assertIn(WORDS, output)
        self.assertIn("watch/dead/D/x 1.000", output)
        marked = [line for line in self._lines() if "alert/dead_units" in line]
        expected = {"step": 16, "watch/dead/D/x": 1.0, "alert/dead_units": 1.0}
        self.assertEqual(marked, [expected])
        steps = [line["step"] for line in self._lines()]
        self.assertEqual(steps, [2, 3, 4, 6, 8, 9, 10, 12, 14, 15, 16, 18, 20])
        (events,) = (self.directory / "tensorboard").iterdir()
        tags = {
            value.tag: event.step
            for event in tf.compat.v1.train.summary_iterator(str(events))
            for value in event.summary.value
        }
        self.assertEqual((tags["alerts"], tags["alert/dead_units"]), (16, 16))
        self.assertEqual(tags["watch/dead/D/x"], 20)

    @parameterized.parameters(5, 10, 15, 16, 18)
    def test_a_training_that_continues_tells_no_more_and_no_less(self, stopped):
        whole = self.directory.with_name("whole")
        self._train(whole)
        _, first = self._train(total_steps=stopped)
        # What a killed process had logged after its last checkpoint is told again.
        with open(self.directory / "metrics.jsonl", "a") as file:
            file.write(json.dumps({"step": stopped + 1, "alert/dead_units": 1.0}) + "\n")
        _, second = self._train()
        found = (first + second).count(WORDS)
        self.assertEqual(found, 1)
        extra = {stopped} - {2, 3, 4, 6, 8, 9, 10, 12, 14, 15, 16, 18, 20}  # losses at the end
        lines = [line for line in self._lines() if line["step"] not in extra]
        self.assertEqual(lines, [line | lines[k] for k, line in enumerate(self._lines(whole))])

    def test_a_healthy_or_unwatched_training_tells_nothing(self):
        for changes in ({"total_steps": 12}, {"watch_every": 0}, {"means": supervision.UNWATCHED}):
            _, output = self._train(self.directory.with_name(f"{len(changes)}{changes}"), **changes)
            self.assertNotIn("warning", output)

    def test_an_alert_may_end_a_training(self):
        status, output = self._train(stop_when="alert:dead_units")
        self.assertEqual(status, 1)
        self.assertIn(
            f"Ended {self.directory} at step 16, saved: something is wrong (dead_units).", output
        )
        self.assertEqual(self._lines()[-1]["step"], 16)
        self.assertIn("step-00000016.npz", {p.name for p in self._saved()})
        before = self._lines()
        status, output = self._train(stop_when="alert:dead_units")  # the same again
        self.assertEqual((status, self._lines()), (1, before))
        self.assertIn("at step 16, saved: something is wrong", output)
        status, output = self._train()
        self.assertEqual((status, output.count("warning")), (0, 0))
        self.assertEqual(self._lines()[-1]["step"], 20)

    def _saved(self):
        return sorted((self.directory / "checkpoints").glob("*.npz"))

    def test_the_best_checkpoint_is_kept_beside_the_newest(self):
        changes = self._measured(5, 3, 1, 4, 2, 4, 4, 4, 4, 4) | {"keep": 2}
        self._train(keep_best="kid", checkpoint_every=4, **changes)
        steps = [int(path.stem.removeprefix("step-")) for path in self._saved()]
        self.assertEqual(steps, [6, 16, 20])
        run = runs.open_run(self.directory)
        self.assertEqual(runs.find_step(run, "best"), 6)
        self.assertEqual(runs.find_step(run), 20)
        algorithm = Sick()
        self.assertEqual(runs.restore_weights(run, algorithm, "best"), 6)
        self.assertEqual(float(algorithm.count), 6.0)
        # Whoever is killed between a checkpoint and its name finds out again, by the log.
        (self.directory / "checkpoints" / "best.json").unlink()
        self._train(keep_best="kid", total_steps=20, **changes)
        self.assertEqual(runs.find_step(run, "best"), 6)

    def test_a_better_one_takes_its_place(self):
        changes = self._measured(5, 3, 4, 4, 4, 4, 4, 2, 4, 4) | {"keep": 1}
        self._train(keep_best="kid", checkpoint_every=100, total_steps=10, **changes)
        self.assertEqual([path.stem[-2:] for path in self._saved()], ["04", "10"])
        self._train(keep_best="kid", checkpoint_every=100, **changes)
        self.assertEqual([path.stem[-2:] for path in self._saved()], ["16", "20"])

    def test_a_goal_ends_a_training_well(self):
        changes = self._measured(5, 3, 2, 1, 1, 1, 1, 1)
        status, output = self._train(stop_when="kid<2.5", **changes)
        self.assertEqual(status, 0)
        self.assertIn("at step 6, saved: evaluate/kid is 2, below 2.5.", output)
        self.assertEqual(self._lines()[-1], {"step": 6, "G/x": 1.0, "watch/dead/D/x": 0.0,
                                             "evaluate/kid": 2})  # fmt: skip

    def test_a_training_that_stalls_ends_where_it_would_have_without_a_stop(self):
        changes = self._measured(5, 3, 4, 4, 4, 4, 4, 4, 4, 4)
        self._train(total_steps=8, **changes)
        status, output = self._train(stop_when="stalled:kid:8", **changes)
        self.assertEqual(status, 0)
        self.assertIn("at step 12, saved: evaluate/kid has not been better than 3 since", output)

    @parameterized.parameters(
        ({"keep_best": "kid"}, "`keep_best` is a metric that is measured .* received kid; pass"),
        ({"keep_best": "cycle", "evaluate_every": 2, "evaluate_metrics": "diversity"},
         "received cycle; .*now diversity"),
        ({"keep_best": "default"}, "received default; .*now none is measured"),
        ({"stop_when": "alert", "watch_every": 0}, "An alert can't end .* watch_every=0.*=alert;"),
        ({"stop_when": "sometimes"}, "`stop_when` can't be followed"),
        ({"evaluate_every": 2, "evaluate_metrics": "cycel"}, "Unknown metric 'cycel'"),
    )  # fmt: skip
    def test_what_can_not_be_done_is_refused_before_anything_is_written(self, changes, message):
        with self.assertRaisesRegex(errors.UserError, message):
            self._train(**changes)
        self.assertFalse(self.directory.exists())

    def test_a_loss_that_there_is_not_is_refused_at_the_first_line(self):
        message = "waits for G/y, which this training does not tell; its losses are G/x; name"
        with self.assertRaisesRegex(errors.UserError, message):
            self._train(stop_when="G/y<1", watch_every=0)
        self._train(stop_when="G/x<0,watch/dead/D/x>1")

    def test_without_a_best_checkpoint_the_flags_for_one_are_named(self):
        self._train()
        run = runs.open_run(self.directory)
        with self.assertRaisesRegex(errors.UserError, "train with `evaluate_every` and `keep_best"):
            runs.find_step(run, "best")
        (self.directory / "checkpoints" / "best.json").write_text('{"step": 3}')  # it is gone
        self.assertIsNone(checkpoints.Checkpoints(run.checkpoint_dir, {}).best())


if __name__ == "__main__":
    tf.test.main()
