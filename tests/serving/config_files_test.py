"""The files with which a server is started: that each is what the server's parser takes."""

import pathlib
import subprocess
import unittest

import tensorflow as tf
from absl.testing import parameterized
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,  # noqa: F401 (for the messages below)
)
from tensorflow_serving.config import model_server_config_pb2

from stargan_tf.inference import batches
from tests.serving import stand_in, stand_in_rest, toy

try:
    import yaml
except ImportError:  # of the extra `test`
    yaml = None

FOLDER = pathlib.Path("export/serving")

# Messages of the server that are in no Python package: name, number and type of their fields, as in
# its session_bundle_config.proto, monitoring_config.proto and ssl_config.proto.
_INT64, _BOOL, _STRING = (
    getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{name}")
    for name in ("INT64", "BOOL", "STRING")
)
_WRAPPED = ".google.protobuf.Int64Value"
MESSAGES = {
    "BatchingParameters": [
        ("max_batch_size", 1, _WRAPPED),
        ("batch_timeout_micros", 2, _WRAPPED),
        ("max_enqueued_batches", 3, _WRAPPED),
        ("num_batch_threads", 4, _WRAPPED),
        ("allowed_batch_sizes", 6, [_INT64]),
        ("pad_variable_length_inputs", 7, _BOOL),
    ],
    "PrometheusConfig": [("enable", 1, _BOOL), ("path", 2, _STRING)],
    "MonitoringConfig": [("prometheus_config", 1, ".stand_in.PrometheusConfig")],
    "SSLConfig": [
        ("server_key", 1, _STRING),
        ("server_cert", 2, _STRING),
        ("custom_ca", 3, _STRING),
        ("client_verify", 4, _BOOL),
    ],
}


def message(name):
    """Returns an empty message of `MESSAGES`."""
    file = descriptor_pb2.FileDescriptorProto(
        name="stand_in.proto",
        package="stand_in",
        syntax="proto3",
        dependency=["google/protobuf/wrappers.proto"],
    )
    for message_name, fields in MESSAGES.items():
        described = file.message_type.add(name=message_name)
        for field_name, number, kind in fields:
            field = described.field.add(name=field_name, number=number)
            field.label = field.LABEL_REPEATED if isinstance(kind, list) else field.LABEL_OPTIONAL
            kind = kind[0] if isinstance(kind, list) else kind
            if isinstance(kind, str):
                field.type, field.type_name = field.TYPE_MESSAGE, kind
            else:
                field.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"stand_in.{name}"))()


def parsed(name, into):
    return text_format.Parse((FOLDER / name).read_text(), into)


def compose():
    return yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]["serving"]


class ProtocolBufferTest(tf.test.TestCase):
    def test_models(self):
        found = parsed("models.config", model_server_config_pb2.ModelServerConfig())
        (config,) = found.model_config_list.config
        self.assertEqual((config.name, config.base_path), ("stargan", "/models/stargan"))
        self.assertEqual(config.model_platform, "tensorflow")
        self.assertEqual(dict(config.version_labels), {"stable": 1, "canary": 1})
        # A label that points to a version that is not loaded could not be asked.
        loaded = set(config.model_version_policy.specific.versions)
        self.assertContainsSubset(set(config.version_labels.values()), loaded)

    def test_batching(self):
        found = parsed("batching.config", message("BatchingParameters"))
        self.assertEqual(found.max_batch_size.value, batches.BATCH)
        self.assertEqual(found.max_batch_size.value, stand_in.MAX_BATCH)
        self.assertEqual(found.batch_timeout_micros.value, stand_in.BATCH_TIMEOUT * 1e6)
        self.assertEqual(found.max_enqueued_batches.value, 64)
        self.assertEqual(found.num_batch_threads.value, 2)
        self.assertEmpty(found.allowed_batch_sizes)

    def test_batching_for_gpus(self):
        text = (FOLDER / "batching.config").read_text().replace("# allowed", "allowed")
        found = text_format.Parse(text, message("BatchingParameters"))
        sizes = list(found.allowed_batch_sizes)
        self.assertEqual(sizes, sorted(sizes))
        self.assertEqual(sizes[-1], found.max_batch_size.value)

    def test_monitoring(self):
        found = parsed("monitoring.config", message("MonitoringConfig")).prometheus_config
        self.assertTrue(found.enable)
        self.assertIn(f"http://localhost:8501{found.path}", (FOLDER / "README.md").read_text())

    def test_tls_of_the_readme(self):
        text = (FOLDER / "README.md").read_text().partition("```\nserver_key")[2]
        found = text_format.Parse("server_key" + text.partition("```")[0], message("SSLConfig"))
        self.assertTrue(found.client_verify)
        self.assertStartsWith(found.server_key, "-----BEGIN PRIVATE KEY-----\n")

    def test_an_unknown_field_would_be_noticed(self):
        with self.assertRaises(text_format.ParseError):
            text_format.Parse("batch_size { value: 4 }", message("BatchingParameters"))


@unittest.skipUnless(yaml, "PyYAML is of the extra `test`.")
class YamlTest(tf.test.TestCase, parameterized.TestCase):
    def test_compose_names_files_that_are_there(self):
        service = compose()
        self.assertStartsWith(service["image"], "tensorflow/serving:")
        mounts = dict(volume.split(":")[:2] for volume in service["volumes"])
        folders = {target: FOLDER / source for source, target in mounts.items()}
        self.assertEqual(folders["/models"].resolve(), pathlib.Path("exported").resolve())
        options = dict(option.removeprefix("--").split("=") for option in service["command"])
        for name in ("model_config_file", "batching_parameters_file", "monitoring_config_file"):
            path = pathlib.PurePosixPath(options[name])
            self.assertEqual(str(path.parent), "/config")
            self.assertTrue((folders["/config"] / path.name).is_file())
        base = parsed("models.config", model_server_config_pb2.ModelServerConfig())
        path = pathlib.PurePosixPath(base.model_config_list.config[0].base_path)
        self.assertEqual(str(path.parent), "/models")
        self.assertEqual({port.split(":")[-1] for port in service["ports"]}, {"8500", "8501"})
        self.assertTrue(all(port.startswith("127.0.0.1:") for port in service["ports"]))

    @parameterized.parameters(("stargan", 0), ("another", 1))
    def test_the_health_check_is_whether_a_version_is_loaded(self, name, status):
        kind, *command = compose()["healthcheck"]["test"]
        self.assertEqual(kind, "CMD")
        backend = stand_in.Backend({name: toy.export("stargan_v1")})
        self.addCleanup(backend.close)
        with stand_in_rest.serve_rest(backend) as server:
            port = server.rpartition(":")[2]
            command = [part.replace("8501", port) for part in command]
            self.assertEqual(subprocess.run(command, check=False, timeout=30).returncode, status)
        result = subprocess.run(command, check=False, timeout=30, capture_output=True)
        self.assertNotEqual(result.returncode, 0)  # nobody is there any more

    def test_kserve(self):
        service = yaml.safe_load((FOLDER / "kserve.yaml").read_text())
        self.assertEqual(service["kind"], "InferenceService")
        self.assertEqual(service["apiVersion"], "serving.kserve.io/v1beta1")
        self.assertEqual(service["metadata"]["name"], "stargan")  # the client's default --model
        predictor = service["spec"]["predictor"]
        self.assertEqual(predictor["model"]["modelFormat"]["name"], "tensorflow")
        self.assertIn("REPLACE", predictor["model"]["storageUri"])
        self.assertLessEqual(predictor["minReplicas"], predictor["maxReplicas"])
        resources = predictor["model"]["resources"]
        self.assertEqual(set(resources), {"requests", "limits"})


if __name__ == "__main__":
    tf.test.main()
