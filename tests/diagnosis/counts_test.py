"""What is said of how many images each label has."""

import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.data import labels
from stargan_tf.diagnosis import collection, counts, inspection
from tests import tiny

NOTHING = inspection.Inspection(np.zeros(0, np.int64), np.zeros(0, inspection.ROW), {}, frozenset())


def said(label_space, rows, **changes):
    """What is said of training images with these labels."""
    pictures = tiny.Pictures(label_space=label_space)
    pictures.labels = np.asarray(rows, np.float32)
    config = tiny.config(pathlib.Path("x"), **changes)
    part = collection.InspectedSplit(collection.TRAINING, pictures, NOTHING)
    return {f.kind: f for f in counts.of_labels([part], config)}


def domains(*numbers, **changes):
    space = labels.LabelSpace("domains", ("cat", "dog", "wolf")[: len(numbers)])
    rows = np.repeat(np.eye(len(numbers)), numbers, axis=0)
    return said(space, rows, **changes)


class CountsTest(tf.test.TestCase, parameterized.TestCase):
    def test_enough_of_each(self):
        self.assertEqual(domains(100, 299), {})

    @parameterized.parameters(
        ("stargan_v1", "draws images as they come, so dog is seen, and chosen as a target, that"),
        (
            "stargan_v2",
            "draws domains equally often, so an image of dog is seen 3.5 times as",
        ),
    )
    def test_imbalance_matters_otherwise_to_each_paper(self, name, consequence):
        found = domains(700, 200, 500, algorithm=name)
        self.assertEqual(list(found), ["imbalance"])
        self.assertIn("cat has 3.5 times as many", found["imbalance"].message)
        self.assertIn(f"{name} {consequence}", found["imbalance"].message)
        self.assertEqual(found["imbalance"].advice, "Add images of dog, or leave some of cat out")

    def test_few(self):
        found = domains(99, 100)["few_images"]
        self.assertIn("cat 99;", found.message)
        self.assertEqual(found.advice, "Add images of cat")
        found = domains(99, 100, algorithm="stargan_v2")["few_images"]
        self.assertEqual(found.advice, "Add images of cat, and pass augment=diffaugment")
        found = domains(99, 100, algorithm="stargan_v2", augment="diffaugment")["few_images"]
        self.assertEqual(found.advice, "Add images of cat")

    def test_none(self):
        found = domains(100, 0)
        self.assertEqual(list(found), ["empty_domain"])
        self.assertEqual(found["empty_domain"].severity, "failure")
        self.assertIn("dog", found["empty_domain"].advice)

    @parameterized.parameters((2, True), (3, False), (97, False), (98, True))
    def test_attributes_that_hardly_vary(self, shown, rare):
        space = labels.LabelSpace("attributes", ("Male", "Young"))
        rows = np.stack([np.arange(100) < shown, np.arange(100) % 2], axis=1)
        found = said(space, rows)
        self.assertEqual("rare_attribute" in found, rare)
        if rare:
            self.assertIn(f"Male is shown by {shown} of 100", found["rare_attribute"].message)

    def test_a_batch_larger_than_the_data(self):
        self.assertIn("batch_size", domains(100, 100, batch_size=201))
        self.assertNotIn("batch_size", domains(100, 100, batch_size=200))


if __name__ == "__main__":
    tf.test.main()
