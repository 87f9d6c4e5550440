"""StarGAN v2's iteration and inputs: what only this paper promises."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms.stargan_v2 import algorithm, inputs, losses
from stargan_tf.base import errors
from stargan_tf.data import labels
from stargan_tf.data.images import transforms
from stargan_tf.data.pipeline import samplers
from stargan_tf.runs import checkpoints
from tests import shared, tiny
from tests.golden import rule

NAME = "stargan_v2"
GOLDEN = pathlib.Path(__file__).parents[2] / "golden"


def _batch(made, step=0):
    batch = next(tiny.batches(made, first_step=step))
    return {name: transforms.as_floats(value) for name, value in batch.items()}


class InputsTest(tf.test.TestCase):
    def _batches(self, count, **changes):
        options = {"latent_dim": 5, "crop_probability": 0.5, "augment": True, **changes}
        pictures = tiny.Pictures(label_space=tiny.LABELS[NAME])
        sampler = samplers.Sampler(pictures, seed=1, image_size=tiny.SIZE, flip=False)
        dataset = inputs.inputs(sampler, samplers.Slices(4), 0, **options)
        return pictures, list(dataset.take(count).as_numpy_iterator())

    def test_references_are_two_images_of_the_target_domain(self):
        pictures, batches = self._batches(12, crop_probability=0.0)
        known = {image.tobytes(): i for i, image in enumerate(pictures.images)}
        targets = []
        for batch in batches:
            for key, label in (("x", "y_org"), ("x_ref", "y_trg"), ("x_ref2", "y_trg")):
                pixels = batch[key]
                found = [known[image.tobytes()] for image in pixels]
                self.assertAllEqual(pictures.labels[found], batch[label])
            self.assertTrue((batch["x_ref"] != batch["x_ref2"]).any(axis=(1, 2, 3)).all())
            targets += list(batch["y_trg"].argmax(axis=1))
        self.assertCountEqual(set(targets), range(3))

    def test_draws(self):
        _, batches = self._batches(30)
        z, z2 = (np.concatenate([b[key] for b in batches]) for key in ("z", "z2"))
        self.assertEqual(z.shape, (120, 5))
        self.assertAllClose([z.mean(), z.std()], [0, 1], atol=0.15)
        self.assertLess(abs(np.corrcoef(z.ravel(), z2.ravel())[0, 1]), 0.15)
        augment = np.stack([b["augment"] for b in batches])
        self.assertEqual(augment.shape[2:], (6, 7))
        self.assertAllInRange(augment, 0.0, 1.0)
        self.assertNotIn("augment", self._batches(1, augment=False)[1][0])


class IterationTest(tf.test.TestCase):
    def test_lambda_ds_falls_with_the_step_alone(self):
        made = shared.build(NAME)  # where lambda_ds is 2 and ds_iter 8
        take = shared.compiled_step(tf.distribute.get_strategy(), made)
        batch = next(tiny.batches(made))
        for step, expected in ((0, 2.0), (2, 1.5), (8, 0.0), (100, 0.0), (4, 1.0)):
            found = take(batch, tf.constant(step, tf.int64))["G/lambda_ds"]
            self.assertAllClose(found, expected)

    def test_the_averages_follow_by_their_decay(self):
        made = shared.build(NAME)  # where the decay is 0.5
        before = tiny.values(made.state())
        shared.steps(made, 1)
        after = tiny.values(made.state())
        moved = 0
        for key, value in after.items():
            network, _, rest = key.partition("/")
            if network in made.averages:
                now = after[f"{made.averages[network]}/{rest}"]
                expected = (before[key] + now) / 2
                np.testing.assert_allclose(value, expected, rtol=0, atol=1e-6, err_msg=key)
                moved += not np.array_equal(value, before[key])
        self.assertGreater(moved, 50)

    def test_the_averages_start_at_the_weights(self):
        values = tiny.values(shared.build(NAME).state())
        for key in (k for k in values if k.split("/")[0].endswith("_ema")):
            self.assertAllEqual(values[key], values[key.replace("_ema", "", 1)], msg=key)

    def test_g_is_updated_on_references_with_the_new_e(self):
        """Of the loss of the fourth update: its styles are from E after the third."""
        made = tiny.build(NAME, changes={"lr": 0.05, "augment": "none"})
        batch = _batch(made)
        styles, gradients = [], []
        plain = made._g_gradients

        def seen(*args):
            found = plain(*args)
            styles.append(args[4])
            gradients.append([set(by) for by in found[1:]])
            return found

        made._g_gradients = seen
        made.train_step(batch, tf.constant(0, tf.int64))
        self.assertAllClose(styles[1], made.E(batch["x_ref"], batch["y_trg"]), atol=1e-5)
        # By what G and F made, and by weights of G and E: none that the update does not use.
        self.assertEqual(gradients, [[{"G", "F"}, {"G", "E"}], [{"G"}, {"G"}]])

    @pytest.mark.slow
    def test_augmentation_changes_what_d_sees_and_nothing_else(self):
        found = {}
        for augment in ("none", "diffaugment"):
            made = tiny.build(NAME, changes={"augment": augment, "lr": 0.0, "f_lr": 0.0})
            found[augment] = tiny.steps(made, 1)[0]
        for name, value in found["none"].items():
            of_d = name.startswith("D/") or name.endswith("_adv")
            close = np.isclose(value, found["diffaugment"][name], rtol=1e-4)
            self.assertEqual(not of_d, close, name)

    def test_total_weights_by_name(self):
        total = losses.total({"a": tf.constant(2.0), "b": tf.constant(3.0)}, {"b": -0.5})
        self.assertAllClose(total, 0.5)

    def test_attributes_are_refused(self):
        space = labels.LabelSpace("attributes", ("A", "B"))
        with self.assertRaisesRegex(errors.UserError, "pass domains=A,B"):
            algorithm.StarGANv2(tiny.hparams(NAME), algorithm_lib.BuildSettings(space, 16))


class HighPassTest(tf.test.TestCase):
    """Training with the high-pass skip, at the smallest size that has one."""

    def _weights(self):
        shapes = json.loads((GOLDEN / "fan.json").read_text())["shapes"]
        path = pathlib.Path(self.create_tempdir().full_path) / "wing.npz"
        names = {name: name.removeprefix("fan.") for name in shapes}
        np.savez(path, **{names[n]: rule.weight(n, shape) for n, shape in shapes.items()})
        return path

    def _built(self, path, **problem):
        hparams = tiny.hparams(NAME, w_hpf=1.0, landmark_weights=str(path))
        return algorithm.StarGANv2(
            hparams, algorithm_lib.BuildSettings(tiny.LABELS[NAME], 64, 10, **problem)
        )

    @pytest.mark.slow
    def test_a_step_and_a_translation_from_its_checkpoint_alone(self):
        path = self._weights()
        made = self._built(path)
        landmarks = {k: v for k, v in tiny.values(made.state()).items() if k.startswith("landm")}
        self.assertLen(landmarks, 281 - sum("num_batches" in n for n in landmarks))
        random = np.random.default_rng(0)
        batch = {
            name: tf.constant(random.uniform(-1, 1, (2, 64, 64, 3)), tf.float32)
            for name in ("x", "x_ref", "x_ref2")
        }
        batch |= {name: tf.constant(tiny.TARGETS[NAME]) for name in ("y_org", "y_trg")}
        batch |= {name: tf.random.stateless_normal((2, 16), (0, 1)) for name in ("z", "z2")}
        found = tf.function(made.train_step)(batch, tf.constant(0, tf.int64))
        self.assertAllInRange([float(v) for v in found.values()], 0.0, 100.0)
        for key, value in tiny.values(made.state()).items():
            if key in landmarks:
                self.assertAllEqual(value, landmarks[key], msg=key)
        directory = pathlib.Path(self.create_tempdir().full_path)
        checkpoints.Checkpoints(directory, made.state()).save(1)
        path.unlink()  # the run keeps the landmark network from here on
        again = self._built(path, training=False)
        weights = again.weights()
        checkpoints.Checkpoints(directory, weights).restore(1, list(weights))
        targets = tiny.TARGETS[NAME]
        self.assertAllClose(
            made.translate(batch["x"], targets), again.translate(batch["x"], targets), atol=1e-5
        )
        # The masks are neither all 0 nor all 1, also of random landmarks on noise.
        for mask in made.masks(batch["x"]):
            self.assertBetween(float(tf.reduce_mean(mask)), 1e-6, 0.999)

    @pytest.mark.slow
    def test_weights_of_something_else_are_refused(self):
        path = pathlib.Path(self.create_tempdir().full_path) / "wing.npz"
        np.savez(path, something=np.zeros(3))
        with self.assertRaisesRegex(errors.UserError, "wing.npz"):
            self._built(path)


if __name__ == "__main__":
    tf.test.main()
