"""`stop_when`: what is understood, what is refused, and when a training ends."""

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.training import stopping

BETTER = {"evaluate/kid": "lower", "evaluate/accuracy": "higher"}
ALERTS = ("dead_units", "identity")


def ended(text, lines):
    """Returns the step at which a training ends and why; None: it does not."""
    rules = stopping.parse(text, ALERTS, BETTER)
    for step, numbers in lines:
        reasons = [rule.met(step, numbers) for rule in rules]
        if any(reasons):
            return step, next(filter(None, reasons))
    return None


def values(key, *numbers):
    return [(10 * (k + 1), {key: number}) for k, number in enumerate(numbers)]


class StoppingTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ("", None),
        ("alert", (20, "something is wrong (dead_units)")),
        ("alert:dead_units", (20, "something is wrong (dead_units)")),
        ("alert:identity", (30, "something is wrong (identity)")),
        ("G/rec<0.15", (20, "G/rec is 0.1, below 0.15")),
        ("G/rec < 0.1", None),
        ("G/rec>0.4,alert", (10, "G/rec is 0.5, above 0.4")),
        ("G/other>0", None),
    )
    def test_alerts_and_numbers(self, text, expected):
        lines = [
            (10, {"G/rec": 0.5}),
            (20, {"G/rec": 0.1, "alert/dead_units": 1.0}),
            (30, {"alert/identity": 1.0}),
        ]
        self.assertEqual(ended(text, lines), expected)

    @parameterized.parameters(
        ("kid<0.2", values("evaluate/kid", 0.5, 0.2, 0.1), 30),
        ("accuracy>0.9", values("evaluate/accuracy", 0.5, 0.95), 20),
        # The best is at 20, and nothing is better up to 50, 30 steps later.
        ("stalled:kid:30", values("evaluate/kid", 5, 3, 4, 3, 3.5, 1), 50),
        ("stalled:kid:30", values("evaluate/kid", 5, 3, 4, 2, 3.5, 3, 1), None),
        ("stalled:accuracy:20", values("evaluate/accuracy", 0.1, 0.2, 0.2, 0.15, 0.3), 40),
        ("stalled:evaluate/kid:20", values("G/kid", 1, 1, 1, 1, 1), None),
    )
    def test_metrics(self, text, lines, expected):
        found = ended(text, lines)
        self.assertEqual(found and found[0], expected)

    @parameterized.parameters(
        ("alert:dead", r"'alert:dead', but there is no alert of that name; use dead_units or id"),
        ("kid", "'kid', but write alert, alert:NAME, FIGURE<NUMBER"),
        ("kid<low", "'kid<low', but 'low' is no number"),
        ("kid<nan", "'nan' is no number"),
        ("fid<3", "fid is not measured; use accuracy or kid, or add it to evaluate_metrics"),
        ("alert,stalled:fid:10", "received 'stalled:fid:10', but fid is not measured"),
        ("stalled:kid", "'stalled:kid', but write"),
    )
    def test_what_can_not_be_followed_is_refused_in_a_sentence(self, text, message):
        with self.assertRaisesRegex(errors.UserError, f"^`stop_when` can't.*{message}.*[.]$"):
            stopping.parse(text, ALERTS, BETTER)

    def test_without_measurements_the_flags_for_them_are_named(self):
        with self.assertRaisesRegex(errors.UserError, "pass `evaluate_every` and `evaluate_met"):
            stopping.parse("kid<1", ALERTS, {})

    def test_a_metric_without_good_values_can_not_stall(self):
        with self.assertRaisesRegex(errors.UserError, "'stalled:count:9', but count has no good"):
            stopping.parse("stalled:count:9", ALERTS, {"evaluate/count": ""})


if __name__ == "__main__":
    tf.test.main()
