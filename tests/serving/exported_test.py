"""Runs, exported, served and asked by name: the same pictures as the run's own networks."""

import contextlib
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf import errors
from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.client import client as client_lib
from stargan_tf.client import failures
from stargan_tf.client import target as target_lib
from stargan_tf.data import photos
from stargan_tf.serving import saved_model
from stargan_tf.training import runs
from tests import tiny
from tests.serving import client_test, stand_in, stand_in_rest

KINDS = ("grpc", "rest")


class ExportedTestCase(tf.test.TestCase, parameterized.TestCase):
    """An exported run of `PAPER`, served; a client for each of `KINDS`."""

    PAPER = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        root = pathlib.Path(cls().create_tempdir().full_path)
        run = tiny.untrained_run(root / "run", algorithm=cls.PAPER)
        cls.exported = saved_model.export(run, root / "exported").directory
        cls.algorithm = run.build(training=False)
        runs.restore_weights(run, cls.algorithm)
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        backend = stand_in.Backend({"stargan": cls.exported.parent})
        stack.callback(backend.close)
        servers = {
            "grpc": stack.enter_context(stand_in.serve_grpc(backend)),
            "rest": stack.enter_context(stand_in_rest.serve_rest(backend)),
        }
        cls.clients = {
            kind: client_lib.connect(target_lib.Target(server, timeout=120.0))
            for kind, server in servers.items()
        }

    def setUp(self):
        super().setUp()
        self.images = client_test.noise(3, 32)
        self.x = photos.from_uint8(self.images)
        self.files = [client_test.png(image) for image in self.images]

    def assert_pictures(self, found, expected):
        """Asserts grey levels of arrays, or of files, to the one that rounding may turn."""
        if isinstance(found, list):
            found = np.stack([client_test.pixels(contents) for contents in found])
        difference = np.abs(found.astype(int) - photos.to_uint8(expected))
        self.assertLessEqual(difference.max(), 1)
        self.assertLess((difference > 0).mean(), 0.01)

    def check_description(self, kind):
        expected = json.loads((self.exported / "model.json").read_text())
        model = self.clients[kind].model
        self.assertEqual(model.labels.to_json(), expected["labels"])
        for key in ("name", "algorithm", "image_size", "step", "weights_sha256", "style_dim"):
            self.assertEqual(getattr(model, key), expected[key])


class V1Test(ExportedTestCase):
    PAPER = "stargan_v1"

    @parameterized.parameters(*KINDS)
    def test_the_description_is_that_of_the_export(self, kind):
        self.check_description(kind)

    @parameterized.parameters(*KINDS)
    def test_labels(self, kind):
        client = self.clients[kind]
        names = client.model.labels.names
        label = np.float32([[name in ("Blond_Hair", "Smiling") for name in names]])
        expected = self.algorithm.translate(self.x, np.tile(label, (3, 1)))
        for images in (self.images, self.files):
            found = client.translate(images, to=["Blond_Hair"], shows=["Black_Hair", "Smiling"])
            self.assert_pictures(found, expected)

    @parameterized.product(
        kind=KINDS,
        case=(
            ({"label": np.zeros((3, 4), np.float32)}, "label must have the shape"),
            ({"image": np.zeros((3, 32, 32, 1), np.float32)}, "image must have"),
        ),
    )
    def test_what_the_graph_refuses_reaches_the_user(self, kind, case):
        changes, message = case
        inputs = {"image": self.x, "label": np.zeros((3, 5), np.float32), **changes}
        with self.assertRaisesRegex(failures.ServerError, f"refused .*{message}"):
            self.clients[kind].predict("translate", inputs)

    def test_names_that_the_run_does_not_know(self):
        with self.assertRaisesRegex(errors.UserError, "Unknown attribute 'Bald'.*Black_Hair"):
            self.clients["rest"].translate(self.images, ["Bald"])


@pytest.mark.slow
class V2Test(ExportedTestCase):
    PAPER = "stargan_v2"

    @parameterized.parameters(*KINDS)
    def test_the_description_is_that_of_the_export(self, kind):
        self.check_description(kind)

    @parameterized.parameters(*KINDS)
    def test_styles(self, kind):
        client, algorithm = self.clients[kind], self.algorithm
        names = client.model.labels.names
        y = np.eye(len(names), dtype=np.float32)
        z = algorithm_lib.latent_of_seeds([4, 5, 6], algorithm.latent_dim)
        by_latent = algorithm.render(self.x, algorithm.map_latents(z, y))
        s = algorithm.encode(self.x[::-1], y)
        by_reference = algorithm.render(self.x, s)
        self.assertAllClose(client.encode_style(self.images[::-1], names), s, atol=1e-4)
        self.assertAllClose(client.map_latent(z, names), algorithm.map_latents(z, y), atol=1e-4)
        for images in (self.images, self.files):
            found = client.translate_latent(images, names, seeds=[4, 5, 6])
            self.assert_pictures(found, by_latent)
            found = client.translate_reference(images, images[::-1], names)
            self.assert_pictures(found, by_reference)
            self.assert_pictures(client.translate_style(images, s), by_reference)


if __name__ == "__main__":
    tf.test.main()
