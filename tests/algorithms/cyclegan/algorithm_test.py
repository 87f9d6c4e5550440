"""Pairs of domains: which networks there are, where they translate, and what they are shown."""

import functools

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms.cyclegan import algorithm as cyclegan
from stargan_tf.base import errors
from stargan_tf.data import labels, options
from stargan_tf.data.pipeline import samplers
from stargan_tf.evaluation import measuring, run_subject, subject
from stargan_tf.evaluation import options as metric_options
from stargan_tf.training import probe
from tests import tiny

NAMES = ("cat", "dog", "fox")
SPACE = labels.LabelSpace("domains", NAMES)
ALL = ((0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1))


@functools.cache
def built(pair="", missing=(), training=False, space=SPACE):
    settings = algorithm_lib.BuildSettings(
        space, tiny.SIZE, total_steps=10, training=training, missing=missing
    )
    found = cyclegan.CycleGAN(tiny.hparams("cyclegan", pair=pair), settings)
    random = np.random.default_rng(0)
    for network in found.networks.values():  # kernels of 0.02 would give nearly grey images
        for variable in network.variables:
            variable.assign(random.normal(0, 0.3, variable.shape))
    return found


def noise(count, seed=0):
    random = np.random.default_rng(seed)
    return random.uniform(-1, 1, (count, tiny.SIZE, tiny.SIZE, 3)).astype(np.float32)


def one_hot(domains):
    return np.eye(3, dtype=np.float32)[list(domains)]


class PairsTest(tf.test.TestCase, parameterized.TestCase):
    def test_three_domains_have_three_pairs_of_four_networks(self):
        algorithm = built()
        expected = [f"{pair}.{network}" for pair in ("cat-dog", "cat-fox", "dog-fox")
                    for network in ("G_A", "G_B", "D_A", "D_B")]  # fmt: skip
        self.assertEqual(list(algorithm.networks), expected)
        self.assertEqual(algorithm.directions, ALL)
        self.assertEqual(algorithm.batches_per_step, 6)
        self.assertEqual(algorithm.translates_with, "cat-dog.G_A")
        self.assertLen(algorithm.translating_networks(), 6)

    def test_each_direction_has_its_own_generator(self):
        algorithm, x = built(), noise(1)
        outputs = []
        for source, target in ALL:
            name = f"{NAMES[min(source, target)]}-{NAMES[max(source, target)]}."
            G = algorithm.networks[name + ("G_A" if source < target else "G_B")]
            found = algorithm.translate_from(x, one_hot([source]), one_hot([target]))
            self.assertAllClose(found, G(x), atol=1e-5)
            outputs.append(found)
        for k, output in enumerate(outputs):
            for other in outputs[:k]:
                self.assertNotAllClose(output, other, atol=0.1)

    def test_a_batch_of_all_directions_and_none(self):
        algorithm, x = built(), noise(9)
        sources, targets = np.divmod(np.arange(9), 3)
        found = algorithm.translate_from(x, one_hot(sources), one_hot(targets))
        for i in range(9):
            one = slice(i, i + 1)
            if sources[i] == targets[i]:
                self.assertAllEqual(found[i], x[i])
                continue
            alone = algorithm.translate_from(x[one], one_hot(sources[one]), one_hot(targets[one]))
            self.assertAllClose(found[one], alone, atol=1e-5)
        self.assertEqual(found.dtype, np.float32)

    def test_of_more_than_two_domains_the_source_must_be_known(self):
        with self.assertRaisesRegex(errors.UserError, "say it with `known`, such as known=fox"):
            built().translate(noise(1), one_hot([0]))

    def test_of_two_domains_it_is_the_other(self):
        algorithm = built(space=labels.LabelSpace("domains", ("cat", "dog")))
        self.assertEqual(list(algorithm.networks), ["G_A", "G_B", "D_A", "D_B"])
        x, eye = noise(2), np.eye(2, dtype=np.float32)
        found = algorithm.translate(x, eye)
        expected = [algorithm.networks[G](x[k : k + 1])[0] for k, G in enumerate(("G_B", "G_A"))]
        self.assertAllClose(found, expected, atol=1e-5)

    def test_one_pair_of_three_domains(self):
        algorithm = built("fox, cat")
        self.assertEqual(list(algorithm.networks)[0], "cat-fox.G_A")
        self.assertEqual(algorithm.directions, ((0, 2), (2, 0)))
        reached = algorithm.reaches(one_hot([0, 0, 0, 2]), one_hot([0, 1, 2, 0]))
        self.assertAllEqual(reached, [True, False, True, True])
        with self.assertRaisesRegex(
            errors.UserError, "from dog to cat; there are those from cat to fox, fox to cat"
        ):
            algorithm.translate_from(noise(1), one_hot([1]), one_hot([0]))

    def test_a_missing_generator_leaves_one_direction(self):
        algorithm = built("cat,fox", ("cat-fox.G_A", "cat-fox.D_A"))
        self.assertEqual(algorithm.directions, ((2, 0),))
        self.assertEqual(algorithm.translating_networks(), ("cat-fox.G_B",))

    def test_pairs_that_would_have_one_name(self):
        space = labels.LabelSpace("domains", ("a", "a-b", "b-c", "c"))
        with self.assertRaisesRegex(errors.UserError, "would have one name; rename"):
            built(space=space)


class SheetsTest(tf.test.TestCase):
    def test_every_image_beside_its_translation_to_every_domain(self):
        algorithm, x, own = built(), noise(3), one_hot(range(3))
        found = algorithm.sample_sheets(x, own)
        targets = found["targets"]
        self.assertEqual(list(targets.columns), ["input", *NAMES])
        for i in range(3):
            for t in range(3):
                expected = algorithm.translate_from(x[i : i + 1], own[i : i + 1], one_hot([t]))
                self.assertAllClose(targets.images[i, 1 + t], expected[0], atol=1e-5)
        back = found["reconstructions"]
        self.assertEqual(list(back.columns), ["input", "translated", "and back"])
        there = one_hot([1, 2, 0])
        fake = algorithm.translate_from(x, own, there)
        self.assertAllClose(back.images[:, 1], fake, atol=1e-5)
        self.assertAllClose(
            back.images[:, 2], algorithm.translate_from(fake, there, own), atol=1e-5
        )

    def test_one_pair_shows_its_own_domains(self):
        found = built("cat,fox").sample_sheets(noise(3), one_hot(range(3)))
        self.assertEqual(list(found["targets"].columns), ["input", "cat", "fox"])
        self.assertLen(found["targets"].images, 2)
        self.assertEqual(built("cat,fox").sample_sheets(noise(1), one_hot([1])), {})

    def test_without_a_way_back_there_is_none(self):
        found = built("cat,fox", ("cat-fox.G_A",)).sample_sheets(noise(1), one_hot([2]))
        self.assertEqual(list(found["reconstructions"].columns), ["input", "translated"])


class MeasuredTest(tf.test.TestCase):
    """What measures a training or a run asks for directions that there are, from known domains."""

    def _subject(self, pair="", pairs=None, missing=()):
        pictures = tiny.Pictures(9, SPACE)
        data = run_subject.members(pictures, pictures, options.DataOptions(image_size=tiny.SIZE))
        return run_subject.RunSubject(built(pair, missing), data, run_subject.Plan(pairs=pairs))

    def test_directions(self):
        names = [one.name for one in self._subject().directions]
        self.assertCountEqual(names, [f"{NAMES[s]}2{NAMES[t]}" for s, t in ALL])
        names = [one.name for one in self._subject("cat,fox").directions]
        self.assertCountEqual(names, ["cat2fox", "fox2cat"])

    def test_outputs_and_back(self):
        one = self._subject("cat,fox", pairs=False)
        self.assertEqual([d.name for d in one.directions], ["cat", "fox"])
        for batch in one.batches(""):
            x = (batch.images / 127.5 - 1).astype(np.float32)
            made = one.algorithm.translate_from(x, batch.labels, batch.wanted)
            levels = np.clip((made + 1) * 127.5, 0, 255)
            self.assertAllClose(batch.outputs[:, 0], levels, atol=0.51)
            back = one.translated_back(batch)
            x = (batch.outputs[:, 0] / 127.5 - 1).astype(np.float32)
            made = one.algorithm.translate_from(x, batch.wanted, batch.labels)
            self.assertAllClose(back[:, 0], np.clip((made + 1) * 127.5, 0, 255), atol=0.51)

    def test_the_way_back_is_measured_where_there_is_one(self):
        self.assertIn(subject.Need.BACK, self._subject("cat,fox").offers)
        one_way = self._subject("cat,fox", missing=("cat-fox.G_B",))
        self.assertEqual([d.name for d in one_way.directions], ["cat2fox"])
        with self.assertRaisesRegex(errors.UserError, "needs networks that translate back, too"):
            measuring.choose(one_way, ["cycle"], metric_options.MetricOptions())

    def test_a_look_asks_for_what_there_is(self):
        pictures = tiny.Pictures(9, SPACE)
        images = (pictures.images / 127.5 - 1).astype(np.float32)
        for pair in ("", "cat,fox"):
            found = probe.Probe(built(pair), images, pictures.labels, 4).look()
            # To its own domain an image is not translated.
            self.assertGreater(found["watch/change"], 1)
            self.assertAllClose(found["watch/by_label"], found["watch/change"])
            self.assertContainsSubset(
                [f"watch/dead/cat-{d}.D_A/down1" for d in (["dog"] if not pair else ["fox"])], found
            )


class StepTest(tf.test.TestCase):
    def test_a_step_updates_every_pair_once_on_images_of_its_own_domains(self):
        algorithm = built(training=True)
        pictures = tiny.Pictures(9, SPACE)
        sampler = samplers.Sampler(pictures, 3, tiny.SIZE)
        batch = next(iter(algorithm.inputs(sampler, samplers.Slices(2), 0)))
        self.assertEqual(batch["a"].shape, (3, 2, tiny.SIZE, tiny.SIZE, 3))
        before = tiny.values(algorithm.state())
        losses = algorithm.train_step(batch, tf.constant(0, tf.int64))
        self.assertLen(losses, 3 * 10)
        after = tiny.values(algorithm.state())
        for name, value in after.items():
            if name.endswith("iterations"):
                self.assertEqual((before[name], value), (0, 1), name)
            elif name.endswith("count"):
                self.assertEqual((before[name], value), (0, 2), name)
            elif name.endswith("kernel"):
                self.assertNotAllEqual(before[name], value, name)
        self.assertLen([n for n in after if n.startswith("extra/cat-fox.pool_A/")], 2)


if __name__ == "__main__":
    tf.test.main()
