"""What is told of a training's numbers, and when: on numbers that are made up."""

import json
import pathlib

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import watched
from stargan_tf.training import alerts

RECORDED = pathlib.Path(__file__).parent / "recorded"
EVERY = 10
WATCHLIST = watched.Watchlist(
    chance={"D/cls": 0.7},
    never_zero={("D/real", "D/fake"): "D sees nothing"},
    advice={"dead_units": "pass batch_size=1"},
)
HEALTHY = {
    "D/real": -3.0,
    "D/fake": 1.0,
    "D/cls": 0.3,
    "watch/dead/D/down4": 0.2,
    "watch/dead/D/down5": 0.5,
    "watch/change": 12.0,
    "watch/by_label": 6.0,
    "watch/by_style": 6.0,
    "watch/by_source": 0.8,
    "watch/target_accuracy": 0.9,
}
# What is sick, by the alert that it gives rise to, and the look at which that is given.
SICK = {
    "dead_units": ({"watch/dead/D/down5": 0.97}, 2),
    "classification_at_chance": ({"D/cls": 0.69}, 5),
    "loss_at_zero": ({"D/real": -0.5, "D/fake": 0.495}, 10),
    "identity": ({"watch/change": 0.4}, 10),
    "label_ignored": ({"watch/by_label": 0.9}, 10),
    "style_ignored": ({"watch/by_style": 0.1}, 10),
    "source_ignored": ({"watch/by_source": 0.05}, 10),
    "target_at_chance": ({"watch/target_accuracy": 0.52}, 10),
}


def judged(numbers, looks=20, lines=(), first=1):
    """Returns the alerts by look, where `numbers(look)` is seen at each."""
    judge = alerts.Alerts(WATCHLIST, 0.5, EVERY, EVERY, lines)
    found = {}
    for look in range(first, looks + 1):
        found |= dict.fromkeys(judge.judge(look * EVERY, numbers(look)), look)
    return found


class AlertsTest(tf.test.TestCase, parameterized.TestCase):
    def test_nothing_is_told_of_a_healthy_training(self):
        self.assertEmpty(judged(lambda look: HEALTHY))

    def test_every_alert_is_tried_here(self):
        self.assertCountEqual(SICK, alerts.ALERTS)

    @parameterized.parameters(*SICK)
    def test_what_is_sick_is_told_once(self, name):
        numbers, look = SICK[name]
        ((alert, given),) = judged(lambda _: HEALTHY | numbers).items()
        self.assertEqual((alert.name, given), (name, look))
        self.assertRegex(alert.text, rf"^Step {look * EVERY}: .*\({name}\)\.")

    @parameterized.parameters(*SICK)
    def test_a_good_look_between_bad_ones_takes_an_alert_back(self, name):
        numbers, _ = SICK[name]
        if name in ("classification_at_chance", "target_at_chance"):  # of which means are taken
            self.assertEmpty(judged(lambda k: HEALTHY | (numbers if k % 2 else {})))
        else:
            rule = alerts.ALERTS[name]
            self.assertEmpty(judged(lambda k: HEALTHY | (numbers if k % rule.looks else {})))

    @parameterized.parameters(*SICK)
    def test_what_falls_ill_late_is_told_late(self, name):
        numbers, _ = SICK[name]
        found = judged(lambda k: HEALTHY | (numbers if k > 30 else {}), looks=50)
        ((_, given),) = found.items()
        self.assertBetween(given, 31 + 1, 30 + alerts.ALERTS[name].looks)

    def test_the_text_says_what_was_seen_and_what_helps(self):
        (alert,) = judged(lambda k: HEALTHY | SICK["dead_units"][0])
        self.assertIn("58% of the units in the last layers of D are dead", alert.text)
        self.assertEndsWith(alert.text, "What usually helps: pass batch_size=1.")
        (alert,) = judged(lambda k: HEALTHY | SICK["loss_at_zero"][0])
        self.assertIn("D/real + D/fake stays at 0, so D sees nothing", alert.text)
        self.assertNotIn("helps", alert.text)  # the paper has no advice

    def test_a_training_that_continues_goes_on_as_if_it_had_not_stopped(self):
        for name, (numbers, look) in SICK.items():
            for stopped in range(1, 16):
                lines = [{"step": k * EVERY, **HEALTHY, **numbers} for k in range(1, stopped + 1)]
                for line in lines[look - 1 : look]:
                    line[f"alert/{name}"] = 1.0
                found = judged(lambda _, n=numbers: HEALTHY | n, lines=lines, first=stopped + 1)
                expected = {} if stopped >= look else {name: look}
                self.assertEqual({a.name: k for a, k in found.items()}, expected, (name, stopped))

    def test_losses_between_looks_count(self):
        judge = alerts.Alerts(WATCHLIST, 0.0, EVERY, 2)
        told = {}
        for step in range(1, 100):  # every fifth of a look; the looks themselves are missing
            if step % 2 == 0:
                cls = 0.3 if step < 50 else 0.7
                told |= {alert.name: step for alert in judge.judge(step, {"D/cls": cls})}
        # In the mean over 30 steps it is 0.97 of 0.7 when 14 of 15 are at chance.
        self.assertEqual(told, {"classification_at_chance": 78})

    def test_losses_that_are_rarer_than_looks_count_as_looks(self):
        told = {}
        judge = alerts.Alerts(WATCHLIST, 0.0, EVERY, 5 * EVERY)
        for look in range(1, 60):
            numbers = SICK["dead_units"][0] | ({"D/cls": 0.7} if look % 5 == 0 else {})
            told |= {alert.name: look for alert in judge.judge(look * EVERY, numbers)}
        self.assertEqual(told, {"dead_units": 2, "classification_at_chance": 25})


class RecordedTest(tf.test.TestCase, parameterized.TestCase):
    """Lines of real trainings, with looks at every 50 steps; numbers are rounded to 3 digits.

    quickstart: configs/quickstart.flags, to step 1000. dying: photographs of faces, neutral and
    happy, 64 px, with the flags for a laptop of configs/v1_folder.flags but n_critic=1 and
    d_lr=1e-4, with which D always died.
    """

    def _alerts(self, name, every):
        lines = (RECORDED / f"{name}.jsonl").read_text().splitlines()
        chance = {"quickstart": 3.28, "dying": 0.688}[name]  # the entropy of the labels
        losses = {("D/real", "D/fake"): "D can't tell"}
        watchlist = watched.Watchlist({"D/cls": chance}, losses)
        judge, found = alerts.Alerts(watchlist, 0.45, every, 25), {}
        for line in map(json.loads, lines):
            step = line.pop("step")
            if step % every:  # no look at a step that is none of every 100
                line = {k: v for k, v in line.items() if not k.startswith("watch/")}
            found |= dict.fromkeys([alert.name for alert in judge.judge(step, line)], step)
        return found

    @parameterized.parameters(50, 100)
    def test_nothing_is_told_of_the_quickstart(self, every):
        self.assertEmpty(self._alerts("quickstart", every))

    @parameterized.parameters((50, 200, 250), (100, 300, 500))
    def test_a_d_that_dies_is_told(self, every, dead, chance):
        found = self._alerts("dying", every)
        self.assertEqual(found["dead_units"], dead)
        self.assertEqual(found["classification_at_chance"], chance)


if __name__ == "__main__":
    tf.test.main()
