"""Starting StarGAN-VC2 from another run: a speaker is told twice, as the source and the target."""

import pathlib

import numpy as np
import tensorflow as tf

from stargan_tf.data import labels
from tests.runs import initial_weights_test as starts


class StartTest(tf.test.TestCase):
    def test_speakers_added_dropped_and_in_another_order(self):
        root = pathlib.Path(self.create_tempdir().full_path)
        old_space, space = (
            labels.LabelSpace("domains", names)
            for names in (("anna", "ben", "cleo"), ("cleo", "dora", "anna", "emil"))
        )
        _, old = starts.trained(root / "old", old_space, algorithm="stargan_vc2")
        run = starts.run_of(
            root / "new", space, algorithm="stargan_vc2", init_from=str(root / "old")
        )
        new, lines = starts.begun(run)
        self.assertEqual(
            lines[1], "Labels carried over: cleo, anna; new: dora, emil; not used: ben."
        )
        x = tf.constant(np.random.default_rng(3).normal(size=(1, 16, 5)), tf.float32)
        found = []
        for source, target in (("cleo", "anna"), ("anna", "cleo"), ("anna", "anna")):
            for network in ("G", "D"):
                expected, value = (
                    algorithm.networks[network](
                        x, starts.given(own, source), starts.given(own, target)
                    )
                    for algorithm, own in ((old, old_space), (new, space))
                )
                self.assertAllClose(value, expected, rtol=1e-5, atol=1e-6)
            found.append(np.array(value))
        self.assertLen(np.unique(np.round(found, 4)), 3)  # each direction has a score of its own


if __name__ == "__main__":
    tf.test.main()
