"""Several data sets as one: unified labels, what they mean, and the images behind them."""

import json

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.data import joint, labels, loading, options
from stargan_tf.data.pipeline import samplers
from stargan_tf.data.sources import cartoon_faces
from tests import tiny

HAIR = labels.LabelSpace("attributes", ("Black", "Blond", "Male"), (("Black", "Blond"),))
MOOD = labels.LabelSpace("domains", ("happy", "sad"))
SPACE = labels.JointSpace.of([("celeba", HAIR), ("rafd", MOOD)])


class JointSpaceTest(tf.test.TestCase, parameterized.TestCase):
    def test_what_it_holds(self):
        self.assertEqual(SPACE.names, ("Black", "Blond", "Male", "happy", "sad"))
        self.assertEqual((SPACE.kind, SPACE.width), ("joint", 7))
        self.assertEqual(SPACE.exclusive, (("Black", "Blond"),))
        self.assertEqual([(b.name, b.space, b.start) for b in SPACE.blocks],
                         [("celeba", HAIR, 0), ("rafd", MOOD, 3)])  # fmt: skip
        self.assertEqual([(b.name, b.space, b.start) for b in HAIR.blocks], [("", HAIR, 0)])

    def test_unified(self):
        self.assertAllEqual(SPACE.unified(0, [[1, 0, 1]]), [[1, 0, 1, 0, 0, 1, 0]])
        self.assertAllEqual(SPACE.unified(1, [0, 1]), [0, 0, 0, 0, 1, 0, 1])

    def test_blocks_are_views(self):
        vector = np.arange(7)
        self.assertAllEqual(SPACE.blocks[0].of(vector), [0, 1, 2])
        self.assertAllEqual(SPACE.blocks[1].of(tf.constant([vector])), [[3, 4]])

    @parameterized.parameters(
        ([1, 0, 1, 0, 0, 1, 0], ["Blond"], [0, 1, 1, 0, 0, 1, 0]),
        ([1, 0, 1, 0, 0, 1, 0], ["Blond", "-Male"], [0, 1, 0, 0, 0, 1, 0]),
        # Of the other data set: its own block counts, and the mask is its.
        ([1, 0, 1, 0, 0, 1, 0], ["sad"], [0, 0, 0, 0, 1, 0, 1]),
        ([1, 0, 1, 0, 1, 0, 1], ["Blond"], [0, 1, 1, 0, 0, 1, 0]),
        ([0, 0, 0, 0, 0, 0, 0], ["Male"], [0, 0, 1, 0, 0, 1, 0]),
        ([1, 0, 1, 0, 1, 0, 1], [], [1, 0, 1, 0, 1, 0, 1]),
    )
    def test_edited(self, label, edits, expected):
        self.assertAllEqual(SPACE.edited(np.array(label), edits), expected)

    @parameterized.parameters(
        (["Blond", "sad"], r"labels of one data set; received Blond \(celeba\), sad \(rafd\);"),
        (["Black", "Blond"], "at most one of Black and Blond"),
        (["-sad"], "A domain can't be cleared"),
        (["sat"], "Unknown label 'sat'.*Did you mean sad"),
    )
    def test_edits_that_make_no_sense(self, edits, message):
        with self.assertRaisesRegex(errors.UserError, message):
            SPACE.edited(np.zeros(7), edits)

    def test_shown(self):
        own = np.array([[1, 0, 1, 1, 0, 1, 0], [0, 0, 0, 0, 1, 0, 1]])
        self.assertAllEqual(
            SPACE.changed(own, ["Male"]), [[1, 0, 0, 0, 0, 1, 0], [0, 0, 1, 0, 0, 1, 0]]
        )
        self.assertAllEqual(SPACE.changed(own, ["happy"]), [[0, 0, 0, 1, 0, 0, 1]] * 2)

    def test_rivals_are_all_that_must_be_zero(self):
        self.assertEqual(SPACE.rivals("Black"), (1, 3, 4))
        self.assertEqual(SPACE.rivals("Male"), (3, 4))
        self.assertEqual(SPACE.rivals("sad"), (0, 1, 2, 3))

    def test_completed_keeps_what_is_given(self):
        own = np.array([[1, 0, 1, 0, 0, 1, 0], [0, 0, 0, 0, 1, 0, 1]])
        seen = np.array([[0, 1, 0, 1, 0, 0, 0], [0, 1, 1, 1, 0, 0, 0]])
        self.assertAllEqual(
            SPACE.completed(own, seen), [[1, 0, 1, 1, 0, 1, 0], [0, 1, 1, 0, 1, 0, 1]]
        )

    def test_present(self):
        self.assertEqual(SPACE.present(np.array([0, 1, 1, 0, 0, 1, 0])), ("Blond", "Male"))
        self.assertEqual(HAIR.present(np.array([1, 0, 0])), ("Black",))

    def test_names_that_two_share_are_told_apart(self):
        space = labels.JointSpace.of([("a", HAIR), ("b", HAIR), ("c", MOOD)])
        self.assertEqual(space.names[:4], ("a.Black", "a.Blond", "a.Male", "b.Black"))
        self.assertEqual(space.names[-2:], ("happy", "sad"))
        self.assertEqual(space.exclusive, (("a.Black", "a.Blond"), ("b.Black", "b.Blond")))
        label = space.edited(np.zeros(11), ["b.Male"])
        self.assertAllEqual(np.flatnonzero(label), [5, 9])

    def test_json(self):
        value = json.loads(json.dumps(SPACE.to_json()))
        self.assertEqual(labels.LabelSpace.from_json(value), SPACE)
        self.assertEqual(value["names"], list(SPACE.names))


class JointTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.sets = [tiny.Pictures(5), tiny.Pictures(7, tiny.LABELS["stargan_v2"])]
        self.sets[1].images = 255 - self.sets[1].images
        self.sets[1].crop_size = 8
        self.images = joint.Joint(self.sets, ("one", "two"))

    def test_images_follow_one_another(self):
        self.assertEqual(self.images.size, 12)
        expected = [*self.sets[0].images, *self.sets[1].images]
        indices = tf.data.Dataset.range(12).map(self.images.load)
        for index, image in zip(indices, expected, strict=True):
            self.assertAllEqual(index, image)
        self.assertEqual(self.images.describe(4), "picture 4")
        self.assertEqual(self.images.describe(5), "picture 0")

    def test_labels_are_unified(self):
        own = np.concatenate([self.sets[0].labels, np.zeros((5, 3)), [[1, 0]] * 5], axis=1)
        self.assertAllEqual(self.images.labels[:5], own)
        own = np.concatenate([np.zeros((7, 3)), self.sets[1].labels, [[0, 1]] * 7], axis=1)
        self.assertAllEqual(self.images.labels[5:], own)
        self.assertEqual([m.crop_size for m in self.images.members], [0, 8])

    def test_subset_keeps_members_apart(self):
        part = self.images.subset([0, 4, 6, 11])
        self.assertAllEqual(part.labels, self.images.labels[[0, 4, 6, 11]])
        self.assertEqual([member.size for member in part.members], [2, 2])
        self.assertAllEqual(part.load(tf.constant(3, tf.int64)), self.sets[1].images[6])
        self.assertEqual(part.label_space, self.images.label_space)

    def test_problems_are_those_of_all(self):
        self.sets[0].problems = lambda thorough: {1: "empty"}
        self.sets[1].problems = lambda thorough: {0: "cut"}
        images = joint.Joint(self.sets, ("one", "two"))
        self.assertEqual(images.problems(), {1: "empty", 5: "cut"})
        kept, problems = loading.usable(images, "skip")
        self.assertEqual((kept.size, problems), (10, {1: "empty", 5: "cut"}))
        self.assertEqual([member.size for member in kept.members], [4, 6])


class OptionsTest(tf.test.TestCase, parameterized.TestCase):
    def _options(self, **given):
        sizes = {"cartoon_train_size": 6, "cartoon_test_size": 4}
        return options.DataOptions(image_size=32, **sizes, **given)

    def test_parts(self):
        given = self._options(
            datasets="celeba, image_folder,celeba",
            data_dir="a; b ;c",
            attributes="Male,Young;;Smiling,Bald",
            exclusive="Male,Young;Smiling,Bald",
        )
        parts = given.parts()
        self.assertEqual([p.dataset for p in parts], ["celeba", "image_folder", "celeba"])
        self.assertEqual([p.data_dir for p in parts], ["a", "b", "c"])
        self.assertEqual([p.attributes for p in parts], ["Male,Young", "", "Smiling,Bald"])
        self.assertEqual([p.exclusive for p in parts], ["Male,Young", "", "Smiling,Bald"])
        self.assertEqual({p.image_size for p in parts}, {32})
        given.check()

    @parameterized.parameters(
        ({"datasets": "celeba"}, "takes two data sets or more in `datasets`; received"),
        ({"datasets": "celeba,rafd", "dataset": "celeba"}, "and dataset=celeba; pass one"),
        (
            {"datasets": "celeba,celeba", "data_dir": "a"},
            r"names 2 data sets \(celeba, celeba\), but data_dir=a has 1 values",
        ),
        ({"datasets": "celeba,celebb"}, "Unknown `dataset` 'celebb'.*Did you mean celeba"),
        ({"datasets": "cartoon_faces,celeba", "data_dir": "a;b"}, "reads no folder; received"),
    )
    def test_refused(self, given, message):
        with self.assertRaisesRegex(errors.UserError, message):
            self._options(**given).check()

    @parameterized.parameters(
        (("celeba", "rafd"), ("celeba", "rafd")),
        (("a", "a", "b", "a"), ("a", "a_2", "b", "a_3")),
        (("tfds:celeb_a", "tfds:x/y"), ("tfds_celeb_a", "tfds_x_y")),
    )
    def test_block_names(self, names, expected):
        self.assertEqual(options.block_names(names), expected)

    def test_two_sets_of_cartoon_faces_share_no_face(self):
        given = self._options(
            datasets="cartoon_faces,cartoon_faces", attributes="Black_Hair,Blond_Hair;Smiling"
        )
        for split in ("train", "test"):
            images = loading.load(given, split)
            self.assertEqual(images.names, ("cartoon_faces", "cartoon_faces_2"))
            self.assertEqual(images.label_space.names, ("Black_Hair", "Blond_Hair", "Smiling"))
            faces = {images.describe(i) for i in range(images.size)}
            self.assertLen(faces, 12 if split == "train" else 8)
            alone = cartoon_faces.CartoonFaces(split, 32, 4, ("Black_Hair", "Blond_Hair"))
            self.assertAllEqual(images.members[0].labels[:4, :2], alone.labels)

    def test_samplers_have_seeds_of_their_own(self):
        given = self._options(datasets="cartoon_faces,cartoon_faces", attributes="Smiling;Smiling")
        sampler = loading.sampler(loading.load(given, "train"), given, seed=7)
        self.assertIsInstance(sampler, samplers.JointSampler)
        self.assertEqual([member.seed for member in sampler.members], [7, 7 + 2**32])


if __name__ == "__main__":
    tf.test.main()
