"""State dicts: three formats, one result; what is damaged or would run code is refused."""

import io
import os
import pathlib
import pickle
import sys
import types
import unittest
import zipfile
from unittest import mock

import ml_dtypes
import numpy as np
import safetensors.numpy
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf import errors, state_dicts

try:
    import torch
except ImportError:
    torch = None
needs_torch = unittest.skipIf(torch is None, "torch is not installed (the extra `torch`)")

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

    def test_without_torch_the_ways_out_are_named(self):
        path = self.root / "x.ckpt"
        path.write_bytes(b"x")
        message = r"needs torch.*extra torch .*\[torch\].*convert.*\.safetensors or \.npz"
        with (
            mock.patch.dict(sys.modules, {"torch": None}),
            self.assertRaisesRegex(errors.UserError, message),
        ):
            state_dicts.read(path)

    def test_a_torch_that_is_not_safe_is_refused(self):
        path = self.root / "x.ckpt"
        path.write_bytes(b"x")
        old = types.SimpleNamespace(__version__="2.9.1+cu121", load=self.fail)
        with (
            mock.patch.dict(sys.modules, {"torch": old}),
            self.assertRaisesRegex(errors.UserError, r"Only torch 2\.10.*received torch 2\.9\.1"),
        ):
            state_dicts.read(path)


@needs_torch
class TorchTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.path = pathlib.Path(self.create_tempdir().full_path) / "x.ckpt"
        self.ran = self.path.with_name("ran")

    @parameterized.parameters(True, False)
    def test_nested_state_dicts_of_old_and_new_files(self, new):
        weight = torch.nn.Parameter(torch.from_numpy(WEIGHT.copy()))
        tree = {
            "generator": {"module.conv.weight": weight, "module.half": weight.detach().half()},
            "fan": {"module.count": torch.tensor(3), "b": weight.detach().bfloat16().t()},
        }
        torch.save(tree, self.path, _use_new_zipfile_serialization=new)
        state = state_dicts.read(self.path)
        self.assertCountEqual(
            state, ["generator.conv.weight", "generator.half", "fan.count", "fan.b"]
        )
        for name in ("generator.conv.weight", "generator.half"):
            self.assertEqual(state[name].dtype, np.float32)
            self.assertAllEqual(state[name], WEIGHT)
        self.assertAllEqual(state["fan.b"], WEIGHT.T)
        self.assertEqual(int(state["fan.count"]), 3)

    def test_a_module_s_state_dict(self):
        layer = torch.nn.BatchNorm1d(3)
        torch.save(torch.nn.Sequential(layer).state_dict(), self.path)
        state = state_dicts.read(self.path)
        self.assertAllEqual(state["0.running_var"], np.ones(3))
        self.assertIn("0.num_batches_tracked", state)

    def test_a_training_s_checkpoint(self):
        state = {"module.w": torch.from_numpy(WEIGHT.copy())}
        torch.save({"state_dict": state, "epoch": 3, "optimizer": {"lr": [0.1]}}, self.path)
        found = state_dicts.read(self.path)
        self.assertEqual(list(found), ["w"])
        self.assertAllEqual(found["w"], WEIGHT)

    @parameterized.parameters("zip", 2, 4)
    def test_code_is_refused_and_not_run(self, form):
        tree = {"w": Malice(str(self.ran))}
        if form == "zip":
            torch.save(tree, self.path)
        else:
            self.path.write_bytes(pickle.dumps(tree, protocol=form))
        with self.assertRaisesRegex(errors.UserError, "holds code, not only weights.*nothing in"):
            state_dicts.read(self.path)
        self.assertFalse(self.ran.exists())
        if form != "zip":  # the file is what it claims to be
            pickle.loads(self.path.read_bytes())
            self.assertTrue(self.ran.exists())

    def test_whole_modules_and_other_entries_are_refused(self):
        torch.save(torch.nn.Linear(2, 2), self.path)
        with self.assertRaisesRegex(errors.UserError, "holds code.*linear.Linear"):
            state_dicts.read(self.path)
        torch.save({"G": {"w": torch.ones(1)}, "epoch": 3, "lr": [0.1]}, self.path)
        with self.assertRaisesRegex(errors.UserError, r"epoch \(int\), lr \(list\)"):
            state_dicts.read(self.path)
        torch.save(torch.ones(1), self.path)
        with self.assertRaisesRegex(errors.UserError, r"the whole file \(Tensor\)"):
            state_dicts.read(self.path)

    def test_damaged(self):
        buffer = io.BytesIO()
        torch.save({"w": torch.ones(100)}, buffer)
        content = buffer.getvalue()
        other = io.BytesIO()
        with zipfile.ZipFile(other, "w") as file:
            file.writestr("x/y", b"0")
        for broken in (content[:-9], content[:300], b"", b"hello world", other.getvalue()):
            self.path.write_bytes(broken)
            with self.assertRaisesRegex(errors.UserError, r"x\.ckpt is damaged"):
                state_dicts.read(self.path)


if __name__ == "__main__":
    tf.test.main()
