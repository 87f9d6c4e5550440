"""The builders of data sets that TensorFlow Datasets lacks, on small folders."""

import pathlib
import tempfile

import tensorflow_datasets as tfds

from stargan_tf.base import errors
from stargan_tf.data.sources import rafd as rafd_source
from stargan_tf.data.tfds import builders, labelling, tfds_source
from tests import tiny_tfds

# Of persons 01 ... 12, a tenth is one: the one whose hash is least. Written down once, since
# another would tear apart the split of every run there is.
HELD_OUT = "07"


def rafd_name(identity, expression="happy", gaze="frontal", angle="090"):
    return f"rafd/Rafd{angle}_{identity}_Caucasian_female_{expression}_{gaze}.jpg"


class Files:
    """Draws the files in `FILES` once, each another picture."""

    FILES: tuple[str, ...] = ()

    @classmethod
    def setUpClass(cls):
        cls.EXAMPLE_DIR = cls.enterClassContext(tempfile.TemporaryDirectory())
        for name in cls.FILES:
            path = pathlib.Path(cls.EXAMPLE_DIR, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(cls.file(name))
        super().setUpClass()

    @classmethod
    def file(cls, name):
        return tiny_tfds.picture(cls.FILES.index(name), "PNG" if name[-3:] == "png" else "JPEG")

    def load(self, split, config=""):
        """Loads the data set as `--dataset=tfds:NAME` does, with the drawn files put by hand."""
        data_dir = pathlib.Path(tempfile.mkdtemp(dir=self.tmp_dir))
        (data_dir / "downloads").mkdir()
        (data_dir / "downloads" / "manual").symlink_to(self.EXAMPLE_DIR)
        name = f"{self.DATASET_CLASS.name}{config}"
        return tfds_source.load_tfds(name, str(data_dir), labelling.Selection(split))

    def assert_holds(self, images, names, labels):
        """Checks that these files are in the data set as they are, with these labels."""
        known = {self.file(name): label for name, label in zip(names, labels, strict=True)}
        files = [images.read(i).numpy() for i in range(images.size)]
        self.assertCountEqual(files, known)
        domains = [images.label_space.names[i] for i in images.labels.argmax(axis=1)]
        self.assertEqual(domains, [known[file] for file in files])


class AfhqTest(Files, tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = builders.Afhq
    SPLITS = {"train": 6, "validation": 3}
    FILES = tuple(
        f"{folder}/{split}/{domain}/flickr_{i}.{suffix}"
        for folder, held_out, suffix in (("afhq", "val", "jpg"), ("afhq_v2", "test", "png"))
        for split, count in (("train", 2), (held_out, 1))
        for domain in ("cat", "dog", "wild")
        for i in range(count)
    )

    def test_labels_and_files(self):
        for config, train, held_out in (
            ("", "afhq/train", "afhq/val"),
            ("/v2", "afhq_v2/train", "afhq_v2/test"),
        ):
            for split, folder in (("train", train), ("test", held_out)):
                names = [name for name in self.FILES if name.startswith(f"{folder}/")]
                images = self.load(split, config)
                self.assert_holds(images, names, [name.split("/")[2] for name in names])


class CelebaHqTest(Files, tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = builders.CelebaHq
    SPLITS = {"train": 4, "validation": 2}
    FILES = (
        *(f"celeba_hq/train/{domain}/{i:06d}.jpg" for domain in ("female", "male") for i in (1, 2)),
        *(f"celeba_hq/val/{domain}/000003.PNG" for domain in ("female", "male")),
        "celeba_hq/train/male/.000001.jpg",
        "celeba_hq/train/male/notes.txt",
        "celeba_hq/train/unsorted/000001.jpg",
    )

    def test_labels_and_files(self):
        names = self.FILES[:4]
        self.assert_holds(self.load("train"), names, [name.split("/")[2] for name in names])

    def test_a_missing_folder_is_named(self):
        with tempfile.TemporaryDirectory() as data_dir:
            path = pathlib.Path(data_dir, "downloads/manual/celeba_hq/train/female")
            path.mkdir(parents=True)
            with self.assertRaisesRegex(
                errors.UserError, "no folder .*train/male; celeba_hq/1.0.0 must be downloaded"
            ):
                tfds_source.load_tfds("celeba_hq", data_dir, labelling.Selection("train"))


class RafdTest(Files, tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = builders.Rafd
    SPLITS = {"train": 19, "test": 2}
    FILES = (
        *(rafd_name(f"{i:02d}", "angry", "left", "045") for i in range(1, 13)),
        *(rafd_name("01", expression, "right", "135") for expression in rafd_source.EXPRESSIONS),
        rafd_name(HELD_OUT, "neutral"),
        rafd_name("01", "sad", angle="000"),  # profiles
        rafd_name("01", "sad", angle="180"),
        "rafd/Rafd090_01_Caucasian_female_bored_frontal.jpg",
        "rafd/readme.txt",
    )
    USED = FILES[:21]

    def test_labels_and_files(self):
        for split in ("train", "test"):
            names = [n for n in self.USED if (f"_{HELD_OUT}_" in n) == (split == "test")]
            images = self.load(split)
            self.assert_holds(images, names, [name.split("_")[4] for name in names])
        self.assertEqual(images.label_space.names, rafd_source.EXPRESSIONS)

    def test_what_names_tell(self):
        builder = self.DATASET_CLASS(data_dir=self.tmp_dir)
        download = tfds.download.DownloadConfig(manual_dir=self.EXAMPLE_DIR)
        builder.download_and_prepare(file_format="array_record", download_config=download)
        examples = {e["file_name"]: e for e in builder.as_data_source("train")}
        example = examples[b"Rafd135_01_Caucasian_female_surprised_right.jpg"]
        self.assertEqual((example["angle"], example["identity"], example["label"]), (135, 1, 7))
        self.assertEqual(
            (example["ethnicity"], example["gender"], example["gaze"]),
            (b"Caucasian", b"female", b"right"),
        )

    def test_a_folder_without_its_files(self):
        with tempfile.TemporaryDirectory() as data_dir:
            folder = pathlib.Path(data_dir, "downloads/manual/rafd")
            folder.mkdir(parents=True)
            with self.assertRaisesRegex(errors.UserError, "No name in .*/rafd is like Rafd090_01_"):
                tfds_source.load_tfds("rafd", data_dir, labelling.Selection("train"))


if __name__ == "__main__":
    tfds.testing.test_main()
