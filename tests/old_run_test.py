"""Runs that an earlier version trained continue with the same batches and the same numbers.

tests/golden/README.md says how the stored runs were made.
"""

import dataclasses
import json
import pathlib
import tarfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.data import loading
from stargan_tf.data.images import transforms
from stargan_tf.runs import checkpoints, runs
from stargan_tf.training import loop
from tests import tiny

STORED = pathlib.Path(__file__).parent / "golden" / "old_runs"
RUNS = ("stargan_v1", "stargan_v1_joint", "stargan_v2")
FIRST, LAST = 2, 4  # steps
_as_floats = transforms.as_floats


def opened(directory: pathlib.Path) -> runs.Run:
    """Opens a run as a training that continues it would."""
    old = runs.open_run(directory)
    train = dataclasses.replace(old.config.train, run_dir=str(directory))
    images = loading.load(old.config.data, "train")
    run = runs.Run(directory, dataclasses.replace(old.config, train=train), images.label_space)
    run.check()
    return run


def batches(run: runs.Run, algorithm) -> list[dict[str, tf.Tensor]]:
    """Returns the batches of the steps from FIRST to LAST."""
    data, train = run.config.data, run.config.train
    sampler = loading.sampler(loading.load(data, "train"), data, train.seed)
    strategy = tf.distribute.get_strategy()
    made = loop.distribute(strategy, algorithm, sampler, train.batch_size, FIRST)
    return [next(made) for _ in range(FIRST, LAST)]


def summary(batch: dict[str, tf.Tensor]) -> dict[str, np.ndarray]:
    """Returns a batch with its images as 4x4 thumbnails: they show the picture and its flip."""
    found = {name: value.numpy() for name, value in batch.items()}
    for name, value in found.items():
        if value.dtype == np.uint8:
            *rows, height, width, channels = value.shape
            blocks = value.reshape(*rows, 4, height // 4, 4, width // 4, channels)
            found[name] = blocks.mean(axis=(-4, -2), dtype=np.float32)
    return found


def continued(run: runs.Run):
    """Returns the batches, the losses and the last state of the steps from FIRST to LAST.

    In float64, in which processors agree: Adam's first steps enlarge what float32 rounds.
    """
    algorithm = run.build(precision="float64")
    checkpoints.Checkpoints(run.checkpoint_dir, algorithm.state()).restore(FIRST)
    given, losses = batches(run, algorithm), []
    with mock.patch.object(transforms, "as_floats", lambda x: tf.cast(_as_floats(x), tf.float64)):
        for step, batch in enumerate(given, FIRST):
            wide = tf.nest.map_structure(
                lambda x: tf.cast(x, tf.float64) if x.dtype == tf.float32 else x, batch
            )
            # Not compiled: that takes longer than two steps.
            found = algorithm.train_step(wide, tf.constant(step, tf.int64))
            losses.append({name: float(value) for name, value in found.items()})
    return [summary(batch) for batch in given], losses, tiny.values(algorithm.state())


def sums(state: dict[str, np.ndarray]) -> dict[str, list[float]]:
    """Returns the sum and the sum of absolute values of each array."""
    return {name: [float(v.sum()), float(np.abs(v).sum())] for name, v in state.items()}


class OldRunTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(*RUNS)
    def test_a_stored_run_continues(self, name):
        root = pathlib.Path(self.create_tempdir().full_path)
        with tarfile.open(STORED / f"{name}.tar.xz") as stored:
            stored.extractall(root, filter="data")
        run = opened(root / name)
        again = run.config.to_flagfile().splitlines()
        for line in (root / name / "train.flags").read_text().splitlines():
            if "run_dir" not in line:
                self.assertIn(line, again)
        given, losses, state = continued(run)
        with np.load(root / "batches.npz") as stored:
            self._check_batches(given, stored)
        for found, expected in zip(losses, json.loads((root / "losses.json").read_text()),
                                   strict=True):  # fmt: skip
            self.assertEqual(list(found), list(expected))
            self.assertAllClose(found, expected, rtol=1e-5, atol=1e-6)
        expected = json.loads((root / "state.json").read_text())
        self.assertCountEqual(state, expected)
        for key, found in sums(state).items():
            bound = 1e-5 * expected[key][1] + 1e-9
            self.assertAllClose(found, expected[key], rtol=0, atol=bound, msg=key)

    def _check_batches(self, given, stored):
        found = {f"{k}/{name}": v for k, batch in enumerate(given) for name, v in batch.items()}
        self.assertCountEqual(found, stored)
        for name, value in found.items():
            expected = stored[name]
            if value.ndim > 3 and value.shape[-1] == 3:  # thumbnails: of 255 grey levels
                self.assertAllClose(value, expected, rtol=0, atol=0.5, msg=name)
            elif np.array_equal(expected, np.rint(expected)):  # labels
                self.assertAllEqual(value, expected, msg=name)
            else:
                self.assertAllClose(value, expected, rtol=1e-6, atol=1e-6, msg=name)


if __name__ == "__main__":
    tf.test.main()
