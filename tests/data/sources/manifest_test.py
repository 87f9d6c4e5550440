"""Data sets that a table lists: labels, attributes, parts, and mistakes by their line."""

import hashlib
import io
import json
import os

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import loading, options
from stargan_tf.data.sources import manifest

NAMES = [f"images/{i % 3}/{i:02d}.png" for i in range(60)]
LABELS = np.random.default_rng(1).choice(["dog", "cat", "wild boar"], 60).tolist()
BITS = np.random.default_rng(0).integers(0, 2, (60, 3))
COLUMNS = ("Black_Hair", "Blond_Hair", "Male")


def place(name):
    """Where in [0, 1) a name stands, written another way than the program does."""
    return int(hashlib.blake2b(name.encode(), digest_size=8).hexdigest(), 16) / 16**16


def held_out(fraction):
    """The numbers of NAMES that are held out, at least one of each label."""
    held_out = {i for i in range(60) if place(NAMES[i]) < fraction}
    for label in set(LABELS):
        own = [i for i in range(60) if LABELS[i] == label]
        if not held_out.intersection(own):
            held_out.add(min(own, key=lambda i: place(NAMES[i])))
    return held_out


class ManifestTestCase(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.dir = self.create_tempdir().full_path
        for name in NAMES:
            os.makedirs(os.path.dirname(os.path.join(self.dir, name)), exist_ok=True)
            open(os.path.join(self.dir, name), "wb").close()  # No image is opened to list them.

    def write(self, rows, name="labels.csv"):
        """Writes rows, the first of them the names of the columns."""
        header, *rows = [[str(cell) for cell in row] for row in rows]
        with open(os.path.join(self.dir, name), "w") as file:
            if name.endswith(".csv"):
                file.writelines(",".join(row) + "\n" for row in [header, *rows])
            else:
                objects = (dict(zip(header, row, strict=True)) for row in rows)
                file.writelines(json.dumps(one) + "\n" for one in objects)

    def load(self, split="train", name="labels.csv", **given):
        data_dir = os.path.join(self.dir, name)
        made = options.DataOptions(dataset="manifest", data_dir=data_dir, **given)
        made.check()
        return loading.load(made, split)

    def check(self, files, rows, labels):
        """Checks that a source has those of NAMES, in their order, and their labels."""
        self.assertEqual(list(files.paths), [os.path.join(self.dir, NAMES[i]) for i in rows])
        self.assertAllEqual(files.labels, labels)
        self.assertEqual(files.crop_size, 0)


class LabelsTest(ManifestTestCase):
    @parameterized.parameters("labels.csv", "labels.jsonl")
    def test_labels_and_the_hash_of_the_path(self, name):
        self.write([("path", "label"), *zip(NAMES, LABELS, strict=True)], name)
        names = ("cat", "dog", "wild boar")
        for split, wanted in (("train", False), ("test", True)):
            files = self.load(split, name, val_fraction=0.3)
            rows = [i for i in range(60) if (place(NAMES[i]) < 0.3) == wanted]
            self.check(files, rows, [[LABELS[i] == n for n in names] for i in rows])
            self.assertEqual(files.label_space, labels_lib.LabelSpace("domains", names))

    def test_some_labels_in_an_order_of_ones_own(self):
        self.write([("path", "label"), *zip(NAMES, LABELS, strict=True)])
        files = self.load(domains="wild boar,cat")
        rows = [i for i in range(60) if LABELS[i] != "dog" and i not in held_out(0.1)]
        self.check(files, rows, [[LABELS[i] != "cat", LABELS[i] == "cat"] for i in rows])
        with self.assertRaisesRegex(errors.UserError, "Unknown label 'wildboar'.*mean wild boar"):
            self.load(domains="wildboar,cat")

    @parameterized.parameters(
        ("train val", "val"),
        ("Train Validation", "Validation"),
        ("training testing", "testing"),
        ("train test val", "val"),  # Then test is left alone.
    )
    def test_split(self, parts, held_out):
        column = [parts.split()[i % len(parts.split())] for i in range(60)]
        self.write([("label", "split", "path"), *zip(LABELS, column, NAMES, strict=True)])
        for split, part in (("train", parts.split()[0]), ("test", held_out)):
            rows = [i for i in range(60) if column[i] == part]
            names = ("cat", "dog", "wild boar")
            self.check(self.load(split), rows, [[LABELS[i] == n for n in names] for i in rows])
        with self.assertRaisesRegex(errors.UserError, "a split of its own.* val_fraction=0.3"):
            self.load(val_fraction=0.3)

    def test_a_split_that_is_train_alone_is_none(self):
        self.write([("path", "label"), *zip(NAMES, LABELS, strict=True)])
        expected = self.load("test", val_fraction=0.3)
        rows = zip(NAMES, LABELS, ["train"] * 60, strict=True)
        self.write([("path", "label", "split"), *rows])
        self.assertEqual(self.load("test", val_fraction=0.3).paths, expected.paths)

    def test_paths_absolute_relative_and_of_bytes_that_are_not_text(self):
        outside = self.create_tempdir("outside").full_path
        places = [
            os.path.join(outside, "a.png"),
            "../outside/b.png",
            "images/c\udcff.png",
            "./d.png",
        ]
        pictures = np.random.default_rng(0).integers(0, 256, (4, 3, 5, 3), np.uint8)
        for path, pixels in zip(places, pictures, strict=True):
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "PNG")
            with open(os.path.join(self.dir, path), "wb") as file:
                file.write(buffer.getvalue())
        rows = [(p, "ab"[i % 2], ("train", "val")[i // 2]) for i, p in enumerate(places)]
        self.write([("path", "label", "split"), *rows], "labels.jsonl")
        for split, expected in (("train", pictures[:2]), ("test", pictures[2:])):
            files = self.load(split, "labels.jsonl")
            self.assertEmpty(files.problems())
            self.assertAllEqual([files.load(tf.constant(i, tf.int64)) for i in range(2)], expected)

    def test_a_table_in_the_current_folder(self):
        self.write([("path", "label"), *zip(NAMES, LABELS, strict=True)])
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(self.dir)
        made = options.DataOptions(dataset="manifest", data_dir="labels.csv")
        expected = [name for i, name in enumerate(NAMES) if i not in held_out(0.1)]
        self.assertEqual(list(manifest.load_manifest(made, "train").paths), expected)


class AttributesTest(ManifestTestCase):
    def write_bits(self, words, name="labels.csv"):
        rows = ([n, *(words[v] for v in row)] for n, row in zip(NAMES, BITS, strict=True))
        self.write([("path", *COLUMNS), *rows], name)

    @parameterized.parameters("0 1", "-1 1", "false true", "False TRUE", "0.0 1.0")
    def test_all_columns(self, words):
        self.write_bits(words.split())
        for split, wanted in (("train", False), ("test", True)):
            files = self.load(split)
            rows = [i for i in range(60) if (place(NAMES[i]) < 0.1) == wanted]
            self.check(files, rows, BITS[rows])
        space = labels_lib.LabelSpace("attributes", COLUMNS, (("Black_Hair", "Blond_Hair"),))
        self.assertEqual(files.label_space, space)

    @parameterized.parameters(((False, True),), ((-1, 1),), ((0, 1.0),))
    def test_json_values(self, words):
        rows = ({"path": n} for n in NAMES)
        with open(os.path.join(self.dir, "labels.jsonl"), "w") as file:
            for row, bits in zip(rows, BITS, strict=True):
                row |= {n: words[bit] for n, bit in zip(COLUMNS, bits, strict=True)}
                file.write(json.dumps(row) + "\n")
        rows = [i for i in range(60) if place(NAMES[i]) >= 0.1]
        self.check(self.load(name="labels.jsonl"), rows, BITS[rows])

    def test_chosen_attributes_and_groups(self):
        self.write_bits(["0", "1"])
        files = self.load(attributes="Male,Black_Hair", exclusive="Black_Hair,Male")
        rows = [i for i in range(60) if place(NAMES[i]) >= 0.1]
        self.check(files, rows, BITS[rows][:, [2, 0]])
        self.assertEqual(files.label_space.exclusive, (("Black_Hair", "Male"),))
        with self.assertRaisesRegex(errors.UserError, "attribute 'Mail'.*Did you mean Male"):
            self.load(attributes="Mail")
        with self.assertRaisesRegex(errors.UserError, "in `exclusive` 'Bald'"):
            self.load(exclusive="Bald,Male")

    def test_attributes_as_domains(self):
        self.write_bits(["0", "1"])
        files = self.load(domains="Male,Blond_Hair", val_fraction=0.3)
        rows = [i for i in range(60) if BITS[i, 1] != BITS[i, 2] and place(NAMES[i]) >= 0.3]
        self.check(files, rows, BITS[rows][:, [2, 1]])
        self.assertEqual(files.label_space.kind, "domains")

    def test_columns_that_are_not_chosen_may_hold_anything(self):
        rows = zip(range(60), NAMES, BITS[:, 0], [f"{i} years" for i in range(60)], strict=True)
        self.write([("", "path", "Male", "Age"), *rows])
        rows = [i for i in range(60) if place(NAMES[i]) >= 0.1]
        self.check(self.load(attributes="Male"), rows, BITS[rows][:, :1])


class MistakesTest(ManifestTestCase):
    def error(self, contents=None, name="labels.csv", split="train", **given):
        if contents is not None:
            with open(os.path.join(self.dir, name), "w") as file:
                file.write(contents)
        with self.assertRaises(errors.UserError) as caught:
            self.load(split, name, **given)
        return str(caught.exception)

    A, B, C, D = NAMES[:4]

    @parameterized.named_parameters(
        ("no_rows", "path,label\n", "labels.csv' lists no image; add a line for each"),
        ("no_labels", "path,split\n", "has the columns path, split and so no labels; add"),
        ("both", "path,label,Male,Old\n", "column 'label' and also Male, Old; images ha"),
        ("value", f"path,Male\n{A},1\n{B},yes\n", "Line 3 .* gives 'Male' the value 'yes'; e"),
        ("class", f"path,class\n{A},cat\n", "Line 2 .*'cat'; .*labels in a column called 'lab"),
        ("no_label", f"path,label\n{A},cat\n{B}, \n", "Line 3 of labels.csv has no label; write"),
        ("no_name", f"path,label\n{A},cat\n,dog\n", "Line 3 of labels.csv gives '' as path"),
        ("nul", f"path,label\n{A}\0,cat\n", r"Line 2 of labels.csv gives '.*x00' as path"),
        ("again", f"path,label\n{A},a\n{B},b\n./{A},b\n", "Line 4 .* again, after line 2"),
        ("one_label", f"path,label\n{A},a\n{B},a\n", "gives all 2 images the label 'a', but"),
        ("split", f"path,label,split\n{A},a,dev\n", "Line 2 .* has the split 'dev'; expec"),
        ("no_train", f"path,label,split\n{A},a,val\n{B},b,test\n", "No line .*, but test or val"),
        ("not_trained", f"path,label,split\n{A},a,train\n{B},b,train\n{C},c,val\n",
         "Line 4 of labels.csv shows 'c', but no line of the split 'train' does"),
        ("never_held_out", f"path,label\n{A},a\n{B},b\n", "None of the 2 images falls into"),
        ("always_held_out", f"path,label\n{A},a\n{B},b\n", "All 1 images of the domain '.' fall",
         {"val_fraction": 1 - 1e-9}),
        ("attributes", f"path,label\n{A},a\n{B},b\n", "holds domains, not attributes; .* attr",
         {"attributes": "a,b"}),
        ("exclusive", f"path,label\n{A},a\n{B},b\n", "not attributes; received exclusive=a,b",
         {"exclusive": "a,b"}),
        ("alone", f"path,label,split\n{A},a,train\n{B},b,train\n{C},c,train\n{D},c,val\n",
         "None of the held-out images .* shows one of a, b alone", {"domains": "a,b"}),
        ("idle", f"path,label,split\n{A},a,train\n{B},a,val\n{C},b,test\n", "all 2 images the"),
    )  # fmt: skip
    def test_one_sentence(self, contents, message, given=None):
        self.assertRegex(self.error(contents, **(given or {})), message)

    def test_missing_images_are_problems_and_keep_their_side(self):
        self.write([("path", "label"), *zip(NAMES, LABELS, strict=True)])
        for name in NAMES:
            Image.new("RGB", (2, 2)).save(os.path.join(self.dir, name))
        before = [self.load(split, val_fraction=0.3) for split in ("train", "test")]
        gone = {os.path.join(self.dir, NAMES[i]) for i in (4, 7, 30, 31, 32)}
        for path in gone:
            os.remove(path)
        for split, images in zip(("train", "test"), before, strict=True):
            files = self.load(split, val_fraction=0.3)
            self.assertEqual(files.paths, images.paths)
            missing = {i for i, path in enumerate(files.paths) if path in gone}
            self.assertEqual(set(loading.usable(files, "skip")[1]), missing)
            kept = loading.usable(files, "skip")[0]
            self.assertEqual(
                [kept.describe(i) for i in range(kept.size)],
                [path for path in images.paths if path not in gone],
            )
            with self.assertRaisesRegex(errors.UserError, f"^{len(missing)} of {files.size} image"):
                loading.usable(files, "error")

    def test_all_images_missing(self):
        rows = [f"{name},{label}\n" for name, label in zip(NAMES, LABELS, strict=True)]
        message = self.error("path,label\n" + "".join(rows).replace("images/", "pictures/"))
        self.assertRegex(
            message,
            r"None of the \d+ images that .*labels.csv' lists for this part is there \(line \d+: "
            r"pictures/.* and 51 more\); paths are absolute, or relative to '.*'; correct them",
        )
        self.assertEqual(message.count("line "), 5)
        message = self.error("path,label\n" + "".join(rows).replace("/", "\\"))
        self.assertRegex(message, r"write / instead of \\ in them, correct")

    def test_labels_in_two_spellings_of_unicode_are_one(self):
        labels = [("caf\u00e9", "cafe\u0301", "dog")[i % 3] for i in range(60)]
        self.write([("path", "label"), *zip(NAMES, labels, strict=True)])
        self.assertEqual(self.load().label_space.names, ("caf\u00e9", "dog"))
        columns = [("path", "cafe\u0301", "dog"), *((name, 0, 1) for name in NAMES)]
        for name in ("labels.csv", "labels.jsonl"):
            self.write(columns, name)
            space = self.load(name=name, attributes="caf\u00e9").label_space
            self.assertEqual(space.names, ("caf\u00e9",))
            self.write([("path", "cafe\u0301", "caf\u00e9"), *((n, 0, 1) for n in NAMES)], name)
            with self.assertRaisesRegex(
                errors.UserError, "Line 1 .* (twice|two Unicode spellings)"
            ):
                self.load(name=name)

    def test_a_label_that_is_a_name(self):
        lines = [f"{i}.png,person {i}\n" for i in range(1001)]
        self.assertRegex(self.error("path,label\n" + "".join(lines)), "1001 different labels, such")

    def test_no_table(self):
        expected = "expected a .csv file with the columns path and label"
        self.assertRegex(self.error(name="nowhere.csv"), f"no table '.*nowhere.csv'; {expected}")
        self.assertRegex(self.error(name="images"), "the folder .*pass the file itself, such as")
        made = options.DataOptions(dataset="manifest")
        with self.assertRaisesRegex(errors.UserError, f"data_dir=FILE; {expected}"):
            manifest.load_manifest(made, "train")

    def test_unknown_split(self):
        with self.assertRaisesRegex(ValueError, "Received: 'val'"):
            manifest.load_manifest(options.DataOptions(dataset="manifest"), "val")


if __name__ == "__main__":
    tf.test.main()
