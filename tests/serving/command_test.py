"""The command that asks a server: what it writes and says, in this process and as one."""

import contextlib
import io
import pathlib
import subprocess
import sys
import unittest
from unittest import mock

import grpc
import numpy as np
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import latents
from stargan_tf.pictures import photos
from tests import commands
from tests.cli import command_line_test
from tests.serving import certificates, client_test, stand_in, stand_in_rest, toy

COMMAND = "stargan_tf.client.__main__"


class CommandTest(client_test.ClientTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        models = {"stargan": toy.export("stargan_v1"), "v2": toy.export("stargan_v2")}
        cls.backend = stand_in.Backend(models, labels={"stable": 1})
        stack.callback(cls.backend.close)
        cls.grpc = stack.enter_context(stand_in.serve_grpc(cls.backend))
        cls.rest = stack.enter_context(stand_in_rest.serve_rest(cls.backend))

    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.photo, self.output = self.root / "face.png", self.root / "out.png"
        self.pixels = client_test.noise(1)[0]
        Image.fromarray(self.pixels).save(self.photo)
        self.x = photos.from_uint8(self.pixels)[np.newaxis]

    def run_command(self, **values):
        """Returns the exit status and what was printed."""
        files = {"image": str(self.photo), "output": str(self.output)}
        printed = io.StringIO()
        with (
            commands.given(COMMAND, **{"server": self.rest, **files, **values}),
            contextlib.redirect_stdout(printed),
        ):
            return commands.load(COMMAND).main(), printed.getvalue()

    def assert_output(self, expected, path=None):
        with Image.open(path or self.output) as image:
            self.assert_levels(np.asarray(image), expected[0])

    @parameterized.product(kind=("grpc", "rest"), which=({}, {"version": 1}, {"label": "stable"}))
    def test_attributes(self, kind, which):
        status, said = self.run_command(
            server=getattr(self, kind), to="Blond_Hair,Smiling", **{"from": "Black_Hair"}, **which
        )
        self.assertEqual(status, 0)
        self.assertEqual(said, f"{self.output}  (to: Blond_Hair, Smiling)\n")
        self.assert_output(toy.translated(self.x, np.float32([[0, 1, 1]])))

    def test_an_attribute_is_cleared(self):
        _, said = self.run_command(to="-Smiling", **{"from": "Smiling"})
        self.assertIn("(to: none of the attributes)", said)
        self.assert_output(toy.translated(self.x, np.float32([[0, 0, 0]])))

    @parameterized.parameters(({}, 0), ({"seed": 5}, 5))
    def test_styles_of_seeds(self, flags, seed):
        _, said = self.run_command(model="v2", to="dog", **flags)
        self.assertIn(f"(to: dog, seed {seed})", said)
        style = toy.mapped(latents.draw_each([seed], toy.LATENT), np.array([1]))
        self.assert_output(toy.rendered(self.x, style))

    def test_the_style_of_a_reference_in_a_folder(self):
        reference, folder = client_test.noise(1, seed=7), self.root / "photos"
        Image.fromarray(reference[0]).save(self.root / "other.png")
        folder.mkdir()
        for name in ("a.png", "b.png"):
            Image.fromarray(self.pixels).save(folder / name)
        (folder / "c.jpg").write_text("no image")
        (folder / "sub").mkdir()
        Image.fromarray(self.pixels).save(folder / "sub" / "a.png")
        (folder / "Thumbs.db").write_text("no image")
        values = {"model": "v2", "to": "wild", "reference": str(self.root / "other.png")}
        with mock.patch("stargan_tf.cli.command_line.fail") as fail:
            status, said = self.run_command(
                image=str(folder), output=str(self.root / "out"), **values
            )
        self.assertEqual(status, 1)
        self.assertIn("to: wild, in the style of other.png", said)
        self.assertRegex(fail.call_args_list[0].args[0], "c.jpg.*not an image")
        self.assertEqual(fail.call_args_list[1].args[0], "1 of 4 photos could not be translated.")
        self.assertIn("no picture: Thumbs.db\n", said)
        style = toy.encoded(photos.from_uint8(reference), np.array([2]))
        for name in ("a.png", "b.png", "sub/a.png"):
            self.assert_output(toy.rendered(self.x, style), self.root / "out" / name)

    def test_a_server_that_fails_ends_a_folder(self):
        folder = self.root / "photos"
        folder.mkdir()
        for name in ("a.png", "b.png", "c.png"):
            Image.fromarray(self.pixels).save(folder / name)
        module = commands.load(COMMAND)

        def translate(client, *unused, **unused_too):
            self.backend.refusals.append(stand_in.Refusal("INTERNAL", "broken"))
            return client.signatures()

        with (
            mock.patch.object(module.client_lib.Client, "translate", translate),
            self.assertRaisesRegex(errors.UserError, "failed with INTERNAL"),
        ):
            self.run_command(image=str(folder), output=str(self.root / "out"), to="Smiling")
        self.assertEmpty(list((self.root / "out").iterdir()))

    @parameterized.parameters("grpc", "rest")
    def test_status_and_metadata_need_no_photo(self, kind):
        nothing = {"server": getattr(self, kind), "image": None, "output": None}
        self.assertEqual(self.run_command(status=True, **nothing), (0, "version 1: AVAILABLE\n"))
        status, said = self.run_command(metadata=True, model="v2", **nothing)
        self.assertEqual(status, 0)
        lines = said.splitlines()
        self.assertEqual(lines[0], "stargan_v2 'toy', step 1,200, 8 px, domains cat, dog, wild")
        self.assertIn(
            "translate_style(image: float32 [any, 8, 8, 3], style: float32 [any, 64]) -> "
            "translated: float32 [any, 8, 8, 3]",
            lines,
        )

    @unittest.skipUnless(certificates.AVAILABLE, "The program openssl makes the certificates.")
    def test_tls(self):
        certificates.make(self.root)
        names = {"root_certificate": "root.pem", "client_certificate": "client.pem"}
        files = {n: str(self.root / p) for n, p in (names | {"client_key": "client.key"}).items()}
        root, key, chain = (
            (self.root / name).read_bytes() for name in ("root.pem", "server.key", "server.pem")
        )
        credentials = grpc.ssl_server_credentials([(key, chain)], root, True)
        with stand_in.serve_grpc(self.backend, credentials=credentials) as server:
            self.assertEqual(self.run_command(server=server, to="Smiling", **files)[0], 0)
            self.assert_output(toy.translated(self.x, np.float32([[0, 0, 1]])))
            with self.assertRaisesRegex(errors.UserError, "could not be reached"):
                self.run_command(server=server, to="Smiling", timeout=2.0)  # not encrypted
            with self.assertRaisesRegex(errors.UserError, "could not be reached"):
                self.run_command(server=server, to="Smiling", timeout=2.0, tls=True)

    @parameterized.parameters(
        ({"to": ""}, "Pass --image, --output and --to .*; received no --to"),
        ({"image": None, "to": "Smiling"}, "received no --image"),
        ({"to": "Bald"}, "Unknown attribute 'Bald'; the known ones are Black_Hair, Blond_Hair"),
        ({"to": "Smiling", "from": "Bald"}, "Unknown attribute 'Bald'"),
        ({"to": "Smiling", "seed": 0}, "`seed` is for models whose translations have styles"),
        ({"to": "Smiling", "reference": "a.png"}, "`reference` is for models .*stargan_v1 'toy'"),
        ({"to": "Smiling", "output": "out.jpg"}, "`output` is written as PNG"),
        ({"to": "Smiling", "tls": True}, "is not encrypted, but TLS was asked for"),
        ({"to": "Smiling", "version": 1, "label": "stable"}, "leave one out"),
        ({"to": "Smiling", "version": 3}, "does not have the model 'stargan', version 3"),
        ({"to": "Smiling", "server": "localhost"}, "A server is HOST:PORT.*received 'localhost'"),
        ({"model": "v2", "to": "cow"}, "Unknown domain 'cow'; the known ones are cat, dog, wild"),
        ({"model": "v2", "to": "cat,dog"}, "one domain to go to with `to`; received cat, dog"),
        ({"model": "v2", "to": "cat", "from": "dog"}, "`known` is for models that change"),
        ({"model": "v2", "to": "cat", "seed": 1, "reference": "a.png"}, "`seed` is of latent"),
        ({"model": "v2", "to": "cat", "reference": "no.png"}, "photo 'no.png': No such file"),
        ({"model": "v2", "to": "cat", "seed": -1}, "`seed` is a whole number from 0 on"),
    )
    def test_mistakes(self, values, message):
        with self.assertRaisesRegex(errors.UserError, message):
            self.run_command(**values)
        self.assertFalse(self.output.exists())

    def test_as_a_process_by_rest_without_tensorflow(self):
        arguments = [f"--server={self.rest}", f"--image={self.photo}", f"--output={self.output}"]
        code = (
            f"import runpy, sys; sys.argv = ['client', *{[*arguments, '--to=Smiling']}]\n"
            f"try: runpy.run_module('{COMMAND}', run_name='__main__')\n"
            "finally: print('HEAVY', [m for m in ('tensorflow', 'grpc') if m in sys.modules])"
        )
        result = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("HEAVY []", result.stdout)
        self.assert_output(toy.translated(self.x, np.float32([[0, 0, 1]])))

    def test_as_a_process_by_grpc(self):
        arguments = [f"--server={self.grpc}", f"--image={self.photo}", f"--output={self.output}"]
        result = command_line_test.command("export.serving.client", *arguments, "--to=Smiling")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assert_output(toy.translated(self.x, np.float32([[0, 0, 1]])))

    def test_a_server_that_is_not_there_is_one_sentence(self):
        result = commands.run(COMMAND, "--server=http://localhost:1", "--timeout=0.2", "--status")
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, r"^error: http://localhost:1 could not be reached.*\n$")
