"""What a step sees: which images of which domain, mirrored how, and the draws of the pools."""

import collections

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.cyclegan import inputs
from stargan_tf.base import errors
from stargan_tf.data import labels
from stargan_tf.data.pipeline import samplers
from tests.data.pipeline import samplers_test

SIZES = (5, 3, 2)  # images of domains a, b, c


class Domains(samplers_test.Numbered):
    """Images 0 to 9, by domain."""

    def __init__(self, sizes=SIZES):
        super().__init__(sum(sizes))
        self.label_space = labels.LabelSpace("domains", ("a", "b", "c"))
        self.labels = np.eye(3, dtype=np.float32)[np.repeat(np.arange(3), sizes)]


def collect(slices, count, first_step=0, pairs=((0, 1), (0, 2), (1, 2)), **options):
    sampler = samplers.Sampler(Domains(), 5, samplers_test.SIZE, **options)
    found = list(inputs.inputs(sampler, slices, first_step, pairs).take(count).as_numpy_iterator())
    return {name: np.stack([one[name] for one in found]) for name in found[0]}


class InputsTest(tf.test.TestCase, parameterized.TestCase):
    def test_an_epoch_has_each_image_of_the_larger_domain_once(self):
        found = collect(samplers.Slices(2), 30)
        for number, (domain_a, domain_b) in enumerate(((0, 1), (0, 2), (1, 2))):
            a, b = (samplers_test.numbers(found[name][:, number]).ravel() for name in "ab")
            starts = np.cumsum([0, *SIZES])
            size = SIZES[domain_a]
            self.assertAllInSet(a, np.arange(starts[domain_a], starts[domain_a + 1]))
            self.assertAllInSet(b, np.arange(starts[domain_b], starts[domain_b + 1]))
            epochs = a.reshape(-1, size)  # A is the larger one in all pairs
            self.assertAllEqual(np.sort(epochs, axis=1), np.tile(np.unique(a), (len(epochs), 1)))
            self.assertGreater(len({tuple(e) for e in epochs.tolist()}), 3)
            counts = collections.Counter(b.tolist())
            self.assertLen(counts, SIZES[domain_b])
            self.assertGreater(min(counts.values()), 60 / SIZES[domain_b] / 3)

    def test_a_smaller_first_domain_is_seen_several_times(self):
        found = collect(samplers.Slices(1), 20, pairs=((2, 0),))
        a = samplers_test.numbers(found["a"][:, 0]).reshape(4, 5)
        # An epoch has the 5 samples of the larger domain: image i mod 2 for i = 0 ... 4.
        for epoch in a:
            self.assertEqual(np.sort(np.unique(epoch, return_counts=True)[1]).tolist(), [2, 3])

    @parameterized.parameters({}, {"load_size": 6})
    def test_replicas_and_resumed_runs_see_the_same(self, **options):
        whole = collect(samplers.Slices(4), 3, **options)
        parts = [collect(samplers.Slices(4, 2, r, 1), 2, first_step=1, **options) for r in (0, 1)]
        for name, value in whole.items():
            together = np.concatenate([part[name] for part in parts], axis=2)
            self.assertAllEqual(together, value[1:])
        self.assertEqual(whole["a"].shape, (3, 3, 4, 4, 4, 3))

    def test_both_images_are_mirrored_by_coins_of_their_own(self):
        found = collect(samplers.Slices(30), 4)
        a, b = (samplers_test.mirrored(found[name]).ravel() for name in "ab")
        for flips in (a, b):
            self.assertAllClose(flips.mean(), 0.5, atol=0.11)
        self.assertLess(abs(np.corrcoef(a, b)[0, 1]), 0.22)

    def test_draws_of_the_pools_are_uniform_and_of_each_its_own(self):
        draws = collect(samplers.Slices(30), 4)["pool"]
        self.assertEqual(draws.shape, (4, 3, 30, 2, 2))
        self.assertLen(np.unique(draws), draws.size)
        self.assertAllClose(np.histogram(draws, 5, (0, 1))[0] / draws.size, [0.2] * 5, atol=0.05)

    def test_a_domain_without_images(self):
        sampler = samplers.Sampler(Domains((4, 0, 2)), 5, samplers_test.SIZE)
        with self.assertRaisesRegex(errors.UserError, "but b has none among the 6 images of a, b"):
            inputs.inputs(sampler, samplers.Slices(1), 0, [(0, 2)])


if __name__ == "__main__":
    tf.test.main()
