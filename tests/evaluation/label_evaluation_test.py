"""Measuring translations against true renders: what is perfect, what is unchanged, joint runs."""

import types

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import loading, options
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.evaluation import measuring, run_subject
from stargan_tf.pictures import photos

FACES = 8
DATA = options.DataOptions(image_size=32, cartoon_test_size=FACES, cartoon_train_size=1)
HAIR = "Black_Hair / Blond_Hair / Brown_Hair"


class Perfect(algorithm_lib.Translates):
    """Translates held-out faces as they would be drawn, by the block that the mask names."""

    def __init__(self, data_sets):
        space = data_sets[0].space
        self._spaces = [one.space for one in data_sets]
        if len(data_sets) > 1:
            space = labels_lib.JointSpace.of([(one.name, one.space) for one in data_sets])
        self.settings = types.SimpleNamespace(label_space=space, image_size=32)
        self.asked = set()
        sources = [one.held_out.source for one in data_sets]
        self._known = {s.image(i).tobytes(): (s, i) for s in sources for i in range(FACES)}

    def translate(self, images, labels):
        found = []
        for image, label in zip(photos.to_uint8(images), labels, strict=True):
            faces, index = self._known[image.tobytes()]
            number = 0
            if len(self._spaces) > 1:
                (number,) = np.flatnonzero(label[-2:])
                block = self.settings.label_space.blocks[number]
                others = np.delete(label[:-2], slice(block.start, block.start + block.space.width))
                assert not others.any()
                label = block.of(label)
            self.asked.add((id(faces), number))
            found.append(faces.labelled(self._spaces[number]).render(index, label))
        return photos.from_uint8(np.stack(found))


class Lazy(Perfect):
    def translate(self, images, labels):
        return images


def measured(kind, data):
    """Returns the algorithm of a kind, the rows of `renders`, and the sheet's columns and cells."""
    if data.datasets:
        sets = [loading.load_each(data, split) for split in ("train", "test")]
        found = [run_subject.member(name, sets[0][name], sets[1][name], data) for name in sets[0]]
    else:
        found = run_subject.members(loading.load(data, "train"), loading.load(data, "test"), data)
    algorithm = kind(found)
    (one,) = measuring.measure(run_subject.RunSubject(algorithm, found), ["renders"]).measured
    rows = {name: {key: v.mean for key, v in row.items()} for name, row in one.rows.items()}
    return algorithm, rows, one.pictures["sheet"]


class LabelEvaluationTest(tf.test.TestCase):
    def test_a_perfect_translator_has_no_error(self):
        _, rows, _ = measured(Perfect, DATA)
        for row in rows.values():
            self.assertEqual((row["nearest"], row["error"], row["elsewhere"]), (1.0, 0.0, 0.0))
            self.assertGreater(row["unchanged"], 5.0)
        labels = cartoon_faces.CartoonFaces("test", 32, FACES).labels
        self.assertEqual(rows["Smiling"]["images"], FACES - labels[:, 4].sum())
        self.assertEqual(rows["-Smiling"]["images"], labels[:, 4].sum())
        self.assertEqual(rows["Smiling / -Smiling"]["images"], FACES)
        self.assertEqual(rows[HAIR]["images"], 2 * FACES)
        self.assertEqual(rows["mean"]["images"], 4 * FACES)

    def test_an_unchanged_image_is_never_nearest_and_has_ratio_one(self):
        _, rows, _ = measured(Lazy, DATA)
        for row in rows.values():
            self.assertEqual(row["nearest"], 0.0)
            self.assertAllClose(row["ratio"], 1.0)
            self.assertEqual(row["elsewhere"], 0.0)

    def test_a_joint_run_translates_all_faces_to_all_labels(self):
        data = options.DataOptions(
            datasets="cartoon_faces,cartoon_faces",
            attributes="Black_Hair,Blond_Hair,Brown_Hair;Eyeglasses,Smiling",
            image_size=32, cartoon_test_size=FACES, cartoon_train_size=1,
        )  # fmt: skip
        perfect, rows, _ = measured(Perfect, data)
        for name in ("cartoon_faces", "cartoon_faces_2"):
            self.assertEqual(rows[f"{name}: {HAIR}"]["images"], 2 * FACES)
            self.assertEqual(rows[f"{name}: Smiling / -Smiling"]["images"], FACES)
        for row in rows.values():
            self.assertEqual((row["nearest"], row["error"]), (1.0, 0.0))
            self.assertGreater(row["unchanged"], 5)
        self.assertLen(perfect.asked, 4)

    def test_the_sheet_shows_true_renders_beside_translations(self):
        data = options.DataOptions(
            attributes="Eyeglasses", image_size=96, cartoon_test_size=FACES, cartoon_train_size=1
        )
        found = run_subject.members(loading.load(data, "train"), loading.load(data, "test"), data)
        perfect = Perfect(found)
        (one,) = measuring.measure(run_subject.RunSubject(perfect, found), ["renders"]).measured
        picture = one.pictures["sheet"]
        # Three columns of cells of 96 pixels with margins of 4: input, output, true render.
        self.assertEqual(picture.shape[1], 3 * 100 + 4)
        rows = picture[picture.shape[0] - 6 * 100 - 4 :]
        self.assertAllEqual(rows[:, 104:200], rows[:, 204:300])
        self.assertAllEqual(rows[4:100, 4:100], found[0].held_out.source.image(0))


if __name__ == "__main__":
    tf.test.main()
