"""Reading packs: what was packed comes back, and damage is found and named."""

import dataclasses
import json
import os
import pathlib
import time
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import labels, loading, options, source
from stargan_tf.data.packs import packed, packed_format, packing, shard_writer
from stargan_tf.data.sources import cartoon_faces
from tests.data.packs import packing_test

ATTRIBUTES = labels.LabelSpace(
    "attributes", ("Black_Hair", "Blond_Hair", "Male", "Young"), (("Black_Hair", "Blond_Hair"),)
)
TABLE = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 1], [1, 0, 0, 0], [0, 0, 0, 1]])


def attributes_pack(output):
    """Packs five tiny images, filled with their numbers, with four attributes."""
    items = []
    for i, row in enumerate(TABLE):
        image = tf.io.encode_png(np.full((2, 2, 3), i, np.uint8)).numpy()
        items.append(shard_writer.Item(image, row, f"{i}.png"))
    packing_test.pack(output, packing.Split(ATTRIBUTES, 0, "five", lambda first: items[first:], 5))


class PackedTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        root = pathlib.Path(self.create_tempdir().full_path)
        self.output = root / "packed"
        self.files = packing_test.write_images(str(root / "images"))
        packing_test.pack(self.output, self.files, data_dir=str(root / "images"))
        self.images = packed.load_packed(str(self.output), "train")

    def record(self, number):
        """Returns the shard of an image, and the index's columns with its row."""
        for k, shard in enumerate(packed_format.read_manifest(self.output, "train").shards):
            if number < shard.images:
                records = packed_format.read_index(self.output, "train", k).records
                return self.output / shard.file, records, number
            number -= shard.images
        return None

    def flip(self, number, place):
        """Changes a byte of a record, `place` bytes after its beginning."""
        path, records, row = self.record(number)
        data = bytearray(path.read_bytes())
        data[records.offset[row] + place] ^= 4
        path.write_bytes(data)

    def test_files_come_back(self):
        self.assertIsInstance(self.images, source.EncodedSource)
        self.assertEqual((self.images.size, self.images.crop_size), (7, 12))
        self.assertEqual(self.images.label_space, packing_test.SPACE)
        self.assertAllEqual(self.images.labels, packing_test.ONE_HOT)
        self.assertEqual(self.images.labels.dtype, np.float32)
        self.assertEqual(tuple(map(self.images.describe, range(7))), packing_test.NAMES)
        for i, path in enumerate(self.files.paths):
            read = self.images.read(tf.constant(i, tf.int64))
            self.assertEqual(read.numpy(), pathlib.Path(path).read_bytes())
            pixels = self.images.load(tf.constant(i, tf.int64))
            self.assertAllEqual(pixels, Image.open(path).convert("RGB"))
        self.assertTrue(self.images.read(tf.constant(3)).numpy().endswith(b"\xff\xd9\0\0"))
        self.assertLen({self.images.key(i) for i in range(7)}, 7)
        for thorough in (False, True):
            self.assertEqual(self.images.problems(thorough=thorough), {})

    def test_drawings_come_back(self):
        faces = cartoon_faces.CartoonFaces("train", 32, 5)
        packing_test.pack(self.output.parent / "faces", faces)
        images = packed.load_packed(str(self.output.parent / "faces"), "train")
        self.assertEqual(images.label_space, faces.label_space)
        self.assertAllEqual(images.labels, faces.labels)
        for i in range(5):
            self.assertAllEqual(images.load(tf.constant(i)), faces.image(i))
            self.assertEqual(images.describe(i), faces.describe(i))

    def test_parallel_reads_share_one_open_file(self):
        with mock.patch.object(packed, "_OPEN", 1):
            images = packed.load_packed(str(self.output), "train")
            order = np.random.default_rng(0).permutation(np.repeat(np.arange(7), 60))
            read = tf.data.Dataset.from_tensor_slices(order).map(images.read, 16)
            expected = [pathlib.Path(path).read_bytes() for path in self.files.paths]
            before = len(os.listdir("/proc/self/fd"))
            for i, contents in zip(order, read.as_numpy_iterator(), strict=True):
                self.assertEqual(contents, expected[i])
            self.assertLess(len(os.listdir("/proc/self/fd")), before + 10)  # of 420 reads

    @parameterized.named_parameters(("start", 0), ("image", 300), ("end", -1))
    def test_one_wrong_byte_is_found_and_the_image_named(self, place):
        _, records, row = self.record(4)
        self.flip(4, place % int(records.length[row]))
        message = r"e.png in .*train-0000\d.tfrecord: its checksum differs"
        with self.assertRaisesRegex(tf.errors.InvalidArgumentError, message):
            self.images.load(tf.constant(4))
        found = tf.data.Dataset.range(4, 5).map(self.images.load)
        with self.assertRaisesRegex(tf.errors.InvalidArgumentError, message):
            next(iter(found))
        self.assertEqual(self.images.problems(), {})  # the quick look reads no image
        shard = self.record(4)[0].name
        wrong = {4: f"{shard}: its checksum differs"}
        self.assertEqual(self.images.problems(thorough=True), wrong)
        kept, skipped = loading.usable(self.images, "skip")
        self.assertEqual((kept.size, skipped), (6, wrong))
        self.assertEqual(kept.read(tf.constant(4)), self.images.read(tf.constant(5)))

    @parameterized.named_parameters(
        ("gone", os.unlink, "No such file or directory"),
        ("cut", lambda path: os.truncate(path, 900), r"has 900 bytes instead of [\d,]+"),
    )
    def test_a_shard_that_is_gone_or_cut(self, damage, reason):
        part = packed_format.read_manifest(self.output, "train")
        first, count = part.shards[0].images, part.shards[1].images
        damage(self.output / "train-00001.tfrecord")
        found = self.images.problems()
        self.assertEqual(sorted(found), list(range(first, first + count)))
        self.assertRegex(found[first], f"train-00001.tfrecord:? {reason}")
        with self.assertRaisesRegex(errors.UserError, f"{count} of 7 images cannot be used: d.jpg"):
            loading.usable(self.images, "error")
        with self.assertRaises(tf.errors.InvalidArgumentError):
            self.images.read(tf.constant(first + count - 1))
        self.assertEqual(self.images.read(tf.constant(0)), self.files.read(tf.constant(0)))
        # Those before the cut can still be read.
        readable = 0 if damage is os.unlink else int(self.record(first)[1].length[0] < 880)
        self.assertLen(self.images.problems(thorough=True), count - readable)

    def test_what_was_packed_damaged_is_found_by_decoding(self):
        png = tf.io.encode_png(np.zeros((9, 9, 3), np.uint8)).numpy()
        broken = (b"no image", png[:-8], png)
        items = [shard_writer.Item(contents, np.array([1, 0]), "a") for contents in broken]
        part = packing.Split(packing_test.SPACE, 0, "broken", lambda first: items[first:], 3)
        packing_test.pack(self.output.parent / "broken", part)
        images = packed.load_packed(str(self.output.parent / "broken"), "train")
        self.assertEqual(images.problems(), {})
        expected = {0: "not an image of a known kind", 1: "cut short or damaged"}
        self.assertEqual(images.problems(thorough=True), expected)


class LabelsTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.output = os.path.join(self.create_tempdir().full_path, "packed")
        attributes_pack(self.output)

    def load(self, **values):
        chosen = options.DataOptions(dataset="packed", data_dir=self.output, **values)
        chosen.check()
        return loading.load(chosen, "train")

    def shown(self, images):
        """Returns the number that each image shows."""
        return [int(images.load(tf.constant(i))[0, 0, 0]) for i in range(images.size)]

    def test_as_packed(self):
        images = self.load()
        self.assertEqual(images.label_space, ATTRIBUTES)
        self.assertAllEqual(images.labels, TABLE)
        self.assertEqual(self.shown(images), [0, 1, 2, 3, 4])

    def test_some_attributes(self):
        images = self.load(attributes="Young,Blond_Hair,Black_Hair")
        self.assertEqual(images.label_space.names, ("Young", "Blond_Hair", "Black_Hair"))
        self.assertEqual(images.label_space.exclusive, ATTRIBUTES.exclusive)
        self.assertAllEqual(images.labels, TABLE[:, [3, 1, 0]])
        with self.assertRaisesRegex(errors.UserError, "Unknown attribute 'Old'; the known ones"):
            self.load(attributes="Old")

    def test_exclusive(self):
        images = self.load(exclusive="Male,Young")
        self.assertEqual(images.label_space.exclusive, (("Male", "Young"),))
        self.assertAllEqual(images.labels, TABLE)

    def test_domains_are_the_images_that_show_exactly_one(self):
        images = self.load(domains="Male,Young")
        self.assertEqual(images.label_space, labels.LabelSpace("domains", ("Male", "Young")))
        self.assertAllEqual(images.labels, [[1, 0], [0, 1], [0, 1]])
        self.assertEqual(self.shown(images), [0, 1, 4])
        self.assertEqual([images.describe(i) for i in range(3)], ["0.png", "1.png", "4.png"])
        self.assertEqual(images.key(2), self.load().key(4))
        self.assertEqual(images.problems(thorough=True), {})
        os.remove(os.path.join(self.output, "train-00000.tfrecord"))
        self.assertEqual(sorted(images.problems(thorough=True)), [0, 1, 2])

    @parameterized.parameters({"attributes": "cat"}, {"domains": "cat,dog"}, {"exclusive": ""})
    def test_packed_domains_are_all_there_are(self, **values):
        folder = os.path.dirname(self.output)
        images = packing_test.write_images(os.path.join(folder, "images"))
        self.output = os.path.join(folder, "domains")
        packing_test.pack(self.output, images)
        self.assertEqual(self.load().label_space, packing_test.SPACE)
        with self.assertRaisesRegex(
            errors.UserError, "was packed with the domains cat, dog, which"
        ):
            self.load(**values)


class ThreadsTest(tf.test.TestCase):
    def test_one_index_is_parsed_at_a_time(self):
        """Python 3.11 fails now and then where two threads parse, as NumPy does with headers."""
        folder = pathlib.Path(self.create_tempdir().full_path)
        images = packing_test.write_images(str(folder / "images"))
        packing_test.pack(folder / "packed", images)
        parse, inside, most = packed_format.Index.from_bytes, [], []

        def slowly(data):
            inside.append(1)
            time.sleep(0.005)
            most.append(len(inside))
            inside.pop()
            return parse(data)

        with mock.patch.object(packed_format.Index, "from_bytes", slowly):
            packed.load_packed(str(folder / "packed"), "train")
        self.assertGreater(len(most), 1)
        self.assertEqual(max(most), 1)


class MistakesTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.output = pathlib.Path(self.create_tempdir().full_path) / "packed"
        attributes_pack(self.output)
        self.manifest = self.output / packed_format.MANIFEST
        self.index = self.output / "test-00000.index.npz"

    def error(self, data_dir=None):
        with self.assertRaises(errors.UserError) as caught:
            packed.load_packed(str(self.output) if data_dir is None else data_dir, "test")
        message = str(caught.exception)
        self.assertNotIn("\n", message)
        return message

    def test_no_pack(self):
        self.assertRegex(self.error(""), "data folder is empty, pass data_dir=DIR")
        self.assertRegex(self.error("/nowhere"), "Cannot read /nowhere/pack.json: No such file.*")
        with self.assertRaisesRegex(ValueError, "Received: 'val'"):
            packed.load_packed(str(self.output), "val")

    @parameterized.named_parameters(
        ("cut", lambda text: text[:-20], "is damaged, or of another program"),
        ("foreign", lambda text: '{"name": "app"}', "is damaged, or of another program"),
        ("list", lambda text: "[]", "is damaged, or of another program"),
        ("binary", lambda text: "\0\1", "is damaged, or of another program"),
        ("other", lambda text: text.replace("stargan_tf pack", "x"), r"of another program \(x\)"),
        (
            "future",
            lambda text: text.replace('"version": 1', '"version": 2'),
            "of a newer version: 2, while this one reads up to 1; install a newer stargan_tf",
        ),
        ("part", lambda text: text.replace('"test":', '"val":'), "pack.json is damaged; copy it"),
        ("field", lambda text: text.replace('"images"', '"i"'), "pack.json is damaged; copy it"),
        ("file", lambda text: text.replace("test-00000", "../x"), "pack.json is damaged; copy it"),
    )
    def test_manifest(self, change, message):
        self.manifest.write_text(change(self.manifest.read_text()))
        self.assertRegex(self.error(), message)

    def test_no_shards(self):
        value = json.loads(self.manifest.read_bytes())
        value["splits"]["test"]["shards"] = []
        self.manifest.write_text(json.dumps(value))
        self.assertRegex(self.error(), "pack.json is damaged; copy it")

    def test_index(self):
        data = self.index.read_bytes()
        for wrong in (data[:-1], data[:50], b"", data.replace(b"0.png", b"9.png")):
            self.index.write_bytes(wrong)
            self.assertRegex(
                self.error(), "index .*test-00000.index.npz is damaged, or of another pack; copy"
            )
        self.index.unlink()
        self.assertRegex(self.error(), "Cannot read the index .*index.npz: No such file")
        packed.load_packed(str(self.output), "train")  # the other split is whole

    def test_an_index_of_another_pack(self):
        other = packed_format.read_index(self.output, "test", 0)
        self.index.write_bytes(dataclasses.replace(other, first=1).to_bytes())
        self.assertRegex(self.error(), "is damaged, or of another pack")


if __name__ == "__main__":
    tf.test.main()
