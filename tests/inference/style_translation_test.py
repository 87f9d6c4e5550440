"""Translating photographs to styles: latent codes, references, saved styles; what can't be done."""

import contextlib
import io
import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import latents as latents_lib
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.pictures import photos
from stargan_tf.runs import runs
from tests import commands, picture_files, shared, tiny

DOMAINS = labels_lib.LabelSpace("domains", ("Black_Hair", "Blond_Hair", "Brown_Hair"))


class StyleTranslationTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pathlib.Path(cls().create_tempdir().full_path)
        cls.enterClassContext(shared.in_runs())
        run = tiny.untrained_run(cls.root / "run", algorithm="stargan_v2")
        cls.algorithm = run.build(training=False)
        runs.restore_weights(run, cls.algorithm)
        (cls.root / "photos").mkdir()
        faces = cartoon_faces.CartoonFaces("test", 96, 4)
        for i in range(2):
            Image.fromarray(faces.image(i)).save(cls.root / "photos" / f"{i}.png")
        cls.photo = cls.root / "photos" / "0.png"
        cls.reference = cls.root / "reference.png"
        Image.fromarray(faces.image(3)).save(cls.reference)

    def setUp(self):
        super().setUp()
        self.out = pathlib.Path(self.create_tempdir().full_path)

    def _command(self, **flags):
        flags = {"run": str(self.root / "run"), "image": str(self.photo),
                 "output": str(self.out / "out.png"), **flags}  # fmt: skip
        with commands.given("translate", **flags):
            return commands.load("translate").main()

    def _x(self, path=None):
        photo = photos.read_photo(str(path or self.photo))
        return photos.to_array(photos.fit(photo, 32))[np.newaxis]

    def _check(self, name, x, style):
        expected = photos.to_uint8(self.algorithm.render(x, style)[0])
        found = np.asarray(Image.open(self.out / name), np.int32)
        self.assertAllClose(found, expected, atol=1)  # of another batch size: rounding

    def _latent(self, seed, domain, psi=1.0):
        z = latents_lib.draw(seed, 1, self.algorithm.latent_dim)
        label = np.eye(3, dtype=np.float32)[[DOMAINS.index(domain)]]
        return self.algorithm.map_latents(z, label, psi)

    def test_a_latent_code(self):
        self.assertEqual(self._command(to="Blond_Hair", seed=3, psi=0.7), 0)
        self._check("out.png", self._x(), self._latent(3, "Blond_Hair", 0.7))

    def test_photos_and_references_are_cut_as_asked(self):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self._command(to="Black_Hair", reference=[str(self.reference)], crop_size=50)
        self.assertIn("to: reference.png; cut to its central 50 x 50 px", said.getvalue())
        x, reference = (
            photos.from_uint8(picture_files.square(np.asarray(Image.open(path)), 32, 50))[None]
            for path in (self.photo, self.reference)
        )
        style = self.algorithm.encode(reference, np.eye(3, dtype=np.float32)[[0]])
        self._check("out.png", x, style)

    def test_several_outputs_have_the_seeds_from_the_first_on(self):
        self._command(to="Brown_Hair", seed=5, outputs=2)
        self.assertEqual(sorted(p.name for p in self.out.iterdir()), ["out-1.png", "out-2.png"])
        for k in range(2):
            self._check(f"out-{k + 1}.png", self._x(), self._latent(5 + k, "Brown_Hair"))

    def test_a_reference_is_seen_as_of_the_domain(self):
        for domain in ("Black_Hair", "Brown_Hair"):
            self._command(to=domain, reference=[str(self.reference)])
            label = np.eye(3, dtype=np.float32)[[DOMAINS.index(domain)]]
            style = self.algorithm.encode(self._x(self.reference), label)
            self._check("out.png", self._x(), style)

    def test_saved_styles_give_the_same_images_again(self):
        saved = str(self.out / "s.npy")
        self._command(to="Blond_Hair", seed=2, outputs=2, save_style=saved)
        expected = [self._latent(seed, "Blond_Hair")[0] for seed in (2, 3)]
        self.assertAllClose(np.load(saved), expected)
        first = [(self.out / f"out-{k}.png").read_bytes() for k in (1, 2)]
        self._command(style=saved, output=str(self.out / "again.png"))
        again = [(self.out / f"again-{k}.png").read_bytes() for k in (1, 2)]
        self.assertEqual(first, again)

    def test_a_folder_in_a_folder_out(self):
        folder = self.out / "translated"
        self._command(image=str(self.root / "photos"), to="Black_Hair", output=str(folder))
        self.assertEqual(sorted(p.name for p in folder.iterdir()), ["0.png", "1.png"])

    def test_a_sheet_shows_every_domain(self):
        self._command(sheet=True, outputs=2)
        one = Image.open(self.out / "out.png").width
        self._command(sheet=True, outputs=2, to="Blond_Hair")
        # The photo and 6 or 2 styles, each as wide as the next.
        self.assertAllClose(one / Image.open(self.out / "out.png").width, 7 / 3, atol=0.05)

    def test_a_matrix_of_sources_across_and_references_down(self):
        self._command(matrix=True, image=str(self.root / "photos"), to="Black_Hair",
                      reference=[str(self.reference), str(self.photo)])  # fmt: skip
        self.assertEqual([p.name for p in self.out.iterdir()], ["out.png"])
        picture = Image.open(self.out / "out.png")
        self.assertEqual(picture.width // 96, 3)  # the references, and two sources
        self.assertEqual(picture.height // 96, 3)

    @parameterized.parameters(
        ({"to": "Red_Hair"}, "Unknown domain 'Red_Hair'; the known ones are Black_Hair"),
        ({"to": ""}, "Name the one domain"),
        ({"to": "Black_Hair,Blond_Hair"}, "Name the one domain"),
        ({"to": "Black_Hair", "psi": -1.0}, "`psi` is a finite number"),
        ({"to": "Black_Hair", "outputs": 0}, "--outputs is at least 1"),
        ({"to": "Black_Hair", "from": "Black_Hair"}, "`known` is for models that change"),
        ({"to": "Black_Hair", "reference": ["none.png"]}, "--reference=none.png does not exist"),
        ({"to": "Black_Hair", "reference": ["X"], "seed": 1}, "`seed` is of latent codes"),
        ({"style": "none.npy"}, "`style`=none.npy does not exist"),
        ({"style": "X"}, "is no .npy file"),
        ({"style": "X", "to": "Black_Hair"}, "`style` holds all .* received `to` too"),
        ({"to": "Black_Hair", "save_style": "s.txt"}, "--save_style ends in .npy"),
        ({"sheet": True, "matrix": True}, "received both"),
        ({"matrix": True, "to": "Black_Hair", "output": "out"}, "end it in .png"),
    )  # fmt: skip
    def test_bad_input(self, flags, message):
        broken = self.out / "text.txt"
        broken.write_text("no photo")
        flags = {k: {"X": str(broken)}.get(v, v) if isinstance(v, str) else v
                 for k, v in flags.items()}  # fmt: skip
        if flags.get("reference") == ["X"]:
            flags["reference"] = [str(self.reference)]
        with self.assertRaisesRegex(errors.UserError, message):
            self._command(**flags)
        self.assertEqual([p.name for p in self.out.iterdir()], ["text.txt"])

    def test_a_reference_that_is_no_image_is_named(self):
        broken = self.out / "broken.jpg"
        broken.write_text("no photo")
        with self.assertRaisesRegex(errors.UserError, "broken.jpg"):
            self._command(to="Black_Hair", reference=[str(broken)])

    def test_styles_of_another_width_are_refused(self):
        np.save(self.out / "s.npy", np.zeros(5, np.float32))
        with self.assertRaisesRegex(errors.UserError, r"must hold finite numbers \(8,\)"):
            self._command(style=str(self.out / "s.npy"))

    @parameterized.parameters(
        {"seed": 1}, {"outputs": 2}, {"psi": 0.5}, {"reference": ["x"]}, {"style": "s.npy"},
        {"save_style": "s.npy"}, {"matrix": True},
    )  # fmt: skip
    def test_flags_of_styles_are_refused_for_a_run_without(self, **flags):
        directory = self.out / "v1"
        space = cartoon_faces.CartoonFaces("test", 32, 4).label_space
        runs.Run(directory, tiny.config(directory), space).create()
        with self.assertRaisesRegex(errors.UserError, f"`{next(iter(flags))}` is for models whose"):
            self._command(run=str(directory), to="Smiling", **flags)


if __name__ == "__main__":
    tf.test.main()
