"""A SavedModel: what it answers, what is in it, what is refused, and that a failure leaves none."""

import dataclasses
import io
import json
import pathlib
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image
from tensorflow.core.protobuf import config_pb2

from stargan_tf.base import errors
from stargan_tf.pictures import photos
from stargan_tf.runs import runs
from stargan_tf.serving import description, module, parity, saved_model
from tests import commands, picture_files, shared, tiny

PAPERS = ("stargan_v1", "stargan_v2")
NAMES = {
    "stargan_v1": {"translate", "translate_bytes"},
    "stargan_v2": {
        *(f"translate_{by}{kind}" for by in ("reference", "latent", "style")
          for kind in ("", "_bytes")),
        "encode_style", "encode_style_bytes", "map_latent",
    },
}  # fmt: skip


class Server:
    """A SavedModel in a session, as TensorFlow Serving has it; like it, it checks no shapes."""

    def __init__(self, directory):
        v1 = tf.compat.v1
        self.session = v1.Session(graph=tf.Graph())
        with self.session.graph.as_default():
            loaded = v1.saved_model.load(self.session, ["serve"], str(directory))
        self.signatures = loaded.signature_def

    def __call__(self, name, **inputs):
        signature = self.signatures[name]
        options = config_pb2.CallableOptions(
            feed=[signature.inputs[key].name for key in inputs],
            fetch=[info.name for info in signature.outputs.values()],
        )
        # Any other way to call a session from Python compares the shapes first.
        call = self.session._make_callable_from_options(options)
        return dict(zip(signature.outputs, call(*inputs.values()), strict=True))


class SavedModelTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pathlib.Path(cls().create_tempdir().full_path)
        cls.enterClassContext(shared.in_runs())
        cls.runs, cls.exported, cls.servers, cls.algorithms = {}, {}, {}, {}
        for name in PAPERS:
            cls.runs[name] = tiny.untrained_run(cls.root / name, algorithm=name)
            cls.exported[name] = saved_model.export(cls.runs[name], cls.root / f"{name}-exported")
            cls.servers[name] = Server(cls.exported[name].directory)
            cls.algorithms[name] = cls.runs[name].build(training=False)
            runs.restore_weights(cls.runs[name], cls.algorithms[name])

    def _noise(self, count, size=32, seed=0):
        random = np.random.default_rng(seed)
        return random.uniform(-1, 1, (count, size, size, 3)).astype(np.float32)

    @parameterized.parameters(*PAPERS)
    def test_signatures(self, name):
        found = dict(self.servers[name].signatures)
        found.pop("__saved_model_init_op", None)
        self.assertEqual(set(found), NAMES[name] | {"describe", "serving_default"})
        for signature in found.values():
            for tensor in [*signature.inputs.values(), *signature.outputs.values()]:
                self.assertEqual(tensor.tensor_shape.dim[0].size, -1)
        self.assertEqual(set(self.exported[name].errors), NAMES[name])

    @parameterized.parameters(1, 3)
    def test_v1_translates_any_batch_and_size(self, count):
        for size in (32, 20):
            images = self._noise(count, size)
            labels = np.eye(5, dtype=np.float32)[:count]
            expected = self.algorithms["stargan_v1"].translate(images, labels)
            for signature in ("translate", "serving_default"):
                answer = self.servers["stargan_v1"](signature, image=images, label=labels)
                self.assertAllClose(answer["translated"], expected, atol=1e-5)

    @parameterized.parameters(1, 3)
    def test_v2_translates_as_the_averaged_networks(self, count):
        algorithm, server = self.algorithms["stargan_v2"], self.servers["stargan_v2"]
        images, references = self._noise(count), self._noise(count, seed=1)
        domain = np.arange(count, dtype=np.int32)
        y = np.eye(3, dtype=np.float32)[domain]
        z = np.random.default_rng(2).standard_normal((count, 16)).astype(np.float32)
        s, mapped = algorithm.encode(references, y), algorithm.map_latents(z, y)
        style = server("encode_style", image=references, domain=domain)
        self.assertAllClose(style["style"], s, atol=1e-5)
        style = server("map_latent", latent=z, domain=domain)
        self.assertAllClose(style["style"], mapped, atol=1e-5)
        by_reference = {"image": images, "reference": references, "domain": domain}
        for signature in ("translate_reference", "serving_default"):
            found = server(signature, **by_reference)["translated"]
            self.assertAllClose(found, algorithm.render(images, s), atol=1e-4)
        found = server("translate_latent", image=images, latent=z, domain=domain)["translated"]
        self.assertAllClose(found, algorithm.render(images, mapped), atol=1e-4)
        found = server("translate_style", image=images, style=s)["translated"]
        self.assertAllClose(found, algorithm.render(images, s), atol=1e-4)

    def test_files_in_and_out(self):
        levels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
        contents = []
        for image in levels:
            content = io.BytesIO()
            Image.fromarray(image).save(content, "PNG")
            contents.append(content.getvalue())
        labels = np.eye(5, dtype=np.float32)[:2]
        answer = self.servers["stargan_v1"](
            "translate_bytes", image_bytes=np.array(contents, object), label=labels
        )
        images = self.algorithms["stargan_v1"].translate(photos.from_uint8(levels), labels)
        found = [
            np.asarray(Image.open(io.BytesIO(c)), np.int32) for c in answer["translated_bytes"]
        ]
        self.assertAllClose(found, photos.to_uint8(images).astype(np.int32), rtol=0, atol=1)

    def test_files_are_cut_and_scaled_as_the_runs_training_did(self):
        run, algorithm = self.runs["stargan_v1"], self.algorithms["stargan_v1"]
        data = dataclasses.replace(run.config.data, crop_size=30, max_grey=4095)
        run = dataclasses.replace(run, config=dataclasses.replace(run.config, data=data))
        described = description.describe(run, algorithm, 7)
        self.assertEqual((described["crop_size"], described["max_grey"]), (30, 4095))
        served = module.all_signatures(algorithm, description.framing(described))
        x_ray, label = picture_files.with_12_bits(), np.eye(5, dtype=np.float32)[:1]
        answer = served["translate_bytes"].function(
            image_bytes=tf.constant([x_ray.contents]), label=label
        )
        seen = photos.from_uint8(picture_files.square(x_ray.pixels, 32, 30))[None]
        found = photos.to_array(Image.open(io.BytesIO(answer["translated_bytes"][0].numpy())))
        error = np.abs(found - algorithm.translate(seen, label)[0])
        self.assertLess(error.mean(), 1.5 / 127.5)  # The graph may round a grey level otherwise.
        wrong = photos.from_uint8(picture_files.square(x_ray.pixels, 32))[None]
        self.assertGreater(np.abs(algorithm.translate(wrong, label)[0] - found).mean(), 4 / 127.5)

    @parameterized.parameters(*PAPERS)
    def test_it_tells_what_it_is(self, name):
        request = np.array([b"", b""], object)
        answers = self.servers[name]("describe", request=request)["model_json"]
        self.assertLen(answers, 2)
        directory = self.exported[name].directory
        described = json.loads(answers[1])
        self.assertEqual(described, json.loads((directory / "model.json").read_text()))
        self.assertEqual(described["algorithm"], name)
        self.assertEqual(described["step"], 7)
        self.assertEqual(described["labels"], self.runs[name].label_space.to_json())
        self.assertEqual(described["style_dim"], {"stargan_v1": None, "stargan_v2": 8}[name])
        self.assertLen(described["weights_sha256"], 64)

    @parameterized.parameters(*PAPERS)
    def test_weights_are_stored_once(self, name):
        stored = tf.train.list_variables(
            str(self.exported[name].directory / "variables" / "variables")
        )
        count = sum(np.prod(shape, dtype=np.int64) for key, shape in stored if "weights" in key)
        networks = self.algorithms[name].networks
        used = {"stargan_v1": ["G"], "stargan_v2": ["G_ema", "F_ema", "E_ema"]}[name]
        self.assertEqual(count, sum(networks[n].count_params() for n in used))

    @parameterized.parameters(
        ("stargan_v1", "translate", {"image": (1, 30, 32, 3), "label": (1, 5)}, "multiples of 4"),
        ("stargan_v1", "translate", {"image": (1, 32, 32, 3), "label": (1, 4)}, "label must have"),
        ("stargan_v1", "translate", {"image": (1, 32, 32, 4), "label": (1, 5)}, "image must have"),
        ("stargan_v2", "translate_style", {"image": (1, 16, 16, 3), "style": (1, 8)},
         r"image must have the shape \(N, 32, 32, 3\)"),
    )  # fmt: skip
    def test_wrong_shapes(self, name, signature, shapes, message):
        inputs = {key: np.zeros(shape, np.float32) for key, shape in shapes.items()}
        with self.assertRaisesRegex(tf.errors.InvalidArgumentError, message):
            self.servers[name](signature, **inputs)

    def test_pixels_that_are_no_numbers(self):
        image = self._noise(1)
        image[0, 3, 4, 1] = np.nan
        with self.assertRaisesRegex(tf.errors.InvalidArgumentError, "image must hold no NaN"):
            self.servers["stargan_v1"]("translate", image=image, label=np.zeros((1, 5), np.float32))

    @parameterized.parameters(-1, 3)
    def test_a_domain_that_is_not_there(self, domain):
        with self.assertRaisesRegex(tf.errors.InvalidArgumentError, "domain must be from 0 to 2"):
            self.servers["stargan_v2"](
                "encode_style", image=self._noise(1), domain=np.array([domain], np.int32)
            )

    def test_bytes_that_are_no_image(self):
        with self.assertRaises(tf.errors.InvalidArgumentError):
            self.servers["stargan_v1"](
                "translate_bytes",
                image_bytes=np.array([b"no image"], object),
                label=np.zeros((1, 5), np.float32),
            )

    def test_warm_up_requests_are_answered(self):
        try:
            from tensorflow_serving.apis import prediction_log_pb2
        except ImportError:
            self.skipTest("tensorflow-serving-api is not installed (the extra `serving`)")
        directory = self.exported["stargan_v2"].directory
        path = directory / "assets.extra" / "tf_serving_warmup_requests"
        asked = []
        for record in tf.data.TFRecordDataset(str(path)):
            log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
            request = log.predict_log.request
            self.assertEqual(request.model_spec.name, "stargan_v2-exported")
            inputs = {key: tf.make_ndarray(value) for key, value in request.inputs.items()}
            self.servers["stargan_v2"](request.model_spec.signature_name, **inputs)
            asked.append(request.model_spec.signature_name)
        self.assertCountEqual(asked, NAMES["stargan_v2"])

    def test_bfloat16_takes_and_gives_float32(self):
        output = self.root / "bfloat16"
        exported = saved_model.export(self.runs["stargan_v1"], output, precision="bfloat16")
        server = Server(exported.directory)
        images, labels = self._noise(2), np.eye(5, dtype=np.float32)[:2]
        found = server("translate", image=images, label=labels)["translated"]
        self.assertEqual(found.dtype, np.float32)
        expected = self.algorithms["stargan_v1"].translate(images, labels)
        self.assertAllClose(found, expected, atol=0.2)
        self.assertNotAllClose(found, expected, atol=1e-5)

    @pytest.mark.slow
    def test_masks_are_found_inside_the_graph(self):
        path = self.root / "high_pass"
        run = tiny.untrained_run(path, algorithm="stargan_v2", w_hpf=1.0, image_size=64)
        exported = saved_model.export(run, self.root / "high_pass-exported")
        algorithm = run.build(training=False)
        runs.restore_weights(run, algorithm)
        images = self._noise(2, 64)
        style = np.random.default_rng(0).standard_normal((2, 8)).astype(np.float32)
        server = Server(exported.directory)
        self.assertCountEqual(server.signatures["translate_style"].inputs, ["image", "style"])
        found = server("translate_style", image=images, style=style)["translated"]
        self.assertAllClose(found, algorithm.render(images, style), atol=1e-4)

    def test_an_export_that_differs_is_not_kept(self):
        ask = parity.ask

        def wrong(directory, requests):
            answers = ask(directory, requests)
            answers["translate"]["translated"] += 1e-3
            return answers

        output = self.root / "wrong"
        with (
            mock.patch.object(parity, "ask", wrong),
            self.assertRaisesRegex(RuntimeError, "signature translate differs"),
        ):
            saved_model.export(self.runs["stargan_v1"], output)
        self.assertFalse(output.exists())

    def test_a_full_disk(self):
        full = tf.errors.ResourceExhaustedError(None, None, "No space left on device")
        output = self.root / "full"
        with (
            mock.patch.object(tf.saved_model, "save", side_effect=full),
            self.assertRaisesRegex(errors.UserError, "No space left.*no version was added"),
        ):
            saved_model.export(self.runs["stargan_v1"], output)
        self.assertFalse(output.exists())

    def test_a_full_memory_is_not_taken_for_a_full_disk(self):
        full = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        with (
            mock.patch.object(tf.saved_model, "save", side_effect=full),
            self.assertRaises(tf.errors.ResourceExhaustedError),
        ):
            saved_model._save(mock.Mock(), self.root)

    def test_a_run_without_checkpoints(self):
        run = tiny.untrained_run(self.root / "empty")
        for path in run.checkpoint_dir.iterdir():
            path.unlink()
        with self.assertRaisesRegex(errors.UserError, "no checkpoint yet"):
            saved_model.export(run, self.root / "empty-exported")
        self.assertFalse((self.root / "empty-exported").exists())

    def test_the_command(self):
        output = self.root / "by_command"
        flags = {"run": str(self.root / "stargan_v1"), "output": str(output)}
        with commands.given("stargan_tf.export.saved_model", **flags):
            commands.load("stargan_tf.export.saved_model").main()
            commands.load("stargan_tf.export.saved_model").main()
            with (
                mock.patch.object(parity, "check", side_effect=RuntimeError("translate differs")),
                self.assertRaisesRegex(errors.UserError, "translate differs"),
            ):
                commands.load("stargan_tf.export.saved_model").main()
        self.assertCountEqual([p.name for p in output.iterdir()], ["1", "2"])


if __name__ == "__main__":
    tf.test.main()
