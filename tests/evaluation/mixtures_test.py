"""Mixtures of normal distributions: densities by definition, and what they can tell apart."""

import numpy as np
from absl.testing import absltest

from stargan_tf.evaluation import mixtures


class MixtureTest(absltest.TestCase):
    def test_likelihood_is_that_of_the_definition(self):
        random = np.random.default_rng(0)
        means, variances = random.normal(size=(2, 3)), random.uniform(0.5, 2, (2, 3))
        mixture = mixtures.Mixture(np.log([0.3, 0.7]), means, variances)
        x = random.normal(size=(5, 3))
        normal = np.exp(-((x[:, None] - means) ** 2) / (2 * variances))
        density = (normal / np.sqrt(2 * np.pi * variances)).prod(axis=2) @ [0.3, 0.7]
        self.assertAlmostEqual(mixture.log_likelihood(x), np.log(density).mean(), delta=1e-12)

    def test_a_single_component_has_mean_and_variance(self):
        frames = np.random.default_rng(0).normal(3, 2, (500, 2))
        mixture = mixtures.fit(frames, 1)
        np.testing.assert_allclose(mixture.means[0], frames.mean(axis=0))
        np.testing.assert_allclose(mixture.variances[0], frames.var(axis=0))

    def test_it_finds_clusters_without_chance(self):
        random = np.random.default_rng(0)
        centres = np.array([[0, 0], [8, 0], [0, 8.0]])
        frames = np.concatenate([random.normal(c, 0.5, (200, 2)) for c in centres])
        mixture = mixtures.fit(frames, 3)
        found = mixture.means[np.lexsort(mixture.means.T.round())]
        np.testing.assert_allclose(found, centres[np.lexsort(centres.T)], atol=0.15)
        np.testing.assert_allclose(np.exp(mixture.logs), np.full(3, 1 / 3), atol=1e-3)
        np.testing.assert_array_equal(mixture.means, mixtures.fit(frames, 3).means)

    def test_it_tells_what_means_and_deviations_do_not(self):
        # Two features of mean 0 and deviation 1 that agree in one class and not in the other.
        random = np.random.default_rng(0)
        signs = np.sign(random.normal(size=(2, 4000)))
        noise = random.normal(0, 0.1, (4000, 2))
        agreeing = np.stack([signs[0], signs[0]], axis=1) + noise
        independent = signs.T + noise
        fitted = [mixtures.fit(one[:2000], 4) for one in (agreeing, independent)]
        self.assertEqual(mixtures.recognized(fitted, agreeing[2000:]), 0)
        self.assertEqual(mixtures.recognized(fitted, independent[2000:]), 1)


if __name__ == "__main__":
    absltest.main()
