"""Writing packs: the same bytes for the same images, continued where it stopped, and refusals."""

import contextlib
import dataclasses
import hashlib
import io
import itertools
import os
import pathlib
import time
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import labels, source
from stargan_tf.data.packs import packed, packed_format, packing, shard_writer
from stargan_tf.data.sources import image_files
from tests.data.pipeline import samplers_test

SPACE = labels.LabelSpace("domains", ("cat", "dog"))
NAMES = ("a.png", "b.jpg", os.fsdecode(b"c\xff.png"), "d.jpg", "e.png", "f.png", "g.jpg")
ONE_HOT = np.eye(2, dtype=np.float32)[[0, 0, 1, 0, 1, 1, 0]]
SETTINGS = {"dataset": "image_folder", "attributes": ""}
SHARD_BYTES = 2500  # two or three of the images below


def write_images(folder):
    """Writes seven images of noise; returns them as a data set with a crop of its own."""
    os.makedirs(folder, exist_ok=True)
    random = np.random.default_rng(0)
    for name in NAMES:
        image = Image.fromarray(random.integers(0, 256, (16, 20, 3), np.uint8))
        image.save(os.path.join(folder, name), quality=95)
    with open(os.path.join(folder, "d.jpg"), "ab") as file:
        file.write(b"\0\0")  # as some cameras do
    images = image_files.ImageFiles([os.path.join(folder, n) for n in NAMES], ONE_HOT, SPACE)
    images.crop_size = 12
    return images


def pack(output, train, test=None, settings=None, data_dir=""):
    """Packs data sets, or parts of them; the test set is the training set where none is given."""
    parts = {
        split: images
        if isinstance(images, packing.Split)
        else packing.split_of(images, 0, data_dir)
        for split, images in (("train", train), ("test", test or train))
    }
    output, settings = pathlib.Path(output), SETTINGS if settings is None else settings
    with packing.output_folder(output, settings):
        packing.pack(parts, output, settings, SHARD_BYTES)


def contents(folder):
    """Returns every file of a pack but that on how it was made, which knows paths and times."""
    paths = sorted(pathlib.Path(folder).iterdir())
    return {path.name: path.read_bytes() for path in paths if path.name != packed_format.JOB}


class PackingTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.folder, self.output = str(self.root / "images"), self.root / "packed"
        self.images = write_images(self.folder)

    def error(self, *args, **kwargs):
        with self.assertRaises(errors.UserError) as caught:
            pack(self.output, *args, **kwargs)
        return str(caught.exception)

    def shards(self, split="train"):
        return sorted(self.output.glob(f"{split}-*.tfrecord"))

    def age(self):
        """Makes all shards look old, so that those written later can be told; returns them."""
        for path in self.shards():
            os.utime(path, (1, 1))
        return self.shards()

    def young(self):
        return [path.name for path in self.shards() if path.stat().st_mtime > 1]

    def test_any_reader_of_tfrecords_reads_the_shards(self):
        pack(self.output, self.images, data_dir=self.folder)
        self.assertLen(self.shards(), 3)
        features = {
            "image": tf.io.FixedLenFeature([], tf.string),
            "name": tf.io.FixedLenFeature([], tf.string),
            "labels": tf.io.FixedLenFeature([2], tf.int64),
        }
        found = tf.data.TFRecordDataset([os.fspath(path) for path in self.shards()])
        found = list(found.map(lambda r: tf.io.parse_single_example(r, features)))
        self.assertEqual([os.fsdecode(r["name"].numpy()) for r in found], list(NAMES))
        self.assertAllEqual([r["labels"] for r in found], ONE_HOT)
        for path, record in zip(self.images.paths, found, strict=True):
            self.assertEqual(record["image"].numpy(), pathlib.Path(path).read_bytes())

    @parameterized.parameters(
        ({"dataset": "celeba", "crop_size": 0}, 0),  # that of earlier versions for CelebA
        ({"dataset": "celeba", "crop_size": 12}, 12),
        ({"dataset": "image_folder", "crop_size": 0}, 12),  # of a pack that was packed again
    )
    def test_a_crop_counts_if_it_was_asked_for(self, settings, expected):
        pack(self.output, self.images, settings=settings)
        self.assertEqual(packed_format.read_manifest(self.output, "train").crop_size, expected)

    def test_the_index_tells_where_everything_lies(self):
        pack(self.output, self.images)
        part, number = packed_format.read_manifest(self.output, "test"), 0
        self.assertEqual((part.label_space, part.crop_size), (SPACE, 12))
        for k, (shard, path) in enumerate(zip(part.shards, self.shards("test"), strict=True)):
            data = path.read_bytes()
            self.assertEqual((shard.file, shard.bytes), (path.name, len(data)))
            self.assertEqual(shard.digest, hashlib.blake2b(data, digest_size=16).hexdigest())
            index = packed_format.read_index(self.output, "test", k, shard.index_digest)
            self.assertEqual(index.first, number)
            records = index.records
            for i in range(records.size):
                record = data[records.offset[i] :][: records.length[i]]
                expected = hashlib.blake2b(record, digest_size=16).digest()
                self.assertEqual(records.digest[i].tobytes(), expected)
                image = data[records.image_offset[i] :][: records.image_length[i]]
                self.assertEqual(image, pathlib.Path(self.images.paths[number]).read_bytes())
                number += 1
            self.assertEqual(shard.images, records.size)
        self.assertEqual(number, 7)

    def test_two_packs_are_equal_whatever_the_folder_and_the_time(self):
        pack(self.output, self.images, data_dir=self.folder)
        other = write_images(str(self.root / "other"))
        for path in other.paths:
            os.utime(path, (1, 1))
        with mock.patch("time.time", return_value=1e9), mock.patch("time.localtime") as local:
            local.return_value = time.gmtime(1e9)
            pack(self.root / "again", other, data_dir=str(self.root / "other"))
        self.assertEqual(contents(self.root / "again"), contents(self.output))
        self.assertLen(contents(self.output), 13)  # 2 x 3 shards, their indexes, pack.json

    def test_the_order_is_kept_however_long_each_image_takes(self):
        pack(self.output, self.images)
        read = self.images.read

        def slow(index):
            def wait(number):
                time.sleep(0.02 * (6 - number))
                return number

            return read(tf.numpy_function(wait, [index], tf.int64))

        with mock.patch.object(self.images, "read", slow):
            pack(self.root / "slow", self.images)
        self.assertEqual(contents(self.root / "slow"), contents(self.output))

    def test_without_random_access(self):
        """What has no start but the first is packed by the same code."""
        part = packing.split_of(self.images)
        sequential = packing.Split(
            SPACE,
            12,
            "other",
            lambda first: itertools.islice(iter([*part.start(0)]), first, None),
            7,
        )
        pack(self.output, part)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            pack(self.root / "sequential", sequential)
        self.assertEqual(contents(self.root / "sequential"), contents(self.output))
        self.assertEqual(printed.getvalue().splitlines()[2], "image 7/7  train-00002.tfrecord")

    @parameterized.parameters(0, 4, 6)
    def test_what_was_killed_continues(self, number):
        part = packing.split_of(self.images)
        pack(self.root / "whole", part)
        starts = []

        def start(first):
            starts.append(first)
            for index, item in enumerate(part.start(first), first):
                if index == number and len(starts) == 1:
                    raise KeyboardInterrupt
                yield item

        killed = packing.Split(SPACE, 12, part.identity, start, 7)
        with self.assertRaises(KeyboardInterrupt):
            pack(self.output, killed, part)
        with self.assertRaisesRegex(errors.UserError, "not packed to the end; run the same"):
            packed.load_packed(str(self.output), "train")
        done = self.age()
        next_shard = self.output / packed_format.shard_name("train", len(done))
        next_shard.with_name(next_shard.name + ".partial").write_bytes(b"half")
        pack(self.output, killed, part)
        self.assertEqual(contents(self.output), contents(self.root / "whole"))
        self.assertEqual(self.young(), [path.name for path in self.shards()[len(done) :]])
        sizes = [s.images for s in packed_format.read_manifest(self.output, "train").shards]
        self.assertEqual(starts, [0, sum(sizes[: len(done)])])
        self.assertLessEqual(starts[1], number)

    @parameterized.product(
        damage=("gone", "cut", "flipped"), file=("train-00001.tfrecord", "train-00001.index.npz")
    )
    def test_the_same_command_mends_what_is_damaged(self, damage, file):
        pack(self.output, self.images)
        before, path = contents(self.output), self.output / file
        self.age()
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data if damage == "flipped" else data[:-1])
        if damage == "gone":
            path.unlink()
        pack(self.output, self.images)
        self.assertEqual(contents(self.output), before)
        self.assertEqual(self.young(), ["train-00001.tfrecord"])

    def test_a_shard_cut_by_a_crash_is_not_taken_for_whole(self):
        pack(self.output, self.images)
        before = contents(self.output)
        (self.output / packed_format.MANIFEST).unlink()
        os.truncate(self.shards()[1], 100)
        pack(self.output, self.images)
        self.assertEqual(contents(self.output), before)

    def test_labels_that_training_would_refuse(self):
        space = labels.LabelSpace("domains", ("cat", "dogs, big"))
        images = image_files.ImageFiles(self.images.paths, ONE_HOT, space)
        output = pathlib.Path(self.create_tempdir("refused").full_path) / "pack"
        with self.assertRaisesRegex(errors.UserError, "comma; rename the folder .* to 'dogs_big'"):
            pack(output, images)
        self.assertEmpty(list(output.glob("*.tfrecord")))

    def test_a_pack_of_other_flags_or_images_is_refused(self):
        pack(self.output, self.images)
        before = contents(self.output)
        message = self.error(self.images, settings={**SETTINGS, "attributes": "Male"})
        self.assertRegex(message, "made with attributes=; received attributes=Male; choose")
        relabelled = image_files.ImageFiles(self.images.paths, ONE_HOT[::-1], SPACE)
        fewer = image_files.ImageFiles(self.images.paths[1:], ONE_HOT[1:], SPACE)
        for images in (relabelled, fewer):
            self.assertRegex(self.error(images), "a pack of other images")
        os.utime(self.images.paths[3], (1, 1))
        self.assertRegex(self.error(self.images), "a pack of other images, or of these before")
        self.assertEqual(contents(self.output), before)

    def test_a_folder_of_something_else_is_refused(self):
        self.output.mkdir()
        (self.output / ".hidden").touch()
        (self.output / "thesis.txt").touch()
        self.assertRegex(self.error(self.images), "holds something else .thesis.txt.; choose an")
        self.assertLen(list(self.output.iterdir()), 2)
        (self.output / "thesis.txt").rename(self.output / packed_format.MANIFEST)
        self.assertRegex(self.error(self.images), "holds something else .pack.json.")
        self.output = pathlib.Path(self.images.paths[0])
        self.assertRegex(self.error(self.images), "a.png is a file; choose a folder")
        self.output /= "below"
        self.assertRegex(self.error(self.images), "can't be written: Not a directory; choose")

    def test_one_process_at_a_time(self):
        with packing.output_folder(self.output, SETTINGS):
            self.assertRegex(self.error(self.images), "Another process is packing into")
            self.assertLen(list(self.output.iterdir()), 1)
        self.assertFalse(self.output.exists())  # made, and nothing was written

    def test_a_full_disk(self):
        writer = tf.io.TFRecordWriter
        with mock.patch("tensorflow.io.TFRecordWriter", lambda path: writer(b"/dev/full")):
            message = self.error(self.images)
        self.assertRegex(
            message,
            r"Could not write .*train-00000.tfrecord: No space left on device; the shards before "
            "it are whole; free some space",
        )
        self.assertEqual([path.name for path in self.output.iterdir()], [packed_format.JOB])

    def test_an_image_that_is_gone_is_named(self):
        part = packing.split_of(self.images)
        os.remove(self.images.paths[5])
        self.assertRegex(self.error(part), "f.png is damaged or gone; replace it and run the same")
        self.assertLen(self.shards(), 1)  # those before are whole

    def test_images_that_make_no_pack(self):
        part = packing.Split(SPACE, 0, "none", lambda first: (), 0)
        self.assertRegex(self.error(part), "train-00000.tfrecord .* end after 0, too early")
        item = shard_writer.Item(b"image", np.array([0.5, 0.5]), "soft.png")
        part = packing.Split(SPACE, 0, "none", lambda first: [item], 1)
        with self.assertRaisesRegex(ValueError, "must be 0 or 1. Received: .* of soft.png"):
            pack(self.output, part)
        part = dataclasses.replace(packing.split_of(self.images), size=9)
        self.output = self.root / "short"
        self.assertRegex(self.error(part), "train-0000..tfrecord .* end after 7, too early")

    def test_sequences_make_no_pack(self):
        with self.assertRaisesRegex(errors.UserError, "holds images; received .* of features"):
            packing.split_of(samplers_test.Voices())

    def test_what_has_no_file_is_packed_as_png(self):
        pixels = np.random.default_rng(1).integers(0, 256, (3, 8, 6, 3), np.uint8)

        class Drawn(source.Source):
            label_space, labels = SPACE, ONE_HOT[:3]

            def load(self, index):
                return tf.gather(tf.constant(pixels), index)

            def describe(self, index):
                return f"drawing {index}"

        pack(self.output, Drawn())
        found = packed.load_packed(str(self.output), "test")
        for i in range(3):
            self.assertTrue(found.read(tf.constant(i)).numpy().startswith(b"\x89PNG"))
            self.assertAllEqual(found.load(tf.constant(i)), pixels[i])
        self.assertEqual(found.describe(2), "drawing 2")


if __name__ == "__main__":
    tf.test.main()
