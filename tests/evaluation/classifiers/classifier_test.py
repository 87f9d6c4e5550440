"""Classifiers learn what can be learned, the same each time, and are kept by their data."""

import contextlib
import dataclasses
import io
import pathlib
import random
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.data import labels, options
from stargan_tf.data.pipeline import samplers
from stargan_tf.evaluation.classifiers import classifier, network, training
from tests import tiny

QUICK = training.Recipe(batch_size=8, epochs=1, least_steps=40, learning_rate=5e-3)


class Blots(tiny.Pictures):
    """Noise, in which a label is a colour channel that is bright."""

    def __init__(self, count=24, space=tiny.LABELS["stargan_v1"], seed=0):
        super().__init__(count, space)
        self.images = np.random.default_rng(seed).integers(0, 100, self.images.shape, np.uint8)
        self.images += (150 * self.labels[:, None, None]).astype(np.uint8)


def sampler(source, flip=True):
    return samplers.Sampler(source, seed=0, image_size=tiny.SIZE, flip=flip)


class TrainingTest(tf.test.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.state = random.getstate()
        cls.network = training.train(sampler(Blots()), QUICK, 40)
        cls.state_after = random.getstate()

    def test_it_learns_attributes_and_an_exclusive_group(self):
        held_out = Blots(30, seed=1)
        judge = classifier.Classifier(self.network, held_out.label_space, tiny.SIZE, flip=True)
        found = judge.labels(judge.predict(held_out.images))
        self.assertAllEqual(found, held_out.labels)

    def test_predictions_do_not_depend_on_the_batch(self):
        images = Blots(5, seed=1).images
        judge = classifier.Classifier(self.network, tiny.LABELS["stargan_v1"], tiny.SIZE, True)
        alone = np.concatenate([judge.predict(image[None]) for image in images])
        self.assertAllClose(judge.predict(images), alone, atol=1e-5)

    def test_mirrored_images_are_seen_alike(self):
        images = Blots(5, seed=1).images
        for flip in (True, False):
            judge = classifier.Classifier(self.network, tiny.LABELS["stargan_v1"], tiny.SIZE, flip)
            same = np.allclose(judge.predict(images), judge.predict(images[:, :, ::-1]), atol=1e-5)
            self.assertEqual(same, flip)

    def test_the_same_again(self):
        again = training.train(sampler(Blots()), QUICK, 40)
        for one, other in zip(self.network.variables, again.variables, strict=True):
            self.assertAllEqual(one, other)

    def test_pythons_random_numbers_go_on(self):
        self.assertEqual(self.state, self.state_after)

    def test_the_order_is_that_of_the_sampler(self):
        batches = list(training._batches(sampler(Blots()), QUICK, 6))
        again = list(training._batches(sampler(Blots()), QUICK, 6))
        self.assertLen(batches, 6)
        for one, other in zip(batches, again, strict=True):
            self.assertAllEqual(one[0], other[0])
        # Three batches of 8 are an epoch of 24 images, each once.
        source = Blots()
        for epoch in (0, 3):
            seen = np.concatenate([batch[1] for batch in batches[epoch : epoch + 3]])
            self.assertAllEqual(sorted(seen.tolist()), sorted(source.labels.tolist()))
        other_seed = dataclasses.replace(sampler(Blots()), seed=1)
        others = list(training._batches(other_seed, QUICK, 3))
        self.assertNotAllClose(others[0][0], batches[0][0])

    def test_shifts_mirror_at_the_border(self):
        images = np.random.default_rng(0).uniform(-1, 1, (6, 9, 9, 3)).astype(np.float32)
        uniforms = np.array(
            [[0, 0], [0.999, 0.5], [0.5, 0.999], [0.5, 0.5], [0.3, 0.7], [0.99, 0]], np.float32
        )
        found = training.shifted(tf.constant(images), tf.constant(uniforms), 2)
        padded = np.pad(images, [(0, 0), (2, 2), (2, 2), (0, 0)], "symmetric")
        moves = np.floor(uniforms * 5).astype(int) - 2
        self.assertAllEqual(moves, [[-2, -2], [2, 0], [0, 2], [0, 0], [-1, 1], [2, -2]])
        for k, (down, right) in enumerate(moves):
            window = padded[k, 2 - down : 11 - down, 2 - right : 11 - right]
            self.assertAllClose(found[k], window)

    def test_steps_are_bounded(self):
        recipe = training.Recipe(batch_size=50, epochs=10, least_steps=30, most_steps=500)
        self.assertEqual([recipe.steps(n) for n in (20, 1000, 10**6)], [30, 200, 500])


class NetworkTest(tf.test.TestCase):
    def test_resnet_18_has_its_parameters(self):
        # 11,689,512 of torchvision's ResNet-18 with 1000 classes.
        large = network.for_size(network.RESNET_18_FROM, 1000)
        count = sum(int(np.prod(v.shape)) for v in large.trainable_variables)
        self.assertEqual(count, 11_689_512)

    def test_below_it_is_small(self):
        small = network.for_size(network.RESNET_18_FROM - 1, 2)
        count = sum(int(np.prod(v.shape)) for v in small.trainable_variables)
        self.assertLess(count, 11_689_512 / 10)


class CacheTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.create_tempdir().full_path)
        self.trained = 0

    def get(self, made=None, recipe=QUICK):
        def train(made, recipe, steps, title):
            self.trained += 1
            return narrow(made.image_size, made.source.label_space.width)

        def narrow(size, width):
            made = network.ResNet(width, (4,), 1, False, name="classifier")
            made(tf.zeros((1, size, size, 3)))
            made.head.kernel.assign(np.random.default_rng(0).normal(size=(4, width)))
            return made

        with (
            mock.patch.object(training, "train", train),
            mock.patch.object(network, "for_size", narrow),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            return classifier.for_sampler(made or sampler(Blots()), self.folder, recipe)

    def test_equal_content_is_trained_once(self):
        images = Blots().images
        first, second = self.get().predict(images), self.get().predict(images)
        self.assertEqual(self.trained, 1)
        self.assertAllEqual(first, second)
        self.assertNotAllEqual(first, np.full_like(first, 0.5))

    def test_other_content_is_trained_anew(self):
        other_labels, fewer = Blots(), Blots(23)
        other_labels.labels = other_labels.labels.copy()
        other_labels.labels[3, 2] = 1 - other_labels.labels[3, 2]
        names = labels.LabelSpace("attributes", ("Black", "Blond", "Young"), (("Black", "Blond"),))
        renamed = Blots()
        renamed.label_space = names
        self.get()
        for made in (
            sampler(other_labels),
            sampler(fewer),
            sampler(renamed),
            sampler(Blots(seed=5)),  # other pixels under the same names
            sampler(Blots(), flip=False),
            dataclasses.replace(sampler(Blots()), image_size=20),
        ):
            before = self.trained
            self.get(made)
            self.assertEqual(self.trained, before + 1)
        self.get(recipe=dataclasses.replace(QUICK, epochs=2))
        self.assertEqual(self.trained, 8)
        self.get()
        self.assertEqual(self.trained, 8)

    def test_a_damaged_file_is_trained_anew(self):
        self.get()
        (file,) = (self.folder / "classifiers").iterdir()
        whole = file.read_bytes()
        for damaged in (b"", whole[: len(whole) // 2]):
            file.write_bytes(damaged)
            before = self.trained
            self.get()
            self.assertEqual(self.trained, before + 1)

    def test_a_folder_that_cannot_be_made_is_told_before_training(self):
        self.folder = pathlib.Path(self.create_tempfile().full_path)
        with self.assertRaisesRegex(errors.UserError, "Could not make the folder"):
            self.get()
        self.assertEqual(self.trained, 0)

    def test_several_data_sets_are_refused(self):
        with self.assertRaisesRegex(errors.UserError, "A classifier is of one data set"):
            classifier.for_data(options.DataOptions(datasets="celeba,rafd"), self.folder)


if __name__ == "__main__":
    tf.test.main()
