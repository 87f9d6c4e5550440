"""CycleGAN outside of training: a run's Model, a server and its client, files for devices."""

import json
import pathlib
import types

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

import stargan_tf
from stargan_tf.base import errors
from stargan_tf.client import client as client_lib
from stargan_tf.pictures import photos
from stargan_tf.serving import description, module, saved_model, tflite
from tests import commands, tiny
from tests.algorithms.cyclegan import algorithm_test
from tests.algorithms.cyclegan.algorithm_test import ALL, noise, one_hot

HAIR = ("Black_Hair", "Blond_Hair", "Brown_Hair")


class SignaturesTest(tf.test.TestCase, parameterized.TestCase):
    """`translate`, as a server has it: a graph without Python."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.algorithm = algorithm_test.built()
        cls.translate = staticmethod(cls._served(cls.algorithm))

    @classmethod
    def _served(cls, algorithm):
        return module.Served(algorithm, {"image_size": tiny.SIZE}).functions["translate"]

    def test_a_batch_of_every_direction_and_none(self):
        x = noise(9)
        sources, targets = (one_hot(d) for d in np.divmod(np.arange(9), 3))
        found = self.translate(image=x, source=sources, label=targets)["translated"]
        expected = self.algorithm.translate_from(x, sources, targets)
        self.assertAllClose(found, expected, atol=1e-4)
        for rows in (slice(0, 1), slice(5, 7)):  # most generators have nothing to do
            part = {"image": x[rows], "source": sources[rows], "label": targets[rows]}
            found = self.translate(**{name: tf.constant(v) for name, v in part.items()})
            self.assertAllClose(found["translated"], expected[rows], atol=1e-4)

    def test_examples_go_in_every_direction(self):
        request = saved_model.example_requests(self.algorithm, photos.Framing(tiny.SIZE))
        request = request["translate_bytes"]
        asked = zip(*(request[k].argmax(axis=1).tolist() for k in ("source", "label")), strict=True)
        self.assertEqual(tuple(asked), ALL)
        self.assertLen(request["image_bytes"], 6)

    @parameterized.parameters(
        ([[0, 0, 0]], [[1, 0, 0]], "source and label must be one of these"),
        ([[0, 1, 0]], [[0, 0, 0]], "must each hold a single 1"),
        ([[0, 1, 1]], [[1, 0, 0]], "must each hold a single 1"),
        ([[0, 0.5, 0]], [[1, 0, 0]], "must each hold a single 1"),
    )
    def test_requests_that_make_no_sense(self, source, label, message):
        with self.assertRaisesRegex(tf.errors.InvalidArgumentError, message):
            self.translate(
                image=tf.constant(noise(1)),
                source=tf.constant(source, tf.float32),
                label=tf.constant(label, tf.float32),
            )

    def test_of_one_pair_others_are_refused(self):
        translate = self._served(algorithm_test.built("cat,fox"))
        with self.assertRaisesRegex(tf.errors.InvalidArgumentError, "from cat to fox, fox to cat"):
            translate(image=tf.constant(noise(1)), source=one_hot([1]), label=one_hot([0]))

    @parameterized.parameters(6, 10)
    def test_sizes_that_do_not_fit(self, size):
        image = tf.zeros((1, size, size, 3))
        with self.assertRaisesRegex(tf.errors.InvalidArgumentError, "multiples of 4, at least 8"):
            self.translate(image=image, source=one_hot([0]), label=one_hot([1]))


class Answers:
    """Stands in for a server: answers with the graphs of an exported model."""

    def __init__(self, algorithm, described):
        self.functions = module.Served(algorithm, described).functions
        self.target = types.SimpleNamespace(server="here")

    def predict(self, signature, inputs):
        inputs = {name: tf.constant(value) for name, value in inputs.items()}
        return {name: v.numpy() for name, v in self.functions[signature](**inputs).items()}


class RunTest(tf.test.TestCase):
    """A run of three hair colours: all that translates has to be told from which."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pathlib.Path(cls().create_tempdir().full_path)
        cls.run_ = tiny.untrained_run(
            cls.root / "run", algorithm="cyclegan", domains=",".join(HAIR)
        )
        cls.model = stargan_tf.load(str(cls.root / "run"))
        Image.new("RGB", (40, 36), "teal").save(cls.root / "photo.png")

    def _photos(self, count=2):
        return np.random.default_rng(0).uniform(-1, 1, (count, 32, 32, 3)).astype(np.float32)

    def test_a_model_is_told_what_images_show(self):
        x, algorithm = self._photos(), self.model.algorithm
        found = self.model.translate(x, to="Blond_Hair", known="Brown_Hair")
        expected = algorithm.translate_from(x, one_hot([2, 2]), one_hot([1, 1]))
        self.assertAllClose(found, expected, atol=1e-6)
        found = self.model.translate(x, to=one_hot([1, 2]), known="Brown_Hair")
        expected = algorithm.translate_from(x, one_hot([2, 2]), one_hot([1, 2]))
        self.assertAllClose(found, expected, atol=1e-6)
        self.assertAllClose(found[1], x[1])
        message = "has to know what a photo shows; say it with `known`, such as known=Brown_Hair"
        for to in ("Blond_Hair", one_hot([1])):
            with self.assertRaisesRegex(errors.UserError, message):
                self.model.translate(x, to=to)

    def test_a_client_sends_it(self):
        described = description.describe(self.run_, self.model.algorithm, 7)
        self.assertEqual(described["directions"], list(ALL))
        described = json.loads(json.dumps(described))
        client = client_lib.Client(Answers(self.model.algorithm, described))
        x = photos.from_uint8(photos.to_uint8(self._photos()))
        found = client.translate(x, to="Blond_Hair", known="Black_Hair")
        expected = self.model.translate(x, to="Blond_Hair", known="Black_Hair")
        self.assertAllClose(found, expected, atol=1.01 / 127.5)  # PNG files
        with self.assertRaisesRegex(errors.UserError, "has to know what a photo shows"):
            client.translate(x, to="Blond_Hair")

    def _translate(self, **flags):
        job = {"run": str(self.root / "run"), "image": str(self.root / "photo.png"),
               "output": str(self.root / "out.png"), **flags}  # fmt: skip
        with commands.given("translate", **job):
            return commands.load("translate").main()

    def test_the_command(self):
        self._translate(to="Blond_Hair", **{"from": "Black_Hair"})
        found = np.asarray(Image.open(self.root / "out.png"))
        expected = self.model.translate(
            str(self.root / "photo.png"), to="Blond_Hair", known="Black_Hair"
        )
        self.assertAllEqual(found, np.asarray(expected))
        self._translate(sheet=True, **{"from": "Black_Hair"})
        self.assertEqual(Image.open(self.root / "out.png").size[0], 4 * 100 + 4)
        (self.root / "out.png").unlink()
        for flags in ({"to": "Blond_Hair"}, {"sheet": True}):
            with self.assertRaisesRegex(errors.UserError, "say it with `known`"):
                self._translate(**flags)
        with self.assertRaisesRegex(errors.UserError, "attribute|domain 'Red'"):
            self._translate(to="Blond_Hair", **{"from": "Red"})
        self.assertFalse((self.root / "out.png").exists())

    @pytest.mark.slow
    def test_saved_model_and_tflite_equal_the_run(self):
        exported = saved_model.export(self.run_, self.root / "served")
        self.assertEqual(set(exported.errors), {"translate", "translate_bytes"})
        chosen = tflite.Options(scheme="none", num_comparison_images=2)
        (file,) = tflite.export(self.run_, self.root / "lite", chosen)
        names = {f"{HAIR[s]}_to_{HAIR[t]}" for s, t in ALL}
        self.assertEqual({report.signature for report in file.reports}, names)
        for report in file.reports:
            self.assertGreater(report.psnr, 80)
        from export.on_device import translate as on_device

        described = json.loads(file.path.with_suffix(".json").read_text())
        args = types.SimpleNamespace(to="Blond_Hair", shows="Brown_Hair")
        found, inputs = on_device.inputs_of(described, names, args)
        self.assertEqual((found, inputs), ("Brown_Hair_to_Blond_Hair", {}))
        args.shows = ""
        with self.assertRaisesRegex(on_device.Mistake, "Name the domain that the photo shows"):
            on_device.inputs_of(described, names, args)


class DirectionNamesTest(tf.test.TestCase):
    def test_devices_have_a_signature_for_each_direction(self):
        found = tflite.signatures(algorithm_test.built("dog,fox"), tiny.SIZE)
        self.assertEqual(set(found), {"dog_to_fox", "fox_to_dog"})
        algorithm, x = algorithm_test.built("dog,fox"), noise(1)
        output = found["dog_to_fox"].function(image=x)["translated"]
        expected = algorithm.translate_from(x, one_hot([1]), one_hot([2]))
        self.assertAllClose(output, expected, atol=1e-5)


if __name__ == "__main__":
    tf.test.main()
