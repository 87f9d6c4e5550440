"""What is kept and what follows: a perfect translator, and some that do one thing wrong."""

import numpy as np
import tensorflow as tf

from stargan_tf.data.sources import cartoon_faces
from stargan_tf.evaluation import kept_and_followed as measures

NAMES = ("Black_Hair", "Blond_Hair", "Brown_Hair")
BLOND = np.array([0, 1, 0])
RIVALS = (2, 3, 4)


class KeptAndFollowedTest(tf.test.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = cartoon_faces.CartoonFaces(
            "test", 32, 6, NAMES, (), 1.0, as_domains=True, pose=1.0
        )

    def _judge(self, **whose):
        """Judges face 0, asked for in the style of face 1, where an output is drawn like this."""
        output = self.source.render(0, BLOND, **whose)
        arguments = (self.source, 0, 1, BLOND, output, RIVALS)
        return measures.keeps_pose(*arguments), measures.follows_colours(*arguments)

    def test_a_perfect_translator(self):
        self.assertEqual(self._judge(colours_of=1), (True, True))
        # It makes no difference whether cut, glasses and smile follow.
        self.assertEqual(self._judge(style_of=1, looks_of=1, colours_of=1), (True, True))

    def test_one_that_takes_another_faces_pose(self):
        for rival in RIVALS:
            self.assertFalse(self._judge(colours_of=1, pose_of=rival)[0])

    def test_one_that_takes_another_faces_colours(self):
        for rival in RIVALS:
            self.assertEqual(self._judge(colours_of=rival), (True, False))

    def test_the_label_is_seen_in_either_cut(self):
        labels = np.eye(3)[[1, 2, 0]]  # blond was asked for
        for whose in ({}, {"style_of": 1, "looks_of": 1}):
            for drawn, right in ((1, True), (2, False), (0, False)):
                output = self.source.render(0, np.eye(3)[drawn], colours_of=1, **whose)
                judged = measures.shows_label(self.source, 0, 1, labels, output)
                self.assertEqual(judged, right)

    def test_whatever_the_output_it_is_right_for_one_reference_only(self):
        grey, faces = np.full((32, 32, 3), 128, np.uint8), (1, 2, 3, 4, 5)
        right = [
            measures.follows_colours(self.source, 0, j, BLOND, grey, [k for k in faces if k != j])
            for j in faces
        ]
        self.assertEqual(sum(right), 1)  # so chance is one in the number of renders

    def test_rivals_that_look_the_same_are_refused(self):
        with self.assertRaisesRegex(ValueError, "Some rival has to look different"):
            measures.keeps_pose(self.source, 0, 1, BLOND, self.source.image(0), [0])


if __name__ == "__main__":
    tf.test.main()
