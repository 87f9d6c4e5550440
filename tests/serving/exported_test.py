"""Runs, exported, served and asked by name: the same pictures as the run's own networks."""

import base64
import contextlib
import json
import pathlib
import subprocess
import urllib.error
import urllib.request

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.client import client as client_lib
from stargan_tf.client import failures
from stargan_tf.client import target as target_lib
from stargan_tf.data import latents as latents_lib
from stargan_tf.pictures import photos
from stargan_tf.runs import runs
from stargan_tf.serving import saved_model
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
        cls.rest = servers["rest"]

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
            found = client.translate(images, to=["Blond_Hair"], known=["Black_Hair", "Smiling"])
            self.assert_pictures(found, expected)

    def _post(self, body):
        """Returns the status and the decoded answer to a request of whoever has no client."""
        url = f"{self.rest}/v1/models/stargan:predict"
        try:
            with urllib.request.urlopen(url, json.dumps(body).encode()) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def test_rows_by_rest(self):
        """A label of its own for each of three images: arrays, then files."""
        labels = np.eye(5)[:3]
        expected = self.algorithm.translate(self.x, np.float32(labels))
        pairs = zip(self.x.tolist(), labels.tolist(), strict=True)
        rows = [{"image": image, "label": label} for image, label in pairs]
        status, answer = self._post({"signature_name": "translate", "instances": rows})
        self.assertEqual((status, list(answer)), (200, ["predictions"]))
        self.assertAllClose(answer["predictions"], expected, atol=1e-4)
        pairs = zip(self.files, labels.tolist(), strict=True)
        rows = [
            {"image_bytes": {"b64": base64.b64encode(file).decode()}, "label": label}
            for file, label in pairs
        ]
        status, answer = self._post({"signature_name": "translate_bytes", "instances": rows})
        found = [base64.b64decode(entry["b64"], validate=True) for entry in answer["predictions"]]
        self.assert_pictures(found, expected)
        # The signature that says what the model is has one input: rows need not name it.
        _, answer = self._post({"signature_name": "describe", "instances": ["", ""]})
        self.assertEqual(answer["predictions"], 2 * [(self.exported / "model.json").read_text()])
        for body, message in (
            ({"instances": []}, "Excepting 'instances'"),
            ({"instances": [{"label": [0, 0, 0, 0, 0]}]}, "must only have keys: image,label"),
            ({"instances": rows, "inputs": {}}, "expecting only one of"),
            ({}, "Missing 'inputs' or 'instances'"),
        ):
            status, answer = self._post(body)
            self.assertEqual(status, 400)
            self.assertIn(message, answer["error"])

    def test_the_requests_of_the_readme(self):
        folder = pathlib.Path(self.create_tempdir().full_path)
        (folder / "face.jpg").write_bytes(self.files[0])
        label = np.float32([[0, 1, 0, 0, 1]])
        expected = self.algorithm.translate(self.x[:1], label)
        asked = []
        for block in (pathlib.Path("export") / "serving" / "README.md").read_text().split("```"):
            # Those of images take their body from the command before.
            command, curl, rest = block.partition("curl --data-binary @- ")
            if curl:
                url = rest.split()[-1]
                self.assertEqual(url, "http://localhost:8501/v1/models/stargan:predict")
                body = subprocess.check_output(["bash", "-c", f"{command} cat"], cwd=folder)
                status, answer = self._post(json.loads(body))
                self.assertEqual(status, 200)
                ((key, (png,)),) = answer.items()
                self.assert_pictures([base64.b64decode(png["b64"])], expected)
                asked.append(key)
        self.assertEqual(asked, ["outputs", "predictions"])

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
        z = latents_lib.draw_each([4, 5, 6], algorithm.latent_dim)
        by_latent = algorithm.render(self.x, algorithm.map_latents(z, y))
        s = algorithm.encode(self.x[::-1], y)
        by_reference = algorithm.render(self.x, s)
        self.assertAllClose(client.encode(self.images[::-1], names), s, atol=1e-4)
        found = client.styles(names, [4, 5, 6])
        self.assertAllClose(found, algorithm.map_latents(z, y), atol=1e-4)
        for images in (self.images, self.files):
            found = client.translate(images, names, seed=[4, 5, 6])
            self.assert_pictures(found, by_latent)
            found = client.translate(images, names, reference=images[::-1])
            self.assert_pictures(found, by_reference)
            self.assert_pictures(client.translate(images, style=s), by_reference)


if __name__ == "__main__":
    tf.test.main()
