"""Trying again: which failures, how long, and until when; with a clock of the test's own."""

from unittest import mock

from absl.testing import absltest, parameterized

from stargan_tf.client import failures, retries


class Clock:
    """Time that passes only where somebody waits."""

    def __init__(self):
        self.now, self.waits = 100.0, []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds


def attempts(clock, results, seconds=0.0):
    """Returns an attempt that takes `seconds`, and gives or raises one result after another."""
    left, results = [], iter(results)

    def attempt(timeout):
        left.append(timeout)
        clock.now += seconds
        result = next(results)
        if isinstance(result, str):
            raise failures.ServerError(result, f"{result} {len(left)}")
        return result

    return attempt, left


class CallTest(parameterized.TestCase):
    def call(self, attempt, clock, timeout, fraction=lambda: 1.0):
        with (
            mock.patch.object(retries, "time", mock.Mock(monotonic=clock, sleep=clock.sleep)),
            mock.patch.object(retries, "random", mock.Mock(random=fraction)),
        ):
            return retries.call(attempt, timeout)

    def test_waits_double_up_to_a_bound_and_the_time_left_shrinks(self):
        clock = Clock()
        attempt, left = attempts(clock, ["UNAVAILABLE"] * 8 + [7])
        self.assertEqual(self.call(attempt, clock, 60.0), 7)
        waits = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
        for found, expected in zip(clock.waits, waits, strict=True):
            self.assertAlmostEqual(found, expected)
        for k, found in enumerate(left):
            self.assertAlmostEqual(found, 60.0 - sum(waits[:k]))

    def test_each_wait_is_a_random_part_of_its_bound(self):
        clock, parts = Clock(), iter([0.5, 0.0, 0.25])
        attempt, _ = attempts(clock, ["UNAVAILABLE"] * 3 + [7])
        self.assertEqual(self.call(attempt, clock, 60.0, lambda: next(parts)), 7)
        for found, expected in zip(clock.waits, [0.05, 0.0, 0.1], strict=True):
            self.assertAlmostEqual(found, expected)

    @parameterized.parameters(
        "INVALID_ARGUMENT", "NOT_FOUND", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "INTERNAL"
    )
    def test_other_failures_are_not_tried_again(self, code):
        clock = Clock()
        attempt, left = attempts(clock, [code, 7])
        with self.assertRaisesRegex(failures.ServerError, f"{code} 1"):
            self.call(attempt, clock, 60.0)
        self.assertLen(left, 1)

    def test_nothing_is_tried_after_the_deadline(self):
        clock = Clock()
        attempt, left = attempts(clock, ["UNAVAILABLE"] * 99, seconds=0.5)
        with self.assertRaisesRegex(failures.ServerError, "UNAVAILABLE 3"):
            self.call(attempt, clock, 2.0)
        # At 0, 0.6 and 1.3; the next would begin at 1.8 + 0.4.
        self.assertLen(left, 3)
        self.assertLess(clock.now, 102.0)

    def test_time_that_runs_out_while_a_server_is_away_says_that_it_is_away(self):
        clock = Clock()
        attempt, _ = attempts(clock, ["UNAVAILABLE", "DEADLINE_EXCEEDED"])
        with self.assertRaisesRegex(failures.ServerError, "UNAVAILABLE 1"):
            self.call(attempt, clock, 60.0)


if __name__ == "__main__":
    absltest.main()
