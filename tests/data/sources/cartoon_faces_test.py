import dataclasses
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.cartoon import drawing, sampling
from stargan_tf.data import loading, options
from stargan_tf.data.sources import cartoon_faces

SIZE = 32
HAIR = sampling.HAIR_COLOURS


def faces(split="train", count=6, **kwargs):
    return cartoon_faces.CartoonFaces(split, SIZE, count, **kwargs)


def label(*names):
    return np.array([name in names for name in sampling.ATTRIBUTES], np.float32)


def changed(a, b):
    return (a != b).any(axis=-1)


class CartoonFacesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters("train", "test")
    def test_is_the_same_data_set_every_time(self, split):
        first, again = faces(split), faces(split)
        self.assertAllEqual(first.labels, again.labels)
        for index in (4, 0):  # in whatever order
            self.assertAllEqual(again.image(index), first.image(index))

    def test_a_larger_set_starts_with_the_smaller_one(self):
        small, large = faces(count=3), faces(count=5)
        self.assertAllEqual(large.labels[:3], small.labels)
        self.assertAllEqual(large.image(2), small.image(2))

    def test_no_identity_is_in_both_splits(self):
        # With one label and one style for all, only identities can tell pictures apart.
        sets = [faces(split, 8, spread=0.0) for split in ("train", "test")]
        own = label("Brown_Hair")
        pictures = {s.render(i, own).tobytes() for s in sets for i in range(8)}
        self.assertLen(pictures, 16)
        self.assertNotAllEqual(sets[0].labels, sets[1].labels)
        self.assertNotEqual(sets[0].describe(3), sets[1].describe(3))

    def test_labels_are_those_of_the_drawing(self):
        source = faces(attributes=("Smiling", "Black_Hair"), exclusive=())
        for index in range(6):
            own = sampling.sample_attributes(0, index)
            self.assertAllEqual(source.labels[index], own[[4, 0]])
        self.assertEqual(source.labels.dtype, np.float32)
        self.assertEqual(source.label_space.names, ("Smiling", "Black_Hair"))

    @parameterized.parameters("train", "test")
    def test_the_render_with_its_own_label_is_the_image(self, split):
        source = faces(split)
        for index in range(3):
            self.assertAllEqual(source.render(index, source.labels[index]), source.image(index))

    @parameterized.parameters(0.25, 1.0)
    def test_the_render_is_the_drawing_of_the_same_person_in_the_same_style(self, spread):
        source = faces("test", spread=spread)
        number = 2**32 + 4
        target = label("Blond_Hair", "Eyeglasses")
        identity = sampling.sample_identity(0, number)
        style = sampling.sample_style(0, number, spread)
        expected = drawing.draw(identity, target, style, SIZE)
        self.assertAllEqual(source.render(4, target), expected)

    @parameterized.parameters((None, None), (5, None), (None, 3), (1, 4))
    def test_style_and_looks_may_be_those_of_other_faces(self, style_of, looks_of):
        source = faces("test", 8, attributes=HAIR, exclusive=(HAIR,), spread=1.0)
        identity = sampling.sample_identity(0, 2**32 + 2)
        other = 2 if style_of is None else style_of
        style = sampling.sample_style(0, 2**32 + other, 1.0)
        other = 2 if looks_of is None else looks_of
        looks = sampling.sample_attributes(0, 2**32 + other)[3:]
        target = np.concatenate([[0, 1, 0], looks])
        face = source.render(2, np.array([0, 1, 0]), style_of=style_of, looks_of=looks_of)
        self.assertAllEqual(face, drawing.draw(identity, target, style, SIZE))
        if (style_of, looks_of) != (None, None):
            self.assertNotAllEqual(face, source.render(2, np.array([0, 1, 0])))

    def test_poses_spread_only_if_asked(self):
        usual, spread = faces(), faces(pose=1.0)
        for index in range(3):
            self.assertAllEqual(faces(pose=0.0).image(index), usual.image(index))
            identity = sampling.sample_identity(0, index, 1.0)
            style = sampling.sample_style(0, index, 0.25)
            drawn = drawing.draw(identity, usual.labels[index], style, SIZE)
            self.assertAllEqual(spread.image(index), drawn)
            self.assertNotAllEqual(spread.image(index), usual.image(index))
        self.assertAllEqual(spread.labels, usual.labels)
        data = options.DataOptions(image_size=SIZE, cartoon_pose=1.0, cartoon_train_size=6)
        self.assertAllEqual(loading.load(data, "train").image(2), spread.image(2))

    def test_pose_and_colours_may_be_those_of_other_faces(self):
        source = faces("test", 8, attributes=HAIR, exclusive=(HAIR,), spread=1.0, pose=1.0)
        numbers = 2**32 + 2, 2**32 + 5
        one, other = (sampling.sample_identity(0, n, 1.0) for n in numbers)
        styles = [sampling.sample_style(0, n, 1.0) for n in numbers]
        target = np.concatenate([[0, 1, 0], sampling.sample_attributes(0, numbers[0])[3:]])
        posed = dataclasses.replace(
            one,
            shift=other.shift,
            roll=other.roll,
            scale=other.scale,
            body_shift=other.body_shift,
            body_scale=other.body_scale,
        )
        self.assertAllEqual(
            source.render(2, target[:3], pose_of=5), drawing.draw(posed, target, styles[0], SIZE)
        )
        coloured = dataclasses.replace(
            one,
            skin=other.skin,
            lips=other.lips,
            background=other.background,
            light=other.light,
            brightness=other.brightness,
        )
        shaded = dataclasses.replace(styles[0], shade=styles[1].shade)
        self.assertAllEqual(
            source.render(2, target[:3], colours_of=5), drawing.draw(coloured, target, shaded, SIZE)
        )
        # The shade is a colour, also where the cut is a third face's.
        third = dataclasses.replace(sampling.sample_style(0, 2**32 + 1, 1.0), shade=styles[1].shade)
        self.assertAllEqual(
            source.render(2, target[:3], style_of=1, colours_of=5),
            drawing.draw(coloured, target, third, SIZE),
        )

    def test_another_hair_colour_changes_the_hair_only(self):
        source = faces()
        for index in range(6):
            image, own = source.image(index), source.labels[index]
            others = [name for name in HAIR if not own[source.label_space.index(name)]]
            targets = [source.label_space.edited(own, (name,)) for name in others]
            first, second = (source.render(index, target) for target in targets)
            # Each pair of colours differs in the hair; what a third changes is the same place.
            hair = changed(image, first) | changed(image, second)
            self.assertBetween(hair.mean(), 0.08, 0.5)
            self.assertFalse((changed(first, second) & ~hair).any())
            # The mouth and the eyes, which other attributes change, are never hair.
            flipped = own.copy()
            flipped[4] = 1 - own[4]
            mouth = changed(image, source.render(index, flipped))
            self.assertGreater(mouth.sum(), 3)
            self.assertFalse((mouth & hair).any())

    def test_unlabelled_attributes_stay_the_faces_own(self):
        source = faces(count=12, attributes=("Smiling",), exclusive=())
        full = faces(count=12)
        self.assertGreater(full.labels[:, 3].sum(), 0)  # Some wear glasses, unlabelled here.
        for index in range(12):
            self.assertAllEqual(source.image(index), full.image(index))
            for smiling in (0.0, 1.0):
                target = full.labels[index].copy()
                target[4] = smiling
                self.assertAllEqual(
                    source.render(index, np.array([smiling])), full.render(index, target)
                )

    @parameterized.parameters(
        (("Blond_Hair", "Black_Hair"), "train"),
        (("Eyeglasses", "Smiling"), "test"),
        (("Brown_Hair", "Smiling"), "train"),
    )
    def test_domains_hold_the_faces_that_show_exactly_one(self, names, split):
        source = faces(split, 20, attributes=names, as_domains=True)
        first = 2**32 if split == "test" else 0
        columns = [sampling.ATTRIBUTES.index(name) for name in names]
        own = {n: sampling.sample_attributes(0, n) for n in range(first, first + 200)}
        kept = [n for n in own if own[n][columns].sum() == 1][:20]
        self.assertEqual(source.size, 20)
        self.assertEqual((source.label_space.kind, source.label_space.names), ("domains", names))
        self.assertAllEqual(source.labels, [own[n][columns] for n in kept])
        self.assertGreater(source.labels.sum(axis=0).min(), 3)
        self.assertGreater(kept[-1], first + 19)  # Some were left out.
        for index in (0, 19):
            n = kept[index]
            person, style = (
                sampling.sample_identity(0, n),
                sampling.sample_style(0, n, 0.25),
            )
            self.assertAllEqual(source.image(index), drawing.draw(person, own[n], style, SIZE))
            target = own[n].copy()
            target[columns] = (0, 1)
            self.assertAllEqual(
                source.render(index, np.array([0, 1])),
                drawing.draw(person, target, style, SIZE),
            )
            self.assertEqual(source.describe(index), f"cartoon face {n}")
        smaller = faces(split, 5, attributes=names, as_domains=True)
        self.assertAllEqual(smaller.labels, source.labels[:5])

    def test_the_hair_colours_as_domains_leave_no_face_out(self):
        source = faces(count=12, attributes=HAIR, as_domains=True)
        self.assertAllEqual(source.labels, faces(count=12).labels[:, :3])
        self.assertAllEqual(source.image(11), faces(count=12).image(11))

    @parameterized.parameters(((*HAIR, "Smiling"),), (("Eyeglasses", *HAIR),))
    def test_a_domain_that_can_have_no_face_is_refused(self, names):
        message = "so none shows (Smiling|Eyeglasses) and no other domain; received the domains"
        with self.assertRaisesRegex(errors.UserError, message):
            faces(attributes=names, as_domains=True)

    def test_loads_in_a_graph_what_image_returns(self):
        source = faces()
        call = tf.function(source.load)
        self.assertEqual(
            call.get_concrete_function(tf.TensorSpec([], tf.int64)).output_shapes, (SIZE, SIZE, 3)
        )
        dataset = tf.data.Dataset.range(6).map(source.load, num_parallel_calls=2)
        for index, face in enumerate(dataset.as_numpy_iterator()):
            self.assertAllEqual(face, source.image(index))
        self.assertAllEqual(call(tf.constant(5, tf.int64)), source.image(5))

    @parameterized.parameters((2**30, 1), (0, 2))
    def test_a_face_is_drawn_once_where_all_fit_the_cache(self, cache_bytes, drawn):
        with mock.patch.object(cartoon_faces, "_CACHE_BYTES", cache_bytes):
            source = faces()
        expected = faces().image(2)
        with mock.patch.object(drawing, "draw", wraps=drawing.draw) as draw:
            self.assertAllEqual(source.image(2), expected)
            self.assertAllEqual(source.image(np.int64(2)), expected)
        self.assertEqual(draw.call_count, drawn)

    def test_rendering_another_label_leaves_the_data_set_as_it_was(self):
        source, untouched = faces(), faces()
        source.render(1, 1 - source.labels[1])
        self.assertAllEqual(source.labels, untouched.labels)
        self.assertAllEqual(source.image(1), untouched.image(1))

    def test_describes_a_face_by_its_number(self):
        self.assertEqual(faces().describe(3), "cartoon face 3")
        self.assertEqual(faces("test").describe(3), f"cartoon face {2**32 + 3}")

    @parameterized.parameters(
        ({"image_size": 31}, "32 to 512 pixels; received image_size=31"),
        ({"image_size": 513}, "32 to 512 pixels; received image_size=513"),
        ({"count": 0}, "at least one face; received 0"),
        ({"spread": 1.25}, "from 0 to 1; received 1.25"),
        ({"spread": -0.5}, "from 0 to 1; received -0.5"),
        ({"spread": float("nan")}, "from 0 to 1; received nan"),
        ({"pose": 1.5}, "cartoon_pose goes from 0 to 1; received 1.5"),
        ({"pose": -0.1}, "cartoon_pose goes from 0 to 1; received -0.1"),
        ({"attributes": ()}, "at least one attribute; received none"),
        ({"attributes": ("Smilng",)}, r"Unknown attribute 'Smilng'.*Did you mean Smiling\?"),
        ({"attributes": ("Smiling", "Smiling"), "exclusive": ()}, "twice"),
    )
    def test_rejects_what_it_cannot_draw(self, changes, message):
        arguments = {"image_size": SIZE, "count": 2, **changes}
        with self.assertRaisesRegex(errors.UserError, message):
            cartoon_faces.CartoonFaces("train", **arguments)


if __name__ == "__main__":
    tf.test.main()
