"""What StarGAN v1 tells a monitor to watch."""

import math

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.stargan_v1 import losses, watching
from stargan_tf.data import labels as labels_lib
from tests import tiny

DOMAINS = labels_lib.LabelSpace("domains", ("a", "b", "c", "d"))
ATTRIBUTES = labels_lib.LabelSpace("attributes", ("a", "b"))
JOINT = labels_lib.JointSpace.of([("x", ATTRIBUTES), ("y", DOMAINS)])


class ChanceTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        (DOMAINS, np.eye(4), math.log(4)),
        (DOMAINS, np.eye(4)[[0, 0, 0, 1]], -0.75 * math.log(0.75) - 0.25 * math.log(0.25)),
        (DOMAINS, np.eye(4)[[2, 2]], 0.0),
        (ATTRIBUTES, [[0, 0], [0, 1], [1, 0], [1, 1]], 2 * math.log(2)),
        (ATTRIBUTES, [[0, 1], [0, 1], [0, 1], [1, 1]],
         -0.75 * math.log(0.75) - 0.25 * math.log(0.25)),
    )  # fmt: skip
    def test_chance_is_the_entropy_of_the_labels(self, space, labels, expected):
        (block,) = space.blocks
        self.assertAllClose(losses.chance(np.float32(labels), block), expected)

    def test_no_constant_answer_has_a_smaller_loss(self):
        labels = np.float32([[0, 1], [0, 0], [1, 1], [0, 1], [0, 1]])
        (block,) = ATTRIBUTES.blocks
        shares = labels.mean(axis=0)
        best = np.log(shares / (1 - shares))  # logits
        chance = losses.chance(labels, block)
        for shift in (0.0, 0.1, -0.1):
            logits = tf.constant(np.tile(np.float32(best + shift), (5, 1)))
            loss = float(losses.classification(tf.constant(labels), logits, block))
            if shift:
                self.assertGreater(loss, chance)
            else:
                self.assertAllClose(loss, chance)


class WatchingTest(tf.test.TestCase, parameterized.TestCase):
    def _build(self, **changes):
        return tiny.build("stargan_v1", changes=changes, training=False)

    def test_units_with_a_known_sign(self):
        algorithm = self._build()
        layer = algorithm.D.down[-1]
        layer.kernel.assign(tf.zeros_like(layer.kernel))
        layer.bias.assign(tf.cast(tf.range(layer.filters) % 4, tf.float32) - 1.0)
        images = tiny.Pictures().images[:5] / np.float32(127.5) - 1
        found = algorithm.units(tf.constant(images), np.zeros((5, 3)))
        self.assertCountEqual(found, ["D/down2", "D/down3"])
        # Leaky ReLU of -1, 0, 1, 2 in turn.
        expected = np.tile(np.float32([-0.01, 0, 1, 2]), layer.filters // 4)
        self.assertAllClose(found["D/down3"], np.tile(expected, (5, 1)))

    def test_units_are_the_largest_over_all_places(self):
        algorithm = self._build()
        images = tf.constant(tiny.Pictures().images[:2] / np.float32(127.5) - 1)
        x = images
        for layer in algorithm.D.down[:2]:
            x = layer(x).numpy()
            x = np.maximum(x, np.float32(0.01) * x)
        self.assertEqual(x.shape[1:3], (4, 4))
        found = algorithm.units(images, np.zeros((2, 3)))["D/down2"]
        self.assertAllClose(found, x.reshape(2, 16, -1).max(axis=1), atol=1e-5)

    def test_of_several_data_sets_each_has_its_own_chance(self):
        algorithm = tiny.build("stargan_v1", training=False)
        algorithm.settings = algorithm.settings.__class__(JOINT, tiny.SIZE)
        labels = [
            JOINT.unified(0, np.float32([[0, 1], [1, 0]])),
            JOINT.unified(1, np.eye(4, dtype=np.float32)),
        ]
        found = algorithm.watchlist(labels)
        self.assertAllClose(found.chance, {"D/x/cls": 2 * math.log(2), "D/y/cls": math.log(4)})
        self.assertEqual(list(found.never_zero)[1], ("D/y/real", "D/y/fake"))

    def test_a_classification_without_weight_is_not_watched(self):
        algorithm = self._build(lambda_cls=0.0)
        self.assertEmpty(algorithm.watchlist([tiny.Pictures().labels]).chance)
        advice = watching.advice(algorithm.hparams)
        self.assertNotIn("classification_at_chance", advice)
        self.assertIn("lambda_cls=1", advice["label_ignored"])

    @parameterized.parameters(
        ({"g_lr": 3e-4, "n_critic": 2}, "(g_lr=0.0001) or more updates of D (n_critic=3)"),
        ({"g_lr": 0.1}, "(g_lr=0.03)"),
    )
    def test_advice_starts_from_what_was_given(self, changes, expected):
        advice = watching.advice(tiny.hparams("stargan_v1", **changes))
        self.assertIn(expected, advice["dead_units"])


if __name__ == "__main__":
    tf.test.main()
