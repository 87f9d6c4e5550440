"""One pass feeds all metrics: which apply, what they are given, and how draws are summed up."""

import statistics
from unittest import mock

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.evaluation import measuring, metric, metrics, subject


class Numbers(subject.Subject):
    """Two directions, of two inputs each; the outputs of draw d are grey levels 10 d + number."""

    image_size = 2
    members = ()
    directions = (subject.Direction("a2b", "b"), subject.Direction("b2a", "a"))
    offers = frozenset({subject.Need.INPUTS})
    about = {"step": 3}

    def __init__(self, varies=True, outputs=2):
        super().__init__()
        self.varies, self.outputs, self.passes = varies, outputs, 0

    def batches(self, mode, draw=0):
        self.passes += 1
        first, second = self.directions
        for direction, numbers in ((first, [0, 1]), (second, [2]), (second, [3])):
            yield self._batch(direction, numbers, draw)

    def _batch(self, direction, numbers, draw):
        levels = np.array(numbers, np.uint8)[:, None, None, None, None] + np.uint8(10 * draw)
        shape = (len(numbers), self.outputs, 2, 2, 3)
        return subject.Batch(direction, np.broadcast_to(levels, shape))


class Level(metric.Metric):
    name = "level"
    figures = (
        metric.Figure("", "level", better="lower"),
        metric.Figure("images", "images", total=True),
    )

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.levels = {}

    def add(self, batch):
        self.levels.setdefault(batch.direction.name, []).extend(batch.outputs[:, 0, 0, 0, 0])

    def result(self, draw=0):
        rows = {
            name: {"": float(np.mean(some)), "images": len(some)}
            for name, some in self.levels.items()
        }
        return metric.Result(rows, (f"draw {draw}",))


class Picky(Level):
    name = "picky"
    needs = frozenset({subject.Need.INPUTS, subject.Need.REAL})


class Refusing(Level):
    name = "refusing"

    @classmethod
    def unsuitable(cls, subject, options):
        return "the moon is full"


class MeasuringTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        kinds = {kind.name: kind for kind in (Level, Picky, Refusing)}
        for name, stand_in in (("names", lambda: tuple(kinds)), ("metric_class", kinds.get)):
            self.enter_context(mock.patch.object(metrics, name, stand_in))

    def test_means_deviations_and_counts(self):
        report = measuring.measure(Numbers(), ["level"], draws=3)
        # a2b has levels 0, 1 and b2a 2, 3; a draw adds 10.
        found = report.scalars()
        self.assertEqual(found["level/a2b"].value, 10.5)
        self.assertEqual(found["level/mean"].value, 11.5)
        self.assertAlmostEqual(found["level/mean"].deviation, statistics.stdev([0, 10, 20]))
        self.assertEqual(found["level/images/mean"], measuring.Scalar(4, ""))  # a sum
        self.assertEqual(found["level/mean"].better, "lower")
        self.assertEqual(report.counts, {"a2b": 4, "b2a": 4})
        self.assertEqual(report.headline("level").value, 11.5)
        self.assertEqual(report.about, {"step": 3})

    def test_outputs_that_do_not_vary_are_made_once(self):
        one = Numbers(varies=False)
        report = measuring.measure(one, ["level"], draws=3)
        self.assertEqual(one.passes, 1)
        self.assertIsNone(report.scalars()["level/mean"].deviation)
        self.assertEqual(report.measured[0].notes, ("draw 0", "draw 1", "draw 2"))

    def test_the_default_is_what_applies(self):
        report = measuring.measure(Numbers())
        self.assertEqual([one.name for one in report.measured], ["level"])
        self.assertIn("real images", report.left_out["picky"])
        self.assertEqual(report.left_out["refusing"], "the moon is full")

    def test_the_default_and_others(self):
        with self.assertRaisesRegex(errors.UserError, "picky does not apply"):
            measuring.measure(Numbers(), ["default", "picky"])

    def test_what_does_not_apply_is_refused_by_name(self):
        one = Numbers()
        for name, reason in (("picky", "real images of the targets"), ("refusing", "the moon")):
            with self.assertRaisesRegex(errors.UserError, f"{name} does not apply: .*{reason}"):
                measuring.measure(one, ["level", name])
        self.assertEqual(one.passes, 0)

    def test_a_batch_computes_once_for_all(self):
        made = []
        batch = subject.Batch(subject.Direction("a", "a"), np.zeros((1, 1, 2, 2, 3), np.uint8))
        for key in ("x", "y", "x"):
            self.assertEqual(batch.once(key, lambda key=key: made.append(key) or key), key)
        self.assertEqual(made, ["x", "y"])


class RegistryTest(tf.test.TestCase):
    def test_metrics_are_found_by_their_files(self):
        self.assertIn("cycle", metrics.names())
        for name in metrics.names():
            kind = metrics.metric_class(name)
            self.assertEqual(kind.name, name)
            self.assertTrue(issubclass(kind, metric.Metric))

    def test_an_unknown_name_is_answered_with_similar_ones(self):
        with self.assertRaisesRegex(errors.UserError, "Unknown metric 'cycel'.*Did you mean cycle"):
            metrics.metric_class("cycel")


if __name__ == "__main__":
    tf.test.main()
