"""What every algorithm in the folder must satisfy, on a tiny model."""

import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf import algorithms
from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms import watched
from stargan_tf.base import errors, keras_versions
from stargan_tf.data import latents as latents_lib
from stargan_tf.data.pipeline import samplers
from stargan_tf.pictures import photos
from stargan_tf.runs import checkpoints, runs
from stargan_tf.serving import module, saved_model
from stargan_tf.training import alerts
from tests import graphs, shared, tiny

NAMES = algorithms.names()


def _paper_rates(name):
    """Returns changes to tiny's flags: larger rates also enlarge what rounding makes different."""
    return {"f_lr": 1e-6, "ds_iter": 100_000} if name == "stargan_v2" else None


class Case(tf.test.TestCase, parameterized.TestCase):
    """What is checked of every paper, and of variants of some."""

    def _check_resumed(self, name):
        whole = shared.build(name)
        directory = pathlib.Path(self.create_tempdir().full_path)
        shared.steps(whole, 2)
        checkpoints.Checkpoints(directory, whole.state()).save(2)
        expected_losses = shared.steps(whole, 2, first_step=2)
        second = tiny.build(name, seed=99)  # other initial weights: all must come from the file
        checkpoints.Checkpoints(directory, second.state()).restore(2)
        losses = tiny.steps(second, 2, first_step=2)
        self.assertEqual(losses, expected_losses)
        expected, found = tiny.values(whole.state()), tiny.values(second.state())
        self.assertCountEqual(found, expected)
        for key, value in expected.items():
            np.testing.assert_array_equal(found[key], value, key)

    def _check_two_devices(self, name):
        outputs, losses = [], []
        for strategy in (tf.distribute.get_strategy(), tiny.two_devices()):
            algorithm = shared.build(name, strategy, _paper_rates(name))
            losses.append(shared.steps(algorithm, 3, strategy))
            outputs.append(tiny.made(algorithm, tiny.TARGETS[tiny.paper(name)]))
        self.assertAllClose(outputs[0], outputs[1], rtol=0, atol=1e-4)
        for one, two in zip(*losses, strict=True):
            self.assertAllClose(one, two, rtol=1e-4, atol=1e-4)

    def _check_replicas(self, name):
        strategy = tiny.two_devices()
        algorithm = shared.build(name, strategy)
        shared.steps(algorithm, 2, strategy)
        for key, variable in algorithm.state().items():
            variable = keras_versions.tf_variable(variable)
            one, two = strategy.experimental_local_results(variable)
            self.assertAllEqual(one, two, msg=key)

    def _check_bfloat16(self, name):
        (expected,) = shared.steps(shared.build(name), 1)
        algorithm = tiny.build(name, precision="bfloat16")
        # Not compiled: that takes longer than the one step.
        (found,) = tiny.steps(algorithm, 1, take=algorithm.train_step)
        for key, variable in algorithm.state().items():
            self.assertNotEqual(str(variable.dtype), "bfloat16", key)
        self.assertEqual(tiny.made(algorithm, tiny.TARGETS[tiny.paper(name)]).dtype, np.float32)
        self.assertAllClose(found, expected, rtol=0.1, atol=0.05)
        self.assertNotEqual(found, expected)  # bfloat16 was really used

    def _check_exported(self, name):
        algorithm = shared.build(name, training=False)
        served = module.Served(algorithm, {"image_size": tiny.SIZE})
        for key, function in served.functions.items():
            # Converters to other formats take tensors of one name for the same.
            inputs, outputs = function.structured_input_signature[1], function.structured_outputs
            self.assertNotEmpty(outputs)
            self.assertEmpty(set(inputs) & set(outputs), key)
        requests = saved_model.example_requests(algorithm, photos.Framing(tiny.SIZE))
        for key, signature in algorithm.serving_signatures().items():
            if signature.only_for == "devices":  # TFLite's own tests convert these
                continue
            request = {n: tf.constant(value) for n, value in requests[key].items()}
            expected = signature.function(**request)
            # Images are said to be images, and nothing else is.
            for tensor, value in {**request, **expected}.items():
                is_image = value.shape.rank == 4 and value.shape[-1] == 3
                self.assertEqual(signature.kinds.get(tensor) == "image", is_image, tensor)
            found = served.functions[key](**request)
            self.assertCountEqual(found, expected)
            for output, value in expected.items():
                self.assertAllClose(found[output], value, rtol=1e-5, atol=1e-5, msg=key)


class ConformanceTest(Case):
    @parameterized.parameters(*NAMES)
    def test_losses_are_finite_and_named_by_network(self, name):
        algorithm = shared.build(name)
        for losses in shared.steps(algorithm, 2):
            self.assertNotEmpty(losses)
            for loss, value in losses.items():
                self.assertIn(loss.split("/")[0], algorithm.networks)
                self.assertTrue(np.isfinite(value), loss)

    @parameterized.parameters(*NAMES)
    def test_what_a_monitor_watches_is_there(self, name):
        algorithm, examples = shared.build(name), tiny.examples(name)
        if not isinstance(algorithm, watched.Watched):
            return
        (told,) = shared.steps(algorithm, 1)
        watchlist = algorithm.watchlist([examples.labels])
        for losses in (watchlist.chance, *watchlist.never_zero):
            self.assertLessEqual(set(losses), set(told))
        self.assertLessEqual(set(watchlist.advice), set(alerts.ALERTS))
        sampler = samplers.Sampler(examples, 0, tiny.SIZE)
        samples = tf.stack([sampler.plain(tf.constant(i)) for i in range(3)])
        for layer, values in algorithm.units(samples, examples.labels[:3]).items():
            self.assertIn(layer.split("/")[0], algorithm.networks)
            self.assertEqual((len(values), values.ndim), (3, 2), layer)
            self.assertAllEqual(np.isfinite(values), np.ones_like(values), layer)

    @parameterized.parameters(*NAMES)
    def test_data_that_do_not_hold_what_it_takes_are_refused(self, name):
        kind, examples = algorithms.algorithm_class(name), tiny.examples(name)
        kind.check_examples(examples.example_spec)
        volumes = {"volume": tf.TensorSpec((80, None), tf.float32)}
        message = (
            rf"^{name} is trained on examples with (image \(any, any, 3\) uint8|features \(any, "
            r"any\) float32) and (label \(any\) float32|target \(any, any, 3\) uint8); received a "
            r"data set of examples with volume \(80, any\) float32; choose "
        )
        with self.assertRaisesRegex(errors.UserError, message):
            kind.check_examples(volumes)
        if name in tiny.WINDOWS:
            with self.assertRaisesRegex(errors.UserError, "received .* with image .any, any, 3."):
                kind.check_examples(tiny.Pictures().example_spec)
            return
        config = tiny.config(pathlib.Path("x"), algorithm=name)
        run = runs.Run(pathlib.Path("x"), config, tiny.LABELS[name])
        grey = {"image": tf.TensorSpec((None, None, 1), tf.uint8)}
        with self.assertRaisesRegex(errors.UserError, "received .* image .any, any, 1. uint8 and"):
            run.check_data({**examples.example_spec, **grey})

    @parameterized.parameters(*NAMES)
    def test_a_step_changes_every_trained_weight(self, name):
        algorithm = shared.build(name)
        before = tiny.values(algorithm.state())
        shared.steps(algorithm, 1)
        after = tiny.values(algorithm.state())
        for network in {n for networks in algorithm.trains.values() for n in networks}:
            for key in (k for k in before if k.startswith(f"{network}/")):
                self.assertFalse(np.array_equal(before[key], after[key]), key)

    @parameterized.parameters(*NAMES)
    @pytest.mark.slow
    def test_each_optimizer_changes_only_its_own_networks(self, name):
        algorithm = tiny.build(name)
        for optimizer in algorithm.optimizers:
            frozen = tiny.build(name)
            for other in set(frozen.optimizers) - {optimizer}:
                frozen.optimizers[other].apply_gradients = lambda *args, **kwargs: None
            before = tiny.values(frozen.state())
            tiny.steps(frozen, 1)
            for key, value in tiny.values(frozen.state()).items():
                network = key.split("/")[0]
                if network in ("optimizers", "extra"):
                    continue
                own = frozen.averages.get(network, network) in frozen.trains[optimizer]
                self.assertEqual(own, not np.array_equal(value, before[key]), key)

    @parameterized.parameters(*NAMES)
    def test_no_update_overtakes_a_read_of_the_same_weight(self, name):
        algorithm = tiny.build(name)
        with graphs.optimized() as found:
            tiny.steps(algorithm, 1)
        [step] = [g for g in found if any(n.op == "ResourceApplyAdam" for n in g.node)]
        self.assertEmpty(graphs.races(step))

    @parameterized.parameters(*NAMES)
    def test_translating_needs_none_of_the_weights_that_have_averages(self, name):
        algorithm = shared.build(name)
        averaged = set(algorithm.averages.values())
        expected = {k for k in algorithm.state() if k.split("/")[0] in algorithm.networks}
        expected = {k for k in expected if k.split("/")[0] not in averaged}
        self.assertEqual(set(algorithm.weights()), expected)
        # As it is built for translating, it has nothing else.
        small = shared.build(name, training=False)
        self.assertContainsSubset(small.state(), algorithm.weights())
        self.assertEmpty(small.optimizers)

    @parameterized.parameters(*NAMES)
    def test_translating_needs_the_networks_that_it_names_and_no_others(self, name):
        algorithm = shared.build(name, training=False)
        if not isinstance(algorithm, algorithm_lib.Translates):
            return
        needed = algorithm.translating_networks()
        self.assertContainsSubset(needed, algorithm.networks)
        for network in set(algorithm.networks) - set(needed):
            self._spoil(algorithm, network)
        for outputs in self._translations(algorithm, name):
            self.assertTrue(np.isfinite(outputs).all())
        for network in needed:
            before = self._spoil(algorithm, network)
            found = [np.isfinite(o).all() for o in self._translations(algorithm, name)]
            self.assertFalse(all(found), network)
            for variable, value in zip(algorithm.networks[network].variables, before, strict=True):
                variable.assign(value)

    def _spoil(self, algorithm, network):
        """Makes all weights of a network NaN; returns what they were."""
        before = [np.array(v) for v in algorithm.networks[network].variables]
        for variable in algorithm.networks[network].variables:
            variable.assign(np.full(variable.shape, np.nan))
        return before

    def _translations(self, algorithm, name):
        """Translates an image to every label, and to the style of another."""
        space, images = tiny.LABELS[name], np.zeros((1, 16, 16, 3), np.float32)
        for label in space.names:
            target = space.changed(tiny.TARGETS[name][:1], (label,))
            yield algorithm.translate(tf.constant(images), target)
            if isinstance(algorithm, algorithm_lib.Styled):
                yield algorithm.render(images, algorithm.encode(images, target))

    @parameterized.parameters(*NAMES)
    def test_state_names_every_variable_once(self, name):
        algorithm = shared.build(name)
        state = algorithm.state()
        held = {id(keras_versions.tf_variable(v)) for v in state.values()}
        self.assertLen(held, len(state))
        for network in algorithm.networks.values():
            for variable in network.variables:
                self.assertIn(id(keras_versions.tf_variable(variable)), held)
        slots = sum(2 * len(algorithm.networks[n].trainable_variables)
                    for networks in algorithm.trains.values() for n in networks)  # fmt: skip
        weights = sum(len(network.variables) for network in algorithm.networks.values())
        others = len(algorithm.optimizers) + len(algorithm.extra_state())
        self.assertLen(state, weights + slots + others)

    @parameterized.parameters(*NAMES)
    def test_saved_restored_and_continued_equals_never_stopped(self, name):
        self._check_resumed(name)

    # In the quick tests the loop's own shows it.
    @parameterized.parameters(*NAMES)
    @pytest.mark.slow
    def test_two_devices_equal_one(self, name):
        self._check_two_devices(name)

    # One test, since XLA takes long and keeps much memory for what it compiles.
    @parameterized.parameters(*NAMES)
    @pytest.mark.slow
    def test_two_devices_with_jit_equal_one_without(self, name):
        strategy, changes = tiny.two_devices(), _paper_rates(name)
        plain = shared.steps(shared.build(name, changes=changes), 2)
        algorithm = tiny.build(name, strategy, changes=changes, jit_compile=True)
        for one, other in zip(plain, tiny.steps(algorithm, 2, strategy), strict=True):
            self.assertAllClose(one, other, rtol=1e-3, atol=1e-4)

    @parameterized.parameters(*NAMES)
    @pytest.mark.slow
    def test_replicas_end_with_equal_weights(self, name):
        self._check_replicas(name)

    @parameterized.parameters(*NAMES)
    @pytest.mark.slow
    def test_reduced_gradients_of_two_devices_equal_those_of_one(self, name):
        moments = []
        for strategy in (tf.distribute.get_strategy(), tiny.two_devices()):
            algorithm = shared.build(name, strategy, changes=tiny.FIRST_GRADIENTS[name])
            shared.steps(algorithm, 1, strategy)
            # After one update from zero, the first moment is (1 - beta_1) times the gradient.
            moments.append({k: v for k, v in tiny.values(algorithm.state()).items() if "/m/" in k})
        largest = max(np.abs(one).max() for one in moments[0].values())
        for key, one in moments[0].items():
            # The gradient of a bias before an instance normalization is 0 but for rounding.
            bound = 1e-5 * np.abs(one).max() + 5e-7 * largest
            self.assertLess(np.abs(one - moments[1][key]).max(), bound, key)

    @parameterized.parameters(*NAMES)
    def test_bfloat16_is_near_float32_with_float32_weights_and_images(self, name):
        self._check_bfloat16(name)

    @parameterized.parameters(*NAMES)
    def test_sheets_show_the_inputs_beside_translations(self, name):
        algorithm = shared.build(name)
        if not isinstance(algorithm, algorithm_lib.Previews) or name in tiny.WINDOWS:
            self.skipTest(f"{name} shows no images")
        images = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)
        found = algorithm.sample_sheets(images, tiny.SHOWN.get(name, tiny.TARGETS[name]))
        self.assertNotEmpty(found)
        for sheet in found.values():
            cells = sheet.images.reshape(-1, *images.shape[1:])
            shown = [(cells == image).all(axis=(1, 2, 3)) for image in images]
            for where in shown:
                self.assertTrue(where.any())
            # The rest are translations: neither the inputs nor empty.
            others = cells[~np.any(shown, axis=0)]
            self.assertNotEmpty(others)
            self.assertAllGreater(np.unique(others).size, 100)

    @parameterized.parameters(*NAMES)
    def test_classify_gives_possible_labels(self, name):
        algorithm = shared.build(name)
        if not isinstance(algorithm, algorithm_lib.Classifier):
            self.skipTest(f"{name} has no classifier")
        labels = algorithm.classify(tf.random.stateless_normal((5, 16, 16, 3), (0, 1)))
        self.assertAllInSet(labels, [0.0, 1.0])
        self.assertAllInRange(labels[:, :2].sum(axis=1), 0.0, 1.0)  # an exclusive group

    @parameterized.parameters(*NAMES)
    def test_styles_decide_a_translation(self, name):
        algorithm = shared.build(name)
        if not isinstance(algorithm, algorithm_lib.Styled):
            self.skipTest(f"{name} has no styles")
        labels = tiny.TARGETS[name]
        images = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)
        z = latents_lib.draw(0, 2, algorithm.latent_dim)
        styles = algorithm.map_latents(z, labels)
        self.assertEqual(styles.shape, (2, algorithm.style_dim))
        self.assertAllEqual(algorithm.render(images, styles), algorithm.translate(images, labels))
        several = len(algorithm.targets(tiny.LABELS[name])) > 1
        if several:
            self.assertNotAllClose(styles, algorithm.map_latents(z, labels[::-1]), atol=1e-3)
        self.assertNotAllClose(
            algorithm.render(images, styles), algorithm.render(images, styles + 1), atol=1e-3
        )
        # psi 0 is the mean of the domain, whatever the code; in between it is linear.
        mean = algorithm.map_latents(z, labels[:1].repeat(2, axis=0), psi=0.0)
        self.assertAllClose(mean[0], mean[1])
        many = latents_lib.draw(7, 20_000, algorithm.latent_dim)
        many = algorithm.map_latents(many, labels[:1].repeat(len(many), axis=0))
        self.assertAllClose(mean[0], many.mean(axis=0), atol=0.1 * many.std())
        half = algorithm.map_latents(z[:1], labels[:1], psi=0.5)
        self.assertAllClose(half[0], (mean[0] + styles[0]) / 2, atol=1e-5)
        encoded = algorithm.encode(images, labels)
        scale = np.abs(encoded).max()  # which may be small at first
        others = algorithm.encode(images[::-1], labels)
        self.assertNotAllClose(encoded / scale, others / scale, atol=1e-3)
        if several:
            self.assertNotAllClose(encoded, algorithm.encode(images, labels[::-1]), atol=1e-3)

    @parameterized.parameters(*NAMES)
    def test_exported_graphs_equal_the_networks_and_name_no_output_as_an_input(self, name):
        self._check_exported(name)


class VariantsTest(Case):
    """Networks of a paper that its defaults don't have."""

    # Batch normalization, whose running statistics are saved, is of one device.
    @parameterized.parameters("stargan_vc/2d", "stargan_vc/2d_batch_norm")
    @pytest.mark.slow
    def test_resumed_and_exported(self, name):
        self._check_resumed(name)
        self._check_exported(name)

    @pytest.mark.slow
    def test_two_devices_and_bfloat16(self):
        self._check_two_devices("stargan_vc/2d")
        self._check_replicas("stargan_vc/2d")
        self._check_bfloat16("stargan_vc/2d")


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
