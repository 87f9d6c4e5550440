"""Names that command lines can hold, and one spelling of each."""

import unicodedata

from absl.testing import absltest, parameterized

from stargan_tf.base import errors
from stargan_tf.data import labels, names, options

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


class RefuseTest(parameterized.TestCase):
    @parameterized.parameters(
        ("cats, big", "holds a comma", "cats_big"),
        ("a;b", "holds a semicolon", "a_b"),
        ("a/b", "holds a slash", "a_b"),
        ('say "a"', "holds a quotation mark", "say_a"),
        ("a\nb", "holds a line break", "a_b"),
        ("a\x07", "holds an unprintable character", "a"),
        ("a\u2028b", "holds an unprintable character", "a_b"),
        ("k\udcffm", "holds an unprintable character", "k_m"),
        ("-x", "begins with a minus", "x"),
        (" cat", "begins or ends with a blank", "cat"),
        ("cat\u00a0", "begins or ends with a blank", "cat"),
        (",", "holds a comma", "unnamed"),
        ("", "is empty", "unnamed"),
    )
    def test_names_that_no_command_line_can_hold(self, name, problem, new):
        with self.assertRaises(errors.UserError) as caught:
            names.refuse(("dog", name), "domain", "image_folder")
        message = str(caught.exception)
        self.assertIn(f"No command can ask for the domain {name!r}", message)
        self.assertIn(problem, message)
        self.assertEndsWith(message, f"rename the folder {name!r} to {new!r}.")
        names.refuse(("dog", new), "domain")  # the advice helps

    def test_a_suggestion_is_free(self):
        with self.assertRaisesRegex(errors.UserError, "call it 'a_b_3' in the table"):
            names.refuse(("a_b", "a,b", "a_b_2"), "attribute", "manifest")

    @parameterized.parameters(
        "long hair", "colt's foot", "x-ray", "\u732b", "a.b", "5_o_Clock", "+"
    )
    def test_other_names_can_be_used(self, name):
        names.refuse((name, "dog"), "domain", "image_folder")

    def test_two_spellings_of_one_name(self):
        with self.assertRaisesRegex(
            errors.UserError, r"'caf\\xe9' and 'cafe\\u0301' look the same"
        ):
            names.refuse((COMPOSED, "dog", DECOMPOSED), "domain")


class SpellingTest(absltest.TestCase):
    def test_labels_are_found_in_either_spelling(self):
        space = labels.LabelSpace("attributes", ("a", DECOMPOSED, "b"), ((DECOMPOSED, "b"),))
        self.assertEqual(space.names, ("a", COMPOSED, "b"))
        self.assertEqual(space.exclusive, ((COMPOSED, "b"),))
        for spelling in (COMPOSED, DECOMPOSED):
            self.assertEqual(space.index(spelling), 1)
            self.assertEqual(space.rivals(spelling), (2,))
            self.assertEqual(space.edited([1, 0, 1], (spelling,)).tolist(), [1, 1, 0])
            self.assertEqual(space.edited([1, 1, 0], ("-" + spelling,)).tolist(), [1, 0, 0])
        made = labels.LabelSpace.of_attributes((COMPOSED, "b"), ((DECOMPOSED, "b"),))
        self.assertEqual(made.exclusive, ((COMPOSED, "b"),))

    def test_a_joint_space_is_asked_in_either_spelling(self):
        parts = [("one", labels.LabelSpace("domains", (DECOMPOSED, "b"))),
                 ("two", labels.LabelSpace("attributes", ("c",)))]  # fmt: skip
        space = labels.JointSpace.of(parts)
        nothing = [0, 0, 0, 0, 0]
        for spelling in (COMPOSED, DECOMPOSED):
            self.assertEqual(space.edited(nothing, (spelling,)).tolist(), [1, 0, 0, 1, 0])

    def test_a_run_that_has_both_spellings_can_be_opened(self):
        given = {"kind": "domains", "names": [COMPOSED, DECOMPOSED], "exclusive": []}
        self.assertEqual(labels.LabelSpace.from_json(given).names, (COMPOSED, DECOMPOSED))

    def test_flags(self):
        self.assertEqual(options.split_names(f"{DECOMPOSED}, long hair"), (COMPOSED, "long hair"))
        made = options.DataOptions(domains=DECOMPOSED + ",b", exclusive=f"a,{DECOMPOSED}")
        self.assertEqual((made.domains, made.exclusive), (COMPOSED + ",b", "a," + COMPOSED))
        self.assertEqual(unicodedata.normalize("NFC", DECOMPOSED), COMPOSED)


if __name__ == "__main__":
    absltest.main()
