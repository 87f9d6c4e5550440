"""Drawn voices as a data set: who says what, windows, statistics, and true conversions."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.audio import world
from stargan_tf.base import errors
from stargan_tf.data import loading, options, source
from stargan_tf.data.pipeline import balanced, draws, samplers
from stargan_tf.data.sources import drawn_voices, voices


def _options(**given):
    return options.DataOptions(
        dataset="drawn_voices", voice_train_size=4, voice_test_size=3, **given
    )


def _load(split, **given):
    return loading.load(_options(**given), split)


class DrawnVoicesTest(tf.test.TestCase, parameterized.TestCase):
    def test_no_speakers_share_a_training_utterance(self):
        training, held_out = _load("train"), _load("test")
        self.assertEqual(training.label_space.names, ("anna", "ben", "clara", "david"))
        self.assertEqual((training.size, held_out.size), (16, 12))
        spoken = [text.split()[1] for text in map(training.describe, range(16))]
        self.assertLen(set(spoken), 16)
        known = [held_out.describe(i).split()[1] for i in range(12)]
        self.assertLen(set(known), 3)
        self.assertEmpty(set(known) & set(spoken))
        self.assertAllEqual(held_out.labels.sum(axis=0), [3, 3, 3, 3])

    def test_a_speakers_utterances_do_not_depend_on_the_others(self):
        both = _load("train", domains="david,frida")
        whole = _load("train")
        self.assertEqual(both.label_space.names, ("david", "frida"))
        self.assertAllEqual(both.whole(1), whole.whole(13))
        self.assertAllEqual(both.f0(1), whole.f0(13))

    def test_features_are_mel_cepstra_of_both_envelopes(self):
        held_out = _load("test", coefficients=35, frames=64)
        self.assertEqual(held_out.sample_shape, (64, 35))
        self.assertIsInstance(held_out, source.Conversions)
        features = held_out.whole(5)
        self.assertEqual(features.dtype, np.float32)
        self.assertEqual(features.shape, (len(held_out.f0(5)), 35))
        self.assertAllEqual(held_out.conversion(5, 1), features)  # ben is its speaker
        self.assertAllEqual(held_out.conversion(5, 0), held_out.whole(2))  # anna says it, too
        self.assertNotAllClose(held_out.conversion(5, 0), features, atol=0.3)
        self.assertEqual(held_out.speech(5).shape, (len(features),))

    def test_its_sound_is_what_the_features_say(self):
        held_out = _load("test")
        sound = held_out.sound(0)
        self.assertLen(sound, 80 * len(held_out.whole(0)))
        self.assertBetween(np.abs(sound).max(), 0.05, 1.0)
        analysis = world.analyze(sound, held_out.rate)
        frames = len(held_out.whole(0))
        speech, f0 = held_out.speech(0), held_out.f0(0)
        error = analysis.mel_cepstra(36)[:frames] - held_out.whole(0)
        mcd = 10 / np.log(10) * np.sqrt(2 * (error[speech, 1:] ** 2).sum(axis=1)).mean()
        self.assertLess(mcd, 3.5)  # dB; of another speaker's 5.3, of another utterance 13
        both = (analysis.f0[:frames] > 0) & (f0 > 0)
        self.assertGreater(both.sum(), 0.7 * (f0 > 0).sum())
        self.assertLess(np.median(np.abs(analysis.f0[:frames][both] / f0[both] - 1)), 0.01)
        self.assertAllEqual(held_out.sound(0), sound)
        self.assertNotAllClose(held_out.sound(0, 2), sound)

    def test_both_splits_have_the_training_statistics(self):
        training, held_out = _load("train"), _load("test")
        self.assertIs(training.statistics, held_out.statistics)
        found = held_out.statistics
        frames = np.concatenate([training.whole(i) for i in range(4, 8)])
        self.assertAllClose(found["mean"][1], frames.mean(axis=0), rtol=1e-4, atol=1e-4)
        self.assertAllClose(found["deviation"][1], frames.std(axis=0), rtol=1e-4, atol=1e-4)
        logs = np.log(np.concatenate([training.f0(i)[training.f0(i) > 0] for i in range(4)]))
        self.assertAllClose(found["log_f0_mean"][0], logs.mean())

    def test_windows(self):
        held_out = _load("test", frames=32)
        whole = held_out.whole(1)
        first = (len(whole) - 32) // 2
        self.assertAllEqual(held_out.load(tf.constant(1, tf.int64)), whole[first : first + 32])
        for start, place in ((0.0, 0), (0.99999994, len(whole) - 32)):
            part = held_out.load_part(tf.constant(1, tf.int64), tf.constant(start))
            self.assertAllEqual(part, whole[place : place + 32])
        short = np.arange(6.0).reshape(3, 2)
        self.assertAllEqual(voices.window(short, 8), short[[0, 1, 2, 0, 1, 2, 0, 1]])
        self.assertAllEqual(voices.window(short, 2, 0.5), short[1:])
        places = [voices.window(short, 2, start)[0, 0] for start in np.linspace(0, 0.999, 100)]
        self.assertAllEqual(np.unique(places, return_counts=True)[1], [50, 50])

    def test_batches_are_functions_of_seed_and_position(self):
        sampler = loading.sampler(_load("train"), _options(), seed=3)
        chosen = balanced.Balanced(sampler)

        def describe(position):
            view = sampler.view(chosen.source(position), position, draws.Draw.SOURCE, 0.0)
            return {"features": view, "index": view.index}

        def batches(first):
            positions = samplers.Slices(4).positions(first, 1)
            return sampler.load_batches(samplers.batches(positions, describe))

        found = list(batches(0).take(5).as_numpy_iterator())
        again = next(batches(3).as_numpy_iterator())
        self.assertAllEqual(again["features"], found[3]["features"])
        self.assertEqual(again["features"].shape, (4, 128, 36))
        whole = sampler.source.whole(int(again["index"][0]))
        windows = np.lib.stride_tricks.sliding_window_view(whole, 128, axis=0)
        self.assertTrue((windows.transpose(0, 2, 1) == again["features"][0]).all((1, 2)).any())

    @parameterized.parameters(
        ({"domains": "anna,benn"}, "Unknown speaker of drawn_voices 'benn'.*Did you mean ben"),
        ({"domains": "anna,anna"}, "at least two speakers, each named once; received anna, anna"),
        ({"val_fraction": 0.2}, "draws its held-out utterances, .*received val_fraction=0.2"),
    )
    def test_what_makes_no_sense(self, given, message):
        with self.assertRaisesRegex(errors.UserError, message):
            _load("train", **given)

    def test_sizes_are_bounded(self):
        with self.assertRaisesRegex(errors.UserError, "1 to 100,000 utterances; received 200000"):
            drawn_voices.DrawnVoices("train", count=200_000)


if __name__ == "__main__":
    tf.test.main()
