"""State dicts: three formats, one result; what is damaged or would run code is refused."""

import os
import pathlib

import ml_dtypes
import numpy as np
import safetensors.numpy
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.weights import state_dicts
from tests import torch_writer

WEIGHT = np.arange(6, dtype=np.float32).reshape(2, 3)


class Malice:
    """Unpickled by an ordinary reader, it makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


class StateDictsTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)

    def _write(self, name, tensors):
        path = self.root / name
        if path.suffix == ".safetensors":
            safetensors.numpy.save_file(tensors, path)
        else:
            with open(path, "wb") as file:
                np.savez(file, **tensors)
        return path

    @parameterized.parameters("x.npz", "x.safetensors", "X.NPZ")
    def test_names_and_values(self, name):
        path = self._write(name, {"generator.module.conv.weight": WEIGHT, "module.count": WEIGHT})
        state = state_dicts.read(path)
        self.assertCountEqual(state, ["generator.conv.weight", "count"])
        self.assertAllEqual(state["generator.conv.weight"], WEIGHT)

    @parameterized.parameters(np.float16, ml_dtypes.bfloat16)
    def test_half_precision_becomes_float32(self, dtype):
        path = self._write("x.safetensors", {"w": (WEIGHT / 3).astype(dtype)})
        found = state_dicts.read(path)["w"]
        self.assertEqual(found.dtype, np.float32)
        self.assertAllClose(found, WEIGHT / 3, rtol=2**-8)
        self.assertAllEqual(found, found.astype(dtype).astype(np.float32))

    def test_prefixed(self):
        state = {"fan.conv.weight": 1, "fan": 2, "fantasy.weight": 3}
        self.assertEqual(state_dicts.prefixed(state, "fan"), {"conv.weight": 1})

    @parameterized.parameters("x.npz", "x.safetensors")
    def test_damaged(self, name):
        path = self._write(name, {"w": WEIGHT})
        content = path.read_bytes()
        for broken in (content[:-7], content[: len(content) // 2], b"", b"no weights at all"):
            path.write_bytes(broken)
            with self.assertRaisesRegex(errors.UserError, f"{name} is damaged"):
                state_dicts.read(path)

    @parameterized.parameters(
        ("none.npz", "no file .*none.npz"),
        (".", "no file"),
        ("x.h5", r"end in \.ckpt, \.pt, .*\.npz; received .*x\.h5"),
    )
    def test_no_such_file_and_no_such_format(self, name, message):
        (self.root / "x.h5").write_bytes(b"HDF")
        with self.assertRaisesRegex(errors.UserError, message):
            state_dicts.read(self.root / name)

    def test_objects_in_npz_are_refused_unread(self):
        path = self.root / "x.npz"
        np.savez(path, w=np.array([Malice(str(self.root / "ran"))]))
        with self.assertRaisesRegex(errors.UserError, "holds Python objects.*nothing in"):
            state_dicts.read(path)
        self.assertFalse((self.root / "ran").exists())

    def test_what_is_no_tensor_is_named(self):
        path = self._write("x.npz", {"w": WEIGHT, "note": np.array("text"), "u": np.array(b"x")})
        with self.assertRaisesRegex(errors.UserError, r"more than tensors: note .*, u \(ndarray"):
            state_dicts.read(path)
        path = self._write("y.npz", {"a.module.w": WEIGHT, "a.w": WEIGHT})
        with self.assertRaisesRegex(errors.UserError, r"a\.w \(twice\)"):
            state_dicts.read(path)
        with self.assertRaisesRegex(errors.UserError, "holds no tensor"):
            state_dicts.read(self._write("z.npz", {}))


class TorchTest(tf.test.TestCase):
    """PyTorch's files as state dicts; torch_files_test has how they are read."""

    def setUp(self):
        super().setUp()
        self.path = pathlib.Path(self.create_tempdir().full_path) / "x.ckpt"

    def test_nested_state_dicts(self):
        tree = {
            "generator": {"module.conv.weight": WEIGHT, "module.half": WEIGHT.astype(np.float16)},
            "fan": {"module.count": np.array(3), "b": WEIGHT.astype(ml_dtypes.bfloat16)},
        }
        state = state_dicts.read(torch_writer.write(self.path, tree))
        self.assertCountEqual(
            state, ["generator.conv.weight", "generator.half", "fan.count", "fan.b"]
        )
        for name in ("generator.conv.weight", "generator.half", "fan.b"):
            self.assertEqual(state[name].dtype, np.float32)
            self.assertAllEqual(state[name], WEIGHT)
        self.assertEqual(int(state["fan.count"]), 3)

    def test_a_training_s_checkpoint(self):
        tree = {"state_dict": {"module.w": WEIGHT}, "epoch": 3, "optimizer": {"lr": [0.1]}}
        found = state_dicts.read(torch_writer.write(self.path, tree))
        self.assertEqual(list(found), ["w"])
        self.assertAllEqual(found["w"], WEIGHT)

    def test_other_entries_are_refused(self):
        torch_writer.write(self.path, {"G": {"w": WEIGHT}, "epoch": 3, "lr": [0.1], "a": {3: "b"}})
        with self.assertRaisesRegex(errors.UserError, r"epoch \(int\), lr \(list\), a\.3 \(str\)"):
            state_dicts.read(self.path)
        torch_writer.write(self.path, WEIGHT)
        with self.assertRaisesRegex(errors.UserError, r"the whole file \(ndarray\)"):
            state_dicts.read(self.path)

    def test_damaged(self):
        content = torch_writer.write(self.path, {"w": np.ones(100)}).read_bytes()
        page = b"<!DOCTYPE html><title>Quota exceeded</title>"
        for broken in (content[:-9], content[:300], b"", b"hello world", page):
            self.path.write_bytes(broken)
            with self.assertRaisesRegex(errors.UserError, r"x\.ckpt is damaged"):
                state_dicts.read(self.path)


if __name__ == "__main__":
    tf.test.main()
