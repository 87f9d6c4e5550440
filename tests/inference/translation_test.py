"""Translating photographs: what is asked for, what is kept, what can't be done."""

import contextlib
import io
import json
import pathlib
import shutil
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

import stargan_tf
from stargan_tf.base import errors
from stargan_tf.data import labels
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.inference import translation
from stargan_tf.pictures import photos, regions
from stargan_tf.runs import runs
from tests import commands, picture_files, shared, tiny


class TranslationTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.enter_context(shared.in_runs())
        self.run_ = tiny.untrained_run(self.root / "run")
        self.photo = self.root / "face.png"
        face = cartoon_faces.CartoonFaces("test", 96, 1).image(0)
        Image.fromarray(face).save(self.photo)

    def _command(self, **flags):
        flags = {"run": str(self.root / "run"), "image": str(self.photo),
                 "output": str(self.root / "out.png"), **flags}  # fmt: skip
        with commands.given("translate", **flags):
            return commands.load("translate").main()

    def test_the_output_is_the_generators(self):
        edits, known = ("Blond_Hair", "Smiling"), ("Black_Hair", "Eyeglasses")
        translator = translation.ToLabels(self.run_, self.run_.framing(), edits, known)
        said = translator.translate(self.photo, self.root / "out.png")
        self.assertEqual(
            said,
            "from: Black_Hair, Eyeglasses, as given; to: Blond_Hair, Eyeglasses, Smiling",
        )
        algorithm = self.run_.build(training=False)
        runs.restore_weights(self.run_, algorithm)
        x = photos.to_array(photos.fit(photos.read_photo(str(self.photo)), 32))[None]
        expected = algorithm.translate(x, np.array([[0, 1, 0, 1, 1]], np.float32))[0]
        self.assertAllEqual(
            np.asarray(Image.open(self.root / "out.png")), photos.to_uint8(expected)
        )

    @parameterized.parameters("difference", "square")
    def test_in_the_photos_own_size(self, paste):
        photo = self.root / "wide.png"  # lying on its side, with an alpha channel
        upright = Image.open(self.photo).convert("RGBA").resize((150, 120))
        upright.putpixel((0, 0), (0, 0, 0, 0))
        exif = Image.Exif()
        exif[0x0112] = 6
        upright.transpose(Image.Transpose.ROTATE_90).save(photo, exif=exif)
        flags = {"to": "Smiling", "from": "Black_Hair", "size": "original", "paste": paste}
        self.assertEqual(self._command(image=str(photo), **flags), 0)
        found = np.asarray(Image.open(self.root / "out.png"))
        whole, model = photos.read_photo(str(photo)), stargan_tf.load(self.run_.directory)
        framing = self.run_.framing()
        x = photos.to_array(framing.square(whole)[0])
        output = model.translate(x, "Smiling", known="Black_Hair")
        region = regions.of_framing(framing, whole.size)
        wanted = regions.paste(whole, region, x, output, paste)
        self.assertAllEqual(found, np.asarray(wanted))
        self.assertAllEqual(found[0, 0], (255, 255, 255))
        self.assertEqual(found.shape, (120, 150, 3))
        # The same from Python, in the kind of what was given.
        asked = {"to": "Smiling", "known": "Black_Hair", "size": "original", "paste": paste}
        self.assertAllEqual(np.asarray(model.translate(str(photo), **asked)), found)
        again = Image.open(io.BytesIO(model.translate([photo.read_bytes()], **asked)[0]))
        self.assertAllEqual(np.asarray(again), found)
        levels = np.asarray(whole)
        self.assertAllEqual(model.translate(levels, **asked), found)
        floats = model.translate(photos.from_uint8(levels)[None], **asked)
        self.assertAllClose(floats, photos.from_uint8(found)[None], rtol=0, atol=1e-6)

    def test_sizes_that_do_not_fit_together(self):
        with self.assertRaisesRegex(errors.UserError, "--size=original with --sheet"):
            self._command(size="original", sheet=True)
        with self.assertRaisesRegex(errors.UserError, "--paste is of --size=original"):
            self._command(paste="square", to="Smiling")
        model = stargan_tf.load(self.run_.directory)
        with self.assertRaisesRegex(errors.UserError, "`size` is 'model' or 'original'"):
            model.translate(str(self.photo), "Smiling", size="large")
        with self.assertRaisesRegex(errors.UserError, "`paste` is 'difference' or 'square'"):
            model.translate(str(self.photo), "Smiling", size="original", paste="cut")

    def test_names_with_blanks_and_in_either_spelling(self):
        names = ("long hair", "caf\u00e9", "a", "b", "c")
        space = labels.LabelSpace("attributes", names, (("long hair", "a"),))
        run = runs.Run(self.root / "blanks", self.run_.config, space)
        run.create()
        shutil.copytree(self.run_.checkpoint_dir, run.checkpoint_dir, dirs_exist_ok=True)
        flags = {"to": "long hair, -cafe\u0301", "from": "a,cafe\u0301, b"}
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self._command(run=str(run.directory), **flags)
        self.assertIn("from: caf\u00e9, a, b, as given; to: long hair, b)", said.getvalue())

    def test_what_is_not_named_is_kept_as_classified(self):
        translator = translation.ToLabels(self.run_, self.run_.framing(), ("-Eyeglasses",))
        own = np.array([[0, 0, 1, 1, 0]], np.float32)
        with mock.patch.object(translator.model.algorithm, "classify", return_value=own):
            said = translator.translate(self.photo, self.root / "o.png")
        self.assertEqual(said, "from: Brown_Hair, Eyeglasses, as classified; to: Brown_Hair")

    @parameterized.parameters("L", "RGBA", "P", "1", "CMYK")
    def test_any_mode(self, mode):
        path = self.root / ("x.tif" if mode == "CMYK" else "x.png")
        Image.open(self.photo).convert(mode).resize((61, 33)).save(path)
        self.assertEqual(self._command(image=str(path), to="Smiling"), 0)
        self.assertEqual(Image.open(self.root / "out.png").size, (32, 32))

    def test_exif_rotation_is_applied(self):
        upright = Image.open(self.photo).convert("RGB")
        exif = Image.Exif()
        exif[0x0112] = 3  # upside down
        upright.rotate(180).save(self.root / "turned.png", exif=exif)
        self._command(to="Smiling", output=str(self.root / "a.png"), **{"from": "Black_Hair"})
        self._command(to="Smiling", image=str(self.root / "turned.png"),
                      output=str(self.root / "b.png"), **{"from": "Black_Hair"})  # fmt: skip
        self.assertAllEqual(
            np.asarray(Image.open(self.root / "a.png")), np.asarray(Image.open(self.root / "b.png"))
        )

    @parameterized.parameters(
        ({}, 40, "; cut to its central 40 x 40 px (--crop_size=0: the largest square)"),
        ({"crop_size": 0}, 0, ""),
        ({"crop_size": 30}, 30, "; cut to its central 30 x 30 px (--crop_size=0: the"),
        ({"fit": "stretch"}, None, ""),
    )
    def test_photos_are_cut_and_scaled_as_in_training(self, given, crop_size, note):
        path = self.root / "run" / "model.json"
        model = json.loads(path.read_text())
        model["options"] |= {"crop_size": 40, "max_grey": 4095}
        path.write_text(json.dumps(model))
        x_ray = picture_files.with_12_bits()
        self.photo.write_bytes(x_ray.contents)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self._command(to="Smiling", **{"from": "Black_Hair"}, **given)
        self.assertIn(f"to: Black_Hair, Smiling{note}", said.getvalue())
        self.assertEqual("cut to" in said.getvalue(), bool(note))
        if crop_size is None:
            seen = np.asarray(Image.fromarray(x_ray.pixels).resize((32, 32), 2))
        else:
            seen = picture_files.square(x_ray.pixels, 32, crop_size)
        algorithm = self.run_.build(training=False)
        runs.restore_weights(self.run_, algorithm)
        label = np.array([[1, 0, 0, 0, 1]], np.float32)
        expected = algorithm.translate(photos.from_uint8(seen)[None], label)[0]
        self.assertAllEqual(
            np.asarray(Image.open(self.root / "out.png")), photos.to_uint8(expected)
        )

    def test_a_folder_in_a_folder_out(self):
        folder = self.root / "in"
        folder.mkdir()
        Image.open(self.photo).save(folder / "a.png")
        Image.open(self.photo).convert("RGB").save(folder / "a.jpg")
        Image.open(self.photo).save(folder / "a.jpg.png")
        Image.open(self.photo).save(folder / "b.png")
        (folder / "sub").mkdir()
        Image.open(self.photo).save(folder / "sub" / "b.png")
        for name in (".DS_Store", "Thumbs.db", "desktop.ini", "notes.txt"):
            (folder / name).write_text("x")
        output = folder / "run.v2"
        for _ in range(2):  # its own results are not read
            self.assertEqual(self._command(image=str(folder), output=str(output), to="Smiling"), 0)
            found = [str(p.relative_to(output)) for p in output.rglob("*") if p.is_file()]
            self.assertCountEqual(
                found, ["a.jpg.png", "a.jpg.png.png", "a.png.png", "b.png", "sub/b.png"]
            )

    def test_what_can_not_be_read_in_a_folder_is_named_and_left_out(self):
        folder = self.root / "in"
        folder.mkdir()
        Image.open(self.photo).save(folder / "good.png")
        (folder / "notes.txt").write_text("no image")
        (folder / "broken.jpg").write_text("no image")
        output = self.root / "out"
        with mock.patch("stargan_tf.cli.command_line.fail") as fail:
            status = self._command(image=str(folder), output=str(output), to="Smiling")
        self.assertEqual(status, 1)
        self.assertIn("broken.jpg", fail.call_args_list[0].args[0])
        self.assertIn("1 of 2 photos", fail.call_args_list[1].args[0])
        self.assertEqual([p.name for p in output.iterdir()], ["good.png"])

    def test_the_photo_itself_is_not_overwritten(self):
        before = self.photo.read_bytes()
        with self.assertRaisesRegex(errors.UserError, "would overwrite the photo"):
            self._command(to="Smiling", output=str(self.photo))
        with self.assertRaisesRegex(errors.UserError, "is the folder of the photos itself"):
            self._command(to="Smiling", image=str(self.root), output=str(self.root))
        self.assertEqual(self.photo.read_bytes(), before)

    def test_a_sheet_shows_every_target(self):
        self.assertEqual(self._command(sheet=True), 0)
        width, height = Image.open(self.root / "out.png").size
        self.assertGreaterEqual(width, 6 * 96)  # the input and five targets, enlarged
        self.assertGreater(height, 96)

    @parameterized.named_parameters(
        ("unknown", {"to": "Blond"}, "Unknown attribute 'Blond'.*Blond_Hair"),
        ("unknown_from", {"to": "Smiling", "from": "Glasses"}, "Unknown attribute 'Glasses'"),
        ("both", {"to": "Blond_Hair,Black_Hair"}, "at most one of Blond_Hair and Black_Hair"),
        ("nothing", {}, "--to=NAME, or pass --sheet"),
        ("to_and_sheet", {"to": "Smiling", "sheet": True}, "--to=NAME, or pass --sheet"),
        ("no_image", {"to": "Smiling", "image": "/no/such.png"}, "does not exist"),
        ("jpeg", {"to": "Smiling", "output": "x.jpg"}, "written as PNG; received x.jpg"),
        ("crop_of_pad", {"to": "Smiling", "crop_size": 9, "fit": "pad"},
         "for `fit`=crop; received `crop_size`=9 with `fit`=pad"),
        ("no_run", {"to": "Smiling", "run": "/nowhere"}, "not the folder of a run"),
        ("checkpoint", {"to": "Smiling", "checkpoint": "9"}, "no checkpoint '9'; it has 7"),
    )  # fmt: skip
    def test_mistakes(self, flags, message):
        with self.assertRaisesRegex(errors.UserError, message):
            self._command(**flags)
        self.assertFalse((self.root / "out.png").exists())


if __name__ == "__main__":
    tf.test.main()
