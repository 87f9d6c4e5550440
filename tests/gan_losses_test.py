"""Adversarial losses and the gradient penalty against values known in closed form."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf import gan_losses


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


class AdversarialLossTest(tf.test.TestCase, parameterized.TestCase):
    def test_wasserstein_is_the_mean_score_and_negative_for_real(self):
        score = normal(3, 2, 2, 1).astype(np.float32)
        mean = score.astype(np.float64).mean()
        self.assertAllClose(gan_losses.wasserstein(tf.constant(score), real=True), -mean)
        self.assertAllClose(gan_losses.wasserstein(tf.constant(score), real=False), mean)

    def test_log_loss_is_the_mean_negative_log_likelihood(self):
        logit = 3 * normal(3, 2, 2, 1)
        probability = 1 / (1 + np.exp(-logit))
        real = gan_losses.log_loss(tf.constant(logit), real=True)
        fake = gan_losses.log_loss(tf.constant(logit), real=False)
        self.assertAllClose(real, -np.log(probability).mean(), rtol=1e-12)
        self.assertAllClose(fake, -np.log(1 - probability).mean(), rtol=1e-12)

    @parameterized.parameters((True, -1.0), (False, 1.0))
    def test_log_loss_of_extreme_logits_is_finite(self, real, sign):
        # Where the wrong side is certain, -log sigmoid(-1000) is 1000; on the right side it is 0.
        wrong, right = tf.constant([sign * 1000.0]), tf.constant([-sign * 1000.0])
        self.assertAllClose(gan_losses.log_loss(wrong, real=real), 1000.0)
        self.assertAllClose(gan_losses.log_loss(right, real=real), 0.0)

    def test_gradient_of_the_generator_does_not_saturate(self):
        logit = tf.constant([-20.0])  # D is sure that the image is a fake.
        with tf.GradientTape() as tape:
            tape.watch(logit)
            loss = gan_losses.log_loss(logit, real=True)
        self.assertAllClose(tape.gradient(loss, logit), [-1.0])


class GradientPenaltyTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.real, self.fake = normal(3, 2, 2, 3), normal(3, 2, 2, 3, seed=1)
        self.alpha = np.array([0.0, 0.25, 0.875])

    def _penalty(self, critic, alpha=None):
        alpha = self.alpha if alpha is None else np.asarray(alpha)
        arrays = (tf.constant(a) for a in (self.real, self.fake, alpha))
        return gan_losses.gradient_penalty(critic, *arrays)

    @parameterized.parameters(0.1, 1.0, 4.0)
    def test_of_a_linear_critic_depends_on_its_weights_alone(self, size):
        w = normal(2, 2, 3, seed=2)
        w *= size / np.linalg.norm(w)
        penalty = self._penalty(lambda x: tf.reduce_sum(w * x, axis=(1, 2, 3)))
        self.assertAllClose(penalty, (size - 1) ** 2, rtol=1e-10, atol=1e-14)

    def test_of_a_quadratic_critic_is_taken_between_the_images(self):
        # The gradient of |x|^2 / 2 is x: the penalty shows where xhat lies. alpha = 1 is real.
        def penalty_at(xhat):
            return np.mean((np.linalg.norm(xhat.reshape(3, -1), axis=1) - 1) ** 2)

        def critic(x):
            return tf.reduce_sum(x**2, axis=(1, 2, 3)) / 2

        self.assertAllClose(self._penalty(critic, [1.0] * 3), penalty_at(self.real), rtol=1e-12)
        self.assertAllClose(self._penalty(critic, [0.0] * 3), penalty_at(self.fake), rtol=1e-12)
        way = self.alpha[:, None, None, None]  # of its own for every image
        between = self.fake + way * (self.real - self.fake)
        self.assertAllClose(self._penalty(critic), penalty_at(between), rtol=1e-12)

    def test_scores_of_a_patch_are_summed(self):
        w = normal(2, 2, 3, seed=2)
        penalty = self._penalty(lambda x: w * x)  # Twelve scores for each image.
        self.assertAllClose(penalty, (np.linalg.norm(w) - 1) ** 2, rtol=1e-12)

    @parameterized.parameters(False, True)
    def test_of_a_zero_critic_is_one_and_has_a_finite_gradient(self, compiled):
        w = tf.Variable(tf.zeros([2, 2, 3], tf.float64))

        # Compiled, the gradient of the root has no exception for infinity times 0.
        @tf.function(jit_compile=compiled)
        def call():
            with tf.GradientTape() as tape:
                penalty = self._penalty(lambda x: tf.reduce_sum(w * x, axis=(1, 2, 3)))
            return penalty, tape.gradient(penalty, w)

        penalty, gradient = call()
        self.assertEqual(float(penalty), 1.0)
        self.assertAllEqual(gradient, np.zeros([2, 2, 3]))

    def test_a_zero_gradient_of_one_image_does_not_spoil_those_of_the_others(self):
        # relu(w . x - b) is flat for the images under b.
        w, under = tf.Variable(normal(2, 2, 3, seed=2)), 100.0
        self.real[1] -= under * w.numpy()

        def critic(x):
            return tf.nn.relu(tf.reduce_sum(w * x, axis=(1, 2, 3)) + 50.0)

        with tf.GradientTape() as tape:
            penalty = self._penalty(critic, [1.0] * 3)
        norm = np.linalg.norm(w.numpy())
        self.assertAllClose(penalty, (2 * (norm - 1) ** 2 + 1) / 3, rtol=1e-12)
        expected = 2 / 3 * 2 * (norm - 1) * w.numpy() / norm
        self.assertAllClose(tape.gradient(penalty, w), expected, rtol=1e-12)

    def test_weight_gradients_equal_finite_differences(self):
        # Score = tanh(x W) v, whose gradient by x is W (v (1 - tanh^2)).
        real, fake = self.real.reshape(3, 12), self.fake.reshape(3, 12)
        xhat = fake + self.alpha[:, None] * (real - fake)

        def closed_form(w, v):
            gradient = (v * (1 - np.tanh(xhat @ w) ** 2)) @ w.T
            return np.mean((np.linalg.norm(gradient, axis=1) - 1) ** 2)

        w, v = 0.5 * normal(12, 4, seed=2), normal(4, seed=3)
        variables = tf.Variable(w), tf.Variable(v)

        def critic(x):
            hidden = tf.tanh(tf.reshape(x, [3, 12]) @ variables[0])
            return tf.linalg.matvec(hidden, variables[1])

        with tf.GradientTape() as tape:
            penalty = self._penalty(critic)
        self.assertAllClose(penalty, closed_form(w, v), rtol=1e-12)
        for number, found in enumerate(tape.gradient(penalty, variables)):
            found = found.numpy()
            for place in np.ndindex(*found.shape):
                shift = [np.zeros_like(w), np.zeros_like(v)]
                shift[number][place] = 1e-5
                above = closed_form(w + shift[0], v + shift[1])
                below = closed_form(w - shift[0], v - shift[1])
                self.assertAllClose(found[place], (above - below) / 2e-5, rtol=1e-6, atol=1e-8)

    def test_no_gradient_reaches_the_fake(self):
        real, fake, alpha = (tf.constant(a) for a in (self.real, self.fake, self.alpha))
        with tf.GradientTape() as tape:
            tape.watch([real, fake])
            penalty = gan_losses.gradient_penalty(
                lambda x: tf.reduce_sum(x**2, axis=(1, 2, 3)), real, fake, alpha
            )
        by_real, by_fake = tape.gradient(penalty, [real, fake])
        self.assertIsNone(by_fake)
        self.assertGreater(np.abs(by_real.numpy()).max(), 0.1)


if __name__ == "__main__":
    tf.test.main()
