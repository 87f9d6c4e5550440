import dataclasses

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.cartoon import contours, drawing, sampling
from stargan_tf.data import loading, options
from stargan_tf.data.sources import cartoon_pairs

SIZE = 32


def pairs(split="train", count=4, **kwargs):
    return cartoon_pairs.CartoonPairs(split, SIZE, count, **{"spread": 1.0, **kwargs})


class CartoonPairsTest(tf.test.TestCase, parameterized.TestCase):
    def test_contours_come_first_then_the_faces(self):
        source = pairs("test", pose=0.5)
        self.assertEqual(source.label_space.names, ("A", "B"))
        self.assertAllEqual(source.pairs, [[0, 4], [1, 5], [2, 6], [3, 7]])
        self.assertAllEqual(source.labels, np.repeat(np.eye(2), 4, axis=0))
        for a, b in source.pairs:
            number = 2**32 + int(a)
            identity = sampling.sample_identity(0, number, 0.5)
            attributes = sampling.sample_attributes(0, number)
            style = sampling.sample_style(0, number, 1.0)
            self.assertAllEqual(source.image(a), contours.draw(identity, attributes, style, SIZE))
            # Of a face only colours are other than those of cartoon_faces.
            face = drawing.draw(identity, attributes, style, SIZE).astype(int)
            self.assertBetween(np.abs(source.image(b) - face).mean(), 1, 40)
        self.assertAllEqual(source.load(tf.constant(5)), source.image(5))
        self.assertEqual(source.describe(1), "contours of cartoon face 4294967297")
        self.assertEqual(source.describe(5), "colours of cartoon face 4294967297")

    def test_the_other_direction_swaps_the_sides(self):
        forth, back = pairs(), pairs(direction="BtoA")
        self.assertEqual(back.label_space.names, ("B", "A"))
        for k in range(4):
            self.assertAllEqual(back.image(k), forth.image(4 + k))
            self.assertAllEqual(back.image(4 + k), forth.image(k))
            self.assertAllEqual(back.answer(k, 1), forth.image(k))  # whatever the colours

    def test_an_answer_has_the_contours_of_one_and_the_colours_of_another(self):
        source = pairs()
        for k in range(4):
            self.assertAllEqual(source.answer(k, k), source.image(4 + k))
            self.assertAllEqual(source.answer(k, 4 + k), source.image(4 + k))
        answer = source.answer(0, 5).astype(int)
        # The corners are background, and the neck is skin.
        for row, column in ((0, 0), (0, 31)):
            self.assertAllEqual(answer[row, column], source.image(5)[row, column])
        own, other = (source._parts(k) for k in (0, 1))
        identity = dataclasses.replace(
            own[0], skin=other[0].skin, lips=other[0].lips, background=other[0].background
        )
        attributes = np.concatenate([other[1][:3], own[1][3:]])
        style = dataclasses.replace(own[2], shade=other[2].shade)
        self.assertAllEqual(answer, drawing.draw(identity, attributes, style, SIZE))

    def test_contours_do_not_depend_on_colours(self):
        identity, style = sampling.sample_identity(0, 3), sampling.sample_style(0, 3, 1.0)
        drawn = contours.draw(identity, np.array([1, 0, 0, 1, 0]), style, 64)
        painted = dataclasses.replace(identity, skin=(0, 255, 0), background=((9, 9, 9),) * 2)
        again = contours.draw(
            painted, np.array([0, 1, 0, 1, 0]), dataclasses.replace(style, shade=1.0), 64
        )
        self.assertAllEqual(drawn, again)
        self.assertAllEqual(drawn[..., :1].repeat(3, axis=-1), drawn)  # grey
        self.assertGreater((drawn == 255).mean(), 0.5)
        self.assertGreater((drawn < 50).mean(), 0.01)

    @parameterized.parameters(3, 4)
    def test_contours_show_the_glasses_and_the_mouth(self, attribute):
        identity, style = sampling.sample_identity(0, 3), sampling.sample_style(0, 3, 1.0)
        without, with_it = np.zeros((2, 5))
        with_it = with_it.copy()
        with_it[attribute] = 1
        drawn = [contours.draw(identity, a, style, 64).astype(int) for a in (without, with_it)]
        self.assertGreater(np.abs(drawn[0] - drawn[1]).max(), 100)

    def test_contours_lie_where_colours_change(self):
        """Edges of the painted face are near lines, and far from them there are few."""
        source = cartoon_pairs.CartoonPairs("train", 128, 3, spread=1.0)
        for k in range(3):
            lines = source.image(k)[..., 0] < 128
            face = source.image(3 + k).astype(int).sum(axis=-1)
            edge = np.zeros_like(lines)
            edge[:, 1:] |= np.abs(np.diff(face, axis=1)) > 150
            edge[1:] |= np.abs(np.diff(face, axis=0)) > 150
            near = lines.copy()
            for shift in range(-3, 4):
                for axis in (0, 1):
                    near |= np.roll(lines, shift, axis)
            self.assertGreater((edge & near).sum() / edge.sum(), 0.8)

    def test_options_reach_the_drawings(self):
        made = options.DataOptions(
            dataset="cartoon_pairs", image_size=SIZE, cartoon_train_size=3, cartoon_test_size=2,
            cartoon_spread=0.7, cartoon_pose=0.3, direction="BtoA",
        )  # fmt: skip
        made.check()
        for split, count in (("train", 3), ("test", 2)):
            expected = pairs(split, count, spread=0.7, pose=0.3, direction="BtoA")
            images = loading.load(made, split)
            self.assertLen(images.pairs, count)
            for k in range(2 * count):
                self.assertAllEqual(images.image(k), expected.image(k))
        larger = images.drawn_at(64)
        self.assertEqual(larger.image(0).shape, (64, 64, 3))
        self.assertEqual(images.image(0).shape, (SIZE, SIZE, 3))

    @parameterized.parameters(
        ({"image_size": 16}, "drawn at 32 to 512 pixels; received image_size=16"),
        ({"cartoon_train_size": 0}, "needs at least one pair; received 0"),
        ({"cartoon_spread": 2.0}, "cartoon_spread goes from 0 to 1; received 2.0"),
        ({"val_fraction": 0.5}, "cartoon_pairs draws its held-out pairs, so"),
    )
    def test_refusals(self, values, message):
        made = options.DataOptions(**{"dataset": "cartoon_pairs", "image_size": 32, **values})
        with self.assertRaisesRegex(errors.UserError, message):
            loading.load(made, "train")


if __name__ == "__main__":
    tf.test.main()
