"""Data sets of TensorFlow Datasets: order, files, labels and problems, however they are stored."""

import hashlib
import io
import os
import tempfile

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import loading, options, source, splits
from stargan_tf.data.tfds import labelling, tfds_source
from tests import tiny_tfds


class TfdsTestCase(tf.test.TestCase, parameterized.TestCase):
    """Has the tiny data sets prepared in `dir`, and one in `stored`, without random access."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dir = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.builders = {}
        for config in ("tested", "alone", "jpeg", "odd", "broken"):
            cls.builders[config] = tiny_tfds.prepare(
                tiny_tfds.TinyClasses, cls.dir, config=config, shards=3
            )
        cls.stored = os.path.join(cls.dir, "stored")
        tiny_tfds.prepare(tiny_tfds.TinyClasses, cls.stored, "tfrecord", config="tested", shards=3)

    def load(self, config="tested", split="train", **selection):
        selection = labelling.Selection(split, **selection)
        return tfds_source.load_tfds(f"tiny_classes/{config}", self.dir, selection)

    def numbers(self, config="tested", split="train"):
        """The pictures' numbers in the order in which TensorFlow Datasets gives them."""
        decoders = {"image": tfds.decode.SkipDecoding()}
        examples = self.builders[config].as_data_source(split, decoders=decoders)
        return [example["number"] for example in examples]

    def drawn(self, images):
        """The pictures' numbers, looked up by their bytes."""
        known = {tiny_tfds.picture(n): n for n in range(70)}
        return [known[images.read(tf.constant(i)).numpy()] for i in range(images.size)]


class LoadTest(TfdsTestCase):
    @parameterized.parameters("train", "test")
    def test_files_and_labels_in_the_order_of_the_data_set(self, split):
        images = self.load(split=split)
        numbers = self.numbers(split=split)
        self.assertCountEqual(numbers, range(60) if split == "train" else range(63, 69))
        self.assertNotEqual(numbers, sorted(numbers))  # else the order is not tested
        self.assertIsInstance(images, source.EncodedSource)
        self.assertEqual(self.drawn(images), numbers)
        self.assertAllEqual(images.labels, np.eye(3)[np.array(numbers) % 3])
        self.assertEqual(images.labels.dtype, np.float32)
        self.assertEqual((images.label_space.kind, images.label_space.names),
                         ("domains", tiny_tfds.CLASSES))  # fmt: skip
        self.assertEqual(images.describe(2), f"tiny_classes/tested/1.0.0 {split}[2]")

    def test_pixels(self):
        images = self.load("jpeg")
        for i, example in enumerate(self.builders["jpeg"].as_data_source("train")):
            expected = Image.open(io.BytesIO(tiny_tfds.picture(example["number"], "JPEG")))
            self.assertAllEqual(images.load(tf.constant(i, tf.int64)), np.asarray(expected))

    def test_parallel_reading_equals_one_by_one(self):
        images = self.load()
        indices = np.random.default_rng(0).integers(0, images.size, 2000)
        numbers = np.array(self.numbers())
        files = tf.data.Dataset.from_tensor_slices(indices).map(
            images.read, num_parallel_calls=16, deterministic=True
        )
        contents = [file for batch in files.batch(100) for file in batch.numpy()]
        self.assertEqual(contents, [tiny_tfds.picture(n) for n in numbers[indices]])

    def test_a_share_is_held_out_where_there_is_no_test_split(self):
        parts = {
            split: self.drawn(self.load("alone", split, val_fraction=0.3))
            for split in ("train", "test")
        }
        names = [hashlib.blake2b(tiny_tfds.picture(n), digest_size=16).hexdigest()
                 for n in range(30)]  # fmt: skip
        expected = np.flatnonzero(splits.held_out(names, 0.3)).tolist()
        self.assertCountEqual(parts["test"], expected)
        self.assertCountEqual(parts["train"] + parts["test"], range(30))
        self.assertBetween(len(expected), 3, 20)
        # However small the share, one of each class.
        few = self.drawn(self.load("alone", "test", val_fraction=1e-9))
        places = [splits.hash_fraction(name) for name in names]
        self.assertCountEqual(few, [min(range(c, 30, 3), key=places.__getitem__) for c in range(3)])

    def test_some_of_the_classes(self):
        images = self.load(domains=("wild", "cat"))
        numbers = [n for n in self.numbers() if n % 3 != 1]
        self.assertEqual(self.drawn(images), numbers)
        self.assertEqual(images.label_space.names, ("wild", "cat"))
        self.assertAllEqual(images.labels[:, 0], [n % 3 == 2 for n in numbers])
        self.assertAllEqual(images.labels.sum(axis=1), np.ones(40))

    def test_by_flags(self):
        flags = options.DataOptions(dataset="tfds:tiny_classes/tested", data_dir=self.dir)
        flags.check()
        for split in ("train", "test"):
            self.assertAllEqual(loading.load(flags, split).labels, self.load(split=split).labels)

    def test_every_image_has_a_lasting_key(self):
        images, again = self.load(), self.load("tested")
        keys = [images.key(i) for i in range(images.size)]
        self.assertLen(set(keys + [self.load(split="test").key(0), self.load("odd").key(0)]), 62)
        self.assertEqual(again.key(7), keys[7])
        stored = os.path.join(self.dir, "tiny_classes", "tested", "1.0.0", "dataset_info.json")
        os.utime(stored, (1, 1))  # as if it had been prepared again
        self.assertNotEqual(images.key(7), keys[7])

    def test_problems(self):
        images, numbers = self.load("broken"), self.numbers("broken")
        broken = dict.fromkeys(map(numbers.index, tiny_tfds.BROKEN), "cut short or damaged")
        broken[numbers.index(tiny_tfds.DAMAGED)] = "not an image of a known kind"
        for thorough in (False, True):
            self.assertEqual(images.problems(thorough=thorough), broken)
        kept, _ = loading.usable(images, "skip")
        self.assertEqual(kept.size, 57)
        self.assertEmpty(self.load("odd").problems(thorough=True))


class OtherFormatsTest(TfdsTestCase):
    def test_pixels_of_every_format_without_those_that_have_no_class(self):
        images = self.load("odd")
        numbers = [n for n in self.numbers("odd") if n % 4]
        for i, n in enumerate(numbers):
            expected = Image.open(
                io.BytesIO(tiny_tfds.picture(n, ("", "JPEG", "BMP", "GIF")[n % 4]))
            )
            image = images.load(tf.constant(i, tf.int64))
            self.assertAllEqual(image, np.asarray(expected.convert("RGB")))
        self.assertAllEqual(images.labels, np.eye(3)[np.array(numbers) % 4 - 1])

    def test_stay_as_they_are_when_iterated(self):
        images = self.load("odd")
        selection = labelling.Selection("train")
        opened = labelling.open_split("tiny_classes/odd", self.dir, selection)
        examples = tfds_source.iterate(opened, labelling.label_examples(opened, selection))
        for i, (file, _, _) in enumerate(examples):
            self.assertEqual(file, images.read(tf.constant(i, tf.int64)).numpy())


class IterateTest(TfdsTestCase):
    def iterate(self, data_dir, **selection):
        selection = labelling.Selection("train", **selection)
        opened = labelling.open_split("tiny_classes/tested", data_dir, selection)
        labelled = labelling.label_examples(opened, selection)
        files, labels, names = zip(*tfds_source.iterate(opened, labelled), strict=True)
        return labelled.space, list(files), np.stack(labels), list(names)

    @parameterized.parameters(((),), (("dog", "cat"),))
    def test_equals_random_access_however_it_is_stored(self, domains):
        images = self.load(domains=domains)
        numbers = self.drawn(images)
        for data_dir in (self.dir, self.stored):
            space, files, labels, names = self.iterate(data_dir, domains=domains)
            self.assertEqual(space, images.label_space)
            self.assertEqual(files, [tiny_tfds.picture(n) for n in numbers])
            self.assertAllEqual(labels, images.labels)
            self.assertEqual(labels.dtype, np.float32)
            self.assertEqual(names, [images.describe(i) for i in range(images.size)])

    def test_without_random_access_it_must_be_packed(self):
        with self.assertRaises(errors.UserError) as caught:
            tfds_source.load_tfds("tiny_classes/tested", self.stored, labelling.Selection("train"))
        self.assertRegex(
            str(caught.exception),
            "only be read in order; pack it first, python -m stargan_tf.pack "
            f"--dataset=tfds:tiny_classes/tested --data_dir={self.stored} --output=DIR, and train "
            "with dataset=packed data_dir=DIR",
        )

    @parameterized.parameters(("array_record",), ("tfrecord",))
    def test_a_damaged_file_is_named(self, form):
        data_dir = os.path.join(self.dir, f"damaged_{form}")
        builder = tiny_tfds.prepare(
            tiny_tfds.TinyClasses, data_dir, form, config="validated", shards=1
        )
        path = builder.info.splits["train"].filepaths[0]
        size = os.path.getsize(path)
        os.truncate(path, size // 2)
        selection = labelling.Selection("train")
        opened = labelling.open_split("tiny_classes/validated", data_dir, selection)
        with self.assertRaisesRegex(errors.UserError, "Cannot read tiny_classes.* remove that"):
            labelling.label_examples(opened, selection)


if __name__ == "__main__":
    tf.test.main()
