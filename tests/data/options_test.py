"""The data flags: what is refused, and the data set that they give."""

import dataclasses
import os
import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import labels, loading, options
from stargan_tf.data.sources import cartoon_faces
from tests import tiny


def data_options(**given):
    return options.DataOptions(image_size=32, cartoon_train_size=9, cartoon_test_size=5, **given)


class CheckTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ({"domains": "Male"}, "at least two domains; received domains=Male;"),
        ({"domains": " ,"}, "at least two domains; received domains= ,;"),
        (
            {"domains": "Male,Young", "attributes": "Bald"},
            "received attributes=Bald and domains=Male,Young; leave one",
        ),
        (
            {"domains": "Male,Young", "exclusive": "Male,Young"},
            "received exclusive=Male,Young with domains=Male,Young; leave `exclusive` out",
        ),
        (
            {"domains": "cat,dog", "dataset": "image_folder", "data_dir": "x"},
            "from the names of folders or files; received domains=cat,dog; leave it out",
        ),
    )
    def test_domains_that_make_no_sense(self, given, message):
        with self.assertRaisesRegex(errors.UserError, message):
            data_options(**given).check()

    @parameterized.parameters({"cache": "memory"}, {"fast_decode": True})
    def test_what_drawn_faces_would_ignore(self, **given):
        with self.assertRaisesRegex(errors.UserError, "keeps them, and has no files to decode"):
            data_options(**given).check()
        # Of several data sets others may have files.
        joint = {"datasets": "cartoon_faces,image_folder", "data_dir": ";x"}
        data_options(**given, **joint).check()

    @parameterized.parameters(
        ({"cache": "disk"}, "The cache on a disk is gone; pack the images with .*stargan_tf.pack"),
        ({"cache": "ram"}, "Unknown `cache` 'ram'; the known ones are auto, memory, off"),
        ({"keep_share": "cat"}, "`keep_share` is written as LABEL:SHARE.*received 'cat'"),
        ({"keep_share": "cat:half"}, "received 'cat:half'; pass keep_share=happiness:0.1"),
        ({"keep_share": "cat:0.5,dog:1"}, "a share between 0 and 1; received 'dog:1'"),
        ({"keep_share": "cat:nan"}, "received 'cat:nan'"),
        ({"max_grey": 0}, "max_grey must be from 1 to 65535; received 0; pass 4095"),
        (
            {"load_size": 31},
            "image_size=32 is cut out of images of load_size=31, which are smaller",
        ),
        ({"load_size": -1}, "load_size must be .*; received -1"),
        ({"frames": 2}, "frames must be .*at least 4; received 2; pass 128"),
        ({"frames": 64}, "of sequences of features, .* received frames=64 with .*image_folder"),
        ({"max_grey": 65_536}, "max_grey must be from 1 to 65535; received 65536"),
    )
    def test_values_that_make_no_sense(self, given, message):
        with self.assertRaisesRegex(errors.UserError, message):
            data_options(**given, dataset="image_folder", data_dir="x").check()

    @parameterized.parameters(
        ("drawn_voices", {"frames": 66}, "multiple of 4, since .* received frames=66; pass 68"),
        ("drawn_voices", {"data_dir": "x"}, "`data_dir` is of recordings, .* draws its voices"),
        ("drawn_voices", {"features": "mel"}, "`features` is of recordings, .* draws its voices"),
        ("drawn_voices", {"image_size": 64}, "`image_size` is of images, .* image_size=64 with"),
        ("drawn_voices", {"flip": False}, "`flip` is of images, .* received flip=false"),
        ("drawn_voices", {"attributes": "anna"}, "`attributes` is of images"),
        ("drawn_voices", {"domains": "anna"}, "at least two domains; received domains=anna"),
        ("drawn_voices", {"coefficients": 1}, "coefficients must be from 2 to 60; received 1"),
        ("voice_folder", {"voice_test_size": 9}, "`voice_test_size` is of drawn voices, and this"),
        ("voice_folder", {"features": "mel", "coefficients": 35}, "is of mcep, and mel has 80"),
        ("voice_folder", {"features": "mel", "sample_rate": 22050}, "mel are of 16 kHz; received"),
        ("cartoon_faces", {"sample_rate": 22050}, "`sample_rate` is of sequences of features, and"),
    )
    def test_voices_and_images_have_options_of_their_own(self, dataset, given, message):
        with self.assertRaisesRegex(errors.UserError, message):
            options.DataOptions(dataset=dataset, **given).check()

    def test_voices_are_trained_on_alone(self):
        with self.assertRaisesRegex(errors.UserError, "drawn_voices is trained on alone; received"):
            data_options(datasets="celeba,drawn_voices", data_dir="a;").check()

    def test_shares_are_of_one_data_set(self):
        given = {"datasets": "celeba,rafd", "data_dir": "a;b", "keep_share": "Young:0.5"}
        with self.assertRaisesRegex(
            errors.UserError, "for one data set; received keep_share=Young"
        ):
            data_options(**given).check()

    def test_domains_that_do(self):
        data_options(domains="Smiling, Eyeglasses").check()
        data_options(domains="Male,Young,Bald", dataset="celeba", data_dir="x").check()


class LoadTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(("train", 9), ("test", 5))
    def test_cartoon_domains(self, split, size):
        faces = loading.load(data_options(domains="Smiling, Eyeglasses"), split)
        names = ("Smiling", "Eyeglasses")
        expected = cartoon_faces.CartoonFaces(split, 32, size, names, as_domains=True)
        self.assertEqual(faces.label_space, labels.LabelSpace("domains", names))
        self.assertAllEqual(faces.labels, expected.labels)
        self.assertAllEqual(faces.image(size - 1), expected.image(size - 1))

    def test_only_training_images_are_thinned(self):
        given = options.DataOptions(image_size=32, cartoon_train_size=30, cartoon_test_size=30)
        thin = dataclasses.replace(given, keep_share="Smiling:0.25, Eyeglasses:0.5")
        whole, part = (loading.load(one, "train") for one in (given, thin))
        smiles = whole.labels[:, whole.label_space.index("Smiling")]
        self.assertBetween(part.labels.sum(axis=0)[4], 1, round(0.25 * smiles.sum()))
        self.assertAllEqual(loading.load(thin, "test").labels, loading.load(given, "test").labels)

    def test_without_domains_labels_are_attributes(self):
        faces = loading.load(data_options(), "train")
        self.assertEqual(faces.label_space.kind, "attributes")
        self.assertLen(faces.label_space.names, 5)

    def test_unknown_and_repeated_domains(self):
        with self.assertRaisesRegex(errors.UserError, "attribute 'Smile'.*Did you mean Smiling"):
            loading.load(data_options(domains="Smile,Eyeglasses"), "train")
        with self.assertRaisesRegex(errors.UserError, "a name twice"):
            loading.load(data_options(domains="Smiling,Smiling"), "train")

    def test_celeba_domains(self):
        folder = self.create_tempdir().full_path
        os.mkdir(os.path.join(folder, "images"))
        values = np.random.default_rng(1).integers(0, 2, (2040, 3))
        names = [f"{i}.png" for i in range(len(values))]
        rows = [f"{n} " + " ".join(map(str, 2 * v - 1)) for n, v in zip(names, values, strict=True)]
        with open(os.path.join(folder, "list_attr_celeba.txt"), "w") as file:
            file.write("\n".join([str(len(rows)), "Bald Male Young", *rows]))
        for name in names:
            os.symlink("../0.png", os.path.join(folder, "images", name))
        Image.new("RGB", (2, 2)).save(os.path.join(folder, "0.png"))
        given = data_options(dataset="celeba", data_dir=folder, domains="Young,Bald")
        sizes = []
        for split in ("train", "test"):
            images = loading.load(given, split)
            self.assertEqual(images.label_space, labels.LabelSpace("domains", ("Young", "Bald")))
            for i in range(images.size):
                row = names.index(os.path.basename(images.describe(i)))
                self.assertAllEqual(images.labels[i], values[row][[2, 0]])
            sizes.append(images.size)
        self.assertEqual(sum(sizes), np.sum(values[:, 0] != values[:, 2]))


class SourcesTest(tf.test.TestCase):
    def test_a_run_knows_the_crop_of_a_pack(self):
        images = tiny.Pictures()
        images.crop_size = 9
        self.assertEqual(loading.with_pack_crop(options.DataOptions(), images).crop_size, 9)
        given = options.DataOptions(crop_size=5)
        self.assertEqual(loading.with_pack_crop(given, images), given)

    def test_samplers_scale_16_bits_as_asked(self):
        sampler = loading.sampler(tiny.Pictures(), options.DataOptions(max_grey=4095), 0)
        self.assertEqual(sampler.max_grey, 4095)

    def test_faces_to_cut_from_are_drawn_large(self):
        given = data_options(load_size=40, domains="Smiling,Eyeglasses", keep_share="Smiling:0.5")
        given.check()
        faces = loading.load(given, "train")
        training = loading.sampler(faces, given, 0)
        self.assertEqual((training.load_size, training.image_size), (40, 32))
        large = dataclasses.replace(given, image_size=40, load_size=0)
        expected = loading.load(large, "train")
        self.assertAllEqual(training.source.labels, expected.labels)
        index = tf.constant(2, tf.int64)
        self.assertAllEqual(training.source.load(index), expected.load(index))
        held_out = loading.sampler(faces, given, 0, augment=False)
        self.assertEqual(held_out.load_size, 0)
        self.assertIs(held_out.source, faces)
        huge = dataclasses.replace(given, load_size=513)
        with self.assertRaisesRegex(errors.UserError, "32 to 512 pixels; received load_size=513"):
            loading.sampler(faces, huge, 0)
        images = tiny.Pictures()
        self.assertIs(loading.sampler(images, given, 0).source, images)

    def test_what_is_left_out_of_each_folder(self):
        root = pathlib.Path(self.create_tempdir().full_path)
        for name in ("a/cat/1.jpg", "a/cat/1.HEIC", "a/notes.txt", "b/x.jpg"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(b"")
        given = options.DataOptions(
            datasets="image_folder,rafd,cartoon_faces", data_dir=f"{root}/a;{root}/b;"
        )
        self.assertEqual(
            loading.describe_left_out(given),
            [f"left out of {root}/a: 2 files that are not images this program reads (.heic 1, "
             ".txt 1)"],
        )  # fmt: skip


if __name__ == "__main__":
    tf.test.main()
