"""The client against the stand-in server, over gRPC and REST: answers, names, and mistakes."""

import contextlib
import functools
import io
import pathlib
import struct
import threading
import zlib
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.client import client as client_lib
from stargan_tf.client import failures
from stargan_tf.client import target as target_lib
from stargan_tf.data import latents as latents_lib
from stargan_tf.pictures import photos
from tests.serving import stand_in, stand_in_rest, toy

KINDS = ("grpc", "rest")
_COMMON = {}


def setUpModule():
    """One server of each kind, over one backend, for all tests of this file."""
    stack = contextlib.ExitStack()
    folders = {name: toy.export(name) for name in ("stargan_v1", "stargan_v2")}
    backend = stand_in.Backend(folders, labels={"stable": 1})
    stack.callback(backend.close)
    _COMMON.update(
        backend=backend,
        stack=stack,
        grpc=stack.enter_context(stand_in.serve_grpc(backend)),
        rest=stack.enter_context(stand_in_rest.serve_rest(backend)),
    )


def tearDownModule():
    _COMMON["stack"].close()


def noise(count, size=toy.SIZE, seed=0):
    shape = (count, size, size, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def png(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def pixels(contents):
    with Image.open(io.BytesIO(contents)) as image:
        return np.asarray(image)


class ClientTestCase(tf.test.TestCase, parameterized.TestCase):
    def connect(self, kind, model="stargan_v1", **options):
        options = {"timeout": 20.0, **options}
        client = client_lib.connect(target_lib.Target(_COMMON[kind], model=model, **options))
        self.addCleanup(client.close)
        return client

    def assert_levels(self, found, expected):
        """Asserts grey levels: `expected` in [-1, 1] is rounded, which may fall either way."""
        self.assertEqual(np.asarray(found).dtype, np.uint8)
        self.assertAllClose(found, np.clip((expected + 1) * 127.5, 0, 255), atol=0.51, rtol=0)


class TranslateTest(ClientTestCase):
    @parameterized.parameters(*KINDS)
    def test_the_model_says_what_it_is(self, kind):
        model = self.connect(kind).model
        self.assertEqual(model.labels.names, toy.ATTRIBUTES)
        self.assertEqual(model.labels.exclusive, (("Black_Hair", "Blond_Hair"),))
        self.assertEqual((model.image_size, model.step, model.has_styles), (8, 1200, False))
        self.assertIn("attributes Black_Hair, Blond_Hair, Smiling", str(model))
        self.assertTrue(self.connect(kind, "stargan_v2").model.has_styles)

    @parameterized.parameters(*KINDS)
    def test_arrays_to_attributes_by_name(self, kind):
        client, images = self.connect(kind), noise(3)
        x = photos.from_uint8(images)
        found = client.translate(images, to=["Blond_Hair"], known=["Black_Hair", "Smiling"])
        label = np.float32([[0, 1, 1]] * 3)  # black hair is excluded by blond; the smile stays
        self.assert_levels(found, toy.translated(x, label))
        found = client.translate(images, to=["-Smiling"], known=["Black_Hair", "Smiling"])
        self.assert_levels(found, toy.translated(x, np.float32([[1, 0, 0]] * 3)))

    @parameterized.parameters(*KINDS)
    def test_each_image_to_a_label_of_its_own(self, kind):
        images, labels = noise(3), np.eye(3)
        found = self.connect(kind).translate(images, labels)
        self.assert_levels(found, toy.translated(photos.from_uint8(images), np.float32(labels)))

    @parameterized.parameters(*KINDS)
    def test_files_come_back_as_files(self, kind):
        images = noise(2)
        found = self.connect(kind).translate([png(image) for image in images], to=["Smiling"])
        label = np.float32([[0, 0, 1]] * 2)
        expected = toy.translated(photos.from_uint8(images), label)
        self.assert_levels([pixels(contents) for contents in found], expected)

    @parameterized.product(kind=KINDS, fit=("crop", "pad"))
    def test_photos_are_turned_upright_and_fitted(self, kind, fit):
        exif = Image.Exif()
        exif[0x0112] = 6  # turned by a quarter
        path = pathlib.Path(self.create_tempdir().full_path) / "photo.jpg"
        Image.fromarray(noise(1, 40)[0][:, :30]).save(path, exif=exif)
        square = photos.fit(photos.read_photo(str(path)), toy.SIZE, fit)
        expected = toy.translated(photos.to_array(square)[np.newaxis], np.float32([[0, 0, 1]]))
        client = self.connect(kind)
        self.assert_levels(client.translate(path, to="Smiling", fit=fit), expected[0])
        (found,) = client.translate([path.read_bytes()], to=["Smiling"], fit=fit)
        self.assert_levels(pixels(found), expected[0])

    @parameterized.parameters(*KINDS)
    def test_many_images_go_in_several_requests(self, kind):
        client, images = self.connect(kind), noise(37)
        before = client.model and _COMMON["backend"].requests
        found = client.translate(images, to=["Smiling"])
        expected = toy.translated(photos.from_uint8(images), np.float32([[0, 0, 1]] * 37))
        self.assert_levels(found, expected)
        # 16 + 16 + 5; over REST the signatures were asked for with the description.
        self.assertEqual(_COMMON["backend"].requests - before, 3)

    @parameterized.product(kind=KINDS, files=(False, True))
    def test_latent_styles_are_those_of_the_seed(self, kind, files):
        client, images = self.connect(kind, "stargan_v2"), noise(2)
        sent = [png(image) for image in images] if files else images
        found = client.translate(sent, ["dog", "wild"], seed=[3, 4])
        z = latents_lib.draw_each([3, 4], toy.LATENT)  # what translate and animate use
        style = toy.mapped(z, np.array([1, 2]))
        expected = toy.rendered(photos.from_uint8(images), style)
        self.assert_levels([pixels(f) for f in found] if files else found, expected)
        self.assertNotAllClose(expected[0] - expected[1], np.zeros_like(expected[0]))

    @parameterized.product(kind=KINDS, files=(False, True))
    def test_one_reference_for_all_images(self, kind, files):
        client, images, reference = self.connect(kind, "stargan_v2"), noise(2), noise(1, seed=1)
        sent = images, reference
        if files:
            sent = [png(image) for image in images], [png(reference[0])]
        found = client.translate(sent[0], to="cat", reference=sent[1])
        style = toy.encoded(photos.from_uint8(reference), np.array([0]))
        expected = toy.rendered(photos.from_uint8(images), np.tile(style, (2, 1)))
        self.assert_levels([pixels(f) for f in found] if files else found, expected)

    @parameterized.product(kind=KINDS, files=(False, True))
    def test_styles_can_be_kept_and_used(self, kind, files):
        client, images = self.connect(kind, "stargan_v2"), noise(2)
        sent = [png(image) for image in images] if files else images
        x = photos.from_uint8(images)
        styles = client.encode(sent, "dog")
        self.assertAllClose(styles, toy.encoded(x, np.array([1, 1])), atol=1e-5)
        found = client.translate(sent, style=styles)
        self.assert_levels([pixels(f) for f in found] if files else found, toy.rendered(x, styles))
        z = latents_lib.draw_each([5, 5, 5], toy.LATENT)
        mapped = client.styles(["cat", "dog", "wild"], 5)
        self.assertAllClose(mapped, toy.mapped(z, np.arange(3)), atol=1e-5)

    @parameterized.product(kind=KINDS, which=({"version": 1}, {"label": "stable"}))
    def test_a_version_by_its_number_or_label(self, kind, which):
        found = self.connect(kind, **which).translate(noise(1), to=["Smiling"])
        expected = toy.translated(photos.from_uint8(noise(1)), np.float32([[0, 0, 1]]))
        self.assert_levels(found, expected)


class QuestionsTest(ClientTestCase):
    @parameterized.parameters(*KINDS)
    def test_status(self, kind):
        (status,) = self.connect(kind).status()
        self.assertEqual((status.version, status.state, status.error), (1, "AVAILABLE", ""))
        # Of all versions where a label was asked for: not every server knows labels here.
        self.assertEqual(self.connect(kind, label="nightly").status(), [status])
        self.assertEqual(self.connect(kind, version=1).status(), [status])

    def test_signatures_are_the_same_by_both_ways(self):
        found = [self.connect(kind, "stargan_v2").signatures() for kind in KINDS]
        self.assertEqual(found[0], found[1])
        reference = found[0]["translate_reference"]
        self.assertEqual(reference, found[0]["serving_default"])
        self.assertEqual(str(reference.inputs["image"]), "float32 [any, 8, 8, 3]")
        self.assertEqual(str(reference.inputs["domain"]), "int32 [any]")
        encode = found[0]["encode_style_bytes"]
        self.assertEqual(str(encode.inputs["image_bytes"]), "string [any]")
        self.assertEqual(set(encode.outputs), {"style"})


@functools.cache
def huge_png():
    """A PNG of 300 kB that decodes to 10,000 x 10,000 pixels, 300 MB."""

    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(2_000_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


class MistakesTest(ClientTestCase):
    @parameterized.product(
        kind=KINDS,
        case=(
            ("unknown", ["Blond"], (), "Unknown attribute 'Blond'; .*Did you mean Blond_Hair"),
            ("shows", ["Smiling"], ["Bald"], "Unknown attribute 'Bald'.*are Black_Hair, Blond"),
            ("both", ["Black_Hair", "Blond_Hair"], (), "at most one of Black_Hair and Blond"),
        ),
    )
    def test_names(self, kind, case):
        _, to, shows, message = case
        with self.assertRaisesRegex(errors.UserError, message):
            self.connect(kind).translate(noise(1), to, known=shows)

    @parameterized.product(
        kind=KINDS,
        case=(
            (b"GIF but no more", "photo 'image 2': it is not an image of a known kind"),
            (b"", "photo 'image 2': it is empty"),
            (png(noise(1)[0])[:80], "photo 'image 2': it is damaged"),
            (huge_png(), "photo 'image 2': it has more than 64,000,000 pixels"),
        ),
    )
    def test_files_are_refused_before_they_are_sent(self, kind, case):
        contents, message = case
        client = self.connect(kind)
        before = client.model and _COMMON["backend"].requests
        with self.assertRaisesRegex(errors.UserError, message):
            client.translate([png(noise(1)[0]), contents], to=["Smiling"])
        self.assertEqual(_COMMON["backend"].requests, before)

    def test_a_huge_file_is_never_decoded(self):
        with (
            mock.patch.object(Image.Image, "load", side_effect=AssertionError),
            self.assertRaisesRegex(errors.UserError, "more than 64,000,000 pixels"),
        ):
            self.connect("rest").translate([huge_png()], to=["Smiling"])

    @parameterized.parameters(
        (
            noise(1).astype(np.float32),
            r"lies in \[-1, 1\]; received values from 0 to 2.*divide grey",
        ),
        (noise(1).astype(np.int32), r"uint8 or floats in \[-1, 1\]; received int32 \(8, 8, 3\)"),
        (noise(0), "`images` holds no image"),
        ([], "`images` holds no image"),
        (7, "`images` takes a path.* or a list of these; received int"),
        (["x.png"], "Cannot read the photo 'x.png': No such file"),
    )
    def test_images(self, images, message):
        with self.assertRaisesRegex(errors.UserError, message):
            self.connect("rest").translate(images, "Smiling")

    def test_calls_that_do_not_fit_the_model(self):
        v1, v2 = self.connect("grpc"), self.connect("grpc", "stargan_v2")
        x, s = noise(2), np.zeros((2, 64), np.float32)
        for call, message in (
            (lambda: v1.translate(x, np.zeros((2, 4))), r"`to` must hold .*\(3,\).*\(2, 4\)"),
            (lambda: v1.translate(x, np.eye(3)), "`to` takes one value for all.*3 for 2"),
            (lambda: v1.translate(x, np.eye(3)[:2], known="Smiling"), "received `known` too"),
            (lambda: v1.translate(x), "Say what to change with `to`; the names are Black_Hair"),
            (lambda: v1.translate(x, "Smiling", seed=0), "`seed` is for models whose.*'toy'"),
            (lambda: v1.encode(x, "cat"), "have no styles"),
            (lambda: v1.styles("cat"), "have no styles"),
            (lambda: v2.translate(x), "Name the one domain to go to with `to`; received none"),
            (lambda: v2.translate(x, "cat", known="cat"), "`known` is for models that change"),
            (lambda: v2.translate(x, "bird"), "Unknown domain 'bird'; .* cat, dog, wild"),
            (lambda: v2.translate(x, ["cat"] * 3), "Name the one domain.*received cat, cat, cat"),
            (lambda: v2.translate(x, "cat", seed=[1, 2, 3]), "`seed` takes one.*3 for 2"),
            (lambda: v2.translate(x, "cat", seed=-1), "`seed` is a whole number from 0 on"),
            (
                lambda: v2.translate(x, "cat", psi=0.5),
                "A served model has no `psi` but 1; received 0.5",
            ),
            (lambda: v2.translate(x, "cat", style=s), "`style` holds all.*received `to` too"),
            (lambda: v2.translate(x, "cat", reference=x, seed=1), "`seed` is of latent codes"),
            (lambda: v2.translate(x, style=s[:, 1:]), r"`style` must hold .*\(64,\).*\(2, 63\)"),
            (lambda: v2.translate(x, style=s * np.nan), "`style` must hold finite numbers"),
        ):
            with self.assertRaisesRegex(errors.UserError, message):
                call()

    @parameterized.product(
        kind=KINDS,
        case=(
            ({"model": "other"}, "NOT_FOUND", "does not have the model 'other' .*`status`"),
            ({"version": 7}, "NOT_FOUND", "does not have the model 'stargan_v1', version 7"),
            ({"label": "canary"}, "NOT_FOUND", "version label 'canary' .*Unrecognized"),
        ),
    )
    def test_models_and_versions_that_the_server_does_not_have(self, kind, case):
        options, code, message = case
        questions = [lambda c: c.model, lambda c: c.signatures(), lambda c: c.status()]
        for ask in questions[:2] if "label" in options else questions:
            with self.assertRaisesRegex(failures.ServerError, message) as caught:
                ask(self.connect(kind, **options))
            self.assertEqual(caught.exception.code, code)

    @parameterized.product(
        kind=KINDS,
        case=(
            ("translate_video", {}, "signature 'translate_video'.*not found"),
            (
                "translate",
                {"label": np.zeros((2, 4), np.float32)},
                "Matrix size-incompatible|must be",
            ),
            ("translate", {"label": np.zeros((1, 3), np.float32)}, "equal 0th-dimension"),
            ("translate", {"label": np.array([b"a", b"b"], object)}, "float"),
            ("translate", {"label": None}, "label"),
        ),
    )
    def test_what_the_server_refuses_is_one_sentence(self, kind, case):
        signature, changes, message = case
        inputs = {
            "image": np.zeros((2, 8, 8, 3), np.float32),
            "label": np.zeros((2, 3), np.float32),
        }
        inputs = {k: v for k, v in (inputs | changes).items() if v is not None}
        with self.assertRaisesRegex(failures.ServerError, f"refused .*{message}") as caught:
            self.connect(kind).predict(signature, inputs)
        self.assertIn(caught.exception.code, failures.REFUSALS)
        self.assertNotIn("\n", str(caught.exception))

    @parameterized.parameters(*KINDS)
    def test_pixels_that_are_no_numbers_are_not_sent(self, kind):
        client, before = self.connect(kind), _COMMON["backend"].requests
        for bad in (np.nan, np.inf):
            inputs = {"image": np.full((1, 8, 8, 3), bad), "label": np.zeros((1, 3), np.float32)}
            with self.assertRaisesRegex(errors.UserError, "'image' holds NaN or infinity"):
                client.predict("translate", inputs)
        self.assertEqual(_COMMON["backend"].requests, before)

    @parameterized.product(
        kind=KINDS,
        case=(
            ("RESOURCE_EXHAUSTED", "fewer or smaller images"),
            ("INTERNAL", "failed with INTERNAL .*see the server's log"),
        ),
    )
    def test_other_failures_of_the_server(self, kind, case):
        code, message = case
        _COMMON["backend"].refusals.append(stand_in.Refusal(code, "out of\n memory"))
        with self.assertRaisesRegex(failures.ServerError, message) as caught:
            self.connect(kind).status()
        self.assertEqual(caught.exception.code, code)
        self.assertIn("(out of memory)", str(caught.exception))

    def test_a_model_of_another_program_does_not_say_its_names(self):
        client = self.connect("grpc")
        for code in failures.REFUSALS:
            refusal = stand_in.Refusal(code, 'Serving signature key "describe" not found.')
            _COMMON["backend"].refusals.append(refusal)
            with self.assertRaisesRegex(errors.UserError, "does not say which names it knows"):
                _ = client.model


class ManyRequestsTest(ClientTestCase):
    def test_a_thousand_requests_of_eight_threads_get_their_own_answers(self):
        client = self.connect("grpc")
        servable = _COMMON["backend"].models["stargan_v1"][1]
        random = np.random.default_rng(0)
        images = random.uniform(-1, 1, (125, 8, 8, 3)).astype(np.float32)
        labels = random.integers(0, 2, (125, 3)).astype(np.float32)
        alone = [
            client.predict("translate", {"image": x[None], "label": c[None]})["translated"]
            for x, c in zip(images, labels, strict=True)
        ]
        self.assertAllClose(np.concatenate(alone), toy.translated(images, labels), atol=1e-5)
        del servable.batches[:]
        failed, found = [], {}

        def ask(thread):
            order = np.random.default_rng(thread).permutation(125)
            try:
                for i in order:
                    inputs = {"image": images[i : i + 1], "label": labels[i : i + 1]}
                    found[thread, i] = client.predict("translate", inputs)["translated"]
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEmpty(failed)
        self.assertLen(found, 1000)
        for (_, i), answer in found.items():
            self.assertAllClose(answer, alone[i], atol=1e-5, rtol=0)
        self.assertEqual(sum(servable.batches), 1000)
        self.assertGreater(max(servable.batches), 1)  # some were answered together


if __name__ == "__main__":
    tf.test.main()
