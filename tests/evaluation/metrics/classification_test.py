"""Generators whose translations are known get the shares that they deserve."""

import contextlib
import io
import pathlib
import types
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm
from stargan_tf.data import loading
from stargan_tf.data import options as data_options
from stargan_tf.evaluation import measuring, run_subject, subject
from stargan_tf.evaluation import options as options_lib
from stargan_tf.evaluation.classifiers import classifier, heads
from stargan_tf.evaluation.metrics import classification
from stargan_tf.pictures import photos
from tests import tiny

DATA = data_options.DataOptions(image_size=tiny.SIZE, cache="off")


class Blots(tiny.Pictures):
    """Images in which a label is a colour channel that is bright."""

    def __init__(self, count=24, space=tiny.LABELS["stargan_v1"], seed=0):
        super().__init__(count, space)
        self.images = blots(self.labels)


def blots(labels):
    """Returns images (N, S, S, 3) uint8 that show these labels (N, 3)."""
    return np.tile((200 * labels[:, None, None]).astype(np.uint8), (1, tiny.SIZE, tiny.SIZE, 1))


class Oracle:
    """What knows the labels of blots, in place of a classifier."""

    def __init__(self, space, mistaken=()):
        self.space, self.heads, self._mistaken = space, heads.Heads(space), mistaken

    def predict(self, images):
        return images[:, 0, 0] / 255

    def labels(self, probabilities):
        found = (probabilities > 0.5).astype(np.float32)
        for index in self._mistaken:
            found[:, index] = 0
        return found


class Generator(algorithm.Translates):
    """Makes of images what `make` makes of grey levels and labels (N, width)."""

    def __init__(self, make, space, size=tiny.SIZE):
        self.settings = types.SimpleNamespace(image_size=size, label_space=space)
        self._make = make

    def translate(self, images, labels):
        return photos.from_uint8(self._make(photos.to_uint8(np.asarray(images)), labels))


def measured(make, space, mistaken=()):
    """Returns the figures by row, and all that was measured, of a generator of blots."""
    training, held_out = Blots(24, space), Blots(30, space)
    members = run_subject.members(training, held_out, DATA)
    what = run_subject.RunSubject(Generator(make, space), members)
    with mock.patch.object(classifier, "for_sampler", lambda *unused: Oracle(space, mistaken)):
        (one,) = measuring.measure(what, ["classification"]).measured
    return {row: {k: v.mean for k, v in values.items()} for row, values in one.rows.items()}, one


ATTRIBUTES, DOMAINS = tiny.LABELS["stargan_v1"], tiny.LABELS["stargan_v2"]


class ClassificationTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(ATTRIBUTES, DOMAINS)
    def test_perfect_translations(self, space):
        rows, one = measured(lambda images, labels: blots(labels), space)
        attributes = space is ATTRIBUTES
        expected = {"accuracy": 1, "input": 0, "real": 1} | ({"kept": 1} if attributes else {})
        names = ["Black", "Blond", "Smiling", "-Smiling"]
        if not attributes:
            names = [f"{a}2{b}" for a in space.names for b in space.names if a != b]
        self.assertEqual(rows, dict.fromkeys([*names, "mean"], expected))
        self.assertEqual(one.notes, ())

    @parameterized.parameters(ATTRIBUTES, DOMAINS)
    def test_unchanged_images_show_nothing_that_was_asked_for(self, space):
        rows, one = measured(lambda images, labels: images, space)
        self.assertEqual({row["accuracy"] for row in rows.values()}, {0})
        self.assertEqual({row.get("kept", 1) for row in rows.values()}, {1})
        taken = one.about["classifier"]["outputs"]
        if space is DOMAINS:  # 30 images, 10 of each domain, stay what they are
            self.assertEqual(one.about["classifier"]["taken_for"], ["Black", "Blond", "Brown"])
            self.assertEqual(taken["Black2Brown"], [10, 0, 0])
            real = {"Black": [10, 0, 0], "Blond": [0, 10, 0], "Brown": [0, 0, 10]}
            self.assertEqual(one.about["classifier"]["real_images"], real)

    def test_what_was_not_asked_for_is_apart(self):
        def make(images, labels):  # all hair becomes right, all smiles are lost
            labels = labels.copy()
            labels[:, 2] = 0
            return blots(labels)

        rows, one = measured(make, ATTRIBUTES)
        held_out = Blots(30, ATTRIBUTES).labels
        for name, index in (("Black", 0), ("Blond", 1)):
            self.assertEqual(rows[name]["accuracy"], 1)
            others = held_out[held_out[:, index] == 0]
            self.assertAlmostEqual(rows[name]["kept"], 1 - others[:, 2].mean())
        self.assertEqual((rows["Smiling"]["accuracy"], rows["Smiling"]["kept"]), (0, 1))
        self.assertEqual((rows["-Smiling"]["accuracy"], rows["-Smiling"]["kept"]), (1, 1))
        smiles = int(held_out[:, 2].sum())
        taken = one.about["classifier"]["outputs"]
        self.assertEqual(taken["-Smiling"], [0, 0, 0, smiles])
        self.assertEqual(taken["Smiling"], [0, 0, 0, 30 - smiles])
        self.assertEqual(set(one.pictures), {"confusion-outputs", "confusion-real_images", "strip"})

    def test_what_the_classifier_is_worth_is_told(self):
        rows, one = measured(lambda images, labels: blots(labels), ATTRIBUTES, mistaken=[2])
        self.assertEqual((rows["Smiling"]["real"], rows["-Smiling"]["real"]), (0, 1))
        self.assertEqual(rows["Black"]["real"], 1)
        share = 1 - Blots(30).labels[:, 2].mean()
        self.assertEqual(
            one.notes,
            (f"The classifier of Smiling is right on {share:.1%} of real held-out images: rely on "
             "large differences only.",),
        )  # fmt: skip

    def test_outputs_of_which_no_inputs_are_known(self):
        class Folders(subject.Subject):
            image_size, outputs, about = tiny.SIZE, 2, {}
            directions = (subject.Direction("Blond", "Blond"),)
            offers = frozenset({subject.Need.REAL})
            (real,) = run_subject.members(Blots(9, DOMAINS), Blots(9, DOMAINS), DATA)
            members = (subject.Member("", DOMAINS, real.training),)

            def batches(self, mode, draw=0):
                shown = blots(np.eye(3)[[1, 1, 2, 1, 1, 1]])
                yield subject.Batch(self.directions[0], shown.reshape(3, 2, *shown.shape[1:]))

        with mock.patch.object(classifier, "for_sampler", lambda *unused: Oracle(DOMAINS)):
            (one,) = measuring.measure(Folders(), ["classification"]).measured
        self.assertEqual({k: v.mean for k, v in one.rows["Blond"].items()}, {"accuracy": 5 / 6})
        self.assertEqual(one.about["classifier"]["outputs"], {"Blond": [0, 5, 1]})

    def test_one_domain_is_nothing_to_tell(self):
        space = tiny.labels_lib.LabelSpace("domains", ("all",))
        what = types.SimpleNamespace(members=(subject.Member("", space),))
        reason = classification.METRIC.unsuitable(what, options_lib.MetricOptions())
        self.assertEqual(reason, "there are no real images of two domains or more")

    @pytest.mark.slow
    def test_a_trained_classifier_tells_true_renders_from_unchanged_faces(self):
        data = data_options.DataOptions(
            image_size=48, cartoon_train_size=1500, cartoon_test_size=120
        )
        training, held_out = (loading.load(data, split) for split in ("train", "test"))
        folder = pathlib.Path(self.create_tempdir().full_path)
        number = {held_out.image(i).tobytes(): i for i in range(held_out.size)}

        def render(images, labels):
            pairs = zip(images, labels, strict=True)
            return np.stack([held_out.render(number[x.tobytes()], y) for x, y in pairs])

        for make, accuracy in ((render, 0.98), (lambda images, labels: images, None)):
            generator = Generator(make, training.label_space, 48)
            what = run_subject.RunSubject(generator, run_subject.members(training, held_out, data))
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                report = measuring.measure(
                    what, ["classification"], options_lib.MetricOptions(metrics_cache=str(folder))
                )
            figures = report.scalars()
            if accuracy:
                self.assertIn("A classifier learns Black_Hair", printed.getvalue())
                self.assertGreater(figures["classification/accuracy/mean"].value, accuracy)
            else:
                self.assertEqual(printed.getvalue(), "")  # it was kept
                self.assertLess(figures["classification/accuracy/mean"].value, 0.02)
            self.assertGreater(figures["classification/kept/mean"].value, 0.98)


if __name__ == "__main__":
    tf.test.main()
