"""Reading CSV and JSON Lines: cells, line numbers, and the messages about malformed files."""

import json
import os

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.data.sources import tables


class TablesTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.dir = self.create_tempdir().full_path

    def table(self, name, contents):
        path = os.path.join(self.dir, name)
        with open(path, "wb") as file:
            file.write(contents if isinstance(contents, bytes) else contents.encode())
        return tables.Table(path, required="path")

    def error(self, name, contents):
        with self.assertRaises(errors.UserError) as caught:
            list(self.table(name, contents).rows())
        return str(caught.exception)

    @parameterized.parameters(",", ";", "\t")
    def test_csv(self, separator):
        rows = [["path", " split ", "Eye, glasses"], ["a;,\tb.jpg", "val", "1"], ["c.jpg", "", "0"]]
        text = "\r\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)
        table = self.table("a.CSV", text)
        self.assertEqual(table.columns, ("path", "split", "Eye, glasses"))
        self.assertEqual((table.name, table.term), ("a.CSV", "column"))
        self.assertEqual(list(table.rows()), [(2, rows[1]), (3, rows[2])])

    def test_csv_as_it_comes(self):
        # A BOM, blank lines, a value over two lines, an unnamed column, no newline at the end.
        text = '\ufeff\n,path,label\n0,é.jpg,cat\n\n1,"a\nb.jpg",dog\n2,c.jpg,"say ""hi"""'
        table = self.table("a.csv", text)
        self.assertEqual(table.columns, ("", "path", "label"))
        expected = [(3, ["0", "é.jpg", "cat"]), (6, ["1", "a\nb.jpg", "dog"])]
        self.assertEqual(list(table.rows()), [*expected, (7, ["2", "c.jpg", 'say "hi"'])])

    def test_json_lines(self):
        objects = [{"path": "é,.jpg", "A": 1, "B": True}, {"B": -1.0, "A": "x", "path": "b"}]
        text = "\ufeff\n" + "\n\n".join(map(json.dumps, objects))
        table = self.table("a.jsonl", text)
        self.assertEqual((table.columns, table.term), (("path", "A", "B"), "key"))
        expected = [(2, ["é,.jpg", "1", "True"]), (4, ["b", "x", "-1.0"])]
        self.assertEqual(list(table.rows()), expected)

    @parameterized.named_parameters(
        ("kind", "a.json", "{}", "expected a name that ends in .csv, .tsv, .jsonl, .ndjson"),
        ("empty", "a.csv", "\n \n", "is empty; expected a header"),
        ("empty_lines", "a.jsonl", "", "is empty; expected a JSON object"),
        ("no_path", "a.csv", "file;label\n", "Line 1 of a.csv has the columns file, label, but no"),
        ("no_path_key", "a.jsonl", '{"A": 1}', "Line 1 of a.jsonl has the keys A, but none called"),
        ("twice", "a.csv", "path,A,A\n", "Line 1 of a.csv names the column 'A' twice"),
        ("too_few", "a.csv", "path,A\n\na,1\nb\n", "Line 4 of a.csv holds 1 values .* 2 columns"),
        ("too_many", "a.csv", "path,A\na,b,1\n", 'Line 2 .* 3 values .*separator in "quotes"'),
        ("quote", "a.csv", 'path,A\n"a,1\nb,2\n', "Line 3 of a.csv is not CSV .*check its quotes"),
        ("quote_in_header", "a.csv", 'path,"A\nb,2\n', "Line 1 of a.csv is not a CSV header"),
        ("latin_1", "a.csv", "path,A\na,1\n\xe9,1".encode("latin-1"), "Line 3 .* is not UTF-8"),
        ("utf_16", "a.csv", "path,A\n".encode("utf-16"), "Line 1 of a.csv is not UTF-8"),
        ("array", "a.jsonl", '[\n{"path": 1}]', "Line 1 .* JSON object but '.'; write one .* line"),
        ("cut", "a.jsonl", '{"path": "a"}\n{"path', "Line 2 of a.jsonl is not a JSON object but"),
        ("null", "a.jsonl", '{"path": "a", "A": null}', "Line 1 .* gives 'A' the value null; exp"),
        ("lacks", "a.jsonl", '{"path": "a", "A": 1}\n{"path": "b"}', "Line 2 .* lacks the key 'A'"),
        ("has", "a.jsonl", '{"path": "a"}\n{"path": "b", "C": 1}', "Line 2 .* has the key 'C', u"),
        ("binary", "a.csv", b"x" * 200_000, "Line 1 of a.csv is not a CSV header .field larger"),
        ("deep", "a.jsonl", "[" * 100_000, "Line 1 of a.jsonl is not a JSON object but '...."),
    )  # fmt: skip
    def test_mistakes(self, name, contents, message):
        self.assertRegex(self.error(name, contents), message)

    def test_a_file_that_can_not_be_read(self):
        with self.assertRaisesRegex(errors.UserError, "Cannot read .*nowhere.csv': No such file"):
            tables.Table(os.path.join(self.dir, "nowhere.csv"), required="path")


if __name__ == "__main__":
    tf.test.main()
