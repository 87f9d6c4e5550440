"""What a look sees, of networks whose behaviour is known."""

import random

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms import watched
from stargan_tf.data import labels as labels_lib
from stargan_tf.training import probe

DOMAINS = labels_lib.LabelSpace("domains", ("a", "b", "c"))
ATTRIBUTES = labels_lib.LabelSpace("attributes", ("a", "b", "c"), (("a", "b"),))
LEVEL = 1 / 127.5  # a grey level


class Paper:
    def __init__(self, space):
        self.settings = algorithm_lib.BuildSettings(space, 4)
        self.most = 0  # images at a time


class ToLabels(Paper, algorithm_lib.Translates, algorithm_lib.Classifier, watched.Watched):
    """Makes images brighter: the third entry of the label counts 8 grey levels, `more` each."""

    def __init__(self, space, more=0.0):
        super().__init__(space)
        self.more = more

    def translate(self, images, labels):
        self.most = max(self.most, len(images))
        levels = self.more + 8 * labels[:, 2]
        return images + np.float32(LEVEL) * levels[:, None, None, None]

    def classify(self, images):  # by brightness: c, or else a
        bright = np.asarray(images).mean(axis=(1, 2, 3)) > 0
        return np.where(bright[:, None], [0, 0, 1], [1, 0, 0]).astype(np.float32)

    def watchlist(self, labels):
        return watched.Watchlist()

    def units(self, images, labels):
        self.most = max(self.most, len(images))
        # The first unit is positive for the brightest image alone, the others never.
        brightest = np.asarray(images).mean(axis=(1, 2, 3)) == self.brightest
        never = np.zeros((len(images), 3))
        return {"D/x": np.concatenate([np.where(brightest, 1.0, -1.0)[:, None], never], axis=1)}


class ToStyles(Paper, algorithm_lib.Styled):
    """Mixes an image with the grey level of its style; `kept` is the image's share."""

    style_dim = latent_dim = 1

    def __init__(self, kept):
        super().__init__(DOMAINS)
        self.kept = kept

    def map_latents(self, z, labels, psi=1.0):
        return z

    def encode(self, images, labels):
        raise NotImplementedError

    def render(self, images, styles):
        return self.kept * images + (1 - self.kept) * styles[:, :, None, None]


def images_of(count):
    rows = np.random.default_rng(0).uniform(-0.5, 0.5, (count, 4, 4, 3))
    return rows.astype(np.float32)


def looked(paper, count=20, labels=None, batch_size=8):
    space = paper.settings.label_space
    if labels is None:
        labels = np.eye(space.width, dtype=np.float32)[np.arange(count) % space.width]
    paper.brightest = images_of(count).mean(axis=(1, 2, 3)).max()
    return probe.Probe(paper, images_of(count), labels, batch_size)


class ProbeTest(tf.test.TestCase, parameterized.TestCase):
    def test_translations_to_labels(self):
        found = looked(ToLabels(DOMAINS)).look()
        # To c, or from it, an image changes by 8 levels; between a and b by none. Of 16 images,
        # evenly spaced over 20, each is asked for the next domain after the one before it was.
        own = np.linspace(0, 19, 16).round().astype(int) % 3
        asked = []
        for turn, one in enumerate(own):
            asked.append(next(d for d in ((turn + k) % 3 for k in range(3)) if d != one))
        to_c = np.mean([d == 2 for d in asked])
        differs = np.mean([(d == 2) != (o == 2) for d, o in zip(asked, own, strict=True)])
        self.assertAllClose(found["watch/change"], 8 * to_c, rtol=1e-4)
        self.assertAllClose(found["watch/by_label"], 8 * differs, rtol=1e-4)
        self.assertNotIn("watch/by_style", found)

    def test_an_identity_differs_from_nothing(self):
        paper = ToLabels(DOMAINS)
        paper.translate = lambda images, labels: images
        found = looked(paper).look()
        self.assertEqual((found["watch/change"], found["watch/by_label"]), (0.0, 0.0))

    def test_sources_are_compared_where_the_same_was_asked_for(self):
        paper = ToLabels(DOMAINS)
        self.assertAllClose(looked(paper).look()["watch/by_source"], 1.0, rtol=1e-5)
        paper.translate = lambda images, labels: images * 0.25 + labels[:, None, None]
        self.assertAllClose(looked(paper).look()["watch/by_source"], 0.25, rtol=1e-5)
        self.assertNotIn("watch/by_source", looked(paper, count=2).look())  # to b and to c

    def test_images_in_styles(self):
        x = images_of(16)
        between = np.abs(x[0::2] - x[1::2]).mean() * 127.5
        z = np.random.default_rng(0).standard_normal((16, 1), np.float32)
        z_between = np.abs(z[:8] - z[8:]).mean() * 127.5
        self.assertGreater(between, 1)
        for kept in (1.0, 0.25, 0.0):
            found = looked(ToStyles(kept), count=16).look()
            self.assertAllClose(found["watch/by_source"], kept, atol=1e-6)
            self.assertAllClose(found["watch/by_style"], (1 - kept) * z_between, rtol=1e-4)
            change = np.abs(np.repeat(z[:8], 2, axis=0)[:, :, None, None] - x).mean() * 127.5
            self.assertAllClose(found["watch/change"], (1 - kept) * change, rtol=1e-4, atol=1e-6)

    def test_a_unit_is_dead_if_it_is_positive_for_no_image(self):
        self.assertEqual(looked(ToLabels(DOMAINS)).look()["watch/dead/D/x"], 0.75)

    def test_target_accuracy_is_the_share_of_what_was_asked_for(self):
        labels = np.tile(np.float32([0, 1, 0]), (20, 1))
        found = looked(ToLabels(DOMAINS, more=255.0), labels=labels).look()  # all are taken for c
        # Of 16 images all are asked for a or c: the turns are a, (b:) c, c, a, c, c, ...
        self.assertAllClose(found["watch/target_accuracy"], 10 / 16)
        dark = looked(ToLabels(DOMAINS, more=-255.0), labels=labels).look()
        self.assertAllClose(dark["watch/target_accuracy"], 6 / 16)

    @parameterized.parameters(
        (DOMAINS, [1, 0, 0], 1 / 3),
        (ATTRIBUTES, [1, 0, 0], 1 / 2),  # one of two hair colours, or a flip
        (labels_lib.JointSpace.of([("x", DOMAINS), ("y", DOMAINS)]), [1, 0, 0, 0, 0, 0, 1, 0],
         1 / 3),
    )  # fmt: skip
    def test_chance_is_that_of_guesses(self, space, label, expected):
        labels = np.tile(np.float32(label), (20, 1))
        self.assertAllClose(looked(ToLabels(space), labels=labels).chance, expected)

    def test_nothing_is_asked_for_that_changes_nothing(self):
        paper = ToLabels(ATTRIBUTES)
        seen = []
        paper.translate = lambda images, labels: seen.append(labels) or images
        looked(paper, labels=np.tile(np.float32([1, 0, 1]), (20, 1))).look()
        asked = np.concatenate(seen[:2])
        self.assertTrue((asked != [1, 0, 1]).any(axis=1).all())

    def test_a_look_takes_no_more_at_a_time_than_training(self):
        paper = ToLabels(DOMAINS)
        looked(paper, batch_size=3).look()
        self.assertEqual(paper.most, 3)

    def test_looks_are_equal_and_draw_no_random_numbers(self):
        def states():
            generator = tf.random.get_global_generator().state.numpy().tolist()
            return random.getstate(), np.random.get_state()[1].tolist(), generator

        one, before = looked(ToStyles(0.5)), states()
        self.assertEqual(one.look(), one.look())
        self.assertEqual(states(), before)

    def test_examples_that_are_no_images_are_shown_to_judges_only(self):
        paper = ToLabels(DOMAINS)
        paper.brightest = 0.0
        paper.units = lambda images, labels: {"D/x": np.ones((len(images), 2))}
        found = probe.Probe(paper, np.zeros((4, 9), np.float32), np.eye(3)[[0, 1, 2, 0]], 2).look()
        self.assertEqual(found, {"watch/dead/D/x": 0.0})


if __name__ == "__main__":
    tf.test.main()
