"""What a run translates to what: directions, labels, styles, draws; against what was asked for."""

import types
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.data import joint, options
from stargan_tf.data import labels as labels_lib
from stargan_tf.evaluation import outputs, run_subject, subject
from stargan_tf.pictures import photos
from tests import tiny

DATA = options.DataOptions(image_size=tiny.SIZE)


class Writes(algorithm_lib.Translates):
    """Writes the label that is asked for into the first pixels, 40 grey levels for each 1."""

    def __init__(self, space):
        self.settings = types.SimpleNamespace(label_space=space, image_size=tiny.SIZE)

    def translate(self, images, labels):
        levels = photos.to_uint8(images)
        levels[:, 0, : labels.shape[1], 0] = 40 * labels
        return photos.from_uint8(levels)


class Sees(Writes, algorithm_lib.Classifier):
    """Takes the lowest bit of the last pixels for labels."""

    def classify(self, images):
        width = self.settings.label_space.width
        return (photos.to_uint8(images)[:, -1, :width, 0] % 2).astype(np.float32)


class Styles(Writes, algorithm_lib.Styled):
    """A style of three numbers, written as grey levels: of a reference its first pixels."""

    style_dim, latent_dim = 3, 3

    def map_latents(self, z, labels, psi=1.0):
        return np.abs(z) * 10 + 100 * labels

    def encode(self, images, labels):
        assert (labels.sum(axis=1) == 1).all()
        return photos.to_uint8(images)[:, 0, :3, 0].astype(np.float32)

    def render(self, images, styles):
        levels = photos.to_uint8(images)
        levels[:, 0, :3, 0] = styles
        return photos.from_uint8(levels)


def measured(kind, space, plan=None, count=12):
    pictures = tiny.Pictures(count, space)
    found = run_subject.members(pictures, pictures, DATA)
    return run_subject.RunSubject(kind(space), found, plan or run_subject.Plan())


def all_of(one, mode="", draw=0):
    found = {}
    for batch in one.batches(mode, draw):
        found.setdefault(batch.direction.name, []).append(batch)
    return {
        name: types.SimpleNamespace(**{
            field: np.concatenate([getattr(batch, field) for batch in some])
            for field in ("outputs", "images", "labels", "wanted", "indices")
        }, references=some[0].references)
        for name, some in found.items()
    }  # fmt: skip


class LabelsTest(tf.test.TestCase, parameterized.TestCase):
    def test_attributes_are_set_or_flipped(self):
        one = measured(Writes, tiny.LABELS["stargan_v1"])
        found, own = all_of(one), tiny.Pictures().labels
        self.assertEqual(list(found), ["Black", "Blond", "Smiling", "-Smiling"])
        for name, column, lacking in (("Black", 0, 1), ("Smiling", 2, 1), ("-Smiling", 2, 0)):
            rows = np.flatnonzero(own[:, column] == 1 - lacking)
            self.assertAllEqual(found[name].indices, rows)
            self.assertAllEqual(found[name].labels, own[rows])
            self.assertAllEqual(found[name].wanted[:, column], [lacking] * len(rows))
            self.assertAllEqual(found[name].images, tiny.Pictures().images[rows])
        for some in found.values():
            self.assertAllEqual(some.outputs[:, 0, 0, :3, 0], 40 * some.wanted)
        self.assertAllEqual(found["Black"].wanted[:, 1], np.zeros(len(found["Black"].wanted)))
        self.assertEqual(one.total, sum(len(some.images) for some in found.values()))

    def test_few_domains_are_pairs_and_others_are_targets(self):
        space = tiny.LABELS["stargan_v2"]
        own = tiny.Pictures(12, space).labels.argmax(axis=1)
        pairs = all_of(measured(Writes, space))
        self.assertLen(pairs, 6)
        self.assertAllEqual(pairs["Blond2Brown"].indices, np.flatnonzero(own == 1))
        self.assertAllEqual(pairs["Blond2Brown"].wanted, np.eye(3)[[2] * 4])
        targets = all_of(measured(Writes, space, run_subject.Plan(pairs=False)))
        self.assertEqual(list(targets), ["Black", "Blond", "Brown"])
        self.assertAllEqual(targets["Brown"].indices, np.flatnonzero(own != 2))

    def test_a_data_set_of_some_domains_in_another_order(self):
        space = tiny.LABELS["stargan_v2"]
        pictures = tiny.Pictures(12, space)
        (whole,) = run_subject.members(pictures, pictures, DATA)
        part = whole.held_out.of_domains(("Brown", "Black"))
        member = subject.Member("", part.space, part, part)
        one = run_subject.RunSubject(Writes(space), [member])
        found, own = all_of(one), pictures.labels.argmax(axis=1)
        self.assertEqual(list(found), ["Brown2Black", "Black2Brown"])
        self.assertAllEqual(found["Brown2Black"].images, pictures.images[own == 2])
        self.assertAllEqual(found["Brown2Black"].wanted, [[0, 1]] * 4)
        # The networks are asked as they have learnt it.
        self.assertAllEqual(found["Brown2Black"].outputs[:, 0, 0, :3, 0], [[40, 0, 0]] * 4)

    def test_draws_choose_other_inputs_where_not_all_are_taken(self):
        space = tiny.LABELS["stargan_v1"]
        one = measured(Writes, space, run_subject.Plan(inputs=5))
        self.assertTrue(one.varies)
        self.assertAllEqual(one.inputs(0), [0, 3, 6, 8, 11])  # evenly spaced
        self.assertAllEqual(one.inputs(0, 1), one.inputs(0, 1))
        self.assertNotAllEqual(one.inputs(0, 1), one.inputs(0, 2))
        self.assertLen(set(one.inputs(0, 1)), 5)
        self.assertFalse(measured(Writes, space).varies)

    def test_real_images_show_what_is_asked_for(self):
        one = measured(Writes, tiny.LABELS["stargan_v1"])
        own = tiny.Pictures().labels
        for direction in one.directions:
            column = one.members[0].space.index(direction.target)
            rows = np.flatnonzero(own[:, column] == direction.present)
            real = one.real(direction)
            self.assertAllEqual(np.concatenate(list(real.batches(2))), tiny.Pictures().images[rows])
        few = measured(Writes, tiny.LABELS["stargan_v1"], run_subject.Plan(real=4))
        self.assertEqual(few.members[0].training.size, 4)

    def test_a_joint_run_fills_in_labels_that_its_classifier_sees(self):
        spaces = [
            labels_lib.LabelSpace("domains", ("cat", "dog", "fox")), tiny.LABELS["stargan_v1"]
        ]  # fmt: skip
        sets = joint.Joint([tiny.Pictures(12, space) for space in spaces], ("pets", "faces"))
        found = run_subject.members(sets, sets, DATA)
        algorithm = Sees(sets.label_space)
        one = run_subject.RunSubject(algorithm, found)
        parts = all_of(one)
        self.assertIn("pets: cat2dog", parts)
        self.assertIn("faces: fox", parts)
        self.assertIn("pets: -Smiling", parts)
        # What is seen of "Smiling" is the lowest bit of the pixel at its place in the joint label.
        bits = tiny.Pictures(12).images[:, -1, 5, 0] % 2
        self.assertAllEqual(parts["pets: Smiling"].indices, np.flatnonzero(bits == 0))
        for name, first, mask in (("faces: fox", 0, 6), ("pets: Smiling", 3, 7)):
            some = parts[name]
            written = some.outputs[:, 0, 0, :8, 0]
            self.assertAllEqual(written[:, first : first + 3], 40 * some.wanted)
            self.assertAllEqual(written[:, mask], [40] * len(written))
        direction = next(one for one in one.directions if one.name == "pets: Smiling")
        self.assertEqual((direction.images_of, direction.labels_of), (0, 1))
        self.assertEqual(one.real(direction).space, spaces[1])
        blind = run_subject.RunSubject(Writes(sets.label_space), found)
        self.assertNotIn("pets: Smiling", [one.name for one in blind.directions])

    def test_labels_that_two_data_sets_share_are_told_apart(self):
        space = labels_lib.LabelSpace("attributes", ("hat", "bow", "tie"))
        sets = joint.Joint([tiny.Pictures(12, space)] * 2, ("cats", "dogs"))
        one = run_subject.RunSubject(Sees(sets.label_space), run_subject.members(sets, sets, DATA))
        names = [direction.name for direction in one.directions]
        self.assertLen(names, 24)
        self.assertLen(set(names), 24)
        self.assertIn("cats: -dogs.tie", names)

    def test_back_is_the_inputs_own_label(self):
        one = measured(Writes, tiny.LABELS["stargan_v1"])
        for batch in one.batches(""):
            back = one.translated_back(batch)
            self.assertAllEqual(back[:, 0, 0, :3, 0], 40 * batch.labels)


class StylesTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.space = tiny.LABELS["stargan_v2"]
        self.plan = run_subject.Plan(outputs=4)

    def test_latents_are_of_the_target_and_differ(self):
        one = measured(Styles, self.space, self.plan)
        found, again = all_of(one, "latent"), all_of(one, "latent")
        other = all_of(one, "latent", draw=1)
        for name, some in found.items():
            self.assertEqual(some.outputs.shape[:2], (4, 4))
            written = some.outputs[:, :, 0, :3, 0]
            self.assertAllEqual(written.argmax(axis=-1), 4 * [4 * [some.wanted[0].argmax()]])
            self.assertLen(np.unique(written.reshape(-1, 3), axis=0), 16)
            self.assertAllEqual(some.outputs, again[name].outputs)
            self.assertNotAllEqual(some.outputs, other[name].outputs)
        self.assertTrue(one.varies)

    def test_references_are_held_out_images_of_the_target(self):
        one = measured(Styles, self.space, self.plan)
        pictures = tiny.Pictures(12, self.space)
        for some in all_of(one, "reference").values():
            domains = pictures.labels[some.references].argmax(axis=-1)
            self.assertAllEqual(domains, np.full((4, 4), some.wanted[0].argmax()))
            expected = pictures.images[some.references][:, :, 0, :3, 0]
            self.assertAllEqual(some.outputs[:, :, 0, :3, 0], expected)
            self.assertAllEqual(some.outputs[:, :, 1:], np.stack([some.images] * 4, 1)[:, :, 1:])

    def test_batches_of_any_size_give_the_same(self):
        one = measured(Styles, self.space, self.plan)
        for mode in one.modes:
            expected = all_of(one, mode)
            with (
                mock.patch.object(run_subject, "_BATCH", 1),
                mock.patch.object(outputs, "BATCH", 3),
            ):
                found = all_of(one, mode)
            for name, some in expected.items():
                self.assertAllEqual(found[name].outputs, some.outputs)
                self.assertAllEqual(found[name].indices, some.indices)

    def test_outputs_that_are_no_numbers_are_reported(self):
        one = measured(Styles, self.space, self.plan)
        nothing = lambda images, styles: np.full_like(images, np.nan)  # noqa: E731
        with (
            mock.patch.object(one.algorithm, "render", nothing),
            self.assertRaisesRegex(errors.UserError, "hold NaN: the training has diverged"),
        ):
            next(one.batches("latent"))

    def test_back_is_the_inputs_own_style(self):
        one = measured(Styles, self.space, self.plan)
        for batch in one.batches("latent"):
            self.assertAllEqual(one.translated_back(batch), np.stack([batch.images] * 4, axis=1))

    def test_what_it_offers(self):
        one = measured(Styles, self.space)
        self.assertEqual(
            one.offers,
            {
                subject.Need.INPUTS,
                subject.Need.NETWORKS,
                subject.Need.BACK,
                subject.Need.REAL,
            },
        )


if __name__ == "__main__":
    tf.test.main()
