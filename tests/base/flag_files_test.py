"""Flag files as people write them."""

import contextlib
import pathlib
from unittest import mock

from absl.testing import absltest, parameterized

from stargan_tf.base import errors, flag_files


class FlagFilesTest(parameterized.TestCase):
    def _file(self, content, encoding="utf-8"):
        return self.create_tempfile(content=content.encode(encoding), mode="wb").full_path

    @parameterized.named_parameters(
        ("plain", "--seed=1", ["--seed=1"]),
        ("dashes", "-seed=1", ["-seed=1"]),
        ("blanks", "  --seed=1 \t", ["--seed=1"]),
        ("around_equals", "--seed = 1", ["--seed=1"]),
        ("blank_line", "\n\n", []),
        ("comment", "# --seed=1\n  // no\n--flip", ["--flip"]),
        ("trailing_comment", "--seed=1  # of chance", ["--seed=1"]),
        ("comment_of_boolean", "--noflip # a=b", ["--noflip"]),
        ("comment_with_quotes", "--seed=1 # don't", ["--seed=1"]),
        ("hash_in_a_value", "--data_dir=a#b", ["--data_dir=a#b"]),
        ("blank_in_a_value", "--to=long hair", ["--to=long hair"]),
        ("double_quotes", '--data_dir="my photos"', ["--data_dir=my photos"]),
        ("single_quotes", "--data_dir='my photos'", ["--data_dir=my photos"]),
        ("hash_in_quotes", '--data_dir="a # b"  # there', ["--data_dir=a # b"]),
        ("whole_in_quotes", '"--data_dir=my photos"', ["--data_dir=my photos"]),
        ("apostrophe", "--to=Men's", ["--to=Men's"]),
        ("empty", "--data_dir=", ["--data_dir="]),
        ("empty_quotes", '--data_dir=""', ["--data_dir="]),
        ("windows", "--seed=1\r\n--flip\r\n", ["--seed=1", "--flip"]),
    )
    def test_lines(self, content, expected):
        path = self._file(content)
        self.assertEqual(
            flag_files.expand(["x", f"--flagfile={path}", "-v"]), ["x", *expected, "-v"]
        )

    def test_a_byte_order_mark(self):
        path = self._file("--seed=1\n", "utf-8-sig")
        self.assertEqual(flag_files.expand(["--flagfile", path]), ["--seed=1"])

    def test_files_in_files_and_home(self):
        inner = self._file("--b=2\n")
        outer = self._file(f"--a=1\n--flagfile={inner}\n--c=3\n")
        expected = ["--a=1", "--b=2", "--c=3"]
        self.assertEqual(flag_files.expand([f"-flagfile={outer}"]), expected)
        self.assertEqual(flag_files.named(["x", f"--flagfile={outer}", "--d"]), [outer])
        path = pathlib.Path(outer)
        with mock.patch.dict("os.environ", HOME=str(path.parent)):
            self.assertEqual(flag_files.expand([f"--flagfile=~/{path.name}"]), expected)

    def test_those_of_this_package_are_found_by_their_names(self):
        self.assertContainsSubset({"quickstart.flags", "v2_afhq.flags"}, flag_files.packaged())
        outer = self._file("--flagfile=quickstart.flags\n--seed=2\n")
        folder = pathlib.Path(self.create_tempdir().full_path)
        with contextlib.chdir(folder):
            for name in ("quickstart.flags", "configs/quickstart.flags", outer):
                self.assertIn("--n_critic=2", flag_files.expand([f"--flagfile={name}"]))
            with self.assertRaisesRegex(errors.UserError, "No such file.*, quickstart_v2.flags, "):
                flag_files.expand(["--flagfile=other/quickstart.flags"])
            (folder / "quickstart.flags").write_text("--seed=1\n")  # comes first
            found = flag_files.expand([f"--flagfile={outer}"])
        self.assertEqual(found, ["--seed=1", "--seed=2"])

    def test_after_two_dashes_nothing_is_a_flag(self):
        arguments = ["--", "--flagfile=x", "y"]
        self.assertEqual(flag_files.expand(arguments), arguments)

    def test_mistakes(self):
        circle = pathlib.Path(self.create_tempdir().full_path) / "a.flags"
        circle.write_text(f"--flagfile={circle}\n")
        latin = self._file("--to=Grün\n", "latin-1")
        for arguments, message in {
            ("--flagfile=nowhere.flags",): "flag file nowhere.flags: No such file",
            ("--flagfile",): "names no file",
            (f"--flagfile={latin}",): "not UTF-8 text",
            (f"--flagfile={circle}",): "must not name itself",
        }.items():
            with self.assertRaisesRegex(errors.UserError, message):
                flag_files.expand(arguments)

    @parameterized.parameters(
        "a", "", "my photos", " led by a blank", 'the "quoted"', '"all quoted"', "a # b", "it's # b"
    )
    def test_what_is_written_is_read_again(self, value):
        path = self._file(flag_files.line("data_dir", value))
        self.assertEqual(flag_files.expand([f"--flagfile={path}"]), [f"--data_dir={value}"])


if __name__ == "__main__":
    absltest.main()
