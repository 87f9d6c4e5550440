"""What the doctor says of data and flags: a folder broken in every way, a good one, none."""

import json
import pathlib
import shutil
import tempfile

import numpy as np
import tensorflow as tf
from absl.testing import absltest, parameterized
from PIL import Image

from stargan_tf.data import loading
from stargan_tf.data.sources import image_folder
from stargan_tf.diagnosis import collection, cost, examination, trial
from stargan_tf.runs import runs
from tests import tiny
from tests.diagnosis import broken_folder

MACHINE = cost.Machine(memory=8 * 10**9, free_disk=10**12)
STEP = trial.Trial(
    "measured", devices=("CPU:0",), tracing=5.0, first_step=2.0, step=0.5, memory=10**9,
    checkpoint=10**6, images_per_step=4,
)  # fmt: skip


def config(root, **changes):
    kind = {} if "dataset" in changes else {"dataset": "image_folder", "data_dir": str(root)}
    return tiny.config(pathlib.Path(root) / "run", **{**kind, "image_size": 64, **changes})


def examine(root, **changes):
    return examination.examine(config(root, **changes), MACHINE)


def kinds(report):
    return {f.kind for f in report.findings}


class BrokenFolderTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pathlib.Path(tempfile.mkdtemp(dir=absltest.get_default_test_tmpdir()))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        broken_folder.write(cls.root)
        cls.report, cls.sheet = examine(cls.root, crop_size=50)
        cls.text = cls.report.text(10)

    def finding(self, kind):
        (found,) = [f for f in self.report.findings if f.kind == kind]
        return found

    @parameterized.named_parameters(
        ("unreadable", "unreadable", "failure",
         [r"train/cat/empty.jpg \(empty\)", r"train/cat/text.jpg \(not an image of a known",
          r"train/dog/truncated.jpg \(cut short or damaged\)"],
         "Remove or replace these 3 broken files, or pass on_corrupt=skip"),
        ("damaged", "damaged", "failure", [r"train/dog/damaged.jpg \(cut short"],
         "Remove or replace this broken file, or pass on_corrupt=skip"),
        ("leak", "leaked", "warning", ["val/cat/leak.png = .*train/cat/3.png"],
         "Move this file out of the held-out images"),
        ("contradictory", "contradictory", "warning",
         [r"train/cat/5.png \(cat\) = .*train/dog/mislabelled.png \(dog\)"],
         "Decide which label this picture should have"),
        ("repeated", "repeated", "warning", ["cat/repeated.png = .*cat/7.png"],
         "Remove this copy"),
        ("lookalike", "lookalikes", "hint", ["cat/9.png ~ .*cat/lookalike.jpg"],
         "Look at this pair of look-alikes"),
        ("tiny", "tiny", "warning", [r"cat/tiny.png \(16 x 16\)"],
         "Remove or replace this picture"),
        ("crop_size", "crop_size", "warning", [r"small.png \(40 x 48\)", r"tiny.png \(16"],
         "Remove these 2 pictures, or pass a smaller `crop_size`"),
        ("wide", "far_from_square", "warning", [r"dog/wide.png \(300 x 100\), 92% cut off"],
         "Crop this picture to what they show"),
        ("transparent", "transparent", "hint", ["dog/transparent.png"],
         "Put this picture on another background if white is not wanted"),
        ("range", "grey_range", "warning", ["cat/x_ray.png"], "Pass max_grey=4095"),
        ("grey", "greyscale", "hint", ["cat/x_ray.png", "dog/grey.png"],
         "Remove these 2 grey pictures if"),
        ("plain", "single_colour", "warning", ["dog/plain.png"], "Remove this picture"),
        ("stray", "unread_kind", "warning", ["train/dog/stray.heic"],
         "Convert this file to JPEG or PNG"),
        ("misplaced", "misplaced", "warning", [r"/ \(1 image\)", r"/train \(1 image\)"],
         "Move the 2 images in these folders into the folder of a domain"),
        ("hidden", "hidden", "hint", ["train/cat/.hidden"], "Rename what should count"),
        ("few", "few_images", "warning", [], "Add images of cat, dog$"),
    )  # fmt: skip
    def test_finding(self, kind, severity, names, advice):
        found = self.finding(kind)
        self.assertEqual(found.severity, severity)
        self.assertLen(found.names, len(names), found.names)
        for name, expected in zip(sorted(found.names), names, strict=True):
            self.assertRegex(name, expected)
            self.assertIn(name, self.text)
        self.assertEqual(found.count, len(names))
        self.assertRegex(found.advice, advice)
        self.assertIn(found.message, self.text)
        self.assertIn(found.advice, self.text)

    def test_counts_and_imbalance(self):
        counts = self.report.summary["data_sets"][0]["labels"]["counts"]
        self.assertEqual(counts["cat"], {"training": 47, "held-out": 3})
        self.assertEqual(counts["dog"], {"training": 19, "held-out": 2})
        self.assertRegex(self.text, r"cat +47 +3\n")
        self.assertRegex(self.text, r"broken +4 +0\n")
        self.assertIn("largest : smallest = 2.5 : 1", self.text)
        splits = self.report.summary["data_sets"][0]["splits"]
        self.assertEqual(splits["training"], {"images": 66, "looked_at": 66, "broken": 4})

    def test_nothing_else_is_found(self):
        # With a crop of 50 all of 64 px are enlarged, and of those of 100 px much is lost.
        tested = {"unreadable", "damaged", "leaked", "contradictory", "repeated", "lookalikes",
                  "tiny", "crop_size", "far_from_square", "grey_range", "transparent",
                  "greyscale", "single_colour", "unread_kind", "misplaced", "hidden",
                  "few_images"}  # fmt: skip
        self.assertEqual(kinds(self.report) - {"enlarged"}, tested)

    def test_files_that_are_left_out_are_counted(self):
        self.assertIn(
            f"left out of {self.root}: 1 file that is not an image this program reads (.heic 1)",
            self.text,
        )

    def test_the_table_of_celeba_is_no_file_that_is_left_out(self):
        root = pathlib.Path(self.create_tempdir().full_path)
        (root / "list_attr_celeba.csv").touch()
        made = config(root, dataset="celeba", data_dir=str(root))
        self.assertEqual(examination._folders(made, []), ([], []))

    def test_training_fails_and_the_sheet_leaves_out_what_is_broken(self):
        self.assertTrue(self.report.fails)
        self.assertTrue(json.loads(json.dumps(self.report.to_json()))["fails"])
        # Columns of 128 px and margins: images of 64 px, doubled.
        self.assertEqual(self.sheet.shape[1], 2 * (128 + 4) + 4)

    def test_skipping_what_is_broken_makes_it_train(self):
        report, _ = examine(self.root, on_corrupt="skip")
        self.assertFalse(report.fails)
        (found,) = [f for f in report.findings if f.kind == "unreadable"]
        self.assertEqual((found.severity, found.count), ("warning", 3))
        self.assertIn("training leaves them out", found.message)
        self.assertNotIn("on_corrupt", found.advice)


class FolderTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)

    def good(self, **options):
        broken_folder.write_good(self.root, **options)

    def test_a_good_one(self):
        self.good(train=101)
        asked = []

        def take(config, broken):
            asked.append(broken)
            return STEP

        report, sheet = examination.examine(config(self.root), MACHINE, trial=take)
        self.assertEqual([f.message for f in report.findings], [])
        self.assertFalse(report.fails)
        text = report.text(10)
        self.assertIn("Nothing is wrong.", text)
        self.assertIn("A step takes 0.50 s on CPU:0", text)
        self.assertEqual(asked, [[]])
        # Each column begins with the first image of its domain, as training sees it.
        images = image_folder.load_image_folder(str(self.root), "train")
        shown = loading.sampler(images, config(self.root).data, 0).plain(tf.constant(101))
        first = sheet[-6 * 132 : -5 * 132, 136:][-132:-4, :128][::2, ::2]
        self.assertAllEqual(first, np.round((shown + 1) * 127.5).astype(np.uint8))

    def test_an_empty_folder(self):
        report, sheet = examine(self.root)
        self.assertTrue(report.fails)
        self.assertIsNone(sheet)
        self.assertEqual(kinds(report), {"no_data"})
        text = report.text(10)
        self.assertIn("There is no folder 'train'", text)
        self.assertIn(f"{self.root} holds 0 folders; files: none.", text)
        self.assertIn(f"1. Copy images into {self.root}/<domain>, a folder for each domain", text)

    def test_domains_without_train_and_val(self):
        self.good(train=20)
        for domain in ("cat", "dog"):
            shutil.move(self.root / "train" / domain, self.root / domain)
        shutil.rmtree(self.root / "train")
        shutil.rmtree(self.root / "val")
        (self.root / "loose.png").write_bytes((self.root / "cat" / "0.png").read_bytes())
        report, _ = examine(self.root, val_fraction=0.3)
        self.assertFalse(report.fails)
        (found,) = [f for f in report.findings if f.kind == "misplaced"]
        self.assertEqual(found.names, (f"{self.root}/ (1 image)",))
        splits = report.summary["data_sets"][0]["splits"]
        self.assertEqual(sum(split["images"] for split in splits.values()), 40)

    def test_only_the_held_out_part_is_wrong(self):
        self.good()
        (self.root / "val" / "dog").rename(self.root / "val" / "Dog")
        report, sheet = examine(self.root)
        self.assertIsNotNone(sheet)
        self.assertIn("1. Add them to train or remove them.", report.text(0))
        splits = report.summary["data_sets"][0]["splits"]
        self.assertEqual(list(splits), [collection.TRAINING])

    def test_what_the_loader_tells_is_the_advice(self):
        self.good()
        (self.root / "inner").mkdir()
        for part in ("train", "val"):
            (self.root / part).rename(self.root / "inner" / part)
        report, _ = examine(self.root)
        text = report.text(0)
        self.assertIn("inner/train/cat: 6 images", text)
        self.assertIn(f"1. Pass data_dir={self.root}/inner.", text)
        self.assertEqual(kinds(report), {"no_data"})

    def test_one_domain(self):
        self.good(domains=("cat",))
        report, _ = examine(self.root)
        self.assertTrue(report.fails)
        self.assertIn("translation needs at least 2", report.text(10))

    def test_a_domain_all_of_whose_images_are_broken(self):
        self.good()
        for path in (self.root / "train" / "dog").iterdir():
            path.write_bytes(b"")
        report, sheet = examine(self.root, on_corrupt="skip")
        self.assertTrue(report.fails)
        self.assertIn("A label has no training image that can be read", report.text(10))
        self.assertAllEqual(sheet[40:, 140:], np.full_like(sheet[40:, 140:], 255))

    def test_pairs(self):
        random = np.random.default_rng(0)
        for side in "AB":
            (self.root / side / "train").mkdir(parents=True)
            (self.root / side / "val").mkdir()
            for part, count in (("train", 5), ("val", 2)):
                for k in range(count):
                    pixels = random.integers(0, 256, (64, 64, 3), np.uint8)
                    Image.fromarray(pixels).save(self.root / side / part / f"{k}.png")
        (self.root / "B" / "train" / "3.png").unlink()
        Image.fromarray(pixels[:60]).save(self.root / "B" / "train" / "4.png")
        report, sheet = examine(self.root, dataset="pairs", data_dir=str(self.root))
        (found,) = [f for f in report.findings if f.kind == "unreadable"]
        self.assertIn("B/train/3 (no file of this name, which would be the", found.names[0])
        self.assertIn("B/train/4.png (64 x 60, but its partner ", found.names[1])
        self.assertRegex(report.text(10), r"\n  whole pairs +3 +2\n")
        self.assertIsNotNone(sheet)

    def test_what_the_flags_get_refused_for(self):
        self.good()
        report, _ = examine(self.root, image_size=100)
        self.assertIn("Pass image_size=128", report.text(0))
        (found,) = [f for f in report.findings if f.severity == "failure"]
        self.assertRegex(found.message, "multiple of 8.*received image_size=100")
        report, _ = examine(self.root, logical_cpus=2, strategy="mirrored", batch_size=3)
        (found,) = [f for f in report.findings if f.severity == "failure"]
        self.assertEqual(found.advice, "pass batch_size=2 or 4")
        report, _ = examine(self.root, logical_cpus=2, strategy="one_device", batch_size=3)
        self.assertFalse(report.fails)

    def test_a_run_of_another_model(self):
        self.good()
        made = config(self.root, batch_size=2)
        space = loading.load(made.data, "train").label_space
        runs.Run(self.root / "run", made, space).create()
        (found,) = [f for f in examine(self.root)[0].findings if f.severity == "failure"]
        self.assertRegex(found.message, "holds another model: batch_size .2 there, 4 here")
        self.assertRegex(found.advice, "^choose another `run_dir`")

    def test_no_trial_where_it_could_not_run(self):
        report, _ = examination.examine(config(self.root), MACHINE, trial=lambda *_: self.fail())
        self.assertIn("No step was tried", report.text(10))
        self.assertIsNone(report.trial)

    def test_images_too_small_for_training(self):
        self.good(size=40)
        report, _ = examine(self.root, image_size=128)
        (found,) = [f for f in report.findings if f.kind == "enlarged"]
        self.assertEqual((found.count, found.names), (16, ()))
        self.assertRegex(found.message, "Smaller than image_size=128: 16 of 16 images")
        self.assertRegex(found.advice, "^Pass image_size=32, or replace these 16 small pictures")

        report, _ = examine(self.root, crop_size=50)
        (found,) = [f for f in report.findings if f.kind == "crop_size"]
        self.assertEqual(found.advice, "Pass crop_size=40, or leave it out")

    @parameterized.parameters((4095, 0), (65_535, 2), (1000, 1))
    def test_the_range_of_16_bits(self, max_grey, count):
        self.good()
        for name, step in (("a", 1), ("b", 200)):
            values = np.arange(20 * 1024, dtype=np.uint16).reshape(160, 128) // 1024 * step
            Image.fromarray(values).save(self.root / "train" / "cat" / f"{name}.png")
        report, _ = examine(self.root, max_grey=max_grey)
        found = [f for f in report.findings if f.kind == "grey_range"]
        self.assertEqual(sum(f.count for f in found), count)
        for one in found:
            self.assertEqual(one.advice, "Pass max_grey=4095")

    def test_a_crop_that_is_too_small(self):
        self.good(size=160)
        report, _ = examine(self.root, crop_size=100)
        (found,) = [f for f in report.findings if f.kind == "far_from_square"]
        self.assertEqual(found.advice, "Pass a larger crop, such as crop_size=160")

    def test_names_that_are_not_text(self):
        self.good()
        (self.root / "train" / "cat" / "0.png").rename(self.root / "train" / "cat" / "\udce9.png")
        Image.new("RGB", (9, 9)).save(self.root / "train" / "cat" / "\udce8.png")
        report, _ = examine(self.root)
        (found,) = [f for f in report.findings if f.kind == "tiny"]
        self.assertRegex(found.names[0], "\udce8.png")


class DrawnTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = self.create_tempdir().full_path

    def test_attributes(self):
        report, sheet = examine(
            self.root, dataset="cartoon_faces", cartoon_train_size=30, image_size=32
        )
        self.assertFalse(report.fails)
        self.assertEqual(report.summary["formats"], {"not in files": 34})
        counts = report.summary["data_sets"][0]["labels"]["counts"]
        images = loading.load(
            config(self.root, dataset="cartoon_faces", cartoon_train_size=30, image_size=32).data,
            "train",
        )
        self.assertEqual(
            [counts[n]["training"] for n in images.label_space.names],
            images.labels.sum(axis=0).astype(int).tolist(),
        )
        self.assertEqual(sheet.shape[1], 5 * (96 + 4) + 4)

    def test_labels_that_a_paper_refuses(self):
        faces = {"dataset": "cartoon_faces", "cartoon_train_size": 4, "image_size": 32}
        report, _ = examine(
            self.root, **faces, algorithm="stargan_v2", domains="", attributes="Eyeglasses,Smiling"
        )
        (found,) = [f for f in report.findings if f.severity == "failure"]
        self.assertEqual(found.kind, "algorithm")
        self.assertEqual(found.advice, "pass domains=A,B instead of `attributes`")

    def test_data_sets_of_a_joint_training(self):
        folder = pathlib.Path(self.root) / "photos"
        broken_folder.write_good(folder)
        broken = folder / "train" / "cat" / "1.png"
        broken.write_bytes(b"")
        asked = []

        def take(config, broken):
            asked.extend(broken)
            return STEP

        changes = {
            "dataset": "cartoon_faces",
            "datasets": "cartoon_faces,image_folder",
            "data_dir": f";{folder}",
            "cartoon_train_size": 30,
            "attributes": "Smiling;",
        }
        made = config(self.root, **changes)
        report, sheet = examination.examine(made, MACHINE, trial=take)
        (failure,) = [f for f in report.findings if f.severity == "failure"]
        self.assertEqual(failure.names, (f"{broken} (empty)",))
        # The second of the folder, which comes after the faces.
        self.assertEqual(loading.load(made.data, "train").describe(31), str(broken))
        self.assertEqual(asked, [31])
        names = [figures["name"] for figures in report.summary["data_sets"]]
        self.assertEqual(names, ["cartoon_faces", "image_folder"])
        text = report.text(0)
        self.assertRegex(text, r"Images of image_folder +training +held-out\n +cat +6 +2\n")
        self.assertIn("Under 100 training images: image_folder.cat 6, image_folder.dog 6;", text)
        self.assertEqual(sheet.shape[1], 3 * (128 + 4) + 4)
        report, _ = examine(self.root, **changes, algorithm="stargan_v2", domains="")
        self.assertIn("stargan_v2 is trained on one data set", report.text(0))

    def test_a_few_are_looked_at(self):
        faces = {"dataset": "cartoon_faces", "cartoon_train_size": 30, "image_size": 32}
        report, _ = examination.examine(config(self.root, **faces), MACHINE, most_images=7)
        self.assertEqual(report.summary["data_sets"][0]["splits"]["training"]["looked_at"], 7)
        self.assertRegex(report.text(0), r"looked at +7 +4\n")


if __name__ == "__main__":
    tf.test.main()
