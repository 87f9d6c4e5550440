"""A hundred and fifty domains: pictures stay readable and are made in bounded time and memory."""

import contextlib
import io
import pathlib
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf import algorithms
from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms.stargan_v2 import translation as stargan_v2
from stargan_tf.data import labels, options
from stargan_tf.data import latents as latents_lib
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.diagnosis import collection, contact_sheet, inspection
from stargan_tf.evaluation import label_evaluation, run_subject
from stargan_tf.inference import animation
from stargan_tf.pictures import sheets
from stargan_tf.runs import checkpoints, runs
from tests import commands, tiny

MANY = labels.LabelSpace("domains", tuple(f"d{i}" for i in range(150)))
SHOWN = ["d0", "d14", "d27", "d41", "d54", "d68", "d81", "d95", "d108", "d122", "d135", "d149"]
CELL = 96 + 4  # images of 16 and 32 px are enlarged to 96


class TargetsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(1, 2, 11, 12, 13, 23, 40, 150, 1001)
    def test_evenly(self, count):
        found = sheets.evenly(count)
        self.assertLen(found, min(count, 12))
        self.assertEqual((found[0], found[-1]), (0, count - 1))
        steps = np.diff(found)
        self.assertTrue((steps > 0).all() and np.ptp(steps) <= 1 if count > 1 else True)

    def test_all_where_they_are_few(self):
        for count in (2, 12):
            space = labels.LabelSpace("attributes", MANY.names[:count])
            self.assertEqual(sheets.targets(space), (space.names, ""))

    def test_some_of_many(self):
        self.assertEqual(sheets.targets(MANY), (tuple(SHOWN), "12 of 150 domains"))
        attributes = labels.LabelSpace("attributes", MANY.names[:40])
        self.assertEqual(sheets.targets(attributes)[1], "12 of 40 attributes")

    def test_a_note_stands_below_the_images(self):
        images = np.zeros((2, 3, 96, 96, 3), np.float32)
        plain = sheets.render(sheets.Sheet(("a", "b", "c"), images))
        noted = sheets.render(sheets.Sheet(("a", "b", "c"), images, "12 of 150 domains"))
        self.assertAllEqual(noted[: len(plain)], plain)
        below = noted[len(plain) :].min(axis=2)
        rows, columns = np.nonzero(below < 128)
        self.assertBetween(len(below), 10, 40)
        self.assertBetween(columns.min(), 3, 8)
        self.assertGreater(len(rows), 50)
        self.assertLess(rows.max(), len(below) - 1)


class ManyDomainsTest(tf.test.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        Image.new("RGB", (40, 40), (90, 50, 20)).save(cls.root / "photo.png")
        cls.algorithms = {}
        for name in {tiny.paper(name) for name in tiny.HPARAMS}:
            if issubclass(algorithms.algorithm_class(name), algorithm_lib.Directional):
                continue  # which has networks for each pair of domains: too many to build
            if name in tiny.WINDOWS:
                continue  # which shows no images
            run = runs.Run(cls.root / name, tiny.config(cls.root / name, algorithm=name), MANY)
            run.create()
            cls.algorithms[name] = run.build(training=False)
            weights = cls.algorithms[name].weights()
            checkpoints.Checkpoints(run.checkpoint_dir, weights).save(1)

    def _sheets(self, algorithm, function):
        """Returns the sample sheets, and how often a function that runs G was called."""
        size = algorithm.settings.image_size
        x = np.random.default_rng(0).uniform(-1, 1, (2, size, size, 3)).astype(np.float32)
        y = np.eye(algorithm.settings.label_space.width, dtype=np.float32)[:2]
        with mock.patch.object(algorithm, function, wraps=getattr(algorithm, function)) as calls:
            return algorithm.sample_sheets(x, y), calls.call_count, x, y

    def test_samples_of_v1(self):
        algorithm = self.algorithms["stargan_v1"]
        found, calls, x, y = self._sheets(algorithm, "translate")
        self.assertEqual(calls, 12 + 2)  # and a reconstruction, there and back
        targets = found["targets"]
        self.assertEqual(list(targets.columns), ["input", *SHOWN])
        self.assertEqual(targets.note, "12 of 150 domains")
        self.assertEqual(sheets.render(targets).shape[1], 13 * CELL + 4)
        asked = np.eye(150, dtype=np.float32)[[14, 14]]
        self.assertAllClose(targets.images[:, 2], algorithm.translate(x, asked), atol=1e-5)
        self.assertAllEqual(y[:, 0], [1, 0])

    def test_samples_of_v1_of_many_attributes(self):
        space = labels.LabelSpace("attributes", MANY.names[:40])
        settings = algorithm_lib.BuildSettings(space, tiny.SIZE, training=False)
        kind = algorithms.algorithm_class("stargan_v1")
        algorithm = kind(tiny.hparams("stargan_v1"), settings)
        found, calls, _, _ = self._sheets(algorithm, "translate")
        self.assertEqual(calls, 12 + 10 + 2)
        shown = found["targets"].columns
        self.assertLen(shown, 13)
        pairs = [f"{shown[1]}+{name}" for name in shown[2:12]]
        self.assertEqual(list(found["combinations"].columns), ["input", *pairs])
        self.assertEqual(found["combinations"].note, "12 of 40 attributes")

    def test_samples_of_v2(self):
        algorithm = self.algorithms["stargan_v2"]
        F = algorithm.networks["F_ema"]
        with (
            mock.patch.object(stargan_v2, "_MEAN_OF", 1200),
            mock.patch.object(F, "all_domains", wraps=F.all_domains) as means,
        ):
            found, calls, x, _ = self._sheets(algorithm, "render")
            at_once = max(len(call.args[0]) for call in means.call_args_list)
        self.assertLessEqual(at_once * 150, 12 * 1200)
        self.assertEqual(calls, 3 * 12 * 3 + 2 + 2)  # and references, and there and back
        for psi in ("0.5", "0.7", "1"):
            sheet = found[f"latents-psi-{psi}"]
            columns = [name for name in SHOWN for _ in range(3)]
            self.assertEqual(list(sheet.columns), ["input", *columns])
            self.assertEqual(sheet.note, "12 of 150 domains")
            self.assertEqual(sheets.render(sheet).shape[1], 37 * CELL + 4)
        # In the middle between the mean style of its domain and that of its latent code.
        z = latents_lib.draw(0, 1200, algorithm.latent_dim)
        mean = F.all_domains(tf.constant(z)).numpy()[149].mean(axis=0)
        style = (mean + algorithm.map_latents(z[2:3], np.eye(150, dtype=np.float32)[149:])) / 2
        self.assertAllClose(
            found["latents-psi-0.5"].images[:, -1],
            algorithm.render(x, np.repeat(style, 2, axis=0)),
            atol=1e-4,
        )

    def _translate(self, name, **flags):
        given = {"run": str(self.root / name), "image": str(self.root / "photo.png"),
                 "output": str(self.root / "out.png"), "sheet": True, **flags}  # fmt: skip
        with (
            commands.given("translate", **given),
            mock.patch.object(runs.Run, "build", return_value=self.algorithms[name]),
            contextlib.redirect_stdout(io.StringIO()) as said,
        ):
            commands.load("translate").main()
        return said.getvalue(), Image.open(self.root / "out.png").width

    def test_sheets_of_a_photo(self):
        said, width = self._translate("stargan_v1", **{"from": "d3"})
        self.assertIn("from: d3, as given; 12 of 150 domains)", said)
        self.assertEqual(width, 13 * CELL + 4)
        said, width = self._translate("stargan_v2", outputs=2)
        self.assertIn("(24 styles of 12 of 150 domains)", said)
        self.assertEqual(width, 25 * CELL + 4)
        said, width = self._translate("stargan_v2", to=",".join(MANY.names[:20]))
        self.assertIn("(20 styles)", said)  # as many as are named
        self.assertEqual(width, 21 * CELL + 4)

    def test_an_animation_visits_a_dozen(self):
        self.assertEqual(animation.domains(MANY, ()), tuple(SHOWN))
        self.assertEqual(animation.domains(MANY, MANY.names), MANY.names)
        given = {"run": str(self.root / "stargan_v2"), "image": str(self.root / "photo.png"),
                 "output": str(self.root / "out.gif"), "seeds": "0", "seconds": 0.04}  # fmt: skip
        with (
            commands.given("animate", **given),
            mock.patch.object(runs.Run, "build", return_value=self.algorithms["stargan_v2"]),
            contextlib.redirect_stdout(io.StringIO()) as said,
        ):
            commands.load("animate").main()
        self.assertStartsWith(said.getvalue(), "1 of 1 photos, 12 styles of 12 of 150 domains, ")

    def test_the_doctors_contact_sheet(self):
        pictures = tiny.Pictures(150, MANY)
        pictures.labels = np.eye(150, dtype=np.float32)
        numbers = np.arange(150)
        found = inspection.Inspection(numbers, np.zeros(0, inspection.ROW), {}, frozenset())
        part = collection.InspectedSplit(collection.TRAINING, pictures, found)
        with mock.patch.object(sheets, "render", wraps=sheets.render) as drawn:
            picture = contact_sheet.draw([part], options.DataOptions(image_size=tiny.SIZE))
        self.assertEqual(picture.shape[1], 12 * CELL + 4)
        shown = [call.args[0] for call in drawn.call_args_list]
        self.assertLen(shown, 5)
        self.assertEqual([sheet.note for sheet in shown], [""] * 4 + ["60 of 150 labels"])
        self.assertEqual(shown[0].columns[0], "d0 (1)")
        self.assertEqual(shown[-1].columns[-1], "d149 (1)")

    def test_evaluations_sheet_of_many_data_sets(self):
        names = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Eyeglasses", "Smiling")
        faces = cartoon_faces.CartoonFaces("test", 32, 1, names)
        data = options.DataOptions(image_size=32)
        sets = [run_subject.member(name, faces, faces, data) for name in ("a", "b", "c")]
        unchanged = mock.Mock()
        unchanged.targets = lambda space: space.names
        spaces = [(one.name, one.space) for one in sets]
        unchanged.settings.label_space = labels.JointSpace.of(spaces)
        unchanged.targets = lambda space: space.names
        unchanged.translate_from = lambda images, own, c: np.asarray(images)
        measured = run_subject.RunSubject(unchanged, sets)
        sheet = label_evaluation.LabelRenders(measured).sheet()
        self.assertEqual(sheet.note, "12 of 15 labels")
        expected = [names[i % 5] for i in sheets.evenly(15)]
        self.assertEqual(list(sheet.columns[1::2]), expected)
        self.assertEqual(list(sheet.columns[2::2]), [f"true {name}" for name in expected])
        first = list(names).index(sheet.columns[3])
        truth = faces.render(0, faces.label_space.changed(faces.labels[:1], (names[first],))[0])
        self.assertAllClose(sheet.images[0, 4], truth / 127.5 - 1, atol=1e-6)


if __name__ == "__main__":
    tf.test.main()
