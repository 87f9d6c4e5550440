"""Metrics in training: they say of the networks what they say of their checkpoints."""

import json
import pathlib
import types
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf

from stargan_tf import algorithms
from stargan_tf.base import errors
from stargan_tf.data import loading
from stargan_tf.data.pipeline import samplers
from stargan_tf.evaluation import metrics, run_subject
from stargan_tf.inference import model as model_lib
from stargan_tf.pictures import photos
from stargan_tf.runs import config as config_lib
from stargan_tf.runs import runs
from stargan_tf.training import evaluator, loop, supervision
from tests import commands, sequences, shared, tiny


class EvaluatorTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.enter_context(shared.in_runs())
        self.directory = pathlib.Path(self.create_tempdir().full_path) / "run"

    def _train(self, **changes):
        """Trains like the command; returns the lines of metrics.jsonl, and the held-out images."""
        config = tiny.config(self.directory, **changes)
        images, held_out = (loading.load(config.data, split) for split in ("train", "test"))
        run = runs.Run(self.directory, config, images.label_space)
        shown = loading.sampler(held_out, config.data, 0, augment=False)
        means = supervision.Means(
            *samplers.spread_out(shown, 4),
            [images.labels],
            run_subject.members(images, held_out, config.data),
        )
        sampler = loading.sampler(images, config.data, config.train.seed)
        strategy, sheets = tf.distribute.get_strategy(), samplers.spread_out(shown, 2)
        self.assertEqual(loop.train(run, strategy, sampler, sheets, means), 0)
        text = (self.directory / "metrics.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()], held_out

    def test_what_is_measured_is_true_of_the_checkpoints(self):
        changes = {"evaluate_every": 2, "evaluate_metrics": "cycle", "keep_best": "cycle"}
        lines, held_out = self._train(
            attributes="Black_Hair,Blond_Hair", watch_every=1, evaluate_images=4, **changes
        )
        measured = {x["step"]: x["evaluate/cycle"] for x in lines if "evaluate/cycle" in x}
        self.assertEqual(list(measured), [2, 4])
        space = held_out.label_space
        images = np.stack([held_out.image(i) for i in range(4)])
        for step, found in measured.items():
            model = model_lib.Model(runs.open_run(self.directory), step)
            errors_ = []
            for name in space.names:
                wanted = space.changed(held_out.labels, (name,))
                differs = (wanted != held_out.labels).any(axis=1)
                if differs.any():
                    there = self._through(model, images[differs], wanted[differs])
                    back = self._through(model, there, held_out.labels[differs])
                    errors_.append(np.abs(back.astype(float) - images[differs]).mean())
            self.assertAllClose(found, np.mean(errors_), rtol=1e-3)
        best = min(measured, key=measured.get)
        self.assertEqual(runs.find_step(runs.open_run(self.directory), "best"), best)
        self.assertIn("evaluate/cycle/l1", lines[-1])
        self.assertIn("watch/target_accuracy", lines[0])

    def _through(self, model, images, labels):
        translated = model.algorithm.translate(photos.from_uint8(images), labels)
        return photos.to_uint8(translated)

    def test_what_does_not_translate_can_not_be_measured(self):
        options = config_lib.TrainOptions(evaluate_every=1, evaluate_metrics="cycle")
        with self.assertRaisesRegex(errors.UserError, "`evaluate_every` measures translations"):
            evaluator.Evaluator(options, types.SimpleNamespace(), ["data"])

    def test_a_metric_that_does_not_apply_is_refused_in_words_of_training(self):
        message = "^The metric diversity does not apply: there is only .*; leave it out of `evalua"
        with self.assertRaisesRegex(errors.UserError, message):
            self._train(evaluate_every=1, evaluate_metrics="diversity")
        self.assertFalse((self.directory / "model.json").exists())

    def test_which_values_are_good_is_known_before_anything_is_built(self):
        options = config_lib.TrainOptions(evaluate_every=1, evaluate_metrics=" cycle,cycle ")
        self.assertEqual(evaluator.better(options), {"evaluate/cycle": "lower"})
        self.assertEqual(evaluator.better(config_lib.TrainOptions(evaluate_metrics="cycle")), {})
        every = config_lib.TrainOptions(
            evaluate_every=1, evaluate_metrics=",".join(metrics.names())
        )
        for name, good in evaluator.better(every).items():
            self.assertIn(good, ("lower", "higher"), name)

    def test_without_a_name_the_metric_fits_what_is_trained(self):
        self.assertEqual(metrics.for_training("images"), ("kid_lite0",))
        self.assertEqual(metrics.for_training("sequences"), ("true_conversions", "domain_accuracy"))
        options = config_lib.TrainOptions(evaluate_every=1)
        self.assertEqual(evaluator.better(options), {"evaluate/kid_lite0": "lower"})
        voices = config_lib.TrainOptions(evaluate_every=1, algorithm="stargan_vc")
        self.assertLen(evaluator.better(voices), 2)
        chosen = evaluator.better(voices, ["domain_accuracy"])
        self.assertEqual(chosen, {"evaluate/domain_accuracy": "higher"})
        named = config_lib.TrainOptions(evaluate_every=1, keep_best="cycle")
        self.assertEqual(evaluator.better(named), {"evaluate/cycle": "lower"})


class SequencesTest(tf.test.TestCase):
    """A training on sequences measures itself by what fits its data."""

    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)

    def _train(self, name, **changes):
        flags = self.root / f"{name}.flags"
        changes = {"evaluate_every": 2, "keep_best": "default", **changes}
        flags.write_text(
            tiny.config(self.root / name, algorithm="stargan_vc", **changes).to_flagfile()
        )
        done = commands.run("stargan_tf.train", f"--flagfile={flags}")
        self.assertEqual(done.returncode, 0, done.stderr)
        return runs.open_run(self.root / name)

    def _lines(self, run):
        lines = map(json.loads, (run.directory / "metrics.jsonl").read_text().splitlines())
        return {line["step"]: line for line in lines}

    @pytest.mark.slow
    def test_it_keeps_its_best_checkpoint_and_goes_on(self):
        whole = self._train("whole")
        lines = self._lines(whole)
        name = "evaluate/true_conversions"
        self.assertEqual([step for step, line in lines.items() if name in line], [2, 4])
        best = max((2, 4), key=lambda step: (lines[step][name], -step))
        self.assertEqual(runs.find_step(whole, "best"), best)
        self._train("stopped", total_steps=2)
        stopped = self._train("stopped")
        self.assertEqual(self._lines(stopped), lines)
        self.assertEqual(runs.find_step(stopped, "best"), best)

    def test_of_recordings_it_is_whose_they_are_taken_for(self):
        with mock.patch.object(algorithms, "algorithm_class", lambda name: sequences.Toy):
            algorithm = sequences.untrained_run(self.root / "toy").build(training=False)
        data = [types.SimpleNamespace(
            training=types.SimpleNamespace(source=sequences.Recorded()),
            held_out=types.SimpleNamespace(source=sequences.Recorded("test")),
        )]  # fmt: skip
        options = config_lib.TrainOptions(evaluate_every=1, keep_best="default")
        measure = evaluator.Evaluator(options, algorithm, data)
        self.assertEqual(measure.names, ("domain_accuracy",))
        self.assertEqual(evaluator.best(options, measure.names), "domain_accuracy")
        message = "kid does not apply: it measures images, .*; leave it out of `evaluate_metrics`"
        with self.assertRaisesRegex(errors.UserError, message):
            named = config_lib.TrainOptions(evaluate_every=1, evaluate_metrics="kid")
            evaluator.Evaluator(named, algorithm, data)
        with self.assertRaisesRegex(errors.UserError, "kid does not apply.* leave it out of `keep"):
            named = config_lib.TrainOptions(evaluate_every=1, keep_best="kid")
            evaluator.Evaluator(named, algorithm, data)


if __name__ == "__main__":
    tf.test.main()
