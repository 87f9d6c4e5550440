"""The pickles in PyTorch's files: what would run code is refused, what makes no sense is damage."""

import os
import pickle

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.weights import state_dicts
from tests import torch_writer
from tests.weights import torch_files_test

REFUSED = "holds code, not only weights .*nothing in it was run"


def _text(value):
    return torch_writer.code(str(value))


def _attacks(marker):
    """Returns pickles that make a folder `marker` when Python's own reader reads them."""
    call = b"(" + _text(marker) + b"t"
    shell = b"(" + _text(f"mkdir {marker}") + b"t"
    eval_ = b"(" + _text(f"__import__('os').mkdir({str(marker)!r})") + b"t"
    getattr_ = b"cbuiltins\ngetattr\n"
    module = b"cbuiltins\n__import__\n(" + _text("os") + b"tR"
    return {
        "reduce": b"cos\nsystem\n" + shell + b"R",
        "eval": b"cbuiltins\neval\n" + eval_ + b"R",
        "getattr": getattr_ + b"(" + module + _text("mkdir") + b"tR" + call + b"R",
        "inst": b"(" + _text(marker) + b"ios\nmkdir\n",
        "obj": b"(cos\nmkdir\n" + _text(marker) + b"o",
        "stack_global": b"\x8c\x02os\x8c\x05mkdir\x93" + call + b"R",
        "argument": b"ccollections\nOrderedDict\n(](](K\x01cos\nmkdir\n" + call + b"ReetR",
        "key": b"}cos\nmkdir\n" + call + b"RK\x01s",
        "state": b"ccollections\nOrderedDict\n)R}" + _text("a") + b"cos\nmkdir\n" + call + b"Rsb",
    }


# What is refused though Python's own reader would find nothing to run in it.
_STRANGE = {
    "newobj": b"ctorch\nSize\n)\x81",
    "obj": b"(ctorch\nSize\no",
    "extension": b"\x82\x01",
    "reconstructor": b"ccopyreg\n_reconstructor\n(ctorch\nSize\nctorch\nSize\n)tR",
    "hub": b"ctorch.hub\nload\n(X\x01\x00\x00\x00atR",
    "private": b"\x8c\x0ctorch._utils\x8c\x25_rebuild_tensor_v2.__globals__.values\x93",
    "storage": b"ctorch\nFloatStorage\n(K\x05tR",
    "function": b"ctorch\nSize\n}X\x0c\x00\x00\x00__defaults__)sb",
    "slots": b"ctorch._utils\n_rebuild_tensor_v2\nN}X\x0c\x00\x00\x00__defaults__)s\x86b",
    "list": b"]}X\x01\x00\x00\x00aK\x01sb",
    "text": b"X\x01\x00\x00\x00a)R",
    "reference": b"(X\x07\x00\x00\x00storagecos\nsystem\nK\x00K\x00K\x00tQ",
    "in_reference": b"(X\x07\x00\x00\x00storage(X\x07\x00\x00\x00storagecos\nsystem\ntQtQ",
}


class CodeTest(torch_files_test.FilesTest):
    def _refuse(self, instructions):
        content = torch_writer.pickled({"w": instructions})
        torch_writer.archive(self.path, {"data.pkl": content})
        for form in (self.path.read_bytes(), content, torch_writer.old({"w": instructions})):
            self.path.write_bytes(form)
            with self.assertRaisesRegex(errors.UserError, REFUSED):
                state_dicts.read(self.path)
        return content

    @parameterized.parameters(*_attacks(""))
    def test_code_is_refused_and_not_run(self, name):
        marker = self.root / "ran"
        content = self._refuse(_attacks(marker)[name])
        self.assertFalse(marker.exists())
        pickle.loads(content)  # the file is what it claims to be
        self.assertTrue(marker.exists())

    @parameterized.parameters(*_STRANGE)
    def test_so_is_what_could_lead_to_code(self, name):
        self._refuse(_STRANGE[name])

    @parameterized.parameters(2, 4)
    def test_pickles_of_pythons_own(self, protocol):
        class Malice:
            def __reduce__(self):
                return os.mkdir, ("/nowhere/at/all",)

        self.path.write_bytes(pickle.dumps({"w": Malice()}, protocol=protocol))
        with self.assertRaisesRegex(errors.UserError, rf"weights \({os.name}\.mkdir\)"):
            state_dicts.read(self.path)

    def test_attributes_of_dictionaries_are_left_out(self):
        empty = b"ccollections\nOrderedDict\n)R"
        state = b"}" + _text("items") + b"ctorch\nSize\n" + b"sb"
        tree = empty + _text("w") + torch_writer.tensor((6,), (1,)) + b"s" + state
        self.write(tree)
        self.assertAllEqual(state_dicts.read(self.path)["w.w"], torch_files_test.SIX)


def _doubling(depth):
    """Returns dictionaries of which each holds the one before twice."""
    code = b"}q\x00"
    for n in range(depth):
        code = b"}(K\x01" + code + b"K\x02h%cuq%c" % (n, n + 1)
    return code


class InstructionsTest(torch_files_test.FilesTest):
    @parameterized.named_parameters(
        ("a_tensor_of_a_tensor", b"ctorch._utils\n_rebuild_tensor\n(%sK\x00)tR", "TypeError"),
        ("no_arguments", b"ctorch._utils\n_rebuild_tensor_v2\n)R", "TypeError"),
        ("arguments", b"ctorch._utils\n_rebuild_tensor_v2\n]R", "a list stands where it can't"),
        ("many", b"ctorch\nSize\n(" + b")" * 9 + b"tR", "a call has 9 arguments"),
        ("size", b"ctorch\nSize\n(]tR", "a list stands"),
        ("ordered", b"ccollections\nOrderedDict\n(XaaatR", "exhausted|expected"),
        ("items", b")K\x01K\x02s", "a tuple stands"),
        ("append", b"}K\x01a", "a dict stands"),
        ("operands", b"\x87", "lacks its operands"),
        ("memo", b"h\x07", "KeyError"),
        ("instruction", b"Np7\n", "writes no instruction PUT"),
        ("text_reference", b"Pcpu\n", "writes no instruction PERSID"),
        ("unknown", b"\xff", "unknown"),
    )
    def test_instructions_out_of_place(self, instructions, message):
        self.write(instructions.replace(b"%s", torch_writer.tensor((6,), (1,))))
        self.damaged(message)

    @parameterized.named_parameters(
        ("deep_key", b"}" + b")" + b"\x85" * 1000 + b"K\x01s", "a tuple stands where it can't"),
        ("colliding", torch_writer.code({2**61 - 1: None, 2**62 - 2: None}), "too large for a key"),
        ("itself", b"}q\x01X\x01\x00\x00\x00ah\x01s", "dictionaries inside each other"),
        ("doubling", _doubling(60), "too many"),
        ("long_names", b"}" + b"X\x40\x42\x0f\x00" + b"a" * 10**6 + b"}"
         + b"".join(b"K%cN" % n for n in range(100)).join([b"(", b"u"]) + b"s", "too long"),
    )  # fmt: skip
    def test_dictionaries_without_end(self, instructions, message):
        self.write(instructions)
        self.damaged(message)

    def test_a_memo_of_any_size_and_deep_lists(self):
        tensor = torch_writer.tensor((6,), (1,))
        self.write(b"}(K\x01" + tensor + b"r\xff\xff\xff\xffK\x02j\xff\xff\xff\xffu")
        self.assertAllEqual(state_dicts.read(self.path)["w.2"], torch_files_test.SIX)
        self.write(b"]" * 20_000 + b"a" * 19_999)
        with self.assertRaisesRegex(errors.UserError, r"more than tensors: w \(list\)"):
            state_dicts.read(self.path)


if __name__ == "__main__":
    tf.test.main()
