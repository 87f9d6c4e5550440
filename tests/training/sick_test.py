"""Real trainings of tiny networks: sick ones are told from healthy ones."""

import json
import pathlib

import pytest
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.data import loading
from stargan_tf.data.pipeline import samplers
from stargan_tf.runs import runs
from stargan_tf.training import loop, supervision
from tests import tiny

# 20 looks, at which the healthy ones learn visibly.
V1 = {"n_critic": 2, "g_lr": 2e-3, "d_lr": 2e-3, "total_steps": 80}
V2 = {"algorithm": "stargan_v2", "lr": 1e-3, "f_lr": 1e-3, "ds_iter": 200, "total_steps": 80}


class SickTest(tf.test.TestCase, parameterized.TestCase):
    def _alerts(self, **changes):
        """Trains; returns the names of the alerts, and the numbers of the last look."""
        directory = pathlib.Path(self.create_tempdir().full_path) / "run"
        data = {"cartoon_train_size": 200, "cartoon_test_size": 32}
        looks = {"log_every": 4, "watch_every": 4, "checkpoint_every": 1000}
        config = tiny.config(directory, **{**data, **looks, **changes})
        images, held_out = (loading.load(config.data, split) for split in ("train", "test"))
        shown = loading.sampler(held_out, config.data, 0, augment=False)
        means = supervision.Means(*samplers.spread_out(shown, 32), [images.labels])
        run = runs.Run(directory, config, images.label_space)
        sampler = loading.sampler(images, config.data, config.train.seed)
        strategy, sheets = tf.distribute.get_strategy(), samplers.spread_out(shown, 2)
        self.assertEqual(loop.train(run, strategy, sampler, sheets, means), 0)
        text = (directory / "metrics.jsonl").read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        given = {name.removeprefix("alert/") for x in lines for name in x if "alert/" in name}
        return given, lines[-1]

    def test_a_healthy_training_is_not_warned_of(self):
        given, last = self._alerts(**V1)
        self.assertEmpty(given)
        self.assertGreater(last["watch/by_label"], 5)  # it has learnt something

    @pytest.mark.slow
    def test_the_other_paper_is_healthy_too(self):
        given, last = self._alerts(**V2)
        self.assertEmpty(given)
        self.assertGreater(last["watch/by_style"], 5)

    @pytest.mark.slow
    def test_a_reconstruction_of_too_much_weight(self):
        given, _ = self._alerts(**V1, lambda_rec=1e4)
        self.assertIn("label_ignored", given)

    @pytest.mark.slow
    def test_rates_that_are_too_high(self):
        # At 0.1 it collapses, too, but once within 50 steps and once after 80.
        given, _ = self._alerts(**{**V1, "g_lr": 1.0, "d_lr": 1.0})
        self.assertContainsSubset({"label_ignored", "classification_at_chance"}, given)

    @pytest.mark.slow
    def test_weights_that_decay(self):
        given, _ = self._alerts(**{**V2, "lr": 1e-2, "weight_decay": 1e3})
        self.assertLessEqual({"style_ignored", "source_ignored"}, given)


if __name__ == "__main__":
    tf.test.main()
