"""The time of a training, carried on by those that continue it."""

import pathlib
from unittest import mock

from absl.testing import absltest, parameterized

from stargan_tf.runs import training_time


class StopwatchTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.create_tempdir().full_path)
        self.now = 100.0
        clocks = {"monotonic": lambda: self.now, "process_time": lambda: 2 * self.now}
        self.enter_context(mock.patch.multiple(training_time.time, **clocks))

    def _train(self, first, steps, each=3.0):
        """Trains as the loop does: of each step `each` seconds, and 50 of other work."""
        watch = training_time.Stopwatch(self.folder, first, ["CPU:0"])
        for step in steps:
            self.now += each
            watch.pause()
            self.now += 50
            watch.write(step)
            watch.go_on()

    def _elapsed(self, step):
        found = training_time.spent(self.folder, step)
        return found and found.elapsed

    def test_only_what_is_trained_counts(self):
        self._train(0, [1, 2])
        expected = training_time.Spent(6.0, 12.0, ("CPU:0",))
        self.assertEqual(training_time.spent(self.folder, 2), expected)
        self.assertEqual(self._elapsed(1), 3.0)
        self.assertIsNone(self._elapsed(3))

    def test_a_training_that_continues_carries_on(self):
        self._train(0, [1, 2, 3])
        self._train(2, [3, 4], each=10.0)
        self.assertEqual(list(map(self._elapsed, (1, 2, 3, 4))), [3.0, 6.0, 16.0, 26.0])
        self.assertLen((self.folder / training_time.FILE).read_text().splitlines(), 4)

    def test_a_line_that_was_cut_off_is_left_out(self):
        self._train(0, [1, 2])
        with open(self.folder / training_time.FILE, "a") as file:
            file.write('{"step": 3, "elap')
        self._train(2, [3])
        self.assertEqual(self._elapsed(3), 9.0)

    def test_what_follows_an_unknown_time_is_unknown(self):
        self._train(5, [6, 7])
        self.assertFalse((self.folder / training_time.FILE).exists())
        self._train(0, [1])
        self._train(5, [6])
        self.assertIsNone(self._elapsed(6))

    @parameterized.parameters("no JSON", "[1]", '{"step": 1}', '{"step": 1, "elapsed": null}')
    def test_what_is_damaged_is_unknown(self, text):
        (self.folder / training_time.FILE).write_text(f"{text}\n")
        self.assertIsNone(self._elapsed(1))


if __name__ == "__main__":
    absltest.main()
