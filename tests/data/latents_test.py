"""Latent codes by seed."""

import numpy as np
from absl.testing import absltest

from stargan_tf.data import latents


class LatentsTest(absltest.TestCase):
    def test_a_seed_has_its_code_in_whatever_company(self):
        codes = latents.draw_each([7, 0, 7], 16)
        np.testing.assert_array_equal(codes[0], codes[2])
        np.testing.assert_array_equal(codes[1], latents.draw(0, 1, 16)[0])
        np.testing.assert_array_equal(codes[0], latents.draw(7, 3, 16)[0])
        self.assertFalse(np.array_equal(codes[0], codes[1]))

    def test_codes_are_those_of_numpy_and_standard_normal(self):
        expected = np.random.default_rng(5).standard_normal((2, 4), np.float32)
        np.testing.assert_array_equal(latents.draw(5, 2, 4), expected)
        many = latents.draw(1, 4000, 16)
        self.assertEqual(many.dtype, np.float32)
        self.assertAlmostEqual(many.mean(), 0.0, delta=0.02)  # 5 standard errors of 64,000
        self.assertAlmostEqual(many.std(), 1.0, delta=0.02)


if __name__ == "__main__":
    absltest.main()
