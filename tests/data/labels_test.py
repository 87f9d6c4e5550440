import json

import numpy as np
from absl.testing import absltest, parameterized

from stargan_tf.base import errors
from stargan_tf.data import labels

HAIR = ("Black_Hair", "Blond_Hair", "Brown_Hair")
FACES = labels.LabelSpace("attributes", (*HAIR, "Male", "Young"), (HAIR,))
MOODS = labels.LabelSpace("domains", ("angry", "happy", "sad"))


def attributes(*names):
    return np.array([name in names for name in FACES.names], np.float32)


def domain(name):
    return np.array([name == other for other in MOODS.names], np.float32)


class IndexTest(parameterized.TestCase):
    def test_is_the_position_of_the_name(self):
        self.assertEqual([FACES.index(name) for name in FACES.names], [0, 1, 2, 3, 4])
        self.assertEqual((FACES.width, MOODS.width), (5, 3))

    @parameterized.parameters(
        ("blond_hair", "Unknown attribute 'blond_hair'", "Did you mean Blond_Hair"),
        ("Mael", "Unknown attribute 'Mael'", r"Did you mean Male\?"),
        ("Xyzzy", "Unknown attribute 'Xyzzy'", r"Use one of those\.$"),
    )
    def test_of_an_unknown_attribute_names_it_and_the_nearest(self, name, what, hint):
        with self.assertRaisesRegex(errors.UserError, f"{what}; .*{hint}"):
            FACES.index(name)

    def test_of_an_unknown_attribute_names_all_known_ones(self):
        with self.assertRaisesRegex(
            errors.UserError, "Black_Hair, Blond_Hair, Brown_Hair, Male, Young"
        ):
            FACES.index("Xyzzy")

    def test_of_an_unknown_domain_calls_it_a_domain(self):
        with self.assertRaisesRegex(
            errors.UserError, r"^Unknown domain 'hapy'.*Did you mean happy\?$"
        ):
            MOODS.index("hapy")


class ConstructionTest(absltest.TestCase):
    def test_rejects_a_name_that_is_there_twice(self):
        with self.assertRaisesRegex(errors.UserError, "twice"):
            labels.LabelSpace("attributes", ("Male", "Young", "Male"))

    def test_rejects_an_unknown_name_in_an_exclusive_group(self):
        with self.assertRaisesRegex(errors.UserError, "Unknown attribute 'Grey_Hair'"):
            labels.LabelSpace("attributes", HAIR, (("Black_Hair", "Grey_Hair"),))

    def test_rejects_another_kind(self):
        with self.assertRaisesRegex(ValueError, "Received: 'classes'"):
            labels.LabelSpace("classes", HAIR)


class RivalsTest(absltest.TestCase):
    def test_of_an_attribute_are_the_others_of_its_group(self):
        self.assertEqual(FACES.rivals("Blond_Hair"), (0, 2))
        self.assertEqual(FACES.rivals("Male"), ())

    def test_of_an_attribute_in_two_groups_are_those_of_both(self):
        space = labels.LabelSpace("attributes", tuple("abcd"), (("a", "b"), ("d", "a")))
        self.assertEqual(space.rivals("a"), (1, 3))
        self.assertEqual(space.rivals("b"), (0,))

    def test_of_a_domain_are_all_others(self):
        self.assertEqual(MOODS.rivals("happy"), (0, 2))


class EditedTest(parameterized.TestCase):
    @parameterized.parameters(
        (("Male",), ("Black_Hair", "Young", "Male")),
        (("-Young",), ("Black_Hair",)),
        (("-Male",), ("Black_Hair", "Young")),  # is clear already
        (("Young",), ("Black_Hair", "Young")),  # is set already
        (("Blond_Hair",), ("Blond_Hair", "Young")),
        (("-Black_Hair",), ("Young",)),
        (("-Black_Hair", "Brown_Hair", "Male"), ("Brown_Hair", "Young", "Male")),
        (("Brown_Hair", "-Black_Hair"), ("Brown_Hair", "Young")),
        ((), ("Black_Hair", "Young")),
    )
    def test_sets_and_clears_attributes(self, edits, expected):
        own = attributes("Black_Hair", "Young")
        np.testing.assert_array_equal(FACES.edited(own, edits), attributes(*expected))
        np.testing.assert_array_equal(own, attributes("Black_Hair", "Young"))

    def test_rejects_two_that_exclude_each_other(self):
        with self.assertRaisesRegex(
            errors.UserError, "at most one of Black_Hair and Brown_Hair; received both"
        ):
            FACES.edited(attributes(), ("Black_Hair", "Male", "Brown_Hair"))

    def test_rejects_an_unknown_name_also_where_it_is_cleared(self):
        for edit in ("Yong", "-Yong"):
            with self.assertRaisesRegex(errors.UserError, "'Yong'.*Did you mean Young"):
                FACES.edited(attributes(), (edit,))

    def test_one_domain_replaces_another(self):
        np.testing.assert_array_equal(MOODS.edited(domain("sad"), ("happy",)), domain("happy"))
        np.testing.assert_array_equal(MOODS.edited(domain("sad"), ("sad",)), domain("sad"))

    def test_rejects_two_domains(self):
        with self.assertRaisesRegex(errors.UserError, "at most one of angry and happy"):
            MOODS.edited(domain("sad"), ("angry", "happy"))

    def test_a_domain_cannot_be_cleared(self):
        with self.assertRaisesRegex(errors.UserError, "'-sad'.*angry, happy, sad"):
            MOODS.edited(domain("sad"), ("-sad",))


class ShownTest(absltest.TestCase):
    def setUp(self):
        super().setUp()
        self.own = np.stack([attributes("Black_Hair", "Male"), attributes("Blond_Hair")])
        self.before = self.own.copy()

    def _assert_shown(self, names, *expected):
        targets = FACES.changed(self.own, names)
        np.testing.assert_array_equal(targets, np.stack([attributes(*e) for e in expected]))
        np.testing.assert_array_equal(self.own, self.before)

    def test_what_is_exclusive_is_set_for_every_image(self):
        self._assert_shown(("Blond_Hair",), ("Blond_Hair", "Male"), ("Blond_Hair",))

    def test_every_other_attribute_is_flipped(self):
        self._assert_shown(("Male",), ("Black_Hair",), ("Blond_Hair", "Male"))

    def test_names_are_combined(self):
        self._assert_shown(
            ("Brown_Hair", "Male", "Young"),
            ("Brown_Hair", "Young"),
            ("Brown_Hair", "Male", "Young"),
        )

    def test_a_domain_is_set_for_every_image(self):
        own = np.stack([domain("sad"), domain("happy"), domain("angry")])
        np.testing.assert_array_equal(MOODS.changed(own, ("happy",)), [domain("happy")] * 3)


class JsonTest(absltest.TestCase):
    def test_round_trip_through_text(self):
        for space in (FACES, MOODS):
            text = json.dumps(space.to_json())
            self.assertEqual(labels.LabelSpace.from_json(json.loads(text)), space)


if __name__ == "__main__":
    absltest.main()
