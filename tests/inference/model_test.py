"""A run from Python: every kind of image, labels and styles, and what is refused."""

import contextlib
import io
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

import stargan_tf
from stargan_tf.base import errors
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.pictures import photos
from stargan_tf.runs import checkpoints, runs
from tests import commands, shared, tiny

SIZE = 32


def of_arrays(pictures):
    return [np.asarray(picture) for picture in pictures]


class ModelTestCase(tf.test.TestCase, parameterized.TestCase):
    PAPER = "stargan_v1"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pathlib.Path(cls().create_tempdir().full_path)
        cls.enterClassContext(shared.in_runs())
        cls.run_ = tiny.untrained_run(cls.root / "run", algorithm=cls.PAPER)
        cls.model = stargan_tf.load(cls.root / "run")
        faces = cartoon_faces.CartoonFaces("test", 96, 3)
        cls.pixels = [faces.image(0), faces.image(1)[:50], faces.image(2)[:, :70]]
        cls.paths = [cls.root / f"{i}.png" for i in range(3)]
        for path, pixels in zip(cls.paths, cls.pixels, strict=True):
            Image.fromarray(pixels).save(path)

    def check_generator(self):
        """Saves the generator to a file of Keras' and compares what is loaded from it."""
        path = str(self.root / "g.keras")
        self.model.generator.save(path)
        inputs = self.model.generator.example_inputs()
        inputs = [tf.random.stateless_normal(x.shape, (1, i)) for i, x in enumerate(inputs)]
        expected = self.model.generator(*inputs)
        self.assertAllEqual(keras.saving.load_model(path)(*inputs), expected)

    def command(self, path=None, **flags):
        """Returns what the command writes, (32, 32, 3)."""
        output = pathlib.Path(self.create_tempdir().full_path) / "out.png"
        given = {"run": str(self.root / "run"), "image": str(path or self.paths[0])}
        given |= {"output": str(output), **flags}
        with commands.given("translate", **given), contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(commands.load("translate").main(), 0)
        return np.asarray(Image.open(output))


class LabelsTest(ModelTestCase):
    def test_what_it_is(self):
        names = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Eyeglasses", "Smiling")
        self.assertEqual((self.model.names, self.model.domains), (names, ()))
        self.assertEqual((self.model.image_size, self.model.step), (SIZE, 7))
        self.assertEqual(stargan_tf.load(str(self.root / "run"), 7).step, 7)

    def test_its_generator_survives_a_file_of_keras(self):
        self.check_generator()

    @parameterized.parameters(
        {}, {"fit": "pad"}, {"fit": "stretch"}, {"crop_size": 40}, {"known": "Smiling"}
    )
    def test_every_kind_gives_what_the_command_writes(self, **given):
        path, pixels = self.paths[2], self.pixels[2]
        flags = {{"known": "from"}.get(name, name): value for name, value in given.items()}
        expected = self.command(path, to="Blond_Hair,-Smiling", **flags)

        def translate(image):
            return self.model.translate(image, to=["Blond_Hair", "-Smiling"], **given)

        for image in (path, str(path), Image.open(path), Image.fromarray(pixels)):
            found = translate(image)
            self.assertIsInstance(found, Image.Image)
            self.assertAllEqual(found, expected)
        found = translate(pixels)
        self.assertEqual(found.dtype, np.uint8)
        self.assertAllEqual(found, expected)
        found = translate(photos.from_uint8(pixels))  # is rounded to be scaled
        self.assertEqual(found.dtype, np.float32)
        self.assertAllEqual(photos.to_uint8(found), expected)
        found = translate(path.read_bytes())
        self.assertStartsWith(found, b"\x89PNG")
        self.assertAllEqual(Image.open(io.BytesIO(found)), expected)

    def test_floats_of_the_models_size_are_taken_as_they_are(self):
        x = np.random.default_rng(0).uniform(-1, 1, (SIZE, SIZE, 3)).astype(np.float32)
        label = np.float32([0, 1, 0, 0, 1])
        found = self.model.translate(x, label, crop_size=8)
        self.assertAllEqual(found, self.model.algorithm.translate(x[None], label[None])[0])
        self.assertAllEqual(self.model.translate(x.astype(np.float64), label, fit="pad"), found)

    def test_turned_and_transparent_images_are_read_like_files(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        path = self.root / "turned.png"
        Image.fromarray(np.dstack([self.pixels[1], self.pixels[1][..., 0]])).save(path, exif=exif)
        found = self.model.translate(Image.open(path), "Smiling", known=())
        self.assertAllEqual(found, self.model.translate(path, "Smiling", known=()))

    def test_lists_of_any_kinds_and_sizes_come_back_as_such(self):
        images = [self.paths[0], self.pixels[1], Image.open(self.paths[2])] * 6  # 18: two batches
        found = self.model.translate(images, "Smiling")
        self.assertLen(found, 18)
        kinds = [Image.Image, np.ndarray, Image.Image]
        self.assertTrue(all(isinstance(f, kinds[i % 3]) for i, f in enumerate(found)))
        for i in range(3):
            # One level: batches of other sizes are summed in other orders.
            single = np.asarray(self.model.translate(images[i], "Smiling"), np.int32)
            self.assertAllClose(of_arrays(found)[i].astype(int), single, atol=1)

    def test_an_array_of_images_comes_back_as_one(self):
        images = np.stack([self.pixels[0]] * 2)
        found = self.model.translate(images, "Smiling", known=["Black_Hair"])
        self.assertEqual((found.shape, found.dtype), ((2, SIZE, SIZE, 3), np.uint8))
        found = self.model.translate(tuple(images), "Smiling", known=["Black_Hair"])
        self.assertIsInstance(found, list)

    def test_each_image_to_a_label_vector_of_its_own(self):
        labels = np.float32([[1, 0, 0, 0, 1], [0, 0, 1, 1, 0]])
        found = self.model.translate(self.paths[:2], labels)
        for i, names in enumerate((["Black_Hair", "Smiling"], ["Brown_Hair", "Eyeglasses"])):
            one = self.model.translate(self.paths[i], names, known=())
            self.assertAllClose(
                np.int32(of_arrays(found)[i]), np.int32(of_arrays([one])[0]), atol=1
            )

    def test_classify(self):
        x = photos.to_array(photos.fit(photos.read_photo(str(self.paths[0])), SIZE))
        label = self.model.algorithm.classify(x[None])[0]
        names = tuple(name for name, one in zip(self.model.names, label, strict=True) if one)
        self.assertEqual(self.model.classify(self.paths[0]), names)
        found = self.model.classify([self.paths[0], self.pixels[1]])
        self.assertEqual(found[0], names)
        self.assertAllEqual(self.model.labels(self.paths[0]), label)
        self.assertAllEqual(self.model.labels(self.paths[:1], "Smiling"), [[0, 0, 0, 0, 1]])

    @parameterized.named_parameters(
        ("nothing", {}, "Say what to change with `to`; the names are Black_Hair"),
        ("unknown", {"to": "Blond"}, "Unknown attribute 'Blond'.*Blond_Hair"),
        ("known", {"to": "Smiling", "known": "Bald"}, "Unknown attribute 'Bald'"),
        ("both", {"to": ["Blond_Hair", "Black_Hair"]}, "at most one of Blond_Hair and Black_Hair"),
        ("width", {"to": np.zeros(4)}, r"`to` must hold finite numbers \(5,\) .*received \(4,\)"),
        ("rows", {"to": np.eye(5)}, "`to` takes one value for all.*received 5 for 1"),
        ("vectors", {"to": np.eye(5)[0], "known": "Smiling"}, "received `known` too"),
        ("seed", {"to": "Smiling", "seed": 0}, "`seed` is for models whose .* have styles"),
        ("fit", {"to": "Smiling", "fit": "cut"}, "`fit` is crop, pad or stretch; received 'cut'"),
        ("crop", {"to": "Smiling", "fit": "pad", "crop_size": 9}, "`crop_size`=9 with `fit`=pad"),
        ("no_file", {"images": "x.png"}, "Cannot read the photo 'x.png': No such file"),
        ("bytes", {"images": [b"x" * 9]}, "Cannot read the photo 'image 1': it is not an image"),
        ("pillow", {"images": Image.new("F", (9, 9))}, "photo 'image 1': its pixels are 32-bit"),
        ("none", {"images": []}, "`images` holds no image; pass at least one"),
        ("kind", {"images": 7}, "`images` takes a path.*; received int"),
        ("grey", {"images": np.zeros((9, 9))}, r"received ndarray \(9, 9\)"),
        ("channels", {"images": np.zeros((9, 9, 4))}, r"is \(height, width, 3\).* \(9, 9, 4\)"),
        ("integers", {"images": np.zeros((9, 9, 3), int)}, "uint8 or floats in .* received int64"),
        ("range", {"images": np.full((9, 9, 3), 9.0)}, "received values from 9 to 9; divide grey"),
        ("nan", {"images": np.full((9, 9, 3), np.nan)}, "received values from nan to nan"),
    )  # fmt: skip
    def test_mistakes(self, given, message):
        given = {
            "images": self.paths[0],
            **({"to": "Smiling"} if "images" in given else {}),
            **given,
        }
        with self.assertRaisesRegex(errors.UserError, message):
            self.model.translate(**given)

    def test_what_only_models_with_styles_have(self):
        for call in (lambda: self.model.encode(self.paths[0], "Smiling"),
                     lambda: self.model.styles("Smiling")):  # fmt: skip
            with self.assertRaisesRegex(errors.UserError, "run have no styles; translate to its"):
                call()

    @parameterized.parameters(
        ("nowhere", "latest", "^run_dir=.*nowhere is not the folder of a run .*does not exist"),
        ("run", 9, "no checkpoint '9'; it has 7"),
        ("run/checkpoints/step-00000007.npz", "latest", "pass run_dir=.*run checkpoint=7"),
    )
    def test_runs_that_can_not_be_loaded(self, path, checkpoint, message):
        with self.assertRaisesRegex(errors.UserError, message) as caught:
            stargan_tf.load(self.root / path, checkpoint)
        self.assertNotIn("--run=", str(caught.exception))

    def test_an_imported_run_without_discriminator(self):
        imported = runs.Imported(("G.npz",), classifies=False)
        run = runs.Run(
            self.root / "imported", self.run_.config, self.run_.label_space, imported=imported
        )
        run.create()
        algorithm = self.run_.build(training=False)
        runs.restore_weights(self.run_, algorithm)
        checkpoints.Checkpoints(run.checkpoint_dir, algorithm.weights()).save(3)
        model = stargan_tf.load(run.directory)
        message = "without a discriminator .G.npz.*with `known`, such as known=Smiling"
        with self.assertRaisesRegex(errors.UserError, message):
            model.translate(self.paths[0], "Smiling")
        with self.assertRaisesRegex(errors.UserError, "imported without its discriminator, so"):
            model.classify(self.paths[0])
        found = model.translate(self.paths[0], "Smiling", known=())
        self.assertAllEqual(found, self.model.translate(self.paths[0], "Smiling", known=()))


class StylesTest(ModelTestCase):
    PAPER = "stargan_v2"

    def test_a_latent_code_by_its_seed(self):
        self.assertEqual(self.model.domains, ("Black_Hair", "Blond_Hair", "Brown_Hair"))
        first = self.command(to="Blond_Hair")
        self.assertAllEqual(self.model.translate(self.paths[0], "Blond_Hair"), first)
        expected = self.command(to="Blond_Hair", seed=3, psi=0.7)
        found = self.model.translate(self.paths[0], to="Blond_Hair", seed=3, psi=0.7)
        self.assertAllEqual(found, expected)
        self.assertNotAllEqual(found, first)
        style = self.model.styles("Blond_Hair", 3, 0.7)
        self.assertEqual(style.shape, (8,))
        self.assertAllEqual(self.model.translate(self.paths[0], style=style), expected)

    def test_its_generator_survives_a_file_of_keras(self):
        self.check_generator()

    @parameterized.parameters({}, {"crop_size": 40}, {"fit": "pad"})
    def test_a_reference(self, **framing):
        expected = self.command(to="Black_Hair", reference=[str(self.paths[1])], **framing)
        reference = Image.open(self.paths[1])
        found = self.model.translate(self.paths[0], "Black_Hair", reference=reference, **framing)
        self.assertAllEqual(found, expected)
        style = self.model.encode(self.paths[1], domain="Black_Hair", **framing)
        found = self.model.translate(self.paths[0], style=style, **framing)
        self.assertAllEqual(found, expected)

    def test_each_image_in_a_style_of_its_own(self):
        domains = ["Brown_Hair", "Blond_Hair", "Black_Hair"]
        by_seed = self.model.translate(self.paths, domains, seed=[5, 6, 5])
        by_photo = self.model.translate(self.paths, domains, reference=self.paths[::-1])
        one_photo = self.model.translate(self.paths, domains, reference=self.paths[0])
        for i, name in enumerate(domains):
            for found, given in (
                (by_seed, {"seed": [5, 6, 5][i]}),
                (by_photo, {"reference": self.paths[2 - i]}),
                (one_photo, {"reference": self.paths[0]}),
            ):
                single = self.model.translate(self.paths[i], name, **given)
                self.assertAllClose(
                    np.int32(of_arrays(found)[i]), np.int32(of_arrays([single])[0]), atol=1
                )

    def test_styles_come_as_they_are_asked_for(self):
        self.assertEqual(self.model.styles(["Black_Hair", "Blond_Hair"]).shape, (2, 8))
        many = self.model.styles("Black_Hair", [1, 2, 3])
        self.assertAllClose(many[1], self.model.styles("Black_Hair", 2), atol=1e-6)
        self.assertEqual(self.model.encode(self.paths, "Black_Hair").shape, (3, 8))
        means = self.model.styles("Black_Hair", [1, 2], psi=0.0)
        self.assertAllClose(means[0], means[1], atol=1e-6)

    @parameterized.named_parameters(
        ("nothing", {}, "Name the one domain to go to with `to`; received none; the domains are"),
        ("unknown", {"to": "Red_Hair"}, "Unknown domain 'Red_Hair'"),
        ("two", {"to": ["Black_Hair", "Blond_Hair"]}, "the one domain.*received Black_Hair, Blond"),
        ("known", {"to": "Black_Hair", "known": "Black_Hair"}, "`known` is for models that change"),
        ("seed", {"to": "Black_Hair", "seed": -1}, "`seed` is a whole number .* received -1"),
        ("fraction", {"to": "Black_Hair", "seed": 0.5}, "`seed` is a whole number .* received 0.5"),
        ("seeds", {"to": "Black_Hair", "seed": [1, 2]}, "`seed` takes one .* received 2 for 1"),
        ("psi", {"to": "Black_Hair", "psi": -1.0}, "`psi` is a finite number .* received -1"),
        ("style", {"style": np.zeros(5)}, r"`style` must hold .* \(8,\) .* received \(5,\)"),
        ("styles", {"style": np.zeros((2, 8))}, "`style` takes one value .* received 2 for 1"),
        ("too_much", {"to": "Black_Hair", "style": np.zeros(8)}, "`style` holds .* `to` too"),
        ("either", {"to": "Black_Hair", "reference": "1.png", "psi": 1.0}, "`psi` is of latent"),
        ("reference", {"to": "Black_Hair", "reference": 7}, "`reference` takes a path"),
    )  # fmt: skip
    def test_mistakes(self, given, message):
        with self.assertRaisesRegex(errors.UserError, message):
            self.model.translate(self.paths[0], **given)

    def test_it_does_not_classify(self):
        with self.assertRaisesRegex(errors.UserError, "run has no classifier, so it can't tell"):
            self.model.classify(self.paths[0])


class PackageTest(tf.test.TestCase):
    def test_importing_the_package_imports_no_tensorflow(self):
        code = "import stargan_tf, sys; print({'tensorflow', 'keras'} & set(sys.modules))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        self.assertEqual((done.stdout, done.stderr), ("set()\n", ""))

    def test_it_is_typed_and_says_how_to_begin(self):
        folder = pathlib.Path(stargan_tf.__file__).parent
        self.assertTrue(os.path.exists(folder / "py.typed"))
        self.assertIn('model = stargan_tf.load("runs/quickstart")', stargan_tf.__doc__)


if __name__ == "__main__":
    tf.test.main()
