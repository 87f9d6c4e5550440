"""Pitch in another speaker's range, compared with the reference outputs."""

import json
import pathlib

import numpy as np
import tensorflow as tf

from stargan_tf.audio import pitch
from tests.golden import rule

GOLDEN = pathlib.Path(rule.__file__).parent


class PitchTest(tf.test.TestCase):
    def test_it_equals_the_reference(self):
        expected, config = (
            np.load(GOLDEN / "vc_features.npz"),
            json.loads((GOLDEN / "vc_features.json").read_text()),
        )
        voiced = rule.uniform("f0.voiced", (30,)) > 0.4
        f0 = np.where(voiced, 120 * np.exp(0.2 * rule.normal("f0.log", (30,)).astype(float)), 0)
        self.assertAllClose(f0, expected["f0"], rtol=1e-6)
        source = pitch.statistics([expected["f0"]])
        self.assertAllClose(source, config["log_f0_source"], rtol=1e-12)
        found = pitch.convert(expected["f0"], source, config["log_f0_target"])
        self.assertAllClose(found, expected["f0_converted"], rtol=1e-12)

    def test_a_converted_track_has_the_targets_statistics(self):
        track = np.array([0.0, 100, 120, 0, 150])
        found = pitch.convert(track, pitch.statistics([track]), (5.4, 0.1))
        self.assertAllClose(pitch.statistics([found]), (5.4, 0.1))
        self.assertAllEqual(found > 0, track > 0)

    def test_frames_of_all_tracks_count_alike(self):
        mean, deviation = pitch.statistics([np.array([100.0, 0]), np.array([200.0, 200.0, 0])])
        logs = np.log([100, 200, 200])
        self.assertAllClose((mean, deviation), (logs.mean(), logs.std()))

    def test_a_monotonous_or_silent_source(self):
        self.assertAllClose(pitch.convert(np.array([0, 100.0]), (np.log(100), 0.0), (5.0, 0.2)),
                            [0, np.exp(5.0)])  # fmt: skip
        self.assertAllClose(pitch.statistics([np.zeros(3)]), (np.log(150), 0.0))
        self.assertAllClose(pitch.statistics([]), (np.log(150), 0.0))


if __name__ == "__main__":
    tf.test.main()
