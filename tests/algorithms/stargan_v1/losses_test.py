"""The losses of StarGAN v1, of toy networks, computed by hand."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.stargan_v1 import losses
from stargan_tf.data import labels as labels_lib

SIZE, WIDTH = 2, 3
C = np.array([[1.0, 0, 1], [0, 0, 0]])
C_TARGET = np.array([[0.0, 1, 1], [1, 0, 0]])
ONE_HOT = np.array([[0.0, 1, 0], [0, 0, 1]])
ONE_HOT_TARGET = np.array([[1.0, 0, 0], [0, 1, 0]])
SCORE = np.array([0.5, -1.0, 2.0])  # what D_src weighs the channels by
LOGIT = np.array([2.0, -3.0, 0.7])  # what D_cls weighs the first pixel by


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def toy_d(x):
    return tf.reduce_sum(x * SCORE, axis=3, keepdims=True), x[:, 0, 0] * LOGIT


def toy_g(x, c):
    """Halves the image and adds a colour that only the label decides; takes NumPy arrays too."""
    return 0.5 * x + c[:, None, None, :]


def log_sigmoid(z):
    return -np.log1p(np.exp(-z))


def block(kind):
    return labels_lib.LabelSpace(kind, ("a", "b", "c")).blocks[0]


def cross_entropy(c, logits, kind):
    if kind == "attributes":
        each = -(c * log_sigmoid(logits) + (1 - c) * log_sigmoid(-logits))
    else:
        each = -c * (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))
    return each.sum() / len(c)


class ClassificationTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(("attributes", C), ("domains", ONE_HOT))
    def test_is_the_cross_entropy_summed_over_labels_divided_by_the_batch(self, kind, c):
        logits = 2 * normal(2, WIDTH)
        found = losses.classification(tf.constant(c), tf.constant(logits), block(kind))
        self.assertAllClose(found, cross_entropy(c, logits, kind), rtol=1e-12)

    @parameterized.parameters(("attributes", 3 * np.log(2)), ("domains", np.log(3)))
    def test_of_zero_logits_is_that_of_a_guess(self, kind, expected):
        found = losses.classification(
            tf.constant(ONE_HOT), tf.zeros([2, 3], tf.float64), block(kind)
        )
        self.assertAllClose(found, expected, rtol=1e-12)

    def test_attributes_are_independent_and_domains_compete(self):
        c, logits = tf.constant([[1.0, 0.0]]), tf.constant([[1.0, 5.0]])
        two = [
            labels_lib.LabelSpace(kind, ("a", "b")).blocks[0] for kind in ("attributes", "domains")
        ]
        attributes = losses.classification(c, logits, two[0])
        self.assertAllClose(attributes, np.log1p(np.exp(-1)) + np.log1p(np.exp(5)), rtol=1e-6)
        domains = losses.classification(c, logits, two[1])
        self.assertAllClose(domains, np.log1p(np.exp(5 - 1)), rtol=1e-6)


class DiscriminatorTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.x, self.x_fake = normal(2, SIZE, SIZE, 3), normal(2, SIZE, SIZE, 3, seed=1)

    def _losses(self, adversarial_loss, kind="attributes", c=C, D=toy_d):
        arrays = (tf.constant(a) for a in (self.x, c, self.x_fake, np.array([0.3, 0.8])))
        return losses.discriminator(
            D, *arrays, block=block(kind), adversarial_loss=adversarial_loss
        )

    @parameterized.parameters(("attributes", C), ("domains", ONE_HOT))
    def test_wgan_gp(self, kind, c):
        found = self._losses("wgan_gp", kind, c)
        # Each of D's four scores for an image has the gradient SCORE at its own pixel.
        expected = {
            "real": -(self.x @ SCORE).mean(),
            "fake": (self.x_fake @ SCORE).mean(),
            "cls": cross_entropy(c, self.x[:, 0, 0] * LOGIT, kind),
            "gp": (np.sqrt(SIZE * SIZE * np.sum(SCORE**2)) - 1) ** 2,
        }
        self.assertAllClose(found, expected, rtol=1e-10)

    def test_vanilla_is_the_log_loss_without_a_penalty(self):
        found = self._losses("vanilla")
        expected = {
            "real": -log_sigmoid(self.x @ SCORE).mean(),
            "fake": -log_sigmoid(-(self.x_fake @ SCORE)).mean(),
            "cls": cross_entropy(C, self.x[:, 0, 0] * LOGIT, "attributes"),
        }
        self.assertAllClose(found, expected, rtol=1e-10)

    @parameterized.parameters(("vanilla", 1), ("wgan_gp", 2))
    def test_sees_real_and_fake_then_the_images_between_from_the_real_one(self, which, count):
        seen = []

        def spying(x):
            seen.append(x.numpy())
            return toy_d(x)

        self._losses(which, D=spying)
        way = np.array([0.3, 0.8])[:, None, None, None]
        between = self.x_fake + way * (self.x - self.x_fake)
        self.assertLen(seen, count)
        self.assertAllClose(seen[0], np.concatenate([self.x, self.x_fake]), atol=1e-12)
        if count == 2:
            self.assertAllClose(seen[1], between, atol=1e-12)

    def test_the_penalty_has_no_gradient_by_the_fake_image(self):
        x, x_fake, alpha = tf.constant(self.x), tf.constant(self.x_fake), tf.constant([0.3, 0.8])

        def quadratic(x):
            return tf.reduce_sum(x**2, axis=3), x[:, 0, 0] * LOGIT

        kinds = {"block": block("attributes"), "adversarial_loss": "wgan_gp"}
        with tf.GradientTape() as tape:
            tape.watch([x, x_fake])
            found = losses.discriminator(quadratic, x, tf.constant(C), x_fake, alpha, **kinds)
        by_x, by_fake = tape.gradient(found["gp"], [x, x_fake])
        self.assertIsNone(by_fake)
        self.assertGreater(np.abs(by_x.numpy()).max(), 0.01)


class GeneratorTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(
        adversarial_loss=("wgan_gp", "vanilla"),
        labels=(("attributes", C, C_TARGET), ("domains", ONE_HOT, ONE_HOT_TARGET)),
    )
    def test_equals_the_equations(self, adversarial_loss, labels):
        kind, c, c_target = labels
        x = normal(2, SIZE, SIZE, 3)
        x_fake = toy_g(x, c_target)
        found = losses.generator(
            toy_g,
            toy_d,
            *(tf.constant(a) for a in (x, c, x_fake, c_target)),
            block=block(kind),
            adversarial_loss=adversarial_loss,
        )
        score = x_fake @ SCORE
        expected = {
            "fake": -(score if adversarial_loss == "wgan_gp" else log_sigmoid(score)).mean(),
            "cls": cross_entropy(c_target, x_fake[:, 0, 0] * LOGIT, kind),
            "rec": np.abs(x - toy_g(x_fake, c)).mean(),
        }
        self.assertAllClose(found, expected, rtol=1e-10)

    def test_every_loss_trains_the_generator(self):
        w = tf.Variable(0.5, dtype=tf.float64)
        x, c, c_target = (tf.constant(a) for a in (normal(2, SIZE, SIZE, 3), C, C_TARGET))

        def linear(x, c):
            return w * x + c[:, tf.newaxis, tf.newaxis, :]

        def values():
            kinds = {"block": block("attributes"), "adversarial_loss": "wgan_gp"}
            found = losses.generator(linear, toy_d, x, c, linear(x, c_target), c_target, **kinds)
            return [found[name] for name in ("fake", "cls", "rec")]

        with tf.GradientTape(persistent=True) as tape:
            found = values()
        slopes = [float(tape.gradient(loss, w)) for loss in found]
        w.assign(0.5 + 1e-6)
        above = np.array(values())
        w.assign(0.5 - 1e-6)
        self.assertAllClose(slopes, (above - np.array(values())) / 2e-6, rtol=1e-6)
        self.assertGreater(np.abs(slopes).min(), 0.01)


class TotalTest(tf.test.TestCase):
    def test_weights_what_is_named_and_adds_the_rest(self):
        found = {"real": tf.constant(2.0), "cls": tf.constant(5.0), "gp": tf.constant(0.5)}
        total = losses.total(found, {"gp": 10.0, "rec": 1000.0, "cls": 0.0})
        self.assertAllClose(total, 2.0 + 0.0 * 5.0 + 10.0 * 0.5)
        self.assertAllClose(losses.total(found, {}), 7.5)


if __name__ == "__main__":
    tf.test.main()
