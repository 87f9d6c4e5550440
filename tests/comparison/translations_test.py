"""What is asked of each run for the sheet and for the times."""

import types

import numpy as np
import tensorflow as tf

from stargan_tf.comparison import translations
from stargan_tf.data import labels as labels_lib
from tests import tiny

ATTRIBUTES = tiny.LABELS["stargan_v1"]  # Black and Blond exclude each other, and Smiling


class Model:
    """Notes what it is asked, and returns images that are all of one level."""

    def __init__(self, level=0.5):
        self.asked, self._level = [], level

    def translate(self, images, **arguments):
        self.asked.append((images[:, 0, 0, 0].tolist(), arguments))
        return np.full_like(images, self._level)


def entry(name="a", *, styled=False, level=0.5):
    train = types.SimpleNamespace(algorithm="paper")
    run = types.SimpleNamespace(config=types.SimpleNamespace(train=train))
    return types.SimpleNamespace(name=name, run=run, step=1000, styled=styled, model=Model(level))


def images(count):
    """Returns images that begin with their numbers."""
    found = np.zeros((count, 4, 4, 3), np.float32)
    found[:, 0, 0, 0] = np.arange(count)
    return found


class TranslationsTest(tf.test.TestCase):
    def test_images_of_one_label_are_translated_together_and_told_what_they_show(self):
        labels = np.float32([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
        one = entry()
        translations.translate(one, ATTRIBUTES, images(3), labels, "Blond", 0)
        translations.translate(one, ATTRIBUTES, images(3), labels, "Smiling", 0)
        self.assertEqual(
            one.model.asked,
            [
                ([1.0], {"to": "Blond", "known": ("Blond",)}),
                ([0.0, 2.0], {"to": "Blond", "known": ("Black", "Smiling")}),
                ([1.0], {"to": "Smiling", "known": ("Blond",)}),
                ([0.0, 2.0], {"to": "-Smiling", "known": ("Black", "Smiling")}),
            ],
        )

    def test_styles_are_of_one_latent_code(self):
        one = entry(styled=True)
        translations.translate(one, tiny.LABELS["stargan_v2"], images(2), np.eye(3)[:2], "Brown", 9)
        self.assertEqual(one.model.asked, [([0.0, 1.0], {"to": "Brown", "seed": 9})])

    def test_a_sheet_has_a_group_for_each_run(self):
        levels = np.full((2, 4, 4, 3), 255, np.uint8)
        space = tiny.LABELS["stargan_v2"]
        two = [entry("a", level=0.0), entry("b", styled=True, level=-1.0)]
        sheet = translations.sheet(two, space, levels, np.eye(3, dtype=np.float32)[:2], 9)
        self.assertEqual(sheet.columns, ["input", *space.names, *space.names])
        self.assertEqual(
            sheet.groups,
            [("", 1), ("a (paper, step 1,000)", 3), ("b (paper, step 1,000, seed 9)", 3)],
        )
        self.assertEqual(sheet.note, "Runs with styles: the style of the latent code of seed 9.")
        self.assertAllEqual(sheet.images[:, :, 0, 0, 0], [[1, 0, 0, 0, -1, -1, -1]] * 2)

    def test_of_many_domains_a_sheet_shows_some(self):
        space = labels_lib.LabelSpace("domains", tuple(f"d{i:02}" for i in range(30)))
        found = [entry(str(i)) for i in range(4)]
        levels = np.zeros((1, 4, 4, 3), np.uint8)
        sheet = translations.sheet(found, space, levels, np.eye(30, dtype=np.float32)[:1], 0)
        self.assertEqual(sheet.columns[1:7], ["d00", "d06", "d12", "d17", "d23", "d29"])
        self.assertLen(sheet.columns, 25)
        self.assertEqual(sheet.note, "6 of 30 domains")

    def test_runs_take_turns_in_one_direction(self):
        two = [entry("a"), entry("b", styled=True)]
        levels, labels = np.zeros((3, 4, 4, 3), np.uint8), np.eye(3, dtype=np.float32)[[1, 0, 1]]
        found = translations.times(two, tiny.LABELS["stargan_v2"], levels, labels, 4, 0)
        self.assertEqual({name: list(some) for name, some in found.items()},
                         {"a": [1, 8], "b": [1, 8]})  # fmt: skip
        for one in two:
            self.assertEqual([len(rows) for rows, _ in one.model.asked], [1] * 5 + [8] * 5)
        self.assertEqual(two[0].model.asked[-1][1], {"to": "Black", "known": ("Blond",)})


if __name__ == "__main__":
    tf.test.main()
