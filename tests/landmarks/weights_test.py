"""The files that a user brings for the landmark network."""

import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.landmarks import network, weights
from tests import torch_writer
from tests.landmarks import network_test


class LoadTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)

    @parameterized.parameters("wing.npz", "wing.ckpt")
    def test_every_tensor_of_the_file_is_the_networks(self, file):
        state = network_test.state()
        path = self.root / file
        if path.suffix == ".npz":
            np.savez(path, **{f"state_dict.{name}": value for name, value in state.items()})
        else:  # as the authors' file is
            torch_writer.write(path, {"state_dict": state, "epoch": 3})
        variables = network.reference_names(weights.load(str(path)))
        for name, value in state.items():
            ours = variables[name].numpy()
            self.assertAllEqual(ours.transpose(3, 2, 0, 1) if ours.ndim == 4 else ours, value, name)

    def test_another_networks_file_is_named(self):
        path = self.root / "other.npz"
        np.savez(path, **{"conv1.weight": np.zeros((3, 3))})
        with self.assertRaisesRegex(errors.UserError, "other.npz: 281 of the 281 tensors"):
            weights.load(str(path))

    def test_a_file_that_is_not_there(self):
        with self.assertRaisesRegex(errors.UserError, "no file .*wing.ckpt"):
            weights.load(str(self.root / "wing.ckpt"))


class MeanTest(tf.test.TestCase, parameterized.TestCase):
    def _save(self, **arrays):
        path = pathlib.Path(self.create_tempdir().full_path) / "mean.npz"
        np.savez(path, **arrays)
        return str(path)

    def test_mean_or_the_only_array(self):
        points = np.random.default_rng(0).uniform(0, 256, (98, 2)).astype(np.float32)
        for arrays in ({"mean": points, "deviation": points[0]}, {"points": points}):
            found = weights.load_mean(self._save(**arrays))
            self.assertAllEqual(found, points.astype(np.float64))
            self.assertEqual(found.dtype, np.float64)

    @parameterized.named_parameters(
        ("shape", {"mean": np.ones((68, 2))}, r"holds mean \(68, 2\), no landmarks 'mean'"),
        ("two", {"a": np.ones((98, 2)), "b": np.ones((98, 2))}, r"holds a \(98, 2\), b \(98, 2\)"),
        ("none", {}, "holds nothing"),
        ("text", {"mean": np.full((98, 2), "x")}, "no landmarks"),
        ("shares", {"mean": np.full((98, 2), 0.5)}, "in pixels of a 256 px picture; received 0.5"),
        ("nan", {"mean": np.full((98, 2), np.nan)}, "in pixels"),
        ("code", {"mean": np.array([{}], object)}, "not a NumPy archive of numbers"),
    )
    def test_other_arrays_are_refused(self, arrays, message):
        with self.assertRaisesRegex(errors.UserError, message):
            weights.load_mean(self._save(**arrays))

    def test_no_archive_and_no_file(self):
        path = self.create_tempfile(content="text").full_path
        with self.assertRaisesRegex(errors.UserError, "not a NumPy archive"):
            weights.load_mean(path)
        with self.assertRaisesRegex(errors.UserError, "no file .*nowhere.npz; pass the authors'"):
            weights.load_mean("/nowhere.npz")


if __name__ == "__main__":
    tf.test.main()
