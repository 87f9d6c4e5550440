"""The metrics of pairs, on an algorithm whose translations are known."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.data import loading, options
from stargan_tf.evaluation import measuring, run_subject, subject
from stargan_tf.evaluation import options as metric_options
from stargan_tf.pictures import photos
from tests import tiny
from tests.evaluation import run_subject_test

SIZE = 32
PLAN = run_subject.Plan(outputs=3)


class Knows(algorithm_lib.Styled):
    """Knows the true translations: a style is the number of the pair whose colours it is.

    Args:
      images: The held-out pairs.
      settings: With the label space.
      off: By how many pairs an encoded style is wrong.
      still: Whether all latent codes are one style.
    """

    style_dim = latent_dim = 1

    def __init__(self, images, settings, off=0, still=False):
        self.settings, self._images, self._off, self._still = settings, images, off, still
        self._count = len(images.pairs)

    @classmethod
    def targets(cls, space):
        return space.names[1:]

    def _number(self, image):
        levels = photos.to_uint8(image)
        same = [(levels == self._images.image(k)).all() for k in range(self._images.size)]
        return int(np.flatnonzero(same)[0])

    def encode(self, images, labels):
        assert (labels == [0, 1]).all()
        numbers = [self._number(image) - self._count for image in images]
        return np.array(numbers, np.float32)[:, None] + self._off

    def map_latents(self, z, labels, psi=1.0):
        numbers = np.zeros(len(z)) if self._still else np.abs(z[:, 0] * 1000)
        return (numbers % self._count).astype(np.float32)[:, None]

    def render(self, images, styles):
        rows = zip(images, styles[:, 0].astype(int) % self._count, strict=True)
        made = [self._images.answer(self._number(image), style) for image, style in rows]
        return photos.from_uint8(np.stack(made))


def measured(names, count=12, plan=PLAN, kind=Knows, **how):
    data = options.DataOptions(
        dataset="cartoon_pairs", image_size=SIZE, cartoon_test_size=count, cartoon_train_size=2,
        cartoon_spread=1.0,
    )  # fmt: skip
    sets = [loading.load(data, split) for split in ("train", "test")]
    settings = algorithm_lib.BuildSettings(sets[1].label_space, SIZE)
    one = run_subject.RunSubject(
        kind(sets[1], settings, **how), run_subject.members(*sets, data), plan
    )
    return one, measuring.measure(one, names)


class PairsTest(tf.test.TestCase, parameterized.TestCase):
    def test_only_the_first_side_is_translated(self):
        one, report = measured(["targets"], plan=run_subject.Plan(inputs=5, outputs=2))
        self.assertEqual([d.name for d in one.directions], ["A2B"])
        self.assertEqual(one.inputs(0).tolist(), [0, 3, 6, 8, 11])
        self.assertAllEqual(one.partners(one.inputs(0)), one.inputs(0) + 12)
        self.assertEqual(report.counts, {"A2B": 10})
        self.assertContainsSubset({subject.Need.TARGETS, subject.Need.ANSWERS}, one.offers)

    def test_targets(self):
        _, right = measured(["targets"])
        row = {f.key: right.measured[0].rows["A2B"][f.key].mean for f in right.measured[0].figures}
        self.assertEqual(list(row), ["encoded", "outputs", "nearest"])
        self.assertEqual(row["encoded"], 0.0)
        self.assertGreater(row["outputs"], row["nearest"])
        self.assertGreater(row["nearest"], 1.0)
        wrong, report = measured(["targets"], off=1)
        source = wrong.members[0].held_out.source
        expected = [
            np.abs(source.image(12 + k).astype(float) - source.answer(k, (k + 1) % 12)).mean()
            for k in range(12)
        ]
        self.assertAllClose(report.headline("targets").value, np.mean(expected), rtol=1e-5)

    def test_answers_of_one_that_knows_them(self):
        _, report = measured(["answers"])
        (found,) = report.measured
        row = {key: value.mean for key, value in found.rows["A2B"].items()}
        self.assertEqual((row["encoded"], row["followed"], row["images"]), (1.0, 1.0, 12.0))
        self.assertGreater(row["true_spread"], 10)
        # Outputs are answers, but may show one twice.
        self.assertBetween(row["spread"], 0.5 * row["true_spread"], 1.1 * row["true_spread"])
        self.assertEqual(found.pictures["sheet"].ndim, 3)

    def test_answers_of_one_that_errs(self):
        _, report = measured(["answers"], off=1, still=True)
        row = {key: v.mean for key, v in report.measured[0].rows["A2B"].items()}
        self.assertEqual((row["encoded"], row["spread"]), (0.0, 0.0))
        self.assertLess(row["followed"], 0.3)  # a wrong style may be the right one by chance

    def test_what_does_not_apply(self):
        with self.assertRaisesRegex(errors.UserError, "compares each of 10 held-out pairs or more"):
            measured(["answers"], count=9)
        with self.assertRaisesRegex(
            errors.UserError, "cycle.*it needs networks that translate back, too"
        ):
            measured(["cycle"])
        one, _ = measured(["targets"])
        chosen, left_out = measuring.choose(one, ["default"], metric_options.MetricOptions())
        self.assertContainsSubset({"answers", "targets"}, {kind.name for kind in chosen})
        self.assertIn("classification", left_out)

    def test_other_data_have_neither(self):
        one = run_subject_test.measured(run_subject_test.Writes, tiny.LABELS["stargan_v1"])
        self.assertNotIn(subject.Need.TARGETS, one.offers)
        with self.assertRaisesRegex(ValueError, "have to need Need.TARGETS"):
            one.partners(np.array([0]))


if __name__ == "__main__":
    tf.test.main()
