"""The label vector that the script for devices makes, against the one that training makes."""

import importlib.util
import pathlib

import numpy as np
import tensorflow as tf

from stargan_tf.data import labels

PATH = pathlib.Path(__file__).parents[2] / "export" / "on_device" / "translate.py"
SPACE = labels.JointSpace.of(
    [
        (
            "looks",
            labels.LabelSpace("attributes", ("Black", "Blond", "Male"), (("Black", "Blond"),)),
        ),
        ("moods", labels.LabelSpace("domains", ("happy", "sad"))),
        ("more", labels.LabelSpace("attributes", ("Male", "Young"))),
    ]
)


class JointVectorTest(tf.test.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        spec = importlib.util.spec_from_file_location("on_device_translate", PATH)
        cls.script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(cls.script)

    def test_equals_the_label_space(self):
        for to, shown in (
            (["Blond"], []),
            (["Blond", "-looks.Male"], ["Black", "looks.Male"]),
            (["sad"], ["happy"]),
            (["sad"], ["Black"]),
            (["Young"], ["more.Male"]),
            (["-more.Male"], ["more.Male", "Young"]),
        ):
            own = np.zeros(SPACE.width)
            for name in shown:  # each in its own data set, as D would see them all
                block = next(b for b in SPACE.blocks if b.holds(SPACE.index(name)))
                own[block.start :][: block.space.width] = block.of(SPACE.edited(own, [name]))
            expected = SPACE.edited(own, to)
            found = self.script.joint_vector(SPACE.to_json(), to, shown)
            self.assertAllEqual(found, [expected], msg=f"{to} {shown}")

    def test_names_in_either_spelling_of_unicode_and_with_blanks(self):
        space = labels.LabelSpace("attributes", ("caf\u00e9", "long hair", "b"))
        old = {**space.to_json(), "names": ["cafe\u0301", "long hair", "b"]}
        for spelling in ("caf\u00e9", "cafe\u0301"):
            to = self.script.split_names(f"{spelling}, -long hair")
            for given in (space.to_json(), old):
                known = self.script.composed(given)
                found = self.script.label_vector(known, to, ["long hair", "b"])
                self.assertAllEqual(found, [[1, 0, 1]])

    def test_of_one_data_set_at_a_time(self):
        with self.assertRaisesRegex(self.script.Mistake, "one data set at a time; received Blond"):
            self.script.joint_vector(SPACE.to_json(), ["Blond", "sad"], [])


if __name__ == "__main__":
    tf.test.main()
