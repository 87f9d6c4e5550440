"""Statistics of speakers, computed by hand."""

import numpy as np
import tensorflow as tf

from stargan_tf.audio import statistics


class StatisticsTest(tf.test.TestCase):
    def test_of_each_speaker_and_of_all(self):
        features = [np.array([[1.0, 0], [3, 0]]), np.array([[5.0, 1]]), np.array([[5.0, 0]])]
        tracks = [np.array([100.0, 0]), np.array([200.0]), np.array([400.0])]
        found = statistics.of_speakers(features, tracks, np.array([0, 1, 0]), 2)
        self.assertAllClose(found["mean"], [[3, 0], [5, 1]])
        self.assertAllClose(found["deviation"], [[np.sqrt(8 / 3), 1e-3], [1e-3, 1e-3]])
        self.assertAllClose(found["mean_all"], [3.5, 0.25])
        self.assertAllClose(found["deviation_all"], [np.sqrt(2.75), np.sqrt(3) / 4])
        self.assertAllClose(found["log_f0_mean"], [np.log(200), np.log(200)])
        self.assertAllClose(found["log_f0_deviation"], [np.log(2), 0])


if __name__ == "__main__":
    tf.test.main()
