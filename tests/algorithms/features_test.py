"""A paper whose examples are not images: its problem has their shape, and its runs keep it."""

import dataclasses
import pathlib
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from stargan_tf import algorithms
from stargan_tf.algorithms import algorithm, hparams
from stargan_tf.base import errors
from stargan_tf.data.pipeline import samplers
from stargan_tf.optimization import adam
from stargan_tf.runs import runs
from stargan_tf.training import loop
from tests import shared, tiny
from tests.data.pipeline import samplers_test


@dataclasses.dataclass(frozen=True)
class HParams(hparams.HParams):
    """Invented."""

    def check_sample_shape(self, sample_shape):
        if sample_shape[1] % 2:
            raise errors.UserError(f"Needs an even number of columns; received {sample_shape}.")


class Centred(keras.layers.Layer):
    """Learns the mean of all voices."""

    def build(self, input_shape):
        self.mean = self.add_weight(name="mean", shape=input_shape[1:], initializer="zeros")

    def call(self, features):
        return features - self.mean


class Model(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.centred = Centred(name="centred")

    def call(self, features):
        return self.centred(features)


class Toy(algorithm.Algorithm):
    name = "toy"
    takes = {
        "features": tf.TensorSpec((None, None), tf.float32),
        "label": tf.TensorSpec((None,), tf.float32),
    }
    shaped_by = {"M": ()}
    batches_per_step = 1

    def __init__(self, hparams, problem):
        super().__init__(hparams, problem)
        hparams.check(problem.image_size, problem.sample_shape)
        self.M = Model(name="M")
        self.M(tf.zeros((1, *problem.sample_shape)))
        self.networks, self.trains = {"M": self.M}, {"M": ("M",)}
        self.optimizers = {"M": adam.Adam(1.0)}
        self.optimizers["M"].build(self.M.trainable_variables)

    def label_axes(self):
        return {}

    def inputs(self, sampler, slices, first_step):
        def describe(positions):
            index = sampler.index(positions)
            return {"features": samplers.View(index), "label": sampler.label(index)}

        return sampler.load_batches(slices.positions(first_step, 1).unbatch().map(describe))

    def train_step(self, batch, step):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.abs(self.M(batch["features"])))
        variables = self.M.trainable_variables
        gradients = tape.gradient(loss, variables)
        self.optimizers["M"].apply_gradients(zip(gradients, variables, strict=True))
        return {"M/distance": loss}


class FeaturesTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.enter_context(shared.in_runs())
        self.enter_context(mock.patch.object(algorithms, "algorithm_class", lambda name: Toy))

    def _run(self, name, **changes):
        config = tiny.config(self.root / name, lr_decay_start=1.0, **changes)
        voices = samplers_test.Voices()
        return runs.Run(self.root / name, config, voices.label_space, voices.sample_shape)

    def _train(self, name, **changes):
        run = self._run(name, **changes)
        run.check_data(samplers_test.Voices().example_spec)
        sampler = samplers.Sampler(samplers_test.Voices(), 0, 32)
        held_out = samplers.spread_out(sampler, 2)
        self.assertEqual(loop.train(run, tf.distribute.get_strategy(), sampler, held_out), 0)
        with np.load(run.checkpoint_dir / f"step-{run.config.train.total_steps:08d}.npz") as file:
            return dict(file)

    def test_it_trains_and_continues(self):
        whole = self._train("whole")
        self._train("part", total_steps=2)
        part = self._train("part")
        self.assertAllGreater(whole["M/centred/mean"], 1.0)
        self.assertEqual(whole["M/centred/mean"].shape, (3, 2))
        self.assertCountEqual(whole, part)
        for name, value in whole.items():
            self.assertAllEqual(value, part[name], msg=name)
        opened = runs.open_run(self.root / "part")
        self.assertEqual(opened.sample_shape, (3, 2))
        self.assertEqual(opened.build(training=False).M.centred.mean.shape, (3, 2))

    def test_what_its_data_tell_is_kept(self):
        run = self._run("kept").with_statistics({"mean": np.float64([1, 2]) / 3})
        run.create()
        opened = runs.open_run(self.root / "kept")
        self.assertAllEqual(opened.statistics["mean"], np.float64([1, 2]) / 3)
        built = opened.build(training=False)
        self.assertAllEqual(built.settings.statistics["mean"], np.float64([1, 2]) / 3)
        continued = self._run("kept").with_statistics({"mean": np.zeros(2)})
        self.assertAllEqual(continued.statistics["mean"], np.float64([1, 2]) / 3)
        self.assertEmpty(self._run("none").with_statistics({}).statistics)

    def test_what_its_data_tell_may_be_damaged(self):
        run = self._run("damaged").with_statistics({"mean": np.float64([1, np.nan])})
        with self.assertRaisesRegex(errors.UserError, "statistic mean .* is not finite"):
            run.create()
        run = self._run("cut").with_statistics({"mean": np.ones(2)})
        run.create()
        path = self.root / "cut" / "statistics.npz"
        path.write_bytes(path.read_bytes()[:-9])
        with self.assertRaisesRegex(errors.UserError, "statistics.npz is damaged .*; restore it"):
            runs.open_run(self.root / "cut")

    def test_data_that_do_not_fit_are_refused(self):
        run = self._run("refused")
        run = dataclasses.replace(run, config=dataclasses.replace(run.config, hparams=HParams()))
        run.check_data(samplers_test.Voices().example_spec)
        odd = dataclasses.replace(run, sample_shape=(3, 5))
        with self.assertRaisesRegex(errors.UserError, r"even .* received \(3, 5\)"):
            odd.check_data(samplers_test.Voices().example_spec)
        with self.assertRaisesRegex(errors.UserError, "received a data set .* with image"):
            run.check_data(tiny.Pictures().example_spec)


if __name__ == "__main__":
    tf.test.main()
