"""Checkpoints: complete, atomic, verified."""

import pathlib
import resource

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.runs import checkpoints


class CheckpointsTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.directory = pathlib.Path(self.create_tempdir().full_path) / "checkpoints"
        self.variables = {"G/kernel": tf.Variable([[1.0, 2.0]]), "count": tf.Variable(3, tf.int64)}
        self.saved = checkpoints.Checkpoints(self.directory, self.variables, keep=2)

    def test_restores_every_value(self):
        self.saved.save(7)
        self.variables["G/kernel"].assign([[0.0, 0.0]])
        self.variables["count"].assign(0)
        self.saved.restore(7)
        self.assertAllEqual(self.variables["G/kernel"], [[1.0, 2.0]])
        self.assertEqual(int(self.variables["count"]), 3)

    def test_keeps_the_newest(self):
        for step in (1, 2, 10):
            self.saved.save(step)
        self.assertEqual(self.saved.steps(), [2, 10])

    def test_a_truncated_file_is_named_and_changes_nothing(self):
        self.saved.save(1)
        path = self.saved.save(2)
        path.write_bytes(path.read_bytes()[:-40])
        self.variables["count"].assign(5)
        with self.assertRaisesRegex(errors.UserError, r"step-00000002.*is damaged.*before \(1\)"):
            self.saved.restore(2)
        self.assertEqual(int(self.variables["count"]), 5)

    def test_a_flipped_bit_is_found(self):
        path = self.saved.save(1)
        content = bytearray(path.read_bytes())
        position = content.index(np.float32(2.0).tobytes())
        content[position + 1] ^= 1
        path.write_bytes(content)
        with self.assertRaisesRegex(errors.UserError, "is damaged"):
            self.saved.restore(1)

    def test_one_that_a_training_has_removed_is_not_called_damaged(self):
        self.saved.save(1)
        self.saved.save(2)
        self.saved.path(1).unlink()
        with self.assertRaisesRegex(errors.UserError, r"step-00000001.npz is gone.*there \(2\)"):
            self.saved.restore(1)

    def test_another_model_is_refused_with_the_names(self):
        self.saved.save(1)
        other = {"G/kernel": self.variables["G/kernel"], "D/bias": tf.Variable([0.0])}
        with self.assertRaisesRegex(errors.UserError, "lacks D/bias and has besides count"):
            checkpoints.Checkpoints(self.directory, other).restore(1)

    def test_another_shape_is_refused(self):
        self.saved.save(1)
        other = dict(self.variables, **{"G/kernel": tf.Variable([1.0])})
        with self.assertRaisesRegex(errors.UserError, r"G/kernel has shape \(1, 2\) there"):
            checkpoints.Checkpoints(self.directory, other).restore(1)

    def test_a_foreign_npz_is_refused(self):
        self.saved.save(1)
        np.savez(self.saved.path(1), **{"G/kernel": np.ones((1, 2))})
        with self.assertRaisesRegex(errors.UserError, "is not a checkpoint of this program"):
            self.saved.restore(1)

    def test_a_renamed_checkpoint_is_refused(self):
        self.saved.save(1).rename(self.saved.path(99))
        with self.assertRaisesRegex(errors.UserError, "is of step 1, format 1; give it back"):
            self.saved.restore(99)

    def test_an_array_in_its_place_is_refused(self):
        self.directory.mkdir()
        with open(self.saved.path(1), "wb") as file:
            np.save(file, np.ones(3))
        with self.assertRaisesRegex(errors.UserError, "is damaged"):
            self.saved.restore(1)

    def test_part_of_it_can_be_restored(self):
        self.saved.save(1)
        other = {"G/kernel": tf.Variable([[9.0, 9.0]])}
        checkpoints.Checkpoints(self.directory, other).restore(1, ["G/kernel"])
        self.assertAllEqual(other["G/kernel"], [[1.0, 2.0]])

    def test_values_that_are_not_finite_are_not_saved(self):
        self.saved.save(1)
        self.variables["G/kernel"].assign([[np.nan, 0.0]])
        with self.assertRaisesRegex(errors.UserError, "G/kernel is not finite at step 2.*step 1"):
            self.saved.save(2)
        self.assertEqual(self.saved.steps(), [1])

    def test_a_full_disk_leaves_the_previous_checkpoint_and_nothing_else(self):
        saved = checkpoints.Checkpoints(self.directory, {"v": tf.Variable(tf.ones((1000,)))})
        saved.save(1)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))  # the disk is full after 2 kB
        try:
            with self.assertRaisesRegex(
                errors.UserError, "Could not write .*the checkpoint of step 1 is intact"
            ):
                saved.save(2)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        self.assertEqual([p.name for p in self.directory.iterdir()], ["step-00000001.npz"])
        other = checkpoints.Checkpoints(self.directory, {"v": tf.Variable(tf.zeros((1000,)))})
        other.restore(1)
        self.assertAllEqual(other.variables["v"], np.ones(1000))


if __name__ == "__main__":
    tf.test.main()
