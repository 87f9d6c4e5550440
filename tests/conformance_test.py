"""What every algorithm in the folder must satisfy, on a tiny model."""

import pathlib
import re

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf import algorithms
from stargan_tf.training import checkpoints
from tests import tiny

NAMES = algorithms.names()


class ConformanceTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(NAMES)
    def test_losses_are_finite_and_named_by_network(self, name):
        algorithm = tiny.build(name)
        for losses in tiny.steps(algorithm, 2):
            self.assertNotEmpty(losses)
            for loss, value in losses.items():
                self.assertIn(loss.split("/")[0], algorithm.networks)
                self.assertTrue(np.isfinite(value), loss)

    @parameterized.parameters(NAMES)
    def test_a_step_changes_every_trained_weight(self, name):
        algorithm = tiny.build(name)
        before = tiny.values(algorithm.weights())
        tiny.steps(algorithm, 1)
        after = tiny.values(algorithm.weights())
        for network in {n for networks in algorithm.trains.values() for n in networks}:
            for key in (k for k in before if k.startswith(f"{network}/")):
                self.assertNotAllEqual(before[key], after[key], msg=key)

    @parameterized.parameters(NAMES)
    def test_each_optimizer_changes_only_its_own_networks(self, name):
        algorithm = tiny.build(name)
        for optimizer in algorithm.optimizers:
            frozen = tiny.build(name)
            for other in set(frozen.optimizers) - {optimizer}:
                frozen.optimizers[other].apply_gradients = lambda *args, **kwargs: None
            before = tiny.values(frozen.weights())
            tiny.steps(frozen, 1)
            for key, value in tiny.values(frozen.weights()).items():
                own = key.split("/")[0] in frozen.trains[optimizer]
                self.assertEqual(own, not np.array_equal(value, before[key]), key)

    @parameterized.parameters(NAMES)
    def test_state_names_every_variable_once(self, name):
        algorithm = tiny.build(name)
        state = algorithm.state()
        held = {id(getattr(v, "value", v)) for v in state.values()}
        self.assertLen(held, len(state))
        for network in algorithm.networks.values():
            for variable in network.variables:
                self.assertIn(id(getattr(variable, "value", variable)), held)
        slots = sum(2 * len(algorithm.networks[n].trainable_variables)
                    for networks in algorithm.trains.values() for n in networks)  # fmt: skip
        weights = sum(len(network.variables) for network in algorithm.networks.values())
        self.assertLen(state, weights + slots + len(algorithm.optimizers))

    @parameterized.parameters(NAMES)
    def test_saved_restored_and_continued_equals_never_stopped(self, name):
        whole = tiny.build(name)
        expected_losses = tiny.steps(whole, 4)
        directory = pathlib.Path(self.create_tempdir().full_path)
        first = tiny.build(name)
        tiny.steps(first, 2)
        checkpoints.Checkpoints(directory, first.state()).save(2)
        second = tiny.build(name, seed=99)  # other initial weights: all must come from the file
        checkpoints.Checkpoints(directory, second.state()).restore(2)
        losses = tiny.steps(second, 2, first_step=2)
        self.assertEqual(losses, expected_losses[2:])
        for key, value in tiny.values(whole.state()).items():
            self.assertAllEqual(value, tiny.values(second.state())[key], msg=key)

    @parameterized.product(name=NAMES, jit_compile=(False, True))
    def test_two_devices_equal_one(self, name, jit_compile):
        images = tf.constant(np.linspace(-1, 1, 2 * 16 * 16 * 3).reshape(2, 16, 16, 3), tf.float32)
        labels = np.array([[1, 0, 0], [0, 1, 1]], np.float32)
        outputs, losses = [], []
        for strategy in (tf.distribute.get_strategy(), tiny.two_devices()):
            algorithm = tiny.build(name, strategy, jit_compile=jit_compile)
            losses.append(tiny.steps(algorithm, 3, strategy))
            outputs.append(algorithm.translate(images, labels))
        self.assertAllClose(outputs[0], outputs[1], rtol=0, atol=1e-4)
        for one, two in zip(*losses, strict=True):
            self.assertAllClose(one, two, rtol=1e-4, atol=1e-4)

    @parameterized.parameters(NAMES)
    def test_replicas_end_with_equal_weights(self, name):
        strategy = tiny.two_devices()
        algorithm = tiny.build(name, strategy)
        tiny.steps(algorithm, 2, strategy)
        for key, variable in algorithm.state().items():
            one, two = strategy.experimental_local_results(
                variable if isinstance(variable, tf.Variable) else variable.value
            )
            self.assertAllEqual(one, two, msg=key)

    @parameterized.parameters(NAMES)
    def test_reduced_gradients_of_two_devices_equal_those_of_one(self, name):
        moments = []
        for strategy in (tf.distribute.get_strategy(), tiny.two_devices()):
            algorithm = tiny.build(name, strategy, changes=tiny.SINGLE_UPDATES[name])
            tiny.steps(algorithm, 1, strategy)
            # After one update from zero, the first moment is (1 - beta_1) times the gradient.
            moments.append({k: v for k, v in tiny.values(algorithm.state()).items() if "/m/" in k})
        for key, one in moments[0].items():
            self.assertLess(np.abs(one - moments[1][key]).max(), 1e-5 * np.abs(one).max(), key)

    @parameterized.parameters(NAMES)
    def test_jit_equals_no_jit(self, name):
        losses = [tiny.steps(tiny.build(name, jit_compile=jit), 2) for jit in (False, True)]
        for plain, compiled in zip(*losses, strict=True):
            self.assertAllClose(plain, compiled, rtol=1e-3, atol=1e-4)

    @parameterized.parameters(NAMES)
    def test_bfloat16_is_near_float32_with_float32_weights_and_images(self, name):
        found = {}
        for precision in ("float32", "bfloat16"):
            algorithm = tiny.build(name, precision=precision)
            found[precision] = tiny.steps(algorithm, 1)[0]
            for key, variable in algorithm.state().items():
                self.assertNotEqual(str(variable.dtype), "bfloat16", key)
            image = algorithm.translate(tf.zeros((1, 16, 16, 3)), np.zeros((1, 3), np.float32))
            self.assertEqual(image.dtype, np.float32)
        self.assertAllClose(found["float32"], found["bfloat16"], rtol=0.1, atol=0.05)
        self.assertNotEqual(found["float32"], found["bfloat16"])  # bfloat16 was really used

    @parameterized.parameters(NAMES)
    def test_sheets_show_the_inputs_beside_translations(self, name):
        algorithm = tiny.build(name)
        images = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)
        labels = np.array([[1, 0, 0], [0, 1, 1]], np.float32)
        found = algorithm.sample_sheets(images, labels)
        self.assertNotEmpty(found)
        for sheet in found.values():
            self.assertAllEqual(sheet.images[:, 0], images)
            self.assertNotAllClose(sheet.images[:, 1], images, atol=1e-2)

    @parameterized.parameters(NAMES)
    def test_classify_gives_possible_labels(self, name):
        labels = tiny.build(name).classify(tf.random.normal((5, 16, 16, 3), seed=1))
        self.assertAllInSet(labels, [0.0, 1.0])
        self.assertAllInRange(labels[:, :2].sum(axis=1), 0.0, 1.0)  # an exclusive group


class FlagFilesTest(tf.test.TestCase):
    def test_every_flag_file_has_its_header(self):
        paths = sorted(pathlib.Path("configs").glob("*.flags"))
        self.assertNotEmpty(paths)
        for path in paths:
            header = re.findall(r"^# ?(\w+):", path.read_text(), re.MULTILINE)
            self.assertContainsSubset(
                ["Paper", "Command", "Hardware", "Time", "Expected"], header, path
            )


if __name__ == "__main__":
    tf.test.main()
