"""TFLite files: their answers, operations and sizes; what can't be converted; the measuring."""

import atexit
import functools
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.pictures import photos
from stargan_tf.runs import checkpoints, runs
from stargan_tf.serving import (
    tflite,
    tflite_examples,
    tflite_images,
    tflite_options,
    tflite_report,
)
from tests import commands, tiny

try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:
    Interpreter = None

TRANSLATE = pathlib.Path(__file__).parents[2] / "export" / "on_device" / "translate.py"


@functools.cache
def root():
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return pathlib.Path(folder.name)


@functools.cache
def run_of(name):
    """Returns an untrained run, and its algorithm; one for all tests of this process."""
    run = tiny.untrained_run(root() / name, algorithm=name)
    algorithm = run.build(training=False)
    runs.restore_weights(run, algorithm)
    return run, algorithm


@functools.cache
def imported_run(name):
    """Returns a run as `import_reference` makes it: nobody knows where its data set is."""
    directory = root() / f"{name}_imported"
    options = {"stargan_v1": {"dataset": "celeba"},
               "stargan_v2": {"dataset": "image_folder", "domains": ""}}  # fmt: skip
    config = tiny.config(directory, algorithm=name, **options[name])
    imported = runs.Imported(("a.npz",), True)
    run = runs.Run(directory, config, run_of(name)[0].label_space, imported=imported)
    run.create()
    checkpoints.Checkpoints(run.checkpoint_dir, run_of(name)[1].weights()).save(7)
    return run


@functools.cache
def whole(name):
    """Returns the run's export in float32; one for all tests of this process."""
    options = tflite.Options(scheme="none", num_comparison_images=3)
    (exported,) = tflite.export(run_of(name)[0], root() / "whole", options)
    return exported


class Case(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        if Interpreter is None:
            self.skipTest("ai-edge-litert is not installed (the extra `tflite`)")
        self.out = pathlib.Path(self.create_tempdir().full_path)

    def _export(self, name, **options):
        options = {"num_comparison_images": 3, "num_calibration_images": 4, **options}
        return tflite.export(run_of(name)[0], self.out, tflite.Options(**options))

    def _runner(self, path, signature):
        self._interpreter = Interpreter(str(path))
        return self._interpreter.get_signature_runner(signature)


class FileTest(Case):
    @parameterized.parameters(0, 20)
    def test_v1_in_float32_equals_the_run(self, size):
        (exported,) = self._export("stargan_v1", scheme="none", image_size=size)
        size = size or 32
        self.assertEqual(exported.path.name, f"stargan_v1-{size}px-none.tflite")
        random = np.random.default_rng(0)
        image = random.uniform(-1, 1, (1, size, size, 3)).astype(np.float32)
        label = np.array([[0, 1, 0, 0, 1]], np.float32)
        found = self._runner(exported.path, "translate")(image=image, label=label)["translated"]
        expected = run_of("stargan_v1")[1].translate(image, label)
        self.assertAllClose(found, expected, atol=1e-4)
        described = json.loads(exported.path.with_suffix(".json").read_text())
        self.assertEqual(described["image_size"], size)
        self.assertEqual(described["labels"], run_of("stargan_v1")[0].label_space.to_json())
        self.assertEqual(described["quantize"], "none")

    def test_v2_in_float32_equals_the_run_and_shares_its_weights(self):
        exported = whole("stargan_v2")
        algorithm, random = run_of("stargan_v2")[1], np.random.default_rng(0)
        image, reference = random.uniform(-1, 1, (2, 1, 32, 32, 3)).astype(np.float32)
        z = random.standard_normal((1, 16)).astype(np.float32)
        domain, y = np.array([1], np.int32), np.eye(3, dtype=np.float32)[[1]]
        s, mapped = algorithm.encode(reference, y), algorithm.map_latents(z, y)
        by = {
            "translate_reference": ({"image": image, "reference": reference, "domain": domain}, s),
            "translate_latent": ({"image": image, "latent": z, "domain": domain}, mapped),
            "translate_style": ({"image": image, "style": s}, s),
        }
        for name, (inputs, style) in by.items():
            found = self._runner(exported.path, name)(**inputs)["translated"]
            self.assertAllClose(found, algorithm.render(image, style), atol=1e-4)
        found = self._runner(exported.path, "encode_style")(image=reference, domain=domain)
        self.assertAllClose(found["style"], s, atol=1e-4)
        found = self._runner(exported.path, "map_latent")(latent=z, domain=domain)
        self.assertAllClose(found["style"], mapped, atol=1e-4)
        # Had each signature weights of its own, translations alone would need three times these.
        weights = sum(4 * int(tf.size(v)) for n in ("G_ema", "F_ema", "E_ema")
                      for v in algorithm.networks[n].variables)  # fmt: skip
        graphs = 2**17  # what five small graphs take at most
        self.assertLess(exported.path.stat().st_size, 2 * weights + graphs)

    def test_operations_are_those_that_devices_have(self):
        exported = whole("stargan_v2")
        found = tflite_report.operations(exported.path)
        # One for each of three translations: G doubles the resolution once, skips included.
        self.assertEqual(found["RESIZE_NEAREST_NEIGHBOR"], 3)
        self.assertNotIn("BROADCAST_TO", found)
        self.assertNotIn("SQUARED_DIFFERENCE", found)

    def test_operations_that_they_have_not(self):
        path = self.out / "broadcast.tflite"
        f = tf.function(lambda x: tf.broadcast_to(x, (3, 4)))
        # Of numbers the converter of TensorFlow 2.15 makes a product with ones.
        concrete = f.get_concrete_function(tf.TensorSpec((1, 4), tf.bool))
        path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert())
        with self.assertRaisesRegex(RuntimeError, "holds BROADCAST_TO"):
            tflite_report.operations(path)

    @parameterized.parameters(("float16", 50), ("dynamic", 25), ("int8", 15), ("int16x8", 25))
    def test_quantized_files_are_smaller_and_near(self, scheme, least):
        (exported,) = self._export("stargan_v1", scheme=scheme)
        sizes = [one.path.stat().st_size for one in (exported, whole("stargan_v1"))]
        self.assertLess(sizes[0], sizes[1])
        (report,) = exported.reports
        self.assertBetween(report.psnr, least, 100)
        self.assertEqual(report.images, 3)
        self.assertCountEqual(report.milliseconds, ["1", "2"])

    def test_domains_in_16_bits(self):
        (exported,) = self._export("stargan_v2", scheme="int16x8", signatures=("encode_style",))
        algorithm, random = run_of("stargan_v2")[1], np.random.default_rng(0)
        image = random.uniform(-1, 1, (1, 32, 32, 3)).astype(np.float32)
        run, styles = self._runner(exported.path, "encode_style"), []
        for domain in range(3):
            found = run(image=image, domain=np.array([domain], np.int32))["style"]
            expected = algorithm.encode(image, np.eye(3, dtype=np.float32)[[domain]])
            self.assertAllClose(found, expected, atol=0.1 * np.abs(expected).max())
            styles.append(expected)
        self.assertNotAllClose(styles[0], styles[1], atol=0.1 * np.abs(styles[0]).max())

    def test_int8_has_a_file_for_each_signature(self):
        names = ("translate_style", "encode_style")
        exported = self._export("stargan_v2", scheme="int8", signatures=names)
        found = [one.path.name for one in exported]
        self.assertEqual(found, [f"stargan_v2-32px-int8-{name}.tflite" for name in names])
        for one, name in zip(exported, names, strict=True):
            self.assertEqual([r.signature for r in one.reports], [name])
        self.assertIsNone(exported[1].reports[0].psnr)


class ImagesTest(Case):
    """What is compared on, and calibrated with, where the run's data set is not at hand."""

    def _photos(self, count):
        """Writes photos and what is none; returns the folder, and the photos by name as numbers."""
        folder, found = self.out / "photos", {}
        (folder / "sub").mkdir(parents=True)
        (folder / "notes.txt").write_text("no photo")
        for i in range(count):
            pixels = np.random.default_rng(i).integers(0, 256, (5, 7, 3), np.uint8)
            image = Image.fromarray(pixels).resize((56, 40), Image.Resampling.BICUBIC)
            image.save(folder / ("sub" if i % 2 else "") / f"{i}.png")
            square = image.crop((8, 0, 48, 40)).resize((32, 32), Image.Resampling.BILINEAR)
            found[f"{i}.png"] = np.asarray(square, np.float32) / 127.5 - 1
        return str(folder), found

    def _described(self, exported):
        return json.loads(exported.path.with_suffix(".json").read_text())

    def test_an_imported_run_is_compared_on_drawn_faces(self):
        options = tflite.Options(scheme="dynamic", num_comparison_images=3)
        (exported,) = tflite.export(imported_run("stargan_v1"), self.out, options)
        (report,) = exported.reports
        self.assertEqual(report.images, 3)
        self.assertBetween(report.psnr, 25, 100)
        described = self._described(exported)
        self.assertEqual(described["compared_on"], "cartoon faces drawn by this package")
        self.assertIsNone(described["calibrated_on"])
        text = tflite_report.table(exported.path, exported.reports, exported.compared_on)
        self.assertStartsWith(text, "Compared with float32 on 3 cartoon faces drawn by this pack")

    def test_drawn_faces_are_those_of_the_embedded_data_set(self):
        space = run_of("stargan_v1")[0].label_space
        images = tflite_images.drawn(space, 6, 32)
        faces = cartoon_faces.CartoonFaces("test", 32, 6)
        expected = np.stack([faces.image(i) for i in range(6)]) / 127.5 - 1
        self.assertAllClose(images.samples, expected, atol=1e-6)
        self.assertAllEqual(images.labels, np.eye(5)[[0, 1, 2, 3, 4, 0]])  # asked for in turn

    @parameterized.parameters(8, 600)
    def test_drawn_faces_of_sizes_that_are_not_drawn(self, size):
        images = tflite_images.drawn(run_of("stargan_v2")[0].label_space, 2, size)
        self.assertEqual(images.samples.shape, (2, size, size, 3))
        faces = cartoon_faces.CartoonFaces("test", 32 if size < 32 else 512, 2)
        for face, found in zip(range(2), images.samples, strict=True):
            wanted = faces.image(face).mean(axis=(0, 1)) / 127.5 - 1  # resizing keeps the mean
            self.assertAllClose(found.mean(axis=(0, 1)), wanted, atol=0.02)

    @parameterized.parameters("int8", "int16x8", "dynamic")
    def test_photos_of_a_folder(self, scheme):
        folder, expected = self._photos(7)
        options = tflite.Options(
            scheme, calibration_images=folder, num_calibration_images=3, num_comparison_images=50
        )
        known, compared = tflite_examples.find(imported_run("stargan_v2"), options)
        names = ["0.png", "2.png", "4.png", "6.png", "1.png", "3.png", "5.png"]
        chosen = names if scheme == "dynamic" else ["0.png", "5.png"]  # a third of 7
        self.assertAllClose(compared.samples, [expected[n] for n in chosen], atol=1e-6)
        self.assertEqual(compared.what, f"photos of {folder}")
        if scheme == "dynamic":
            self.assertIsNone(known)
            return
        chosen = ["2.png", "6.png", "3.png"]  # the first, the middle and the last of the others
        self.assertAllClose(known.samples, [expected[n] for n in chosen], atol=1e-6)
        self.assertAllEqual(known.labels, np.eye(3))  # all three domains are asked for

    def test_one_photo_is_used_for_both(self):
        folder, _ = self._photos(1)
        known, compared = tflite_images.split_photos(folder, 100, 50)
        self.assertEqual((len(known), known), (1, compared))

    def test_an_imported_run_in_int8(self):
        folder, _ = self._photos(4)
        options = tflite.Options(scheme="int8", calibration_images=folder)
        with warnings.catch_warnings(record=True) as shown:
            warnings.simplefilter("always")
            (exported,) = tflite.export(imported_run("stargan_v1"), self.out, options)
        self.assertNotIn("tf.lite.Interpreter", "".join(str(w.message) for w in shown))
        self.assertBetween(exported.reports[0].psnr, 15, 100)
        self.assertEqual(exported.reports[0].images, 1)
        self.assertEqual(self._described(exported)["calibrated_on"], f"photos of {folder}")

    @parameterized.product(paper=("stargan_v1", "stargan_v2"), scheme=tflite_options.SCHEMES)
    @pytest.mark.slow
    def test_imported_runs_convert_to_every_scheme(self, paper, scheme):
        folder, _ = self._photos(4)
        options = tflite.Options(scheme, calibration_images=folder, num_comparison_images=1)
        exported = tflite.export(imported_run(paper), self.out, options)
        found = {report.signature for one in exported for report in one.reports}
        self.assertEqual(found, set(run_of(paper)[1].serving_signatures()))


class HighPassTest(Case):
    """StarGAN v2 with masks: of the landmark network in the file, or as inputs."""

    @pytest.mark.slow
    def test_masks_inside_and_outside(self):
        run = tiny.untrained_run(self.out / "run", algorithm="stargan_v2", w_hpf=1.0, image_size=64)
        algorithm = run.build(training=False)
        runs.restore_weights(run, algorithm)
        face = cartoon_faces.CartoonFaces("test", 64, 1).image(0)
        image = photos.from_uint8(face)[np.newaxis]
        style = np.random.default_rng(0).standard_normal((1, 8)).astype(np.float32)
        expected = algorithm.render(image, style)
        masks = dict(zip(("mask0", "mask1"), algorithm.masks(tf.constant(image)), strict=True))
        options = {"scheme": "none", "signatures": ("translate_style",), "num_comparison_images": 1}
        for whole, given in ((True, {}), (False, masks)):
            chosen = tflite.Options(whole=whole, **options)
            (exported,) = tflite.export(run, self.out, chosen)
            self.assertNotIn("BROADCAST_TO", tflite_report.operations(exported.path))
            found = self._runner(exported.path, "translate_style")(
                image=image, style=style, **{name: mask.numpy() for name, mask in given.items()}
            )
            self.assertAllClose(found["translated"], expected, atol=1e-3)
        # The file without the landmark network is that much smaller.
        landmarks = 4 * algorithm.networks["landmarks"].count_params()
        self.assertLess(exported.path.stat().st_size, landmarks / 4)


class ReportTest(Case):
    def test_figures(self):
        """Of a file that is the float network but for a constant, told by hand."""
        signature = tflite.signatures(run_of("stargan_v1")[1], 32)["translate"]
        images = np.zeros((2, 32, 32, 3), np.float32)
        inputs = {"image": images, "label": np.eye(5, dtype=np.float32)[:2]}
        expected = np.concatenate(
            [signature.function(**request)["translated"] for request in tflite_report.each(inputs)]
        )
        off = {"translated": expected + np.array([0.1, 0.2], np.float32)[:, None, None, None]}
        found = {"milliseconds": {"1": 1.0, "2": 1.0}}
        with mock.patch.object(tflite_report, "run", return_value=(off, found)):
            report = tflite_report.measure(self.out, "translate", signature, inputs)
        error = np.clip(off["translated"], -1, 1) - np.clip(expected, -1, 1)
        psnr = 10 * np.log10(4 / np.square(error).mean(axis=(1, 2, 3)))
        self.assertAllClose(report.psnr, psnr.mean(), atol=1e-3)
        self.assertAllClose(report.largest, np.abs(error).max(), atol=1e-6)
        self.assertBetween(report.ssim, 0.0, 0.9999)

    def test_every_image_goes_to_the_label_of_the_next(self):
        algorithm = run_of("stargan_v2")[1]
        signature = algorithm.serving_signatures()["translate_reference"]
        images = np.random.default_rng(0).uniform(-1, 1, (3, 32, 32, 3)).astype(np.float32)
        examples = tflite_images.Images(images, np.eye(3)[[2, 0, 1]], "noise")
        found = tflite_report.requests(algorithm, signature, examples)
        self.assertAllEqual(found["domain"], [0, 1, 2])
        self.assertAllEqual(found["reference"], images[[1, 2, 0]])
        self.assertAllEqual(found["image"], images)

    def test_a_file_that_can_not_be_run(self):
        path = self.out / "broken.tflite"
        path.write_bytes(b"nothing")
        with self.assertRaisesRegex(RuntimeError, "interpreter failed on .*broken.tflite"):
            tflite_report.run(path, "translate", {"image": np.zeros((1, 32, 32, 3), np.float32)})


class MistakesTest(Case):
    def test_a_size_that_the_networks_do_not_have(self):
        with self.assertRaisesRegex(errors.UserError, "multiples of 4; received image"):
            self._export("stargan_v1", image_size=30)
        with self.assertRaisesRegex(errors.UserError, "images of 32 pixels only"):
            self._export("stargan_v2", image_size=64)
        self.assertEmpty(list(self.out.iterdir()))

    def test_a_signature_that_is_not_there(self):
        with self.assertRaisesRegex(errors.UserError, "no signature 'fly'; it has translate"):
            self._export("stargan_v1", signatures=("fly",))

    def test_without_masks_where_there_are_none(self):
        with self.assertRaisesRegex(errors.UserError, "take no masks"):
            self._export("stargan_v2", whole=False)

    @parameterized.parameters(("stargan_v1", "int8"), ("stargan_v2", "int16x8"))
    def test_no_images_to_calibrate_with(self, paper, scheme):
        options = tflite.Options(scheme=scheme)
        message = f"data_dir.*quantize={scheme} finds its ranges.*calibration_images=DIR, or"
        with self.assertRaisesRegex(errors.UserError, message):
            tflite_examples.find(imported_run(paper), options)

    def test_a_data_set_that_was_named_is_not_replaced(self):
        options = tflite.Options(scheme="dynamic", data_dir="/nowhere")
        with self.assertRaisesRegex(errors.UserError, "no data folder '/nowhere'"):
            tflite_examples.find(imported_run("stargan_v2"), options)

    def test_photos_that_can_not_be_used(self):
        folder = self.out / "photos"
        folder.mkdir()
        options = tflite.Options("dynamic", calibration_images=str(folder))
        for name, message in (("notes.txt", "holds no photo"), ("a.jpg", "a.jpg.*not an image")):
            (folder / name).write_text("no photo")
            with self.assertRaisesRegex(errors.UserError, message):
                tflite_examples.find(run_of("stargan_v1")[0], options)

    def test_no_interpreter(self):
        with (
            mock.patch.object(importlib.util, "find_spec", return_value=None),
            self.assertRaisesRegex(errors.UserError, "ai-edge-litert, which is not installed"),
        ):
            self._export("stargan_v1")

    def test_a_file_that_can_not_be_run_is_not_left(self):
        with (
            mock.patch.object(tflite.tflite_metadata, "embed", return_value=(b"nothing", {})),
            self.assertRaisesRegex(RuntimeError, "interpreter failed"),
        ):
            self._export("stargan_v1", scheme="none")
        self.assertEmpty(list(self.out.iterdir()))

    def test_calibration_is_needed(self):
        signatures = tflite.signatures(run_of("stargan_v1")[1], 32)
        with self.assertRaisesRegex(ValueError, "with calibration data"):
            tflite.convert(signatures, "int8")


class CommandTest(Case):
    def _command(self, **flags):
        flags = {"run": str(root() / "stargan_v1"), "output": str(self.out), **flags}
        with commands.given("stargan_tf.export.tflite", num_comparison_images=2, **flags):
            return commands.load("stargan_tf.export.tflite").main()

    def test_writes_the_table_and_warns_of_a_poor_file(self):
        self.assertEqual(self._command(quantize="none"), 0)
        text = (self.out / "stargan_v1-32px-none.txt").read_text()
        self.assertIn("on 2 held-out images of the run's data set (cartoon_faces)\n", text)
        self.assertRegex(text, r"translate +\d.* dB +1\.0000")
        with mock.patch.dict(tflite_report.PSNR, {"dynamic": 200.0}):
            self.assertEqual(self._command(quantize="dynamic"), 3)

    @parameterized.parameters(
        ({"calibration_images": "100"}, "folder of photos now; received 100; .*images=100"),
        ({"calibration_images": "photos", "data_dir": "data"}, "received both; leave one out"),
    )
    def test_flags(self, flags, message):
        with self.assertRaisesRegex(errors.UserError, message):
            self._command(**flags)
        self.assertEmpty(list(self.out.iterdir()))

    def test_a_conversion_that_fails(self):
        with (
            mock.patch.object(tflite, "convert", side_effect=RuntimeError("TFLite could not")),
            self.assertRaisesRegex(errors.UserError, "TFLite could not; use --quantize=none"),
        ):
            self._command(quantize="float16")


class OnDeviceTest(Case):
    """The script that is copied to a device, run as there: without this project or TensorFlow."""

    def _translate(self, path, *arguments):
        faces = cartoon_faces.CartoonFaces("test", 48, 2)
        for i in range(2):
            Image.fromarray(faces.image(i)).save(self.out / f"{i}.png")
        command = [sys.executable, str(TRANSLATE), f"--model={path}", f"--image={self.out}/0.png",
                   f"--output={self.out}/out.png", *arguments]  # fmt: skip
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        return subprocess.run(
            command, cwd=self.out, env=environment, capture_output=True, text=True
        )

    def _check(self, expected):
        found = np.asarray(Image.open(self.out / "out.png"), np.int32)
        self.assertAllClose(found, photos.to_uint8(expected[0]).astype(np.int32), rtol=0, atol=1)

    def _x(self, i):
        photo = photos.read_photo(str(self.out / f"{i}.png"))
        return photos.to_array(photos.fit(photo, 32))[np.newaxis]

    def test_labels(self):
        exported = whole("stargan_v1")
        done = self._translate(exported.path, "--to=Blond_Hair,-Smiling", "--shows=Black_Hair,Male")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("does not know 'Male'; it knows Black_Hair", done.stderr)
        done = self._translate(
            exported.path, "--to=Blond_Hair,-Smiling", "--shows=Black_Hair,Smiling,Eyeglasses"
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("out.png  (to: Blond_Hair, Eyeglasses)", done.stdout)
        names = run_of("stargan_v1")[0].label_space.names
        label = np.array([[name in ("Blond_Hair", "Eyeglasses") for name in names]], np.float32)
        self._check(run_of("stargan_v1")[1].translate(self._x(0), label))

    def test_files_that_were_exported_before_call_a_translation_image(self):
        specs = tflite.signatures(run_of("stargan_v1")[1], 32)["translate"].inputs
        old = algorithm_lib.Signature(
            lambda image, label: {"image": image * tf.reduce_mean(label)}, specs
        )
        path = self.out / "old.tflite"
        path.write_bytes(tflite.convert({"translate": old}, "none"))
        described = json.loads(whole("stargan_v1").path.with_suffix(".json").read_text())
        path.with_suffix(".json").write_text(json.dumps({**described, "format": 1}))
        done = self._translate(path, "--to=Blond_Hair")
        self.assertEqual(done.returncode, 0, done.stderr)
        self._check(self._x(0) / 5)  # one of five labels is 1

    def test_styles(self):
        exported = whole("stargan_v2")
        algorithm, y = run_of("stargan_v2")[1], np.eye(3, dtype=np.float32)[[2]]
        done = self._translate(exported.path, "--to=Brown_Hair", "--seed=3")
        self.assertEqual(done.returncode, 0, done.stderr)
        z = np.random.default_rng(3).standard_normal((1, 16), np.float32)
        self._check(algorithm.render(self._x(0), algorithm.map_latents(z, y)))
        done = self._translate(exported.path, "--to=Brown_Hair", f"--reference={self.out}/1.png")
        self.assertEqual(done.returncode, 0, done.stderr)
        self._check(algorithm.render(self._x(0), algorithm.encode(self._x(1), y)))

    def test_mistakes(self):
        exported = whole("stargan_v2")
        done = self._translate(exported.path, "--to=Brown_Hair,Black_Hair")
        self.assertIn("Name the one domain to go to", done.stderr)
        done = self._translate(self.out / "none.tflite", "--to=Brown_Hair")
        self.assertIn("none.tflite; copy the model here", done.stderr)
        (self.out / "text.tflite").write_text("no model")
        done = self._translate(self.out / "text.tflite", "--to=Brown_Hair")
        self.assertIn("text.tflite is no .tflite file", done.stderr)
        (self.out / "text.jpg").write_text("no image")
        done = self._translate(exported.path, "--to=Brown_Hair", "--reference=text.jpg")
        self.assertIn("text.jpg can't be read as an image", done.stderr)
        self.assertEqual(done.returncode, 2)
        self.assertFalse((self.out / "out.png").exists())


if __name__ == "__main__":
    tf.test.main()
