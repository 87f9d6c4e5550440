"""Which metrics measure which run, and which images a sheet shows."""

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.comparison import comparing
from stargan_tf.data.pipeline import samplers
from stargan_tf.evaluation import images, run_subject
from tests import tiny
from tests.evaluation import run_subject_test

SPACE = tiny.LABELS["stargan_v2"]


class ComparingTest(tf.test.TestCase):
    def _metrics(self, *names, kinds=("Writes", "Styles")):
        subjects = {
            kind: run_subject_test.measured(
                getattr(run_subject_test, kind), SPACE, run_subject.Plan(outputs=2)
            )
            for kind in kinds
        }
        return comparing._metrics(subjects, comparing.Plan(metrics=names))

    def test_a_metric_measures_the_runs_that_it_applies_to(self):
        chosen, left_out = self._metrics("cycle", "diversity")
        self.assertEqual(chosen, {"Writes": ("cycle",), "Styles": ("cycle", "diversity")})
        self.assertEqual(list(left_out["Writes"]), ["diversity"])
        self.assertStartsWith(left_out["Writes"]["diversity"], "there is only one translation")
        self.assertEqual(left_out["Styles"], {})

    def test_classification_is_measured_unless_metrics_are_named(self):
        chosen, _ = self._metrics()
        for names in chosen.values():
            self.assertEqual(names, ("default", "classification"))

    def test_one_that_applies_to_none_is_refused(self):
        with self.assertRaisesRegex(errors.UserError, "diversity does not apply: there is only"):
            self._metrics("diversity", kinds=("Writes",))

    def test_a_sheet_shows_images_of_every_domain(self):
        pictures = tiny.Pictures(9, SPACE)
        pictures.labels = np.eye(3, dtype=np.float32)[[0, 0, 0, 0, 2, 1, 0, 0, 2]]
        sampler = samplers.Sampler(pictures, 0, tiny.SIZE, flip=False)
        some = images.Images(sampler, SPACE, pictures.labels)
        self.assertAllEqual(comparing._shown(some, 3), [0, 5, 4])
        self.assertAllEqual(comparing._shown(some, 6), [0, 1, 2, 5, 4, 8])
        self.assertLen(comparing._shown(some, 50), 9)
        attributes = tiny.Pictures(9)
        sampler = samplers.Sampler(attributes, 0, tiny.SIZE, flip=False)
        some = images.Images(sampler, attributes.label_space, attributes.labels)
        self.assertAllEqual(comparing._shown(some, 3), [0, 4, 8])


if __name__ == "__main__":
    tf.test.main()
