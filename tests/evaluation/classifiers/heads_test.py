"""Probabilities, losses and decisions of labels that exclude each other, and of others."""

import itertools

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.data import labels
from stargan_tf.evaluation.classifiers import heads

DOMAINS = labels.LabelSpace("domains", ("cat", "dog", "fox"))
HAIR = labels.LabelSpace("attributes", ("Black", "Smiling", "Blond"), (("Black", "Blond"),))
LOGITS = np.random.default_rng(0).normal(0, 2, (5, 3)).astype(np.float32)


def _softmax(rows):
    return np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)


def _sigmoid(column):
    return 1 / (1 + np.exp(-column))


class HeadsTest(tf.test.TestCase, parameterized.TestCase):
    def test_domains_are_a_softmax(self):
        self.assertAllClose(heads.Heads(DOMAINS).probabilities(LOGITS), _softmax(LOGITS))

    def test_an_attribute_alone_is_a_sigmoid(self):
        found = heads.Heads(HAIR).probabilities(LOGITS)
        self.assertAllClose(found[:, 1], _sigmoid(LOGITS[:, 1]))

    def test_a_group_may_show_none(self):
        found = heads.Heads(HAIR).probabilities(LOGITS)
        none = np.zeros((5, 1))
        self.assertAllClose(found[:, [0, 2]], _softmax(np.hstack([none, LOGITS[:, [0, 2]]]))[:, 1:])

    def test_groups_that_overlap_are_no_groups(self):
        names = ("a", "b", "c", "d", "e")
        space = labels.LabelSpace("attributes", names, (("a", "b"), ("b", "c"), ("d", "e")))
        self.assertCountEqual(heads.Heads(space).groups, [[3, 4], [0], [1], [2]])

    @parameterized.parameters(DOMAINS, HAIR)
    def test_the_loss_is_minus_the_logarithm_of_the_likelihood(self, space):
        one = heads.Heads(space)
        p = one.probabilities(LOGITS).astype(np.float64)
        wanted = np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
        if space is DOMAINS:
            expected = -np.log((p * wanted).sum(axis=1))
        else:
            hair = np.where(wanted[:, 0] + wanted[:, 2] > 0, (p * wanted)[:, [0, 2]].sum(axis=1),
                            1 - p[:, 0] - p[:, 2])  # fmt: skip
            smile = np.where(wanted[:, 1] > 0, p[:, 1], 1 - p[:, 1])
            expected = -np.log(hair) - np.log(smile)
        losses = one.losses(tf.constant(LOGITS), tf.constant(wanted))
        self.assertAllClose(losses, expected, rtol=1e-5)

    def test_smoothing_mixes_with_all_answers(self):
        one, wanted = heads.Heads(DOMAINS), np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1]]
        logs = np.log(_softmax(LOGITS.astype(np.float64)))
        expected = -(logs * (0.7 * wanted + 0.1)).sum(axis=1)
        losses = one.losses(tf.constant(LOGITS), tf.constant(wanted), smoothing=0.3)
        self.assertAllClose(losses, expected, rtol=1e-5)

    def test_two_labels_of_a_group_count_half_each(self):
        one = heads.Heads(HAIR)
        p = one.probabilities(LOGITS[:1]).astype(np.float64)[0]
        expected = -(np.log(p[0]) + np.log(p[2])) / 2 - np.log(1 - p[1])
        loss = one.losses(tf.constant(LOGITS[:1]), tf.constant([[1.0, 0.0, 1.0]]))
        self.assertAllClose(loss, [expected], rtol=1e-5)

    def test_decisions_are_the_likeliest_that_the_labels_allow(self):
        probabilities = np.array([[0.3, 0.6, 0.31], [0.1, 0.4, 0.2], [0.5, 0.9, 0.4]])
        for space, found in ((DOMAINS, [[0, 1, 0]] * 3), (HAIR, None)):
            decided = heads.Heads(space).decided(probabilities)
            if found is None:  # of all that are allowed
                allowed = [c for c in itertools.product((0, 1), repeat=3) if not c[0] * c[2]]
                found = [max(allowed, key=lambda c, p=p: _likelihood(p, c)) for p in probabilities]
            self.assertAllEqual(decided, found)

    def test_joint_labels_are_refused(self):
        with self.assertRaisesRegex(ValueError, "Each data set needs a classifier of its own"):
            heads.Heads(labels.JointSpace.of([("a", DOMAINS), ("b", HAIR)]))


def _likelihood(p, answer):
    """Of labels of HAIR, given their probabilities."""
    hair = p[0] if answer[0] else p[2] if answer[2] else 1 - p[0] - p[2]
    return hair * (p[1] if answer[1] else 1 - p[1])


if __name__ == "__main__":
    tf.test.main()
