"""Samples of conversions in training: spectrograms that show what they should, and sound."""

import pathlib
import wave
from unittest import mock

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf import algorithms
from stargan_tf.data.pipeline import samplers
from stargan_tf.inference import conversion_samples, sounds
from stargan_tf.runs import runs
from stargan_tf.training import loop, previews
from tests import sequences, tiny

RULE = sounds.Rule("mcep", 16_000, sequences.FEATURES)


class SamplesTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.enter_context(
            mock.patch.object(algorithms, "algorithm_class", lambda name: sequences.Toy)
        )
        self.data = sequences.Sequences("test", 2)

    def algorithm(self, offsets=sequences.LEARNT):
        built = sequences.untrained_run(self.root / "run").build(training=False)
        built.M.offset.offset.assign(offsets)
        return built

    def sheet(self, rule=None, data=None, offsets=sequences.LEARNT, count=3):
        made = conversion_samples.ConversionSamples(data or self.data, count, rule)
        return made.of(self.algorithm(offsets)).sheets["conversions"]

    def test_the_true_conversions_are_beside(self):
        sheet = self.sheet(RULE)
        names = list(sequences.SPACE.names)
        self.assertEqual(sheet.columns, ["input", *names, *names])
        self.assertEqual(list(sheet.groups), [("", 1), ("converted", 3), ("true", 3)])
        # One of each domain; conversions to its own leave the toy's as it is.
        for row, images in enumerate(sheet.images):
            self.assertAllEqual(images[0], images[1 + row])
            self.assertAllEqual(images[0], images[4 + row])
            self.assertNotAllClose(images[1], images[2], atol=0.02)

    def test_exact_networks_give_the_truth(self):
        sheet = self.sheet(RULE, offsets=sequences.OFFSETS)
        self.assertAllClose(sheet.images[:, 1:4], sheet.images[:, 4:], atol=1e-3)

    def test_a_spectrogram_is_light_where_it_is_loud(self):
        class Rising(sequences.Sequences):
            def conversion(self, index, domain):
                features = np.zeros((300, sequences.FEATURES), np.float32)
                features[:, 0] = np.linspace(-5, 0, 300)
                return features

        # Flat spectra: 8.7 dB for each step of the 0th; the middle 200 frames of 300 are shown.
        picture = self.sheet(RULE, Rising("test", 2), np.zeros(3, np.float32)).images[0, 0]
        self.assertEqual(picture.shape, (96, 200, 3))
        self.assertAllClose(picture[0], picture[-1], atol=1e-3)
        light = picture.mean(axis=(0, 2))
        self.assertAllInRange(np.diff(light), -1e-6, 1)
        self.assertAllClose(picture[0, -1], np.array([252, 253, 191]) / 127.5 - 1, atol=1e-3)

    def test_low_frequencies_are_at_the_bottom(self):
        class Dull(sequences.Sequences):
            def conversion(self, index, domain):
                return np.tile(np.float32([0, 2, 0, 0, 0]), (40, 1))

        picture = self.sheet(RULE, Dull("test", 2), np.zeros(3, np.float32)).images[0, 0]
        self.assertGreater(picture[-1].mean(), picture[0].mean() + 0.5)

    def test_features_that_are_no_sounds_are_drawn_as_they_are(self):
        made = conversion_samples.ConversionSamples(self.data, 3, None).of(self.algorithm())
        self.assertEmpty(made.sounds)
        picture = made.sheets["conversions"].images[0, 0]
        features = self.data.whole(0)
        loudest = np.unravel_index(features.argmax(), features.shape)
        row = 95 - round(95 * loudest[1] / 4)
        light = np.array([252, 253, 191]) / 127.5 - 1
        self.assertAllClose(picture[row, loudest[0]], light, atol=1e-3)

    def test_what_is_heard(self):
        made = conversion_samples.ConversionSamples(self.data, 2, RULE)
        algorithm = self.algorithm()
        heard = made.of(algorithm).sounds
        whats = ("converted", "input", "true")
        names = [
            f"{n}-{d}-{w}" for n, d in ((0, "anna-to-ben"), (5, "cleo-to-anna")) for w in whats
        ]
        self.assertCountEqual(heard, names)
        self.assertEqual(heard["0-anna-to-ben-input"].rate, 16_000)
        for sound in heard.values():
            self.assertGreater(np.abs(sound.samples).max(), 1e-4)
        again = made.of(algorithm).sounds  # what doesn't change is heard once
        self.assertCountEqual(again, [name for name in names if name.endswith("converted")])
        self.assertAllEqual(
            again["0-anna-to-ben-converted"].samples, heard["0-anna-to-ben-converted"].samples
        )

    def test_others_are_shown_as_before(self):
        self.assertIsNone(previews.of(mock.Mock(spec=[]), (None, None)))

    def test_a_training_writes_them(self):
        config = tiny.config(self.root / "trained", sample_every=2, total_steps=4, sample_count=2)
        data = sequences.Sequences()
        run = runs.Run(self.root / "trained", config, sequences.SPACE, data.sample_shape,
                       statistics=data.statistics)  # fmt: skip
        held_out = conversion_samples.ConversionSamples(self.data, 2, RULE)
        sampler = samplers.Sampler(data, 0, 32)
        status = loop.train(run, tf.distribute.get_strategy(), sampler, held_out)
        self.assertEqual(status, 0)
        folder = self.root / "trained" / "samples"
        found = sorted(path.name for path in folder.iterdir())
        self.assertLen([name for name in found if name.endswith("-conversions.png")], 2)
        self.assertIn("step-00000002-0-anna-to-ben-true.wav", found)
        self.assertIn("step-00000004-0-anna-to-ben-converted.wav", found)
        self.assertNotIn("step-00000004-0-anna-to-ben-true.wav", found)
        with wave.open(str(folder / "step-00000004-0-anna-to-ben-converted.wav")) as file:
            self.assertEqual((file.getframerate(), file.getsampwidth()), (16_000, 2))
        with Image.open(folder / "step-00000002-conversions.png") as picture:
            self.assertGreater(picture.width, 7 * 200)
        tags = self.tags(self.root / "trained" / "tensorboard")
        self.assertIn("0-anna-to-ben-converted", tags)
        self.assertIn("conversions", tags)

    def tags(self, folder):
        (path,) = folder.iterdir()
        records = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
        events = [tf.compat.v1.Event.FromString(record) for record in records]
        return {value.tag for event in events for value in event.summary.value}


if __name__ == "__main__":
    tf.test.main()
