"""Scales of features, lengths, and conversions in the form of a difference."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms import converting
from stargan_tf.data import labels

STATISTICS = {
    "mean": np.array([[1.0, 2.0], [10.0, 20.0]]),
    "deviation": np.array([[2.0, 4.0], [0.5, 0.0]]),
    "mean_all": np.array([5.0, 6.0]),
    "deviation_all": np.array([3.0, 2.0]),
}
X = np.arange(10.0, dtype=np.float32).reshape(1, 5, 2)
EYE = np.eye(2, dtype=np.float32)


class Louder(converting.Converting):
    """A network that adds to each normalized frame the target's number, and a source's tenth."""

    def __init__(self, by_domain):
        space = labels.LabelSpace("domains", ("a", "b"))
        self.settings = algorithm_lib.BuildSettings(space, 0, sample_shape=(8, 2))
        self.scale = converting.Scale(STATISTICS, 2, 2, by_domain=by_domain)
        self.seen = []

    def generate(self, x, sources, targets):
        self.seen.append(tuple(x.shape))
        number = tf.constant([1.0, 2.0])
        return x + tf.tensordot(targets + sources / 10, number, 1)[:, None, None]


class ScaleTest(tf.test.TestCase):
    def test_of_each_domain(self):
        scale = converting.Scale(STATISTICS, 2, 2, by_domain=True)
        found = scale.normalized(tf.constant(X), tf.constant(EYE[:1]))
        self.assertAllClose(found, (X - [1, 2]) / [2, 4])
        self.assertAllClose(scale.raw(found, tf.constant(EYE[:1])), X)
        # A feature that never changes is only moved.
        found = scale.normalized(tf.constant(X), tf.constant(EYE[1:]))
        self.assertAllClose(found, (X - [10, 20]) / [0.5, 1])

    def test_of_all_together_and_of_none(self):
        scale = converting.Scale(STATISTICS, 2, 2, by_domain=False)
        for domain in (EYE[:1], EYE[1:]):
            found = scale.normalized(tf.constant(X), tf.constant(domain))
            self.assertAllClose(found, (X - [5, 6]) / [3, 2])
        scale = converting.Scale({}, 2, 2, by_domain=True)
        self.assertAllEqual(scale.normalized(tf.constant(X), tf.constant(EYE[:1])), X)


class ConvertingTest(tf.test.TestCase, parameterized.TestCase):
    def test_comes_in_the_scale_of_the_target(self):
        found = Louder(True).convert(X, EYE[:1], EYE[1:])
        self.assertAllClose(found, ((X - [1, 2]) / [2, 4] + 2.1) * [0.5, 1] + [10, 20])

    @parameterized.parameters(True, False)
    def test_a_difference_is_added_to_the_input(self, by_domain):
        one = Louder(by_domain)
        to_target = one.convert(X, EYE[:1], EYE[1:])
        to_source = one.convert(X, EYE[:1], EYE[:1])
        found = one.convert(X, EYE[:1], EYE[1:], differential=True)
        self.assertAllClose(found, X + to_target - to_source, atol=1e-5)

    def test_a_network_sees_whole_multiples_and_the_last_frame_again(self):
        one = Louder(False)
        self.assertEqual(one.convert(X, EYE[:1], EYE[1:]).shape, X.shape)
        self.assertEqual(one.seen, [(1, 8, 2)])
        filled = converting.filled_up(tf.constant(X), 4)
        self.assertAllEqual(filled, np.concatenate([X, X[:, [4, 4, 4]]], axis=1))
        self.assertAllEqual(converting.filled_up(tf.constant(X), 5), X)

    def test_the_signature_does_the_same_with_an_open_length(self):
        one = Louder(True)
        signature = one.serving_signatures()["convert"]
        traced = tf.function(signature.function).get_concrete_function(**signature.inputs)
        number = {"source": tf.constant([0]), "target": tf.constant([1])}
        found = traced(features=tf.constant(X), **number)["converted"]
        self.assertAllClose(found, one.convert(X, EYE[:1], EYE[1:]), atol=1e-5)
        for source, target, good in ((0, 1, True), (-1, 0, False), (0, 2, False)):
            given = {"source": tf.constant([source]), "target": tf.constant([target])}
            checks = signature.requires(features=tf.constant(X), **given)
            self.assertEqual(all(bool(one) for one in checks.values()), good)
        empty = signature.requires(features=tf.zeros((1, 0, 2)), **number)
        self.assertFalse(all(bool(one) for one in empty.values()))


if __name__ == "__main__":
    tf.test.main()
