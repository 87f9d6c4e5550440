"""Labels of two runs, matched by name."""

import tensorflow as tf

from stargan_tf.data import labels
from stargan_tf.runs import initial_weights


def attributes(*names):
    return labels.LabelSpace("attributes", names)


def domains(*names):
    return labels.LabelSpace("domains", names)


class LabelMatchingTest(tf.test.TestCase):
    def test_by_name_whatever_the_order_and_the_kind(self):
        new, old = domains("cat", "wolf", "dog"), attributes("dog", "fox", "cat")
        self.assertEqual(initial_weights.matching(new, old), {0: 2, 2: 0})
        self.assertEqual(initial_weights.matching(new, domains("owl")), {})

    def test_joint_labels_within_their_data_set_and_the_mask_by_its_name(self):
        old = labels.JointSpace.of(
            [("celeba", attributes("Male", "Smiling")), ("rafd", domains("sad", "Smiling"))]
        )
        new = labels.JointSpace.of(
            [
                ("rafd", domains("Smiling", "sad", "angry")),
                ("own", attributes("Hat")),
                ("celeba", attributes("Smiling")),
            ]
        )
        # Of `new`: rafd 0-2, own 3, celeba 4, masks 5-7; of `old`: celeba 0-1, rafd 2-3, masks 4-5.
        self.assertEqual(initial_weights.matching(new, old), {0: 3, 1: 2, 4: 1, 5: 5, 7: 4})
        names = initial_weights.entry_names(new)
        self.assertEqual(names[:5], ("rafd.Smiling", "sad", "angry", "Hat", "celeba.Smiling"))
        self.assertEqual(names[5:], ("the mask of rafd", "the mask of own", "the mask of celeba"))

    def test_between_one_data_set_and_several(self):
        one = attributes("Male", "Smiling", "happy")
        joint = labels.JointSpace.of(
            [("celeba", attributes("Smiling", "Male")), ("rafd", domains("happy", "Smiling"))]
        )
        # Smiling is two labels there: neither is guessed to be the one.
        self.assertEqual(initial_weights.matching(joint, one), {1: 0, 2: 2})
        self.assertEqual(initial_weights.matching(one, joint), {0: 1, 2: 2})


if __name__ == "__main__":
    tf.test.main()
