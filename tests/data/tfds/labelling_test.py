"""Labels and parts of data sets of TensorFlow Datasets."""

import dataclasses
import tempfile

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.data import options
from stargan_tf.data.tfds import labelling
from tests import tiny_tfds


class LabelTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dir = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.flags = tiny_tfds.prepare(tiny_tfds.TinyFlags, cls.dir)
        for config in ("validated", "untrained", "odd"):
            tiny_tfds.prepare(tiny_tfds.TinyClasses, cls.dir, config=config)

    def label(self, name="tiny_flags", split="train", **selection):
        selection = labelling.Selection(split, **selection)
        return labelling.label_examples(labelling.open_split(name, self.dir, selection), selection)

    def table(self):
        """The attributes of the training pictures, computed from their numbers."""
        numbers = [example["number"] for example in self.flags.as_data_source("train")]
        return np.array([[n >> k & 1 for k in range(3)] for n in numbers])

    def error(self, *arguments, **selection):
        with self.assertRaises(errors.UserError) as caught:
            self.label(*arguments, **selection)
        return str(caught.exception)

    def test_all_attributes(self):
        given = []
        chosen = self.label(groups=lambda names: given.append(names) or (("Black", "Blond"),))
        self.assertEqual((chosen.space.kind, chosen.space.names), ("attributes", tiny_tfds.FLAGS))
        self.assertEqual(given, [tiny_tfds.FLAGS])
        self.assertEqual(chosen.space.exclusive, (("Black", "Blond"),))
        self.assertAllEqual(chosen.labels, self.table())
        self.assertAllEqual(chosen.rows, range(16))
        self.assertCountEqual(
            self.label(split="test").labels.tolist(), [[1, 0, 0], [0, 1, 0], [1, 0, 0]]
        )

    def test_chosen_attributes(self):
        chosen = self.label(attributes=("Smiling", "Black"))
        self.assertEqual(chosen.space.names, ("Smiling", "Black"))
        self.assertAllEqual(chosen.labels, self.table()[:, [2, 0]])
        message = self.error(attributes=("Smiling", "Blonde"))
        self.assertRegex(message, "Unknown attribute 'Blonde'.*Did you mean Blond")

    def test_attributes_as_domains(self):
        chosen = self.label(domains=("Smiling", "Blond"))
        table = self.table()[:, [2, 1]]
        self.assertEqual((chosen.space.kind, chosen.space.names), ("domains", ("Smiling", "Blond")))
        self.assertAllEqual(chosen.rows, np.flatnonzero(table.sum(axis=1) == 1))
        self.assertAllEqual(chosen.labels, table[chosen.rows])
        self.assertRegex(
            self.error(split="test", domains=("Smiling", "Blond")),
            "None of the 3 images shows Smiling and no",
        )

    def test_selection_of_flags(self):
        flags = options.DataOptions(
            dataset="tfds:tiny_flags", attributes="Blond, Black", exclusive="Black,Blond"
        )
        selection = labelling.Selection.from_options(flags, "test")
        self.assertEqual((selection.split, selection.attributes), ("test", ("Blond", "Black")))
        self.assertEqual((selection.domains, selection.val_fraction), ((), 0.1))
        self.assertEqual(selection.groups(("Blond", "Black")), (("Black", "Blond"),))

    def test_validation_stands_in_for_test(self):
        chosen = self.label("tiny_classes/validated", "test")
        self.assertCountEqual(chosen.labels.argmax(axis=1), range(3))
        part = labelling.open_split("tiny_classes/validated", self.dir, labelling.Selection("test"))
        self.assertEqual(part.examples.name, "tiny_classes/validated/1.0.0 validation")
        self.assertFalse(part.is_divided)

    def test_no_train_split(self):
        message = self.error("tiny_classes/untrained")
        self.assertRegex(message, "untrained/1.0.0 has no train split, its splits are test; choose")

    def test_classes_are_no_attributes(self):
        self.assertRegex(
            self.error("tiny_classes/odd", attributes=("cat",)),
            r"has classes \(cat, dog, wild\), not attributes; received attributes=cat; leave it",
        )
        self.assertRegex(
            self.error("tiny_classes/odd", domains=("cat", "dgo")),
            "Unknown class 'dgo'; the known ones are cat, dog, wild. Did you mean dog",
        )

    def test_a_class_without_images_is_named(self):
        with tempfile.TemporaryDirectory() as data_dir:
            builder = tiny_tfds.TinyClasses(data_dir=data_dir, config="alone")
            # Of the numbers below 30, no "wild" one.
            builder._generate_examples = lambda numbers: tiny_tfds.TinyClasses._generate_examples(
                builder, [n for n in numbers if n % 3 < 2]
            )
            builder.download_and_prepare(file_format="array_record")
            selection = labelling.Selection("train", val_fraction=0.01)
            part = labelling.open_split("tiny_classes/alone", data_dir, selection)
            with self.assertRaisesRegex(errors.UserError, "None of the 18 images .* class wild"):
                labelling.label_examples(part, selection)
            selection = labelling.Selection("train", domains=("dog", "cat"), val_fraction=0.01)
            # Of each class one is held out, though no hash lies below the hundredth.
            self.assertAllEqual(
                labelling.label_examples(part, selection).labels.sum(axis=0), [9, 9]
            )
            selection = dataclasses.replace(selection, split="test")
            self.assertAllEqual(
                labelling.label_examples(part, selection).labels.sum(axis=0), [1, 1]
            )


if __name__ == "__main__":
    tf.test.main()
