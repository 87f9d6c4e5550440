"""Opening and preparing data sets of TensorFlow Datasets, and mocked ones."""

import os
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from absl.testing import parameterized
from tensorflow_datasets.testing import mocking

from stargan_tf.base import errors
from stargan_tf.data import loading, options, source
from stargan_tf.data.tfds import examples, sets
from tests import tiny_tfds


class TinyByHand(tfds.core.GeneratorBasedBuilder):
    """A data set that can't be downloaded."""

    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = "ask for tiny.zip\n   and put it there."

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict({"number": np.int64})
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(dl_manager.manual_dir / "tiny.zip")}

    def _generate_examples(self, path):
        yield 0, {"number": len(path.read_bytes())}


class OpenSetTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.dir = self.enterContext(tempfile.TemporaryDirectory())

    def error(self, name):
        with self.assertRaises(errors.UserError) as caught:
            sets.open_set(name, self.dir)
        self.assertNotIn("\n", str(caught.exception))
        return str(caught.exception)

    def test_is_prepared_for_random_access_once(self):
        builder = sets.open_set("tiny_flags", self.dir)
        self.assertEqual(builder.info.file_format.value, "array_record")
        self.assertEqual(builder.info.splits["train"].num_examples, 16)
        with mock.patch.object(tiny_tfds.TinyFlags, "_generate_examples", side_effect=ValueError):
            again = sets.open_set("tiny_flags:1.0.0", self.dir)
        self.assertEqual(again.info.splits["train"].num_examples, 16)

    def test_without_array_record_it_can_still_be_packed(self):
        with mock.patch.object(examples.importlib.util, "find_spec", return_value=None):
            builder = sets.open_set("tiny_flags", self.dir)
            self.assertFalse(examples.Examples(builder, "train").has_random_access)
        self.assertEqual(builder.info.file_format.value, "tfrecord")

    @parameterized.parameters(
        ("", "lacks the name of a data set; pass it after a colon, as in dataset=tfds:celeb_a"),
        ("celeba", "knows no data set 'celeba', nor is one prepared in .*; did you mean celeb_a"),
        ("qqqqq", "knows no data set 'qqqqq'.*; see tensorflow.org/datasets/catalog"),
        ("tiny_classes/none", "cannot open 'tiny_classes/none': .*none.*, of which it has tested, "
         "validated, alone"),
        ("tiny_flags:9.9.9", "cannot open 'tiny_flags:9.9.9': .*; check its version and "
         "configuration, of which it has none"),
    )  # fmt: skip
    def test_unknown(self, name, message):
        self.assertRegex(self.error(name), message)

    def test_by_hand(self):
        manual = os.path.join(self.dir, "downloads", "manual")
        step = f"tiny_by_hand/1.0.0 must be downloaded by hand, into the folder {manual}: ask for "
        self.assertStartsWith(self.error("tiny_by_hand"), step + "tiny.zip and put it there; then")
        os.makedirs(manual)
        self.assertStartsWith(self.error("tiny_by_hand"), step)
        with open(os.path.join(manual, "other.zip"), "wb"):
            pass
        self.assertRegex(self.error("tiny_by_hand"), f"cannot prepare .* FileNotFound.*; {step}")
        with open(os.path.join(manual, "tiny.zip"), "wb") as file:
            file.write(b"1234")
        builder = sets.open_set("tiny_by_hand", self.dir)
        self.assertEqual(builder.as_data_source("train")[0]["number"], 4)

    def test_a_download_that_fails(self):
        failure = tfds.download.DownloadError("Failed to get url\nhttp://x: HTTP code: 404.")
        with mock.patch.object(tiny_tfds.TinyFlags, "_split_generators", side_effect=failure):
            self.assertRegex(
                self.error("tiny_flags"),
                f"cannot prepare tiny_flags/1.0.0 in {self.dir}: DownloadError: .*url http://x: "
                "HTTP code: 404; check the network and the disk",
            )


class MockedTest(tf.test.TestCase):
    """Data sets of TensorFlow Datasets itself, with random pictures."""

    def load(self, name, count, **flags):
        """Returns both parts of a mocked data set that has a train and a test split."""
        data_dir = self.enterContext(tempfile.TemporaryDirectory())
        info = tfds.builder(name, data_dir=data_dir).info
        info.set_file_format("array_record", override=True)
        splits = [
            tfds.core.SplitInfo(
                name=split,
                shard_lengths=[count],
                num_bytes=0,
                filename_template=tfds.core.ShardedFileTemplate(
                    data_dir=info.data_dir, dataset_name=name, filetype_suffix="array_record",
                    split=split),
            )
            for split in ("train", "test")
        ]  # fmt: skip
        info.set_splits(tfds.core.splits.SplitDict(splits))
        os.makedirs(info.data_dir)
        info.write_to_directory(info.data_dir)
        # The mock of reading many at once takes one argument too many in 4.9.10.
        many = mock.patch.object(
            mocking, "_getitems", lambda keys, generator: [generator[key] for key in keys]
        )
        with many, tfds.testing.mock_data(num_examples=count, data_dir=data_dir):
            flags = options.DataOptions(dataset=f"tfds:{name}", data_dir=data_dir, **flags)
            expected = tfds.data_source(name, split="train")
            yield from (loading.load(flags, split) for split in ("train", "test"))
            yield [expected[i] for i in range(count)]

    def test_classes(self):
        train, test, expected = self.load("mnist", 60)
        self.assertEqual(train.label_space.names, tuple("0123456789"))
        self.assertAllEqual(train.labels.argmax(axis=1), [e["label"] for e in expected])
        self.assertAllEqual(train.labels.sum(axis=1), np.ones(60))
        self.assertEqual(test.describe(1), "mnist/3.0.1 test[1]")
        for i, example in enumerate(expected[:5]):
            self.assertAllEqual(
                train.load(tf.constant(i)), np.broadcast_to(example["image"], (28, 28, 3))
            )

    def test_forty_attributes(self):
        train, _, expected = self.load("celeb_a", 5)
        self.assertIsInstance(train, source.EncodedSource)
        self.assertLen(train.label_space.names, 40)
        self.assertEqual(train.label_space.exclusive, (
            ("Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair"),))  # fmt: skip
        for row, example in zip(train.labels, expected, strict=True):
            flags = [example["attributes"][name] for name in train.label_space.names]
            self.assertAllEqual(row, flags)
        self.assertEqual(train.load(tf.constant(4)).shape, (218, 178, 3))

    def test_chosen_attributes(self):
        train, _, expected = self.load("celeb_a", 5, attributes="Young,Male")
        self.assertEqual(train.label_space.names, ("Young", "Male"))
        self.assertAllEqual(
            train.labels, [[e["attributes"][n] for n in ("Young", "Male")] for e in expected]
        )


if __name__ == "__main__":
    tf.test.main()
