"""What a step sees: which windows of whom, and every random draw, as functions of seed and step."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.stargan_vc import inputs
from stargan_tf.base import errors
from stargan_tf.data import labels
from stargan_tf.data.pipeline import samplers
from tests import tiny

WINDOW = (8, 2)
SPACE = labels.LabelSpace("domains", ("a", "b", "c"))


class Numbered(tiny.Sequences):
    """Frame t of utterance i is (i, t); 12 utterances of 3 speakers in turn, 12 frames each."""

    def __init__(self):
        super().__init__(WINDOW, SPACE)
        count, frames = self.features.shape[:2]
        i, t = np.meshgrid(np.arange(count), np.arange(frames), indexing="ij")
        self.features = np.stack([i, t], axis=-1).astype(np.float32)


def collect(kind, slices, count, first_step=0, seed=5):
    sampler = samplers.Sampler(Numbered(), seed, 16)
    dataset = getattr(inputs, kind)(sampler, slices, first_step)
    found = list(dataset.take(count).as_numpy_iterator())
    return {name: np.stack([one[name] for one in found]) for name in found[0]}


class BySpeakerTest(tf.test.TestCase, parameterized.TestCase):
    def test_every_speaker_has_a_batch_and_epochs_of_its_own(self):
        found = collect("by_speaker", samplers.Slices(2), 8)["features"]
        self.assertEqual(found.shape, (8, 3, 2, *WINDOW))
        for speaker in range(3):
            seen = found[:, speaker, :, 0, 0].ravel()
            self.assertAllEqual(seen % 3, np.full(16, speaker))
            epochs = np.sort(seen.reshape(4, 4), axis=1)
            self.assertAllEqual(epochs, np.tile(np.arange(speaker, 12, 3), (4, 1)))
        orders = {tuple(found[:, k, :, 0, 0].ravel() // 3) for k in range(3)}
        self.assertLen(orders, 3)

    def test_windows_are_whole_and_begin_anywhere(self):
        t = collect("by_speaker", samplers.Slices(4), 12)["features"][..., 1]
        first = t[..., :1]
        self.assertAllEqual(t, first + np.arange(8))
        self.assertAllEqual(np.unique(first), np.arange(5))  # 12 frames have 5 windows of 8

    def test_chance_is_each_pairs_and_each_steps_own(self):
        found = collect("by_speaker", samplers.Slices(3), 6)
        self.assertEqual(found["alpha"].shape, (6, 3, 3, 2))
        self.assertLen(np.unique(found["alpha"]), found["alpha"].size)
        self.assertAllInRange(found["alpha"], 0, 1, open_upper_bound=True)
        self.assertAllClose(found["alpha"].mean(), 0.5, atol=0.15)
        self.assertLen(np.unique(found["key"].reshape(-1, 2), axis=0), 18)
        self.assertAllEqual(found["rows"], np.tile(np.arange(3), (6, 1)))
        other = collect("by_speaker", samplers.Slices(3), 6, seed=6)
        self.assertNotAllClose(found["alpha"], other["alpha"])
        self.assertNotAllClose(found["features"], other["features"])

    def test_replicas_and_resumed_runs_see_the_same(self):
        whole = collect("by_speaker", samplers.Slices(4), 3)
        parts = [
            collect("by_speaker", samplers.Slices(4, 2, r, 1), 2, first_step=1) for r in (0, 1)
        ]
        for name, axis in (("features", 2), ("alpha", 2), ("rows", 1)):
            together = np.concatenate([part[name] for part in parts], axis=axis)
            self.assertAllEqual(together, whole[name][1:])
        for part in parts:  # of the whole batch
            self.assertAllEqual(part["key"], whole["key"][1:])

    def test_a_speaker_without_utterances(self):
        source = Numbered()
        source.labels = np.roll(np.eye(3, dtype=np.float32), 1, axis=0)[[0, 1] * 6]
        sampler = samplers.Sampler(source, 5, 16)
        with self.assertRaisesRegex(errors.UserError, "b has none|none .*b"):
            inputs.by_speaker(sampler, samplers.Slices(2), 0)


class AtRandomTest(tf.test.TestCase):
    def test_an_epoch_has_every_utterance_once(self):
        found = collect("at_random", samplers.Slices(3), 8)
        seen = found["features"][:, :, 0, 0].reshape(2, 12)
        self.assertAllEqual(np.sort(seen, axis=1), np.tile(np.arange(12), (2, 1)))
        self.assertAllEqual(found["label"].argmax(axis=-1), found["features"][:, :, 0, 0] % 3)

    def test_targets_are_drawn_at_random_and_alphas_are_uniform(self):
        found = collect("at_random", samplers.Slices(12), 10)
        counts = found["target"].sum(axis=(0, 1))
        self.assertEqual(counts.sum(), 120)
        self.assertAllInRange(counts, 25, 55)
        self.assertLen(np.unique(found["alpha"]), 120)
        self.assertAllClose(found["alpha"].mean(), 0.5, atol=0.1)

    def test_replicas_and_resumed_runs_see_the_same(self):
        whole = collect("at_random", samplers.Slices(4), 3)
        parts = [collect("at_random", samplers.Slices(4, 2, r, 1), 2, first_step=1) for r in (0, 1)]
        for name, value in whole.items():
            together = np.concatenate([part[name] for part in parts], axis=1)
            self.assertAllEqual(together, value[1:])


if __name__ == "__main__":
    tf.test.main()
