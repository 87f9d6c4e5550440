"""Distances of sequences, against the reference program and against definitions."""

import itertools
import json
import pathlib

import numpy as np
from absl.testing import absltest

from stargan_tf.evaluation.distances import sequences
from tests.golden import rule

GOLDEN = pathlib.Path(__file__).parents[2] / "golden"


class GoldenTest(absltest.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.expected = json.loads((GOLDEN / "vc_features.json").read_text())
        cls.a, cls.b = (
            0.2 * np.cumsum(rule.normal(f"mcd.{name}", (count, 36)).astype(np.float64), axis=0)
            for name, count in (("a", 40), ("b", 53))
        )

    def test_distortion_after_warping(self):
        found = sequences.warped_distortion(self.a, self.b)
        self.assertAlmostEqual(found, self.expected["mcd"], delta=1e-9)
        with np.load(GOLDEN / "vc_features.npz") as file:
            np.testing.assert_array_equal(sequences.warping(self.a, self.b), file["dtw_path"])

    def test_modulation(self):
        spectra = map(sequences.modulation, (self.a, self.b))
        found = sequences.modulation_distance(*spectra)
        self.assertAlmostEqual(found, self.expected["msd"], delta=1e-9)


class DefinitionTest(absltest.TestCase):
    def test_distortion_leaves_loudness_out(self):
        a, b = np.zeros((1, 3)), np.array([[9.0, 3.0, 4.0]])
        # 10 / ln 10 sqrt(2 * 25)
        self.assertAlmostEqual(sequences.distortion(a, b)[0], 30.709, delta=1e-3)
        self.assertEqual(sequences.distortion(a, a)[0], 0)

    def test_no_path_is_better(self):
        random = np.random.default_rng(0)
        a, b = random.normal(size=(4, 3)), random.normal(size=(3, 3))
        costs = sequences.distortion(a[:, None], b[None])
        least = min(sum(costs[place] for place in path) for path in _paths((0, 0), (3, 2)))
        path = sequences.warping(a, b)
        self.assertAlmostEqual(sum(costs[tuple(place)] for place in path), least, delta=1e-12)
        self.assertEqual((tuple(path[0]), tuple(path[-1])), ((0, 0), (3, 2)))

    def test_a_warped_copy_is_as_good(self):
        random = np.random.default_rng(0)
        a = random.normal(size=(30, 5))
        self.assertAlmostEqual(sequences.warped_distortion(a, np.repeat(a, 2, axis=0)), 0)

    def test_loud_frames(self):
        # A power of e^(2 c): 40 dB are a factor of 10^4, so c differs by ln(10^4) / 2 = 4.605.
        level = np.array([0.0, -4.5, -4.7, 1e-3 - 4.6])
        np.testing.assert_array_equal(
            sequences.loud(np.stack([level, np.ones(4)], axis=1)), [True, True, False, True]
        )


def _paths(place, end):
    """Yields every path from a place to the end."""
    if place == end:
        yield [place]
    for step in itertools.product((0, 1), repeat=2):
        further = (place[0] + step[0], place[1] + step[1])
        if any(step) and further[0] <= end[0] and further[1] <= end[1]:
            for rest in _paths(further, end):
                yield [place, *rest]


if __name__ == "__main__":
    absltest.main()
