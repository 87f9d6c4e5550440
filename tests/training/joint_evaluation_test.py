"""Measuring a joint run: every label on the faces of every data set."""

import types

import numpy as np
import tensorflow as tf

from stargan_tf.data import labels, loading, options
from stargan_tf.evaluation import label_evaluation
from stargan_tf.pictures import photos

FACES = 5


class Perfect:
    """Translates held-out faces as they would be drawn, by the block that the mask names."""

    def __init__(self, sets):
        spaces = {name: faces.label_space for name, faces in sets.items()}
        space = labels.JointSpace.of(list(spaces.items()))
        self.settings = types.SimpleNamespace(label_space=space)
        self.asked = []
        self._spaces = list(spaces.values())
        self._known = {
            faces.image(i).tobytes(): (faces, i) for faces in sets.values() for i in range(FACES)
        }

    def translate(self, images, c):
        found = []
        for image, label in zip(photos.to_uint8(images), c, strict=True):
            faces, index = self._known[image.tobytes()]
            (number,) = np.flatnonzero(label[-2:])
            self.asked.append((faces, number))
            block = self.settings.label_space.blocks[number]
            others = np.delete(label[:-2], slice(block.start, block.start + block.space.width))
            assert not others.any()
            found.append(faces.labelled(self._spaces[number]).render(index, block.of(label)))
        return photos.from_uint8(np.stack(found))


class JointEvaluationTest(tf.test.TestCase):
    def test_all_labels_on_all_faces(self):
        data = options.DataOptions(
            datasets="cartoon_faces,cartoon_faces",
            attributes="Black_Hair,Blond_Hair,Brown_Hair;Eyeglasses,Smiling",
            image_size=32,
            cartoon_test_size=FACES,
        )
        sets = loading.load_each(data, "test")
        perfect = Perfect(sets)
        table, sheet = label_evaluation.joint_against_renders(perfect, sets, FACES)
        hair = "Black_Hair / Blond_Hair / Brown_Hair"
        targets = ["Black_Hair", "Blond_Hair", "Brown_Hair", hair, "Eyeglasses", "Smiling"]
        names = [f"{name}: {target}" for name in sets for target in targets]
        self.assertCountEqual(table, names)
        for row in table.values():
            self.assertEqual(row["nearest"], 1.0)
            self.assertEqual(row["error"], 0.0)
            self.assertGreater(row["unchanged"], 5)
        self.assertLen({(id(faces), number) for faces, number in perfect.asked}, 4)
        self.assertEqual(sheet.columns[0], "input")
        self.assertLen(sheet.columns, 11)
        self.assertEqual(sheet.images.shape[:2], (6, 11))
        for column, heading in enumerate(sheet.columns):
            if heading.startswith("true "):
                self.assertAllEqual(sheet.images[:, column], sheet.images[:, column - 1])


if __name__ == "__main__":
    tf.test.main()
