"""Connections: servers that come late, never, or slowly; TLS; large messages; no TensorFlow."""

import contextlib
import http.server
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest
from unittest import mock

import grpc
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf import client
from stargan_tf.base import errors
from stargan_tf.client import client as client_lib
from stargan_tf.client import failures, grpc_transport, retries
from stargan_tf.client import target as target_lib
from stargan_tf.pictures import photos
from tests.serving import certificates, client_test, stand_in, stand_in_rest, toy

SERVE = {"grpc": stand_in.serve_grpc, "rest": stand_in_rest.serve_rest}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def address(kind, port):
    return f"localhost:{port}" if kind == "grpc" else f"http://localhost:{port}"


class ConnectionTestCase(client_test.ClientTestCase):
    def setUp(self):
        super().setUp()
        self.backend = stand_in.Backend({"stargan": toy.export("stargan_v1")})
        self.addCleanup(self.backend.close)

    def connect_to(self, server, **options):
        options = {"timeout": 20.0, **options}
        client = client_lib.connect(target_lib.Target(server, **options))
        self.addCleanup(client.close)
        return client

    def assert_translates(self, client):
        images = client_test.noise(1)
        found = client.translate(images, to=["Smiling"])
        expected = toy.translated(photos.from_uint8(images), np.float32([[0, 0, 1]]))
        self.assert_levels(found, expected)


class AwayTest(ConnectionTestCase):
    @parameterized.parameters("grpc", "rest")
    def test_a_server_that_starts_late_is_waited_for(self, kind):
        port, stack = free_port(), contextlib.ExitStack()
        self.addCleanup(stack.close)
        begun = threading.Event()

        def start(seconds):  # instead of the second wait: the first attempts have failed by then
            waits.append(seconds)
            if len(waits) == 2:
                stack.enter_context(SERVE[kind](self.backend, port))
                begun.set()
            return begun.wait(0.1)

        waits = []
        client = self.connect_to(address(kind, port))
        clock = mock.Mock(monotonic=time.monotonic, sleep=start)
        with mock.patch.object(retries, "time", clock):
            self.assertEqual(client.status()[0].version, 1)
        self.assertGreaterEqual(len(waits), 2)
        self.assert_translates(client)

    @parameterized.parameters("grpc", "rest")
    def test_a_server_that_is_overloaded_for_a_while(self, kind):
        full = stand_in.Refusal("UNAVAILABLE", "The batch scheduling queue is full")
        with SERVE[kind](self.backend) as server:
            self.backend.refusals += [full, full]
            self.assert_translates(self.connect_to(server))
        self.assertEmpty(self.backend.refusals)

    @parameterized.parameters("grpc", "rest")
    def test_a_server_that_never_comes(self, kind):
        client = self.connect_to(address(kind, free_port()), timeout=2.0)
        with self.assertRaisesRegex(
            failures.ServerError,
            r"localhost:\d+ could not be reached, .*within 2 s \(.*efused.*; check the address",
        ) as caught:
            _ = client.model
        self.assertEqual(caught.exception.code, "UNAVAILABLE")

    @parameterized.parameters("grpc", "rest")
    def test_a_host_that_does_not_exist(self, kind):
        server = address(kind, 8500).replace("localhost", "no-such-host.invalid")
        # Where there is no name server at all, looking the name up takes all the time there is.
        said = "no-such-host.* (could not be reached|did not answer)"
        with self.assertRaisesRegex(failures.ServerError, said):
            self.connect_to(server, timeout=0.5).status()

    @parameterized.parameters("grpc", "rest")
    def test_a_server_that_is_too_slow(self, kind):
        self.backend.delay = 3.0
        with SERVE[kind](self.backend) as server:
            with self.assertRaisesRegex(
                failures.ServerError, r"did not answer within 1.5 s .*`timeout`"
            ) as caught:
                self.connect_to(server, timeout=1.5).status()
            self.assertEqual(caught.exception.code, "DEADLINE_EXCEEDED")
            self.assertEqual(self.backend.requests, 1)  # it was not asked again

    def test_something_else_listens_there(self):
        class Page(http.server.BaseHTTPRequestHandler):
            status, text = 200, b"<html>Welcome!</html>"

            def log_message(self, *unused):
                pass

            def do_GET(self):  # noqa: N802
                self.send_response(self.status)
                self.end_headers()
                self.wfile.write(self.text)

        server = http.server.HTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        client = self.connect_to(f"http://localhost:{server.server_address[1]}", timeout=5.0)
        for status, text, message in (
            (200, b"<html>Welcome!</html>", "did not answer as TensorFlow Serving's REST"),
            (200, b'{"a": 1}', "did not answer as TensorFlow Serving's REST"),
            (200, b'{"model_version_status": 3}', "did not answer as TensorFlow Serving's REST"),
            (404, b"<html>Nothing here</html>", r"does not have the model .*HTTP 404 Not Found"),
            (400, b'{"error": "shape \\\'x\\\'"}', r"refused .*\(shape 'x'\)"),
            (418, b'{"error": "short and stout"}', r"failed with UNKNOWN .*short and stout"),
        ):
            Page.status, Page.text = status, text
            with self.assertRaisesRegex(errors.UserError, message):
                client.status()
        port = server.server_address[1]
        with self.assertRaises(failures.ServerError):
            self.connect_to(f"localhost:{port}", timeout=0.5).status()


@unittest.skipUnless(certificates.AVAILABLE, "The program openssl makes the certificates.")
class TlsTest(ConnectionTestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.create_tempdir().full_path)
        certificates.make(self.folder)

    @contextlib.contextmanager
    def serve(self, kind, asks_for_certificate):
        root, key, chain = (self.folder / n for n in ("root.pem", "server.key", "server.pem"))
        if kind == "grpc":
            credentials = grpc.ssl_server_credentials(
                [(key.read_bytes(), chain.read_bytes())],
                root.read_bytes() if asks_for_certificate else None,
                asks_for_certificate,
            )
            with stand_in.serve_grpc(self.backend, credentials=credentials) as server:
                yield server
            return
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        if asks_for_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(root)
        with stand_in_rest.serve_rest(self.backend, context=context) as server:
            yield server

    @parameterized.product(kind=("grpc", "rest"), both=(False, True))
    def test_who_is_trusted_is_answered(self, kind, both):
        tls = target_lib.Tls(self.folder / "root.pem")
        if both:
            own = self.folder / "client.pem", self.folder / "client.key"
            tls = target_lib.Tls(self.folder / "root.pem", *own)
        with self.serve(kind, both) as server:
            self.assert_translates(self.connect_to(server, tls=tls))

    @parameterized.parameters("grpc", "rest")
    def test_servers_and_clients_that_are_not_trusted(self, kind):
        # gRPC tells the last address it tried alone, which may be another of localhost's.
        said = {"rest": "[Cc]ertificate|CERTIFICATE", "grpc": "check the address and TLS"}[kind]
        with self.serve(kind, asks_for_certificate=False) as server:
            with self.assertRaisesRegex(failures.ServerError, said):
                self.connect_to(server, tls=target_lib.Tls(), timeout=2.0).status()
            self.assertEqual(self.backend.requests, 0)
        with self.serve(kind, asks_for_certificate=True) as server:
            tls = target_lib.Tls(self.folder / "root.pem")
            with self.assertRaises(failures.ServerError):
                self.connect_to(server, tls=tls, timeout=0.5).status()
            self.assertEqual(self.backend.requests, 0)

    @parameterized.parameters("localhost:1", "https://localhost:1")
    def test_files_that_can_not_be_used(self, server):
        (self.folder / "text.pem").write_text("no certificate")
        (self.folder / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\n!\n")
        for names, message in (
            (("missing.pem",), "root_certificate=.*missing.pem could not be read .No such file"),
            (("text.pem",), "root_certificate=.*text.pem holds no PEM text"),
            (("root.pem", "client.pem"), "belong together; received only .*client.pem"),
            (("root.pem", None, "client.key"), "belong together; received only .*client.key"),
        ):
            tls = target_lib.Tls(*(name and self.folder / name for name in names))
            with self.assertRaisesRegex(errors.UserError, message):
                self.connect_to(server, tls=tls)
        tls = target_lib.Tls(self.folder / "broken.pem")
        with self.assertRaisesRegex(errors.UserError, "certificates can't be used|reached"):
            self.connect_to(server, tls=tls, timeout=2.0).status()


class LargeTest(ConnectionTestCase):
    @parameterized.parameters("grpc", "rest")
    def test_messages_above_the_limit_of_grpc(self, kind):
        # Two of 3.1 MB are above gRPC's 4 MB, on the way there and back; of JSON one that is less.
        size = 512 if kind == "grpc" else 256
        backend = stand_in.Backend({"stargan": toy.export("stargan_v1", size)})
        self.addCleanup(backend.close)
        # Floats that are no grey levels, which go as arrays.
        images = photos.from_uint8(client_test.noise(2 if kind == "grpc" else 1, size)) * 0.9
        with SERVE[kind](backend) as server:
            found = self.connect_to(server).translate(images, to=["Smiling"])
        label = np.float32([[0, 0, 1]] * len(images))
        self.assertAllClose(found, toy.translated(images, label).clip(-1, 1), atol=1e-5)

    @parameterized.parameters("grpc", "rest")
    def test_answers_above_our_own_limit_are_not_read(self, kind):
        options = [("grpc.max_receive_message_length", 500)]
        with (
            mock.patch.object(grpc_transport, "_OPTIONS", options),
            mock.patch("stargan_tf.client.transport.MAX_MESSAGE_BYTES", 500),
            SERVE[kind](self.backend) as server,
            self.assertRaisesRegex(failures.ServerError, "too large.*fewer or smaller") as caught,
        ):
            self.connect_to(server).signatures()
        self.assertEqual(caught.exception.code, "RESOURCE_EXHAUSTED")


class ImportsTest(ConnectionTestCase):
    def test_rest_needs_no_tensorflow(self):
        code = (
            "import sys\n"
            "from stargan_tf.client import client, target\n"
            "stargan = client.connect(target.Target(sys.argv[1]))\n"
            "(png,) = stargan.translate([sys.stdin.buffer.read()], to=['Smiling'])\n"
            "sys.stdout.buffer.write(png)\n"
            "heavy = ('tensorflow', 'keras', 'grpc', 'tensorflow_serving')\n"
            "assert not [name for name in heavy if name in sys.modules]\n"
        )
        image = client_test.noise(1)
        with stand_in_rest.serve_rest(self.backend) as server:
            result = subprocess.run(
                [sys.executable, "-c", code, server],
                input=client_test.png(image[0]),
                capture_output=True,
                check=False,
            )
        self.assertEqual(result.returncode, 0, result.stderr)
        expected = toy.translated(photos.from_uint8(image), np.float32([[0, 0, 1]]))
        self.assert_levels(client_test.pixels(result.stdout), expected[0])

    @parameterized.parameters("grpc", "tensorflow_serving.apis")
    def test_without_the_extra_grpc_says_what_to_install(self, missing):
        with (
            mock.patch.dict(sys.modules, {missing: None}),
            mock.patch.object(client, "grpc_transport"),
            self.assertRaisesRegex(
                errors.UserError, r'pip install -e "\.\[serving\]", or use REST'
            ),
        ):
            del client.grpc_transport, sys.modules[grpc_transport.__name__]  # as if never imported
            self.connect_to("localhost:8500")


class TargetTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        "localhost:8500", "10.0.0.1:1", "[::1]:8500", "http://a.b:8501", "https://x/stargan/"
    )
    def test_addresses(self, server):
        self.assertEqual(target_lib.Target(server).is_rest, server.startswith("http"))

    @parameterized.parameters(
        *({"server": s} for s in ("localhost", "localhost:", "a b:1", "h:99999", "h:0", "")),
        *({"server": s} for s in ("ftp://h:1", "http://", "http://h:x", "https://h?q=1")),
        {"server": "http://h:1", "tls": target_lib.Tls()},
        {"model": ""},
        {"model": "a/b"},
        {"version": 0},
        {"version": 1, "label": "stable"},
        {"label": "a b"},
        {"timeout": 0.0},
        {"timeout": float("nan")},
    )
    def test_what_makes_no_sense_is_told_before_anything_is_sent(self, **options):
        with self.assertRaisesRegex(errors.UserError, "received|encrypted"):
            target_lib.Target(**{"server": "localhost:8500", **options})

    def test_it_says_which_model(self):
        target = target_lib.Target("h:1", "faces")
        self.assertEqual(str(target), "model 'faces'")
        self.assertEqual(str(target_lib.Target("h:1", version=3)), "model 'stargan', version 3")
        labelled = target_lib.Target("h:1", label="canary")
        self.assertEqual(str(labelled), "model 'stargan', version label 'canary'")


if __name__ == "__main__":
    tf.test.main()
