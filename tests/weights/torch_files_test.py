"""PyTorch's files: what PyTorch wrote is read exactly; what would run code or lies is refused."""

import pathlib
import random
import struct
import tarfile
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.weights import state_dicts, torch_files
from tests import torch_writer

FILES = pathlib.Path(__file__).parents[1] / "torch_files"
WEIGHTS = ("network", "tensors", "checkpoint")
SIX = np.arange(6, dtype=np.float32)
SIX_BYTES = SIX.tobytes()


class FilesTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.path = self.root / "x.ckpt"

    def write(self, instructions, storage=SIX_BYTES, **options):
        """Writes a file whose tensor "w" is what the instructions make."""
        records = {"data.pkl": torch_writer.pickled({"w": instructions}), "data/0": storage}
        return torch_writer.archive(self.path, records, **options)

    def damaged(self, message, content=None):
        if content is not None:
            self.path.write_bytes(content)
        with self.assertRaisesRegex(errors.UserError, rf"x\.ckpt is damaged, or no .*{message}"):
            state_dicts.read(self.path)


class WrittenByTorchTest(FilesTest):
    @parameterized.parameters(
        *(f"{form}_{name}" for form in ("zip", "old") for name in WEIGHTS), "protocol4_network"
    )
    def test_values_are_those_that_torch_loads(self, name):
        with np.load(FILES / "expected.npz") as file:
            start = name.split("_")[1] + "/"
            expected = {n.removeprefix(start): file[n] for n in file.files if n.startswith(start)}
        found = state_dicts.read(FILES / f"{name}.pt")
        self.assertCountEqual(found, expected)
        for key, value in expected.items():
            np.testing.assert_array_equal(found[key], value, key)
            self.assertEqual((found[key].dtype, found[key].shape), (value.dtype, value.shape), key)

    @parameterized.parameters("zip", "old")
    def test_views_of_one_storage_share_it(self, form):
        found = torch_files.read(FILES / f"{form}_tensors.pt")["view"]
        for name in ("transposed", "part", "row"):
            self.assertTrue(np.shares_memory(found[name], found["whole"]), name)
        self.assertFalse(np.shares_memory(found["repeated"], found["whole"]))

    @parameterized.parameters("zip", "old")
    def test_what_stands_beside_tensors(self, form):
        found = torch_files.read(FILES / f"{form}_checkpoint.pt")
        self.assertEqual((found["epoch"], found["best"], found["name"]), (3, 0.25, "run \u00e9"))
        self.assertEqual((found["none"], found["size"]), (None, (2, 3)))
        self.assertEqual(found["flags"], [True, False, -70000, 2**40, (1, 2)])
        self.assertEqual(found["optimizer"]["param_groups"][0]["betas"], (0.9, 0.999))
        self.assertAllEqual(found["optimizer"]["state"][0]["step"], 1)

    @parameterized.parameters("zip", "old")
    def test_whole_modules_are_refused(self, form):
        with self.assertRaisesRegex(errors.UserError, r"code.*__main__\.Doubling.*nothing in"):
            state_dicts.read(FILES / f"{form}_module.pt")

    def test_truncated_and_changed_files_never_raise_anything_but_a_user_s_error(self):
        chance = random.Random(0)
        read = 0
        for name in ("zip_network", "old_network", "zip_tensors", "old_tensors"):
            content = (FILES / f"{name}.pt").read_bytes()
            for change in range(100):
                broken = bytearray(content)
                if change % 4 == 0:
                    del broken[chance.randrange(len(broken)) :]
                for _ in range(change % 4):
                    broken[chance.randrange(len(broken))] = chance.randrange(256)
                self.path.write_bytes(broken)
                try:
                    state = state_dicts.read(self.path)
                except errors.UserError:
                    continue
                read += 1
                self.assertTrue(all(isinstance(v, np.ndarray) for v in state.values()))
                self.assertLess(sum(v.size for v in state.values()), 10_000)
        self.assertGreater(read, 12)  # old files have no checksums

    @pytest.mark.slow
    def test_the_tests_own_writer_writes_what_torch_reads(self):
        try:
            import torch
        except ImportError:
            self.skipTest("compares with torch, which is not installed")
        chance = np.random.default_rng(0)
        tree = {"a": {str(t): chance.uniform(0, 9, (3, 2)).astype(t) for t in torch_writer.TYPES}}
        torch_writer.write(self.path, tree | {"b": [1, 2.5, None, True, ("text", SIX)]})
        found = torch.load(self.path, weights_only=True)
        self.assertEqual(found["b"][:4], [1, 2.5, None, True])
        ours = [torch_files.read(self.path)]
        torch.save(found, self.path, _use_new_zipfile_serialization=False)
        ours.append(torch_files.read(self.path))
        for name, value in tree["a"].items():
            expected = value.astype(np.float64)
            self.assertAllEqual(found["a"][name].double().numpy(), expected)
            for tensors in ours:
                self.assertAllEqual(tensors["a"][name].astype(np.float64), expected)


class FormatsTest(FilesTest):
    """Files as the machines and versions at hand do not write them."""

    @parameterized.parameters("little", "big")
    def test_byte_order(self, order):
        values = np.array([1.5, 2, 1e-3, 0])
        tree = {np.dtype(t).name: values.astype(t) for t in torch_writer.TYPES}
        found = state_dicts.read(torch_writer.write(self.path, tree, order))
        for name, value in tree.items():
            self.assertAllEqual(found[name], value.astype(np.float64))
            self.assertTrue(found[name].dtype.isnative)

    def test_text_and_ordered_dictionaries_of_python_2(self):
        storage = b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x06NtQ"
        tensor = b"ctorch._utils\n_rebuild_tensor\n(" + storage + b"K\x02K\x02\x85K\x03\x85tR"
        pairs = b"ccollections\nOrderedDict\n(](](U\x01w" + tensor + b"eetR}U\x01aK\x01sb"
        self.path.write_bytes(torch_writer.old(pairs))
        found = state_dicts.read(self.path)
        self.assertEqual(list(found), ["w"])
        self.assertAllEqual(found["w"], [2, 5])

    def test_views_of_storages_in_files_of_early_versions(self):
        kind = b"ctorch\nFloatStorage\n"
        views = [("storage", kind, "0", "cpu", 6, view) for view in (None, ("1", 2, 3))]
        size = ((3,), (1,))
        call = b"ctorch._utils\n_rebuild_tensor\n"
        a, b = (call + torch_writer.code((torch_writer.code(v) + b"Q", 0, *size)) + b"R"
                for v in views)  # fmt: skip
        self.path.write_bytes(torch_writer.old({"a": a, "b": b}))
        found = state_dicts.read(self.path)
        self.assertAllEqual(found["a"], [0, 1, 2])
        self.assertAllEqual(found["b"], [2, 3, 4])
        out = torch_writer.code(("storage", kind, "0", "cpu", 6, ("1", 4, 3))) + b"Q"
        tree = {"a": call + torch_writer.code((out, 0, *size)) + b"R"}
        self.damaged("reaches to element 7", torch_writer.old(tree))

    def test_tar_archives_are_refused(self):
        with tarfile.open(self.path, "w") as file:
            file.add(FILES / "make_files.py", "pickle")
        with self.assertRaisesRegex(
            errors.UserError, r"tar archive.*before version 0\.1\.10.*save"
        ):
            state_dicts.read(self.path)


class HostileTest(FilesTest):
    """Files whose numbers lie, in few bytes: refused at once, without taking memory."""

    @parameterized.named_parameters(
        ("beyond", ((7,), (1,)), "reaches to element 7 of the 6"),
        ("strides", ((2, 2), (4, 2)), "reaches to element 7 of the 6"),
        ("offset", ((1,), (1,), 6), "reaches to element 7 of the 6"),
        ("huge_stride", ((2,), (2**62,)), "reaches to element"),
        ("negative_stride", ((2,), (-1,), 3), "no view of a storage"),
        ("negative_offset", ((2,), (1,), -1), "no view of a storage"),
        ("negative_size", ((-2, -3), (1, 1)), "no view of a storage"),
        ("float", ((2.0,), (1,)), "no view of a storage"),
        ("bool", ((True,), (1,)), "no view of a storage"),
        ("none", ((None,), (1,)), "no view of a storage"),
        ("lengths", ((2, 3), (1,)), "zip"),
        ("text", ("ab", (1,)), "shape or strides are none"),
        ("nested", (((1,),), (1,)), "no view of a storage"),
        ("dimensions", ((1,) * 33, (1,) * 33), "shape or strides are none"),
        ("absurd", ((10**12,), (0,)), "1000000000000 elements, more than the file can hold"),
        ("absurd_product", ((10**6, 10**6), (0, 0)), "more than the file"),
        ("empty_but_absurd", ((0, 2**62, 2**62), (1, 1, 1)), "damaged"),
        ("short", ((6,), (1,), 0, 7), "7 elements has only 24 bytes"),
        ("count", ((6,), (1,), 0, 10**12), "1000000000000 elements has only 24 bytes"),
        ("negative_count", ((0,), (1,), 0, -1), "can't be -1"),
        ("missing", ((6,), (1,), 0, 6, "1"), "no item named 'archive/data/1'"),
        ("elsewhere", ((6,), (1,), 0, 6, "../data.pkl"), "no item named"),
        ("no_key", ((6,), (1,), 0, 6, 3), "no storage"),
    )
    def test_tensors_that_are_no_views(self, given, message):
        self.write(torch_writer.tensor(*given))
        self.damaged("" if message == "damaged" else message)

    def test_a_storage_has_one_description(self):
        self.write(torch_writer.tensor((3,), (1,), 0, 3))
        self.assertAllEqual(state_dicts.read(self.path)["w"], [0, 1, 2])
        two = {"a": torch_writer.tensor((3,), (1,), 0, 3), "b": torch_writer.tensor((6,), (1,))}
        self.write(torch_writer.code(two))
        self.damaged("the storage 0 is described in two ways")

    def test_archives(self):
        tensor = torch_writer.tensor((6,), (1,))
        bomb = torch_writer.tensor((10**6,), (1,), 0, 10**6)
        self.write(bomb, bytes(4 * 10**6), compression=zipfile.ZIP_DEFLATED)
        self.damaged("data.pkl is compressed, as torch.save does not")
        content = self.write(tensor).read_bytes()
        at = content.index(SIX_BYTES)
        self.damaged("Bad CRC-32", content[: at + 3] + b"?" + content[at + 4 :])
        self.damaged("no record data.pkl", self._archive({"x/data.pkl": b"N."}))
        for record in ("data.pkl", "byteorder"):
            entries = {"data.pkl": torch_writer.pickled({"w": tensor}), "byteorder": b"little"}
            content = self._archive(entries | {"data/0": SIX_BYTES})
            start = content.rindex(b"PK\x01\x02", 0, content.rindex(record.encode()))
            sizes = struct.pack("<II", 2**30, 2**30)
            self.damaged("larger than the file",
                          content[: start + 20] + sizes + content[start + 28 :])  # fmt: skip

    def _archive(self, records):
        return torch_writer.archive(self.path, records).read_bytes()

    @parameterized.named_parameters(
        ("short", {"storages": ((6, SIX_BYTES[:-1]),)}, "6 elements has only 23 bytes"),
        ("count", {"storages": ((7, bytes(28)),)}, "the storage 0 is described in two ways"),
        ("negative", {"storages": ((-1, b""),)}, "the storage 0 is described in two ways"),
        ("no_storage", {"storages": ()}, "unpack requires a buffer of 8 bytes"),
        ("no_keys", {"keys": ()}, "not those that its tensors need"),
        ("keys", {"keys": ("0", "1")}, "not those that its tensors need"),
        ("twice", {"keys": ("0", "0")}, "not those that its tensors need"),
        ("strange_keys", {"keys": (None, 3)}, "not supported"),
    )
    def test_storages_of_old_files(self, changes, message):
        good = torch_writer.old({"w": torch_writer.tensor((6,), (1,))})
        self.path.write_bytes(good)
        self.assertAllEqual(state_dicts.read(self.path)["w"], SIX)
        self.damaged(message, torch_writer.old({"w": torch_writer.tensor((6,), (1,))}, **changes))

    def test_old_files_announcing_more_than_they_hold(self):
        lies = torch_writer.tensor((1,), (1,), 0, 10**12)
        self.damaged("the storage 0 is larger than the file", torch_writer.old({"w": lies}))
        many = {str(n): torch_writer.tensor((1,), (1,), 0, 60, str(n)) for n in range(300)}
        self.damaged(r"the storage \d+ is larger than the file", torch_writer.old(many))
        self.damaged("does not begin as files of torch.save", torch_writer.pickled({"w": 1}))
        self.damaged("does not begin", torch_writer.pickled(0x1950A86A20F9469CFC6C) * 2)


if __name__ == "__main__":
    tf.test.main()
