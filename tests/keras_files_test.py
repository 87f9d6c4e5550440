"""Keras' own files hold every network: what is loaded computes what was saved."""

import pathlib
import subprocess
import sys

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf import algorithms
from stargan_tf.algorithms.stargan_v2 import networks as v2
from stargan_tf.base import keras_versions
from stargan_tf.landmarks import network as landmark_network
from stargan_tf.layers import network as network_lib
from tests import shared

PAPERS = algorithms.names()
POLICIES = ("float32", "mixed_bfloat16", "float64")
# What a user's program does, in a process that knows only what it imports.
PROGRAM = """
import sys
import keras, numpy as np, tensorflow as tf
import stargan_tf.algorithms.{paper}.networks

folder = sys.argv[1]
inputs = np.load(folder + "/inputs.npz")
network = keras.saving.load_model(folder + "/network.keras")
outputs = network(*(tf.constant(inputs[name]) for name in sorted(inputs)))
np.savez(folder + "/outputs.npz", *tf.nest.flatten(outputs))
"""


def kinds(paper: str) -> dict[type[network_lib.Network], network_lib.Network]:
    """Returns a tiny network of each class of a paper; a moving average has its network's."""
    return {type(network): network for network in shared.build(paper).networks.values()}


def generator(paper: str) -> network_lib.Network:
    """Returns the network that makes a paper's images; of several the first."""
    networks = shared.build(paper).networks
    return next(network for name, network in networks.items() if name.startswith("G"))


def changed(kind: type[network_lib.Network], config: dict) -> network_lib.Network:
    """Returns a network whose weights are not those that it started with."""
    network = kind.from_config(config)
    network.build_from_config({})
    random = np.random.default_rng(0)
    for variable in network.variables:
        noise = random.normal(0, 0.1, variable.shape)
        variable.assign(variable.numpy() + noise.astype(variable.numpy().dtype))
    return network


def inputs_of(network: network_lib.Network) -> tuple:
    """Returns random inputs."""
    random = np.random.default_rng(1)
    return tf.nest.map_structure(
        lambda zeros: tf.constant(random.normal(size=zeros.shape), zeros.dtype),
        network.example_inputs(),
    )


def arrays(outputs) -> list[np.ndarray]:
    return [tf.cast(output, tf.float64).numpy() for output in tf.nest.flatten(outputs)]


class KerasFilesTest(tf.test.TestCase, parameterized.TestCase):
    def _check(self, kind, config, policy):
        network = changed(kind, {**config, "dtype": policy})
        inputs = inputs_of(network)
        expected = arrays(network(*inputs))
        self.assertGreater(np.abs(expected[0]).max(), 0)
        path = pathlib.Path(self.create_tempdir().full_path, "network.keras")
        network.save(path)
        loaded = keras.saving.load_model(path)
        self.assertIs(type(loaded), kind)
        self.assertEqual(loaded.get_config(), network.get_config())
        self.assertEqual(loaded.dtype_policy.name, policy)
        for attribute in ("variables", "trainable_variables"):  # Their order is a checkpoint's.
            paths = [
                [keras_versions.path(v) for v in getattr(n, attribute)] for n in (network, loaded)
            ]
            self.assertEqual(*paths)
        for ours, theirs in zip(network.variables, loaded.variables, strict=True):
            self.assertEqual(theirs.numpy().dtype, ours.numpy().dtype)
        for found, wanted in zip(arrays(loaded(*inputs)), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)

    @parameterized.product(paper=PAPERS, policy=POLICIES)
    def test_every_network_of_a_paper_is_restored(self, paper, policy):
        for kind, network in kinds(paper).items():
            with self.subTest(kind.__name__):
                self._check(kind, network.get_config(), policy)

    def test_a_generator_with_a_high_pass_skip_is_restored(self):
        network = v2.Generator(64, 8, 4, 8, w_hpf=1.0, name="G")
        self._check(v2.Generator, network.get_config(), "mixed_bfloat16")

    def test_the_landmark_network_is_restored(self):
        network = landmark_network.built()
        self._check(landmark_network.LandmarkNetwork, network.get_config(), "float32")

    @parameterized.parameters(*PAPERS)
    def test_another_process_gets_the_same_outputs(self, paper):
        network = generator(paper)
        network = changed(type(network), network.get_config())
        inputs = inputs_of(network)
        folder = pathlib.Path(self.create_tempdir().full_path)
        network.save(folder / "network.keras")
        np.savez(folder / "inputs.npz", *inputs)
        program = PROGRAM.format(paper=paper)
        subprocess.run([sys.executable, "-c", program, str(folder)], check=True)
        with np.load(folder / "outputs.npz") as outputs:
            np.testing.assert_array_equal(outputs["arr_0"], network(*inputs))

    @parameterized.parameters(*PAPERS)
    def test_files_of_weights_are_restored(self, paper):
        for kind, first in kinds(paper).items():
            network = changed(kind, first.get_config())
            path = pathlib.Path(self.create_tempdir().full_path, "network.weights.h5")
            network.save_weights(path)
            other = kind.from_config(first.get_config())
            other.build_from_config({})
            other.load_weights(path)
            for ours, theirs in zip(network.variables, other.variables, strict=True):
                np.testing.assert_array_equal(theirs.numpy(), ours.numpy())

    def test_the_papers_generators_have_names_of_their_own(self):
        names = [keras.saving.get_registered_name(type(generator(paper))) for paper in PAPERS]
        self.assertEqual(names, [f"{paper}>Generator" for paper in PAPERS])


if __name__ == "__main__":
    tf.test.main()
