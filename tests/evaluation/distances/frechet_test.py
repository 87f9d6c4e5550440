"""The Frechet distance against closed forms; moments against NumPy."""

import numpy as np
import tensorflow as tf

from stargan_tf.evaluation.distances import frechet


def _with_moments(mean, covariance):
    covariance = np.asarray(covariance, np.float64)
    return frechet.Moments(101, np.asarray(mean, np.float64), covariance * 100)


def _rotation(width, seed):
    random = np.random.default_rng(seed).standard_normal((width, width))
    return np.linalg.qr(random)[0]


class DistanceTest(tf.test.TestCase):
    def test_one_dimension(self):
        # |m1 - m2|^2 + (s1 - s2)^2
        first, second = _with_moments([1], [[4]]), _with_moments([4], [[25]])
        self.assertAllClose(frechet.distance(first, second), 9 + 9, rtol=1e-12)

    def test_covariances_with_the_same_axes(self):
        axes = _rotation(6, 0)
        first, second = np.array([1, 4, 9, 16, 0.25, 0]), np.array([4, 4, 1, 0, 0.01, 0])
        found = frechet.distance(
            _with_moments(np.zeros(6), axes @ np.diag(first) @ axes.T),
            _with_moments(np.full(6, 0.5), axes @ np.diag(second) @ axes.T),
        )
        wanted = 6 * 0.25 + ((np.sqrt(first) - np.sqrt(second)) ** 2).sum()
        self.assertAllClose(found, wanted, rtol=1e-9)

    def test_covariances_of_rank_one(self):
        # C1 = a a^T and C2 = b b^T: the root of C1 C2 has the trace |a b|.
        a, b = np.random.default_rng(1).standard_normal((2, 30))
        found = frechet.distance(
            _with_moments(np.zeros(30), np.outer(a, a)), _with_moments(np.zeros(30), np.outer(b, b))
        )
        self.assertAllClose(found, a @ a + b @ b - 2 * abs(a @ b), rtol=1e-9)

    def test_other_axes_and_fewer_vectors_than_features(self):
        random = np.random.default_rng(2)
        first = random.standard_normal((20, 50)) @ random.standard_normal((50, 50))
        second = random.standard_normal((30, 50)) + 1
        moments = []
        for vectors in (first, second):
            moments.append(frechet.Moments.empty(50))
            moments[-1].add(vectors)
        # With centred vectors X1, X2 the trace of the root of C1 C2 is the sum of the singular
        # values of X1 X2^T over the root of (n1 - 1) (n2 - 1), for any rank.
        centred = [vectors - vectors.mean(0) for vectors in (first, second)]
        singular = np.linalg.svd(centred[0] @ centred[1].T, compute_uv=False).sum()
        wanted = ((first.mean(0) - second.mean(0)) ** 2).sum() - 2 * singular / np.sqrt(19 * 29)
        variances = [(x**2).sum() / (len(x) - 1) for x in centred]
        self.assertAllClose(frechet.distance(*moments), wanted + sum(variances), rtol=1e-9)
        nothing = frechet.distance(moments[0], moments[0])
        self.assertAllClose(nothing, 0, atol=1e-9 * variances[0])


class MomentsTest(tf.test.TestCase):
    def test_parts_of_any_size_weigh_right(self):
        vectors = 1000 + np.random.default_rng(0).standard_normal((23, 5)).astype(np.float32)
        for size in (1, 4, 23):
            moments = frechet.Moments.empty(5)
            for start in range(0, 23, size):
                moments.add(vectors[start : start + size])
            self.assertEqual(moments.count, 23)
            self.assertAllClose(moments.mean, vectors.astype(np.float64).mean(0), rtol=1e-14)
            covariance = np.cov(vectors.astype(np.float64).T)
            self.assertAllClose(moments.covariance, covariance, rtol=1e-9, atol=1e-12)

    def test_one_vector_has_no_covariance(self):
        moments = frechet.Moments.empty(2)
        moments.add(np.ones((1, 2)))
        with self.assertRaisesRegex(ValueError, "two vectors"):
            _ = moments.covariance


if __name__ == "__main__":
    tf.test.main()
