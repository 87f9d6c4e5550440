"""Adversarial losses and the gradient penalties against values known in closed form."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.stargan_v2 import networks
from stargan_tf.gan import losses


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


class AdversarialLossTest(tf.test.TestCase, parameterized.TestCase):
    def test_wasserstein_is_the_mean_score_and_negative_for_real(self):
        score = normal(3, 2, 2, 1).astype(np.float32)
        mean = score.astype(np.float64).mean()
        self.assertAllClose(losses.wasserstein(tf.constant(score), real=True), -mean)
        self.assertAllClose(losses.wasserstein(tf.constant(score), real=False), mean)

    def test_log_loss_is_the_mean_negative_log_likelihood(self):
        logit = 3 * normal(3, 2, 2, 1)
        probability = 1 / (1 + np.exp(-logit))
        real = losses.log_loss(tf.constant(logit), real=True)
        fake = losses.log_loss(tf.constant(logit), real=False)
        self.assertAllClose(real, -np.log(probability).mean(), rtol=1e-12)
        self.assertAllClose(fake, -np.log(1 - probability).mean(), rtol=1e-12)

    @parameterized.parameters((True, -1.0), (False, 1.0))
    def test_log_loss_of_extreme_logits_is_finite(self, real, sign):
        # Where the wrong side is certain, -log sigmoid(-1000) is 1000; on the right side it is 0.
        wrong, right = tf.constant([sign * 1000.0]), tf.constant([-sign * 1000.0])
        self.assertAllClose(losses.log_loss(wrong, real=real), 1000.0)
        self.assertAllClose(losses.log_loss(right, real=real), 0.0)

    def test_least_squares_is_the_mean_squared_distance_to_1_or_0(self):
        score = normal(3, 5, 4, 1)
        real = losses.least_squares(tf.constant(score), real=True)
        fake = losses.least_squares(tf.constant(score), real=False)
        self.assertAllClose(real, np.square(score - 1).mean(), rtol=1e-14)
        self.assertAllClose(fake, np.square(score).mean(), rtol=1e-14)
        self.assertEqual(real.dtype, tf.float64)

    def test_gradient_of_the_generator_does_not_saturate(self):
        logit = tf.constant([-20.0])  # D is sure that the image is a fake.
        with tf.GradientTape() as tape:
            tape.watch(logit)
            loss = losses.log_loss(logit, real=True)
        self.assertAllClose(tape.gradient(loss, logit), [-1.0])


class GradientPenaltyTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.real, self.fake = normal(3, 2, 2, 3), normal(3, 2, 2, 3, seed=1)
        self.alpha = np.array([0.0, 0.25, 0.875])

    def _penalty(self, critic, alpha=None):
        alpha = self.alpha if alpha is None else np.asarray(alpha)
        arrays = (tf.constant(a) for a in (self.real, self.fake, alpha))
        return losses.gradient_penalty(critic, *arrays)

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

    def test_of_sequences_too(self):
        self.real, self.fake = normal(3, 4, 3), normal(3, 4, 3, seed=1)
        between = self.fake + self.alpha[:, None, None] * (self.real - self.fake)
        expected = np.mean((np.linalg.norm(between.reshape(3, -1), axis=1) - 1) ** 2)
        penalty = self._penalty(lambda x: tf.reduce_sum(x**2, axis=2) / 2)
        self.assertAllClose(penalty, expected, rtol=1e-12)

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
            penalty = losses.gradient_penalty(
                lambda x: tf.reduce_sum(x**2, axis=(1, 2, 3)), real, fake, alpha
            )
        by_real, by_fake = tape.gradient(penalty, [real, fake])
        self.assertIsNone(by_fake)
        self.assertGreater(np.abs(by_real.numpy()).max(), 0.1)


class R1Test(tf.test.TestCase, parameterized.TestCase):
    def test_of_a_linear_critic_is_half_the_squared_norm_of_its_weights(self):
        x, w = normal(3, 2, 4, 3), normal(2, 4, 3, seed=1)
        score, penalty = losses.r1(
            lambda x: tf.reduce_sum(w * x, axis=(1, 2, 3)) + 5, tf.constant(x)
        )
        self.assertAllClose(score, np.einsum("nhwc,hwc->n", x, w) + 5, rtol=1e-12)
        self.assertAllClose(penalty, np.sum(w**2) / 2, rtol=1e-12)

    def test_of_a_quadratic_critic_is_half_the_mean_squared_norm_of_the_images(self):
        # The gradient of a |x|^2 / 2 is a x; by a, the penalty's is a times the mean of |x|^2.
        x, a = normal(3, 2, 4, 3) * np.array([1, 2, 3])[:, None, None, None], tf.Variable(0.5)
        images = tf.constant(x, tf.float32)
        with tf.GradientTape() as tape:
            score, penalty = losses.r1(
                lambda x: a * tf.reduce_sum(x**2, axis=(1, 2, 3)) / 2, images
            )
        squared = np.sum(x**2, axis=(1, 2, 3))
        self.assertAllClose(score, squared / 4, rtol=1e-5)
        self.assertAllClose(penalty, 0.25 * squared.mean() / 2, rtol=1e-5)
        self.assertAllClose(tape.gradient(penalty, a), 0.5 * squared.mean(), rtol=1e-5)

    def test_the_score_serves_the_loss_too(self):
        # Its gradient by the weights is that of the critic called alone.
        x, w = tf.constant(normal(3, 2, 4, 3)), tf.Variable(normal(2, 4, 3, seed=1))
        with tf.GradientTape() as tape:
            score, _ = losses.r1(lambda x: tf.reduce_sum(w * x, axis=(1, 2, 3)), x)
            loss = tf.reduce_sum(score)
        self.assertAllClose(tape.gradient(loss, w), tf.reduce_sum(x, axis=0), rtol=1e-12)

    def test_weight_gradients_of_a_discriminator_equal_finite_differences(self):
        keras.utils.set_random_seed(0)
        D = networks.Discriminator(16, 2, channel_base=4, dtype="float64")
        x, y = tf.constant(normal(3, 16, 16, 3)), tf.constant(np.eye(2)[[0, 0, 1]])
        D(x, y)
        for number, variable in enumerate(D.trainable_variables):  # biases, too, that are not 0
            noise = normal(*variable.shape, seed=number)
            variable.assign(variable + 0.1 * noise)

        @tf.function
        def call():
            with tf.GradientTape() as tape:
                _, penalty = losses.r1(lambda x: D(x, y), x)
            found = tape.gradient(penalty, D.trainable_variables)
            return penalty, [0.0 if gradient is None else gradient for gradient in found]

        _, found = call()
        moved = 0
        pairs = zip(D.trainable_variables, found, strict=True)
        for number, (variable, gradient) in enumerate(pairs):
            # Along a random direction: every entry counts.
            start, way = variable.numpy(), normal(*variable.shape, seed=100 + number)
            step = 1e-6
            variable.assign(start + step * way)
            above = call()[0].numpy()
            variable.assign(start - step * way)
            slope = (above - call()[0].numpy()) / (2 * step)
            variable.assign(start)
            self.assertAllClose(np.sum(gradient * way), slope, rtol=1e-6, atol=1e-7)
            moved += abs(slope) > 1e-3
        # All kernels; D is linear between its kinks, so that a bias has no say in the gradient.
        self.assertEqual(moved, sum(len(v.shape) > 1 for v in D.trainable_variables))


if __name__ == "__main__":
    tf.test.main()
