"""What the functions behind the page return: the API's own pixels, or a sentence."""

import contextlib
import importlib.util
import pathlib
import sys
import unittest
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.demo_page import examples, page, server, to_styles, uploads
from stargan_tf.inference import model as model_lib
from stargan_tf.inference import sounds
from tests import commands, shared, tiny

NOT_RUN = 'NOT RUN: needs pip install -e ".[demo]" (gradio)'


@unittest.skipUnless(importlib.util.find_spec("gradio"), NOT_RUN)
class PageTestCase(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        stack = self.enterContext(contextlib.ExitStack())
        stack.enter_context(shared.in_runs())
        (self.root / "files").mkdir()
        stack.enter_context(server.files_in(str(self.root / "files")))
        random = np.random.default_rng(0)
        self.photo = str(self.root / "face.png")
        Image.fromarray(random.integers(0, 256, (40, 50, 3), np.uint8)).save(self.photo)

    def built(self, **changes):
        """Returns the model of a tiny run, and the page's functions by name."""
        run = tiny.untrained_run(self.root / "run", **changes)
        model = model_lib.Model(run)
        # Of a run whose data are not there, so that nothing is drawn and translated beforehand.
        with mock.patch.object(examples, "of_run", lambda run, folder: []):
            made = page.build([model], self.root / "files")
        return model, {fn.api_name: fn.fn for fn in made.fns.values() if fn.api_name}

    def assert_pixels(self, made, expected):
        np.testing.assert_array_equal(np.asarray(made), np.asarray(expected))


class LabelsTest(PageTestCase):
    def test_switches_and_choices_are_the_names_of_the_api(self):
        model, functions = self.built(attributes="Black_Hair,Blond_Hair,Smiling")
        made, text = functions["translate"](self.photo, [], False, 0, "Blond_Hair", ["Smiling"])
        to = ["-Black_Hair", "Blond_Hair", "Smiling"]
        self.assert_pixels(made, model.translate(self.photo, to))
        made, _ = functions["translate"](self.photo, [], True, 0, "Blond_Hair", ["Smiling"])
        self.assert_pixels(made, model.translate(self.photo, to, size="original"))
        self.assertEqual(made.size, (50, 40))
        made, _ = functions["translate"](self.photo, [], False, 0, "", [])
        self.assert_pixels(made, model.translate(self.photo, np.zeros(3, np.float32)))
        seen = ", ".join(name.replace("_", " ") for name in model.classify(self.photo))
        self.assertIn(f"The photo shows: {seen or 'none of these'}.", text)
        self.assertNotIn("problem", text)
        with mock.patch.object(model.algorithm, "classify", lambda x: np.zeros((len(x), 3))):
            matrix, _ = functions["matrix"](self.photo, [])
        self.assertEqual(matrix.shape[1], 4 + 4 * (96 + 4))  # the photo and three targets

    def test_mistakes_are_sentences_without_the_folders_of_this_machine(self):
        _, functions = self.built(attributes="Black_Hair,Blond_Hair,Smiling")
        bad = self.root / "files" / "holiday.jpg"
        bad.write_text("no picture")
        for path, sentence in (
            (str(bad), "Cannot read the photo &#x27;holiday.jpg&#x27;: "),
            (None, "There is no photo yet; drop one here"),
            (str(self.root / "gone.png"), "The photo gone.png is no longer here"),
        ):
            made, text = functions["translate"](path, [], False, 0, "Blond_Hair", [])
            self.assertIsNone(made)
            self.assertIn(sentence, text)
            self.assertIn("notice problem", text)
            self.assertNotIn(str(self.root), text)

    def test_what_only_the_user_knows_is_asked_for(self):
        model, functions = self.built(algorithm="cyclegan")
        black, blond = model.names
        made, text = functions["translate"](self.photo, black, False, 0, blond)
        self.assert_pixels(made, model.translate(self.photo, blond, known=black))
        self.assertIn("The photo shows: Black Hair. Asked for: Blond Hair.", text)
        made, _ = functions["translate"](self.photo, blond, False, 0, blond)
        same = model.about.framing("crop", None).square(Image.open(self.photo))[0]
        self.assert_pixels(made, same)
        self.assertIn(
            "Nothing is asked for yet", functions["translate"](self.photo, black, False, 0, "")[1]
        )


class StylesTest(PageTestCase):
    def test_codes_references_and_mixtures(self):
        model, functions = self.built(algorithm="stargan_v2")
        to, translate = model.names[1], functions["translate"]
        made, text = translate(
            self.photo, False, to, "a random code", 3, 0.5, None, [], None, None, 0.5
        )
        self.assert_pixels(made, model.translate(self.photo, to, seed=3, psi=0.5))
        self.assertIn("Blond Hair, 3, psi 0.5", text)
        made, _ = translate(self.photo, True, to, "a random code", 3, 1, None, [], None, None, 0.5)
        self.assert_pixels(made, model.translate(self.photo, to, seed=3, size="original"))
        other = str(self.root / "other.png")
        Image.new("RGB", (30, 60), "teal").save(other)
        made, _ = translate(self.photo, False, to, "a picture", 0, 1, other, [], None, None, 0.5)
        self.assert_pixels(made, model.translate(self.photo, to, reference=other))
        _, text = translate(self.photo, False, to, "a picture", 0, 1, None, [], None, None, 0.5)
        self.assertIn("There is no picture of a style yet", text)
        one, two = model.styles(to, [0, 1])
        kept = [to_styles.Kept("one", one), to_styles.Kept("two", two)]
        made, text = translate(
            self.photo, False, to, "kept styles", 0, 1, None, kept, "one", "two", 0.25
        )
        self.assert_pixels(made, model.translate(self.photo, style=0.75 * one + 0.25 * two))
        self.assertIn("75% one, 25% two", text)
        _, text = translate(self.photo, False, to, "kept styles", 0, 1, None, [], None, None, 0.5)
        self.assertIn("There is no style yet that was kept", text)
        matrix, _ = functions["matrix"](self.photo, 0, 1)
        first = model.translate(self.photo, model.names[0], seed=0).resize((96, 96), 0)
        row = np.asarray(matrix)[:, 4 + 96 + 4 + 12 :][:, :96]  # after the photo and a gap
        found = [np.array_equal(row[y : y + 96], first) for y in range(len(row) - 95)]
        self.assertEqual(sum(found), 1)

    def test_styles_in_files(self):
        styles = np.random.default_rng(0).normal(size=(2, 8)).astype(np.float32)
        np.save(self.root / "mine.npy", styles)
        kept = to_styles.from_file([], str(self.root / "mine.npy"), 8)
        kept = to_styles.from_file(kept, str(self.root / "mine.npy"), 8)
        self.assertEqual(
            [one.name for one in kept], ["mine 1", "mine 2", "mine 1 (2)", "mine 2 (2)"]
        )
        self.assertAllEqual(kept[3].style, styles[1])
        for path, message in ((self.photo, "is no .npy file"), ("none.npy", "does not exist")):
            with self.assertRaisesRegex(errors.UserError, message):
                to_styles.from_file([], path, 8)
        with self.assertRaisesRegex(errors.UserError, r"\(8,\) or \(count, 8\); received \(2, 3\)"):
            np.save(self.root / "bad.npy", np.zeros((2, 3)))
            to_styles.from_file([], str(self.root / "bad.npy"), 8)
        with self.assertRaisesRegex(errors.UserError, "24 styles are kept already"):
            to_styles.with_kept([to_styles.Kept("a", styles[0])] * 24, "b", styles[0])


class SoundsTest(PageTestCase):
    def test_sound_becomes_the_sound_of_the_api(self):
        model, functions = self.built(algorithm="stargan_vc", coefficients=24)
        anna, ben = model.names
        path = self.root / "files" / "me.wav"
        pitch = np.sin(np.arange(8000) * 0.08) + 0.1 * np.sin(np.arange(8000) * 0.31)
        sounds.Sound(pitch * 0.5, 16_000).save(path)
        before, (rate, pcm), after, text = functions["convert"](str(path), anna, ben, False, False)
        expected = model.convert(path, source=anna, target=ben)
        self.assertEqual(rate, expected.rate)
        self.assertAllClose(pcm / 32767, np.clip(expected.samples, -1, 1), rtol=0, atol=2e-5)
        self.assertEqual((before.shape, before.dtype), (after.shape, np.uint8))
        self.assertIn(f"Converted from {anna} to {ben}: 0.5 s.", text)
        with mock.patch.object(uploads, "MOST_SECONDS", 0.1):
            *made, text = functions["convert"](str(path), anna, ben, False, False)
        self.assertIn("me.wav lasts 0 s, and the page takes 0 s; cut it", text)
        self.assertEqual(made, [None] * 3)
        path.write_text("no sound")
        self.assertIn(
            "me.wav can&#x27;t be read as sound",
            functions["convert"](str(path), anna, ben, False, False)[-1],
        )


class ExamplesTest(PageTestCase):
    def test_held_out_examples_and_the_users_own(self):
        run = tiny.untrained_run(self.root / "run", cartoon_test_size=3)
        found = examples.of_run(run, self.root / "examples")
        self.assertLen(found, 3)
        with Image.open(found[0].path) as picture:
            self.assertEqual(picture.size, (256, 256))
        self.assertIn("Brown_Hair", run.label_space.names)
        self.assertNotEmpty(found[0].known)
        (own,) = examples.of_user([self.photo], "--examples")
        self.assertIsNone(own.known)
        with self.assertRaisesRegex(errors.UserError, "--examples=none does not exist"):
            examples.of_user(["none"], "--examples")

    def test_voices_are_sound_or_features_as_the_run_takes_them(self):
        path = self.root / "voices"
        run = tiny._new_run(path, tiny.config(path, algorithm="stargan_vc"))
        for heard, ending in ((True, ".wav"), (False, ".npz")):
            with mock.patch.object(sounds, "is_heard", lambda rule, heard=heard: heard):
                found = examples.of_run(run, self.root / "examples")
            self.assertLen(found, 2)
            for one in found:
                self.assertEqual(pathlib.Path(one.path).suffix, ending)
                self.assertStartsWith(pathlib.Path(one.path).name, one.known[0])

    def test_what_a_run_can_do_decides(self):
        run = tiny.untrained_run(self.root / "run")
        page.check(run, "latest")
        with self.assertRaisesRegex(errors.UserError, "has no checkpoint '5'"):
            page.check(run, "5")
        real = algorithm_lib.Translates
        with (
            mock.patch.object(algorithm_lib, "Translates", algorithm_lib.Converts),
            self.assertRaisesRegex(errors.UserError, "can't convert sequences"),
        ):
            page.check(run, "latest")
        self.assertIs(algorithm_lib.Translates, real)


class CommandTest(tf.test.TestCase):
    def test_without_gradio(self):
        with mock.patch.dict(sys.modules, {"gradio": None}):
            done = commands.run("stargan_tf.demo")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"error: The demo needs .* install it with: .*\[demo\]")

    @unittest.skipUnless(importlib.util.find_spec("gradio"), NOT_RUN)
    def test_what_is_no_run(self):
        for flag, message in (
            ("--run=none", "run=none is not the folder of a run"),
            ("--run=cartoon_faces_v1:5", "cartoon_faces_v1 has no checkpoint '5'"),
            ("--examples=none", "--examples=none does not exist"),
            ("--port=70000", "--port=70000"),
        ):
            done = commands.run("stargan_tf.demo", flag)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(message, done.stderr)
            self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    tf.test.main()
