"""What runs can be compared on, what restricts it, and what is refused."""

import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.comparison import common, entries
from stargan_tf.data import loading
from stargan_tf.runs import runs
from tests import tiny

HAIR = "Black_Hair,Blond_Hair,Brown_Hair"


def load(run, split):
    return loading.load(run.config.data, split)


def candidate(name, **changes):
    """Returns a run that is not written anywhere."""
    path = pathlib.Path(name)
    config = tiny.config(path, **{"domains": HAIR, "cartoon_test_size": 12, **changes})
    space = loading.load(config.data, "test").label_space
    return entries.Candidate(name, runs.Run(path, config, space), 7)


class GroundTest(tf.test.TestCase, parameterized.TestCase):
    def test_equal_data_need_no_note(self):
        two = [candidate("a"), candidate("b", algorithm="stargan_v2")]
        ground = common.find(two, load)
        faces = load(two[0].run, "test")
        self.assertEqual(ground.notes, ())
        self.assertEqual(ground.member.space, two[0].run.label_space)
        self.assertAllEqual(ground.member.held_out.labels, faces.labels)
        self.assertAllEqual(ground.member.held_out.take([3, 5]), [faces.image(3), faces.image(5)])
        self.assertEqual(ground.member.training.size, 16)

    def test_domains_and_images_are_restricted_to_those_of_all(self):
        two = [candidate("a"), candidate("b", domains="Brown_Hair,Black_Hair")]
        ground = common.find(two, load)
        self.assertEqual(ground.member.space.names, ("Black_Hair", "Brown_Hair"))
        whole, part = (load(one.run, "test") for one in two)
        drawn = {part.image(i).tobytes() for i in range(part.size)}
        rows = [i for i in range(whole.size) if whole.image(i).tobytes() in drawn]
        self.assertBetween(len(rows), 2, 11)
        self.assertAllEqual(ground.member.held_out.labels, whole.labels[rows][:, [0, 2]])
        images = ground.member.held_out.take(range(len(rows)))
        self.assertAllEqual(images, [whole.image(i) for i in rows])
        self.assertAllEqual(ground.member.training.labels.sum(axis=1), [1] * len(
            ground.member.training.labels))  # fmt: skip
        domains, held_out, trained = ground.notes
        self.assertIn("only Black_Hair, Brown_Hair are compared", domains)
        self.assertIn(f"(a: {np.sum(whole.labels[:, [0, 2]]):.0f}; b: 12)", held_out)
        self.assertIn(f"the {len(rows)} that all hold out", held_out)
        self.assertIn("trained on different images (a: 16; b: 16); real images", trained)

    def test_other_training_images_are_told(self):
        ground = common.find([candidate("a"), candidate("b", cartoon_train_size=9)], load)
        (note,) = ground.notes
        self.assertIn("different images (a: 16; b: 9); real images in metrics are those of a", note)

    def test_attributes_in_another_order_are_the_same(self):
        names = "Smiling,Black_Hair,Blond_Hair"
        two = [candidate("a", domains="", attributes=names),
               candidate("b", domains="", attributes="Blond_Hair,Smiling,Black_Hair")]  # fmt: skip
        ground = common.find(two, load)
        self.assertEqual(ground.member.space.names, tuple(names.split(",")))
        self.assertEqual(ground.notes, ())

    @parameterized.parameters(
        ({"image_size": 64}, r"images of different sizes; received a: 32 px; b: 64 px; compare"),
        ({"domains": ""}, "labels of different kinds; received a: domains; b: attributes"),
        ({"crop_size": 24}, "cut or decoded differently; .* a: crop_size=0 .* b: crop_size=24 "),
        ({"cartoon_spread": 1.0}, r"no held-out image in common; .*cartoon_spread \(a: 0.25; b: 1"),
        ({"domains": "Black_Hair,Smiling"}, "fewer than two domains in common; received a: Black_"),
    )
    def test_what_is_unlike_is_refused(self, changes, message):
        with self.assertRaisesRegex(errors.UserError, message):
            common.find([candidate("a"), candidate("b", **changes)], load)

    def test_other_attributes_are_refused(self):
        two = [candidate("a", domains=""), candidate("b", domains="", attributes="Smiling")]
        with self.assertRaisesRegex(errors.UserError, "have the same, .* b: Smiling; compare"):
            common.find(two, load)

    def test_folders_whose_files_are_others(self):
        two = []
        for name in ("a", "b"):
            root = pathlib.Path(self.create_tempdir().full_path)
            for place in ("train/cat", "train/dog", "val/cat", "val/dog"):
                (root / place).mkdir(parents=True)
                Image.effect_noise((40, 40), 50).save(root / place / "1.png")
            two.append(candidate(name, domains="", dataset="image_folder", data_dir=str(root)))
        self.assertEqual(common.find([two[0], two[0]], load).member.held_out.size, 2)
        with self.assertRaisesRegex(errors.UserError, r"in common; they differ in data_dir \(a: "):
            common.find(two, load)


if __name__ == "__main__":
    tf.test.main()
