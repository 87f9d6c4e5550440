"""Every label that a photo can have is shown by the controls, and asked for by what they show."""

import itertools

import numpy as np
from absl.testing import absltest, parameterized

from stargan_tf.data import labels
from stargan_tf.demo_page import controls

ATTRIBUTES = labels.LabelSpace.of_attributes(
    ("Black", "Smiling", "Blond", "Hat", "Brown"), [("Black", "Blond", "Brown"), ("Hat", "Blond")]
)
DOMAINS = labels.LabelSpace("domains", ("cat", "dog", "fox"))
JOINT = labels.JointSpace.of(
    [("faces", labels.LabelSpace.of_attributes(("Smiling", "cat"), [])), ("animals", DOMAINS)]
)


class ControlsTest(parameterized.TestCase):
    def test_what_excludes_each_other_is_a_choice_and_the_rest_are_switches(self):
        hair, rest = controls.of_space(ATTRIBUTES)
        self.assertEqual((hair.names, hair.one), (("Black", "Blond", "Brown"), True))
        self.assertEqual((rest.names, rest.one), (("Smiling", "Hat"), False))
        (animals,) = controls.of_space(DOMAINS)
        self.assertEqual((animals.one, animals.optional), (True, False))

    def test_a_name_of_two_data_sets_stands_in_both_blocks(self):
        faces, animals = controls.of_space(JOINT)
        self.assertEqual(faces.names, ("Smiling", "faces.cat"))
        self.assertEqual(animals.names, ("animals.cat", "dog", "fox"))
        self.assertEqual((faces.block, animals.block), (0, 1))

    @parameterized.parameters(ATTRIBUTES, DOMAINS)
    def test_values_ask_for_the_label_that_they_show(self, space):
        made, checked = controls.of_space(space), 0
        start = np.ones(space.width, np.float32)  # of which nothing may be left
        for bits in itertools.product((0, 1), repeat=space.width):
            label = np.array(bits, np.float32)
            clash = any(bits[space.index(n)] and label[list(space.rivals(n))].any()
                        for n in space.names)  # fmt: skip
            if clash or (space.kind == "domains" and not any(bits)):
                continue
            values = [control.value(space.present(label)) for control in made]
            asked = controls.edits(made, values, 0)
            np.testing.assert_array_equal(space.edited(start, asked), label)
            checked += 1
        self.assertGreater(checked, 2)

    def test_only_one_data_set_of_several_is_asked_for(self):
        made = controls.of_space(JOINT)
        values = [["faces.cat"], "fox"]
        nothing = np.zeros(JOINT.width, np.float32)
        faces = JOINT.edited(nothing, controls.edits(made, values, 0))
        animals = JOINT.edited(nothing, controls.edits(made, values, 1))
        np.testing.assert_array_equal(faces, [0, 1, 0, 0, 0, 1, 0])
        np.testing.assert_array_equal(animals, [0, 0, 0, 0, 1, 0, 1])
        self.assertEqual(controls.block_of(JOINT, animals), 1)
        self.assertEqual(controls.block_of(JOINT, nothing), 0)

    def test_nothing_that_is_chosen(self):
        (animals,) = controls.of_space(DOMAINS)
        self.assertIsNone(animals.value(()))
        self.assertEqual(animals.edits(None), [])
        hair = controls.of_space(ATTRIBUTES)[0]
        self.assertEqual(hair.value(()), controls.NONE)
        self.assertEqual(hair.edits(controls.NONE), ["-Black", "-Blond", "-Brown"])

    def test_names_as_people_write_them(self):
        self.assertEqual(controls.shown("Blond_Hair"), "Blond Hair")
        self.assertEqual(controls.shown("_"), "_")


if __name__ == "__main__":
    absltest.main()
