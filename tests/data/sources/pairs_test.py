import csv
import os
import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import loading, options, splits
from stargan_tf.data.pipeline import caching, draws, samplers

_RANDOM = np.random.default_rng(0)


def picture(width=20, height=16):
    return _RANDOM.integers(0, 256, (height, width, 3), np.uint8)


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


class PairsTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)

    def options(self, **values):
        values = {"dataset": "pairs", "data_dir": str(self.root), "image_size": 8, **values}
        made = options.DataOptions(**values)
        made.check()
        return made

    def load(self, split="train", **values):
        return loading.load(self.options(**values), split)

    def error(self, split="train", **values):
        with self.assertRaises(errors.UserError) as caught:
            self.load(split, **values)
        return str(caught.exception)

    def check(self, images, a, b, names=("A", "B")):
        """Checks that pair k of a source is a[k], b[k]."""
        self.assertEqual(images.label_space.names, names)
        self.assertLen(images.pairs, len(a))
        for (source, target), one, other in zip(images.pairs, a, b, strict=True):
            self.assertAllEqual(images.load(tf.constant(source)), one)
            self.assertAllEqual(images.load(tf.constant(target)), other)
            self.assertAllEqual(images.labels[[source, target]], np.eye(2))
        self.assertEqual(images.size, 2 * len(a))
        self.assertEqual(list(images.example_spec), ["image", "label", "target"])

    def side_by_side(self, folders=("train", "val"), count=3):
        made = {}
        for folder in folders:
            pixels = [picture(40) for _ in range(count)]
            for k, whole in enumerate(pixels):
                write(self.root / folder / f"{k}.png", whole)
            made[folder] = [p[:, :20] for p in pixels], [p[:, 20:] for p in pixels]
        return made

    def two_sides(self, layout="{side}/{part}", names=("x/1", "2", "3"), parts=("train", "val")):
        made = {}
        for part in parts:
            sides = [[picture() for _ in names] for _ in "AB"]
            for side, pictures in zip("AB", sides, strict=True):
                for name, pixels in zip(names, pictures, strict=True):
                    path = self.root / layout.format(side=side, part=part) / f"{name}.png"
                    write(path, pixels)
            order = np.argsort(names)
            made[part] = tuple([pictures[k] for k in order] for pictures in sides)
        return made

    @parameterized.parameters(("train", "val"), ("Train", "TEST"))
    def test_side_by_side_a_is_the_left_half(self, train, held_out):
        made = self.side_by_side((train, held_out))
        for split, folder in (("train", train), ("test", held_out)):
            a, b = made[folder]
            self.check(self.load(split), a, b)
            self.check(self.load(split, direction="BtoA"), b, a, ("B", "A"))
        images = self.load()
        self.assertEqual(images.describe(1), f"{self.root}/{train}/1.png (left half)")
        self.assertEqual(images.describe(4), f"{self.root}/{train}/1.png (right half)")
        self.assertLen({images.key(k) for k in range(6)}, 6)
        self.assertEmpty(images.problems(thorough=True))

    def test_without_a_held_out_part_the_hash_of_the_name_decides(self):
        (a, b) = self.side_by_side(("",), count=8)[""]
        held = splits.held_out([f"{k}.png" for k in range(8)], 0.4)
        self.assertBetween(held.sum(), 1, 7)
        for split, rows in (("train", ~held), ("test", held)):
            rows = np.flatnonzero(rows)
            images = self.load(split, val_fraction=0.4)
            self.check(images, [a[k] for k in rows], [b[k] for k in rows])

    @parameterized.parameters("{side}/{part}", "{part}{side}", "{part}/{side}")
    def test_two_folders_with_equal_names(self, layout):
        made = self.two_sides(layout)
        for split, part in (("train", "train"), ("test", "val")):
            a, b = made[part]
            self.check(self.load(split), a, b)
            self.check(self.load(split, direction="BtoA"), b, a, ("B", "A"))

    def test_two_folders_without_parts_and_with_other_kinds_of_files(self):
        names = [str(k) for k in range(6)]
        a, b = self.two_sides("{side}", names, parts=("",))[""]
        for name in names:
            path = self.root / "B" / name
            Image.open(f"{path}.png").save(f"{path}.bmp")
            os.remove(f"{path}.png")
        held = splits.held_out(names, 0.5)
        self.assertBetween(held.sum(), 1, 5)
        rows = np.flatnonzero(held)
        images = self.load("test", val_fraction=0.5)
        self.check(images, [a[k] for k in rows], [b[k] for k in rows])

    def table(self, rows, columns=("A", "B", "split"), name="pairs.csv"):
        with open(self.root / name, "w", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
        return {"data_dir": str(self.root / name)}

    def test_a_table_with_two_columns(self):
        pixels = {n: picture() for n in "abcdef"}
        for name, one in pixels.items():
            write(self.root / f"{name}.png", one)
        rows = [("a.png", "b.png", "train"), ("c.png", "d.png", "val"), ("e.png", "f.png", "train")]
        given = self.table(rows)
        self.check(self.load(**given), [pixels["a"], pixels["e"]], [pixels["b"], pixels["f"]])
        self.check(
            self.load("test", direction="BtoA", **given), [pixels["d"]], [pixels["c"]], ("B", "A")
        )
        plain = self.table([row[:2] for row in rows], ("A", "B"))
        held = [len(self.load(split, **plain).pairs) for split in ("train", "test")]
        self.assertEqual(held, [2, 1])

    def test_what_lacks_a_partner_is_told_or_left_out(self):
        a, b = self.two_sides()["train"]
        os.remove(self.root / "B/train/2.png")
        write(self.root / "B/train/4.png", picture())
        images = self.load()
        found = images.problems()
        self.assertLen(found, 2)
        lacking = [images.describe(k) for k in found]
        self.assertCountEqual(lacking, [f"{self.root}/B/train/2", f"{self.root}/A/train/4"])
        with self.assertRaisesRegex(
            errors.UserError, r"^2 of 8 images cannot be used: .*no file of this name, which would"
        ):
            loading.usable(images, "error")
        kept, problems = loading.usable(images, "skip")
        self.assertEqual(problems, found)
        self.check(kept, [a[1], a[2]], [b[1], b[2]])  # of 2, 3 and x/1

    def test_pairs_of_two_sizes_are_told_or_left_out(self):
        a, b = self.two_sides()["train"]
        write(self.root / "B/train/3.png", picture(20, 18))
        images = self.load()
        (number,) = images.problems()
        self.assertEqual(images.describe(number), f"{self.root}/B/train/3.png")
        partner = f"{self.root}/A/train/3.png"
        self.assertEqual(
            images.problems()[number], f"20 x 18, but its partner {partner} is 20 x 16"
        )
        self.check(loading.usable(images, "skip")[0], [a[0], a[2]], [b[0], b[2]])

    def test_a_broken_file_takes_its_partner_with_it(self):
        made = self.two_sides()["train"]
        (self.root / "A/train/2.png").write_bytes(b"no image")
        kept, problems = loading.usable(self.load(), "skip")
        self.assertEqual(list(problems.values()), ["not an image of a known kind"])
        self.check(kept, made[0][1:], made[1][1:])

    def test_a_width_that_cannot_be_halved_is_told(self):
        self.side_by_side()
        write(self.root / "train/1.png", picture(41))
        found = self.load().problems()
        self.assertEqual(found, dict.fromkeys((1, 4), "41 pixels wide, which can't be halved"))

    def test_refusals(self):
        self.assertRegex(self.error(), r"^There is no image in .*expected DIR/.train,val./")
        self.assertRegex(self.error(data_dir=""), "^The data folder is empty")
        write(self.root / "A/1.png", picture())
        self.assertRegex(self.error(), "holds the folder A, but not B, where the partners would be")
        write(self.root / "B/2.png", picture())
        self.assertRegex(self.error(), "^No image in .*A' .1, ....* has the name of one in .*B'")
        write(self.root / "B/2.jpg", picture())
        self.assertRegex(self.error(), "have one name, so it is not known which")

    @parameterized.parameters(
        (["A/train/1.png", "B/val/1.png"], "holds 'train' of one side of the pairs only"),
        (["val/1.png"], "holds held-out pairs in .* but none to train on"),
        (["train/1.png", "val/A/1.png", "val/B/1.png"], "in one file in one of .*two in the other"),
        (["train/1.png", "val/1.png"], r"do not look like two images side by side: .* 20 x 20 pix"),
    )
    def test_folders_that_are_no_pairs(self, paths, message):
        for path in paths:
            write(self.root / path, picture(20, 20))
        self.assertRegex(self.error(), message)

    @parameterized.parameters(
        ([("a.png", "b.png")], ("A", "C"), "has the columns A, C, but none called 'B'"),
        ([("a.png", "")], ("A", "B"), "^Line 2 of pairs.csv gives '' as B; write the paths of"),
        ([("a.png", "b.png"), ("a.png", "c.png")], ("A", "B"), "^Line 3 .*again, after line 2"),
        ([("a.png", "b.png", "x")], ("A", "B", "split"), "has the split 'x'; expected train, val"),
        ([], ("A", "B"), "lists no pair"),
        ([("a.png", "b.png", "val")], ("A", "B", "split"), "has no pair for the part 'train'"),
        ([("a.png", "b.png"), ("c.png", "d.png")], ("A", "B"), "None of the files that .* there"),
    )
    def test_malformed_tables(self, rows, columns, message):
        self.assertRegex(self.error(**self.table(rows, columns)), message)

    @parameterized.parameters(
        ({"direction": "BtoA", "dataset": "celeba"}, "`direction` is of pairs of images"),
        ({"domains": "A,B"}, "^The domains of dataset=pairs are A and B; received domains=A,B"),
        ({"datasets": "pairs,celeba", "dataset": "cartoon_faces"}, "^pairs is trained on alone"),
        ({"dataset": "cartoon_pairs"}, "draws its images and reads no folder"),
        ({"dataset": "cartoon_pairs", "data_dir": "", "cache": "memory"}, "no files to decode"),
        ({"val_fraction": 0.2}, "has held-out images of its own"),
        ({"fast_decode": True}, "are decoded whole; received fast_decode=True"),
    )
    def test_options_that_do_not_fit(self, values, message):
        self.side_by_side()
        self.assertRegex(self.error(**values), message)


class SamplingTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        random = np.random.default_rng(1)
        for k in range(5):
            half = random.integers(0, 256, (24, 30, 3), np.uint8)
            # B is A, only inverted: what is done to one can be compared with the other.
            write(self.root / f"{k}.png", np.concatenate([half, 255 - half], axis=1))

    def sampler(self, cache="off"):
        made = options.DataOptions(dataset="pairs", data_dir=str(self.root), val_fraction=0.01)
        sampler = loading.sampler(loading.load(made, "train"), made, seed=3)
        budget = caching.Budget(cache)
        return samplers.Sampler(sampler.source, 3, image_size=8, cache=budget)

    @parameterized.parameters("off", "memory")
    def test_both_images_of_a_pair_are_seen_in_the_same_way(self, cache):
        sampler = self.sampler(cache)
        count = len(sampler.source.pairs)

        def describe(positions):
            a, b = sampler.pair(positions)
            mirrored = sampler.mirrored(positions[0], 2)
            return {"a": samplers.View(a, mirrored), "b": samplers.View(b, mirrored), "number": a}

        positions = tf.data.Dataset.range(3 * count).batch(2, drop_remainder=True)
        seen = []
        for batch in sampler.load_batches(positions.map(describe)):
            # Resizing rounds each of the two.
            self.assertAllClose(batch["a"], 255 - batch["b"].numpy(), atol=1)
            seen += batch["number"].numpy().tolist()
        for epoch in range(3):
            self.assertCountEqual(seen[epoch * count : (epoch + 1) * count], range(count))

    def test_random_crops_are_the_same_for_both(self):
        sampler = self.sampler()
        stream = draws.Draw.SOURCE

        def load(p):
            view = sampler.view(tf.constant(0, tf.int64), p, stream, 1.0)
            return [sampler.load(view._replace(index=n[0])) for n in sampler.pair(p[tf.newaxis])]

        load = tf.function(load)
        plain = tf.function(lambda n: sampler.load(samplers.View(n)))
        cropped = 0
        for p in range(6):
            a, b = load(tf.constant(p, tf.int64))
            self.assertAllClose(a, 255 - b.numpy(), atol=1)
            number = sampler.pair(tf.constant([p], tf.int64))[0][0]
            cropped += not np.allclose(a, plain(number))
        self.assertGreater(cropped, 3)

    def test_spread_out_gives_both_images_of_some_pairs(self):
        made = options.DataOptions(dataset="cartoon_pairs", image_size=32, cartoon_test_size=5)
        images = loading.load(made, "test")
        found, labels = samplers.spread_out(loading.sampler(images, made, 0, augment=False), 6)
        self.assertAllEqual(labels, np.repeat(np.eye(2), 3, axis=0))
        for k, pair in enumerate((0, 2, 4)):
            for place, number in ((k, pair), (3 + k, 5 + pair)):
                pixels = np.round((found[place] + 1) * 127.5)
                self.assertAllEqual(pixels, images.image(number))

    def test_without_pairs_there_is_nothing_to_sample(self):
        made = options.DataOptions(image_size=32, cartoon_train_size=3)
        sampler = loading.sampler(loading.load(made, "train"), made, seed=0)
        with self.assertRaisesRegex(errors.UserError, "None of the 3 images has a partner; pass"):
            sampler.pair(tf.constant([0], tf.int64))


if __name__ == "__main__":
    tf.test.main()
