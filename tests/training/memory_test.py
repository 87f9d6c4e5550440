"""A training whose memory runs out, whatever it was doing."""

import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.training import guarded_step, memory
from tests import tiny
from tests.training import stub

FULL = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating on device:GPU:0")
XLA = tf.errors.InternalError(None, None, "RESOURCE_EXHAUSTED: Out of memory")


def full_at(number, error):
    """Returns what stands for a step: it takes none, and fails at step `number`."""

    def take(step_function, batch, step):
        if step == number:
            raise error
        return {"D/x": tf.constant(1.0)}

    return take


def while_stepping(take):
    return mock.patch.object(guarded_step.GuardedStep, "__call__", take)


class TrainingTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        ("tracing", mock.patch.object(stub.Stub, "train_step", side_effect=MemoryError), "", 0),
        ("first_step", while_stepping(full_at(0, FULL)), "of the GPU ", 0),
        ("later_step", while_stepping(full_at(4, XLA)), "", 4),
        (
            "sheets",
            mock.patch.object(stub.Stub, "sample_sheets", side_effect=FULL),
            "of the GPU ",
            2,
        ),
        ("saving", mock.patch.object(np, "savez", side_effect=MemoryError), "", 0),
    )
    def test_one_sentence(self, fault, where, saved):
        directory = pathlib.Path(self.create_tempdir().full_path) / "run"
        with fault, self.assertRaises(errors.UserError) as caught:
            stub.train(directory, stub.Stub(), total_steps=6, sample_every=3)
        newest = f"the checkpoint of step {saved} is intact" if saved else "nothing was saved"
        self.assertEqual(
            str(caught.exception),
            f"The memory {where}ran out in a training with batch_size=4 on 1 device, images of "
            f"32 x 32 pixels and precision=float32; {newest}; start again in another `run_dir` "
            "with batch_size=2, a smaller `image_size`, accumulate=2 or precision=bfloat16, or run "
            "the same command where there is more memory or there are more GPUs.",
        )
        self.assertEmpty(list(directory.rglob("*.partial")))

    def test_while_networks_are_built_nothing_is_made(self):
        directory = pathlib.Path(self.create_tempdir().full_path) / "run"
        message = "The memory of the GPU ran out .*; nothing was saved; start again"
        with self.assertRaisesRegex(errors.UserError, message):
            stub.train(directory, FULL)
        self.assertFalse(directory.exists())

    def test_other_errors_go_on(self):
        directory = pathlib.Path(self.create_tempdir().full_path) / "run"
        with while_stepping(full_at(1, ValueError("no"))), self.assertRaisesRegex(ValueError, "no"):
            stub.train(directory, stub.Stub())

    @parameterized.parameters(
        (
            16,
            "float32",
            1,
            "batch_size=8, a smaller `image_size`, accumulate=2 or precision=bfloat16",
        ),
        (16, "bfloat16", 1, "batch_size=8, a smaller `image_size` or accumulate=2"),
        (12, "bfloat16", 4, "batch_size=4, a smaller `image_size` or accumulate=3"),
        (4, "float32", 4, "a smaller `image_size` or precision=bfloat16"),
        (1, "bfloat16", 1, "a smaller `image_size`"),
    )
    def test_what_takes_less(self, batch_size, precision, replicas, expected):
        config = tiny.config(pathlib.Path("x"), batch_size=batch_size, precision=precision)
        self.assertEqual(memory.smaller(config, replicas), expected)


if __name__ == "__main__":
    tf.test.main()
