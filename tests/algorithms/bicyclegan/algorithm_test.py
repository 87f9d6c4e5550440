import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms.bicyclegan import algorithm, hparams, inputs, losses, networks
from stargan_tf.base import errors
from stargan_tf.data import labels, loading, options
from stargan_tf.data.images import transforms
from stargan_tf.data.pipeline import samplers
from tests import shared, tiny
from tests.algorithms.bicyclegan import golden

NAME = "bicyclegan"


class InputsTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        made = options.DataOptions(dataset="cartoon_pairs", image_size=32, cartoon_train_size=7)
        self.sampler = loading.sampler(loading.load(made, "train"), made, seed=5)

    def steps(self, count, replica=0, replicas=1, first=0, dropped=0):
        slices = samplers.Slices(4, replicas, first=replica, local=1)
        found = inputs.inputs(self.sampler, slices, first, latent_dim=3, dropped=dropped)
        return list(found.take(count).as_numpy_iterator())

    def test_each_half_is_a_batch_of_pairs_of_its_own(self):
        faces = self.sampler.source
        known = {faces.image(k)[:, :].tobytes(): k for k in range(14)}
        known |= {faces.image(k)[:, ::-1].tobytes(): k for k in range(14)}
        seen = []
        for step in self.steps(4):
            self.assertEqual(step["a"].shape, (2, 4, 32, 32, 3))
            a, b = ([known[x.tobytes()] for x in step[n].reshape(8, 32, 32, 3)] for n in "ab")
            self.assertEqual([k + 7 for k in a], b)
            seen += a
        for epoch in range(4):  # of 32 places
            self.assertCountEqual(seen[epoch * 7 : epoch * 7 + 7], range(7))

    def test_the_images_of_a_pair_are_mirrored_together(self):
        faces, found = self.sampler.source, set()
        for step in self.steps(4):
            images = zip(*(step[n].reshape(8, 32, 32, 3) for n in "ab"), strict=True)
            for a, b in images:
                ways = [
                    [k for k in range(7) if (x == faces.image(k + start)[:, ::turn]).all()]
                    for turn in (1, -1)
                    for x, start in ((a, 0), (b, 7))
                ]
                straight, mirrored = ways[0] and ways[1], ways[2] and ways[3]
                self.assertTrue(bool(straight) != bool(mirrored))
                found.add(bool(mirrored))
        self.assertLen(found, 2)

    def test_replicas_have_the_halves_of_one_device(self):
        whole = self.steps(2, dropped=5)
        parts = [self.steps(2, replica, 2, dropped=5) for replica in range(2)]
        for step in range(2):
            for name, value in whole[step].items():
                axis = 0 if name in ("eps", "z") else 1
                joined = np.concatenate([part[step][name] for part in parts], axis=axis)
                self.assertAllEqual(joined, value, name)
        self.assertNotAllClose(whole[0]["eps"], whole[0]["z"])
        again = self.steps(1, first=1, dropped=5)[0]
        for name, value in whole[1].items():
            self.assertAllEqual(again[name], value, name)

    def test_offsets_are_the_same_for_both_images(self):
        made = options.DataOptions(
            dataset="cartoon_pairs", image_size=32, load_size=40, cartoon_train_size=3, flip=False
        )
        self.sampler = loading.sampler(loading.load(made, "train"), made, seed=5)
        faces = self.sampler.source
        self.assertEqual(faces.image_size, 40)
        places = set()
        for step in self.steps(2):
            for a, b in zip(*(step[n].reshape(8, 32, 32, 3) for n in "ab"), strict=True):
                found = [
                    (row, column)
                    for k in range(3)
                    for row in range(9)
                    for column in range(9)
                    if (faces.image(k)[row : row + 32, column : column + 32] == a).all()
                    and (faces.image(k + 3)[row : row + 32, column : column + 32] == b).all()
                ]
                self.assertLen(found, 1)
                places |= set(found)
        self.assertGreater(len(places), 4)


class StepTest(tf.test.TestCase, parameterized.TestCase):
    def batch(self, seed=0, size=tiny.SIZE, dropped=0):
        random = np.random.default_rng(seed)
        batch = {n: random.uniform(-1, 1, (2, 2, size, size, 3)) for n in "ab"}
        batch |= {n: random.normal(size=(2, 4)) for n in ("eps", "z")}
        if dropped:
            batch["dropout"] = random.uniform(size=(2, 2, dropped))
        return {name: tf.constant(value, tf.float32) for name, value in batch.items()}

    def test_one_discriminator_for_both_halves_has_the_sums(self):
        two = tiny.build(NAME)
        one = tiny.build(NAME, changes={"use_same_d": True})
        self.assertEqual(list(one.networks), ["G", "E", "D"])
        for mine, theirs in zip(one.D.variables, two.D.variables, strict=True):
            mine.assign(theirs)
        two.D2.set_weights(two.D.get_weights())
        for name in ("G", "E"):
            one.networks[name].set_weights(two.networks[name].get_weights())
        found = {}
        for key, made in (("one", one), ("two", two)):
            made._apply = lambda n, g, key=key: found.__setitem__((key, n), g)
        told = [made.train_step(self.batch(), tf.constant(0, tf.int64)) for made in (one, two)]
        self.assertNotIn("D2/real", told[0])
        for side in ("real", "fake"):
            both = told[1][f"D/{side}"] + told[1][f"D2/{side}"]
            self.assertAllClose(told[0][f"D/{side}"], both)
        sides = (found["one", "D"], found["two", "D"], found["two", "D2"])
        for mine, encoded, random in zip(*sides, strict=True):
            self.assertAllClose(mine, encoded + random, atol=1e-6)
        for name in ("G", "E"):
            for mine, theirs in zip(found["one", name], found["two", name], strict=True):
                self.assertAllClose(mine, theirs, atol=1e-6)

    def test_a_conditional_d_sees_what_is_translated(self):
        for channels in (3, 1):
            changes = {"conditional_d": True, "input_channels": channels}
            made = tiny.build(NAME, changes=changes)
            self.assertEqual(made.D.fine[0].kernel.shape[2], 3 + channels)
            self.assertIn("input_channels", made.shaped_by["D"])
            a, b = self.batch()["a"][0], self.batch()["b"][0]
            seen = made._seen(a, b)
            self.assertAllEqual(seen[..., channels:], b)
            grey = np.tensordot(a, [0.299, 0.587, 0.114], 1)[..., np.newaxis]
            self.assertAllClose(seen[..., :channels], a if channels == 3 else grey, atol=1e-6)
            losses_ = made.train_step(self.batch(), tf.constant(0, tf.int64))
            self.assertTrue(all(np.isfinite(v) for v in losses_.values()))

    def test_dropout_comes_with_the_batch(self):
        changes = {"use_dropout": True, "g_channels": 1}
        made = algorithm.BicycleGAN(
            tiny.hparams(NAME, **changes),
            algorithm_lib.BuildSettings(tiny.LABELS[NAME], 64, total_steps=10),
        )
        # Of six levels, y_5 alone lies between the fifth and the innermost.
        self.assertEqual(made.G.dropped_shapes(), [(4, 4, 8)])
        slices = samplers.Slices(2)
        sampler = loading.sampler(
            loading.load(
                options.DataOptions(dataset="cartoon_pairs", image_size=64, cartoon_train_size=2),
                "train",
            ),
            options.DataOptions(dataset="cartoon_pairs", image_size=64),
            seed=0,
        )
        (step,) = made.inputs(sampler, slices, 0).take(1)
        self.assertEqual(step["dropout"].shape, (2, 2, 128))
        fakes = [
            made._fakes_and_codes(
                *(transforms.as_floats(step[n][0]) for n in "ab"), step["eps"], step["z"], dropout
            )[0]
            for dropout in (step["dropout"], step["dropout"], None)
        ]
        self.assertAllEqual(fakes[0], fakes[1])
        self.assertNotAllClose(fakes[0], fakes[2], atol=0)

    def test_the_divergence_is_a_sum_over_the_batch(self):
        random = np.random.default_rng(0)
        mu, logvar = random.normal(size=(2, 3, 4))
        expected = 0.0
        for m, v in zip(mu.ravel(), np.exp(logvar).ravel(), strict=True):
            # Of two normal distributions, by integration.
            x = np.linspace(-30, 30, 200_001)
            p = np.exp(-((x - m) ** 2) / (2 * v)) / np.sqrt(2 * np.pi * v)
            log_ratio = -((x - m) ** 2) / (2 * v) - 0.5 * np.log(v) + x**2 / 2
            expected += (p * log_ratio).sum() * (x[1] - x[0])
        self.assertAllClose(losses.divergence(tf.constant(mu), tf.constant(logvar)), expected)

    def test_halving_leaves_out_what_lies_outside(self):
        x = np.random.default_rng(0).normal(size=(1, 6, 8, 2))
        expected = np.zeros((1, 3, 4, 2))
        for i in range(3):
            for j in range(4):
                rows = slice(max(0, 2 * i - 1), 2 * i + 2)
                columns = slice(max(0, 2 * j - 1), 2 * j + 2)
                expected[0, i, j] = x[0, rows, columns].mean(axis=(0, 1))
        self.assertAllClose(networks.halved(tf.constant(x)), expected)

    def test_the_rate_falls_once_an_epoch(self):
        made = algorithm.BicycleGAN(
            tiny.hparams(NAME, epoch_steps=2, lr=1.0),
            algorithm_lib.BuildSettings(tiny.LABELS[NAME], 16, total_steps=8),
        )
        # Of four epochs two are constant; d + 1 is 3.
        expected = np.repeat([1, 1, 2 / 3, 1 / 3], 2)
        for optimizer in made.optimizers.values():
            # `learning_rate` of Keras 2 is that of the last update.
            self.assertAllClose([optimizer._learning_rate(n) for n in range(8)], expected)


class TranslationTest(tf.test.TestCase, parameterized.TestCase):
    def test_only_the_second_domain_is_a_target(self):
        self.assertEqual(algorithm.BicycleGAN.targets(golden.SPACE), ("B",))
        made = shared.build(NAME)
        z = np.ones((2, 4), np.float32)
        self.assertAllEqual(made.map_latents(z, tiny.TARGETS[NAME], psi=0.25), z / 4)

    def test_sheets_show_pairs(self):
        made = shared.build(NAME)
        random = np.random.default_rng(0)
        images = random.uniform(-1, 1, (5, 16, 16, 3)).astype(np.float32)
        shown = np.eye(2, dtype=np.float32)[[0, 0, 1, 1, 0]]  # the last has no partner
        found = made.sample_sheets(images, shown)
        latents = found["latents"]
        self.assertEqual(latents.images.shape, (2, 8, 16, 16, 3))
        self.assertAllEqual(latents.images[:, 0], images[:2])
        self.assertAllEqual(latents.images[:, 1], images[2:4])
        styles = made.encode(images[2:4], shown[2:4])
        self.assertAllClose(latents.images[:, 2], made.render(images[:2], styles), atol=1e-6)
        references = found["references"]
        self.assertAllEqual(references.images[1:, 0], images[2:4])
        crossed = made.render(images[:1], styles[1:])[0]
        self.assertAllClose(references.images[2, 1], crossed, atol=1e-6)
        self.assertEqual(made.sample_sheets(images[:2], shown[:2]), {})

    def test_a_grey_input_is_as_good_as_a_coloured_one(self):
        made = tiny.build(NAME, changes={"input_channels": 1})
        image = np.random.default_rng(0).uniform(-1, 1, (1, 16, 16, 3)).astype(np.float32)
        grey = np.repeat(np.tensordot(image, [0.299, 0.587, 0.114], 1)[..., None], 3, axis=3)
        z = np.ones((1, 4), np.float32)
        self.assertAllClose(made.render(image, z), made.render(grey.astype(np.float32), z))


class RefusalTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ({}, 100, "a power of two from 16 to 1024.*received image_size=100; choose"),
        ({}, 8, "received image_size=8"),
        ({"input_channels": 2}, 64, "input_channels is 3, or 1 for grey images; received 2"),
        ({"d_layers": 4}, 64, "D has too many layers for its coarser scale of 32 pixels"),
        ({"d_channels": 1}, 64, "d_channels must be at least 2"),
        ({"lambda_kl": -1.0}, 64, "lambda_kl must be a finite number, at least 0"),
        ({"lr_decay_start": 2.0}, 64, "it is a share of total_steps"),
    )
    def test_values_that_make_no_sense(self, changes, size, message):
        with self.assertRaisesRegex(errors.UserError, message):
            hparams.HParams(**changes).check(size)

    @parameterized.parameters((16, 1), (32, 2), (128, 2), (256, 3), (512, 3))
    def test_layers_of_d_follow_the_size(self, size, layers):
        made = hparams.HParams()
        made.check(size)
        self.assertEqual(made.d_layers_at(size), layers)
        D = networks.Discriminator(size, 2, layers)
        shapes = [s.shape[1:3] for s in D(tf.zeros((1, size, size, 3)))] if size < 256 else [(1, 1)]
        self.assertTrue(all(min(shape) >= 1 for shape in shapes))

    def test_data_that_are_no_pairs(self):
        made = hparams.HParams()
        made.check_training(golden.SPACE)
        space = labels.LabelSpace("attributes", ("Male", "Young"))
        with self.assertRaisesRegex(errors.UserError, "received attributes .Male, Young.; pass da"):
            made.check_training(space)
        three = labels.LabelSpace("domains", ("a", "b", "c"))
        with self.assertRaisesRegex(errors.UserError, "received domains .a, b, c."):
            made.check_training(three)
        faces = loading.load(options.DataOptions(image_size=32, cartoon_train_size=2), "train")
        with self.assertRaisesRegex(
            errors.UserError, "image .* and target .*; received a data set"
        ):
            algorithm.BicycleGAN.check_examples(faces.example_spec)


if __name__ == "__main__":
    tf.test.main()
