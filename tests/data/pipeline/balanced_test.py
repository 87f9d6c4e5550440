"""Domain-balanced sources and references."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.data import labels, source
from stargan_tf.data.pipeline import balanced, samplers

SIZES = (3, 40, 9, 1)  # images of the domains, most unequal


class Unequal(source.Source):
    """Images of the domains in a mixed order."""

    def __init__(self, sizes=SIZES, kind="domains", names=("ant", "bee", "cow", "dog")):
        self.label_space = labels.LabelSpace(kind, names)
        domains = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
        self.labels = np.eye(len(names), dtype=np.float32)[domains]

    def load(self, index):
        return tf.zeros([4, 4, 3], tf.uint8)

    def describe(self, index):
        return f"number {index}"


def make(seed=5, **options):
    return balanced.Balanced(samplers.Sampler(Unequal(**options), seed, 4))


def draw(chooser, positions):
    """Returns (N, 3): source, index and index2 at these positions, in one graph."""

    @tf.function
    def found(positions):
        return tf.map_fn(lambda p: tf.stack([chooser.source(p), *chooser.references(p)]), positions)

    return found(tf.constant(positions, tf.int64)).numpy()


def domains(indices):
    return Unequal().labels.argmax(axis=1)[indices]


def chi_squared(counts):
    expected = counts.sum() / len(counts)
    return ((counts - expected) ** 2).sum() / expected


class BalancedTest(tf.test.TestCase, parameterized.TestCase):
    COUNT = 4000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.found = draw(make(), np.arange(cls.COUNT))

    @parameterized.parameters(0, 1, 2)
    def test_domains_are_equally_likely_whatever_their_sizes(self, column):
        counts = np.bincount(domains(self.found[:, column]), minlength=4)
        self.assertLess(chi_squared(counts), 16.3)  # 0.1 % with 3 degrees of freedom lie above

    @parameterized.parameters(0, 1, 2)
    def test_images_of_a_domain_are_equally_likely(self, column):
        for domain, limit in ((0, 13.9), (1, 72.1), (2, 26.2)):  # 0.1 % lie above each
            images = self.found[:, column]
            images = images[domains(images) == domain]
            members = np.flatnonzero(domains(np.arange(sum(SIZES))) == domain)
            counts = (images[:, None] == members).sum(axis=0)
            self.assertEqual(counts.sum(), len(images))
            self.assertLess(chi_squared(counts), limit)

    def test_images_are_drawn_with_replacement(self):
        # In 40 images of a domain of 40 an order would hold every image once.
        images = self.found[:, 0][domains(self.found[:, 0]) == 1]
        seen = [len(set(part)) for part in np.split(images[:800], 20)]
        self.assertAllClose(np.mean(seen), 40 * (1 - (39 / 40) ** 40), atol=2.0)

    def test_references_are_two_images_of_one_domain(self):
        first, second = self.found[:, 1], self.found[:, 2]
        self.assertAllEqual(domains(first), domains(second))
        alone = domains(first) == 3
        self.assertAllEqual(first == second, alone)
        # Of three images, all six ordered pairs are equally likely.
        of_three = domains(first) == 0
        members, pairs = np.unique(first[of_three]), first[of_three] * 100 + second[of_three]
        self.assertLen(members, 3)
        kinds, counts = np.unique(pairs, return_counts=True)
        self.assertLen(kinds, 6)
        self.assertLess(chi_squared(counts), 20.5)  # 0.1 % with 5 degrees of freedom lie above

    def test_sources_references_and_neighbours_are_independent(self):
        source_domain, target = domains(self.found[:, 0]), domains(self.found[:, 1])
        for a, b in ((source_domain, target), (target[1:], target[:-1])):
            self.assertLess(chi_squared(np.bincount(4 * a + b, minlength=16)), 37.7)
        # Within the largest domain too, where only the place can tell.
        both = (source_domain == 1) & (target == 1)
        self.assertLess(abs(np.corrcoef(self.found[both][:, :2].T)[0, 1]), 0.25)

    def test_a_position_alone_equals_the_same_in_a_sequence(self):
        chooser = make()
        for n in (3999, 0, 17):
            p = tf.constant(n, tf.int64)
            found = [chooser.source(p), *chooser.references(p)]
            self.assertEqual({index.dtype for index in found}, {tf.int64})
            self.assertAllEqual(found, self.found[n])
        self.assertAllEqual(draw(chooser, [10**12]), draw(make(), [10**12]))

    def test_another_seed_draws_anew(self):
        other = draw(make(seed=6), np.arange(200))
        self.assertLess(np.mean(other == self.found[:200], axis=0).max(), 0.4)

    @parameterized.parameters(2, 4)
    def test_replicas_see_together_what_one_sees_alone(self, replicas):
        chooser = make()

        def sample(position):
            return {
                "index": chooser.source(position),
                "label": chooser.sampler.label(position % 53),
            }

        def collect(slices):
            found = samplers.batches(slices.positions(3, 1), sample).take(2)
            return [element["index"] for element in found.as_numpy_iterator()]

        alone = collect(samplers.Slices(8))
        dealt = [collect(samplers.Slices(8, replicas, first=r)) for r in range(replicas)]
        for step in range(2):
            together = np.concatenate([part[step] for part in dealt])
            self.assertAllEqual(together, alone[step])
            self.assertAllEqual(together, self.found[8 * (3 + step) :][:8, 0])

    def test_labels_are_the_sources(self):
        chooser = make()
        for index in (0, 52):
            label = chooser.sampler.label(tf.constant(index, tf.int64))
            self.assertEqual(label.dtype, tf.float32)
            self.assertAllEqual(label, Unequal().labels[index])

    def test_domains_without_images_are_named(self):
        with self.assertRaisesRegex(errors.UserError, "but bee, dog has none among the 5 images"):
            make(sizes=(3, 0, 2))

    def test_attributes_are_refused(self):
        with self.assertRaisesRegex(errors.UserError, "received .* ant, bee, cow, dog; .*=ant,bee"):
            make(kind="attributes")


if __name__ == "__main__":
    tf.test.main()
