"""The command that aligns photographs: what it writes, and what it says of what it can't."""

import pathlib
import subprocess
import sys
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from tests import commands
from tests.landmarks import alignment_test

MEAN = alignment_test.mean_face()
# How the face lies in the photographs, in a picture of 256 px: smaller, turned, moved.
MOVED = alignment_test.similarity(0.8, 20, (60, -20))
SHOWN = [96, 97, 76, 82]  # the landmarks that are drawn


def _network(x):
    """Stands for the network: sees the moved face in every picture that is not black."""
    cells = np.arange(64) + 0.5
    x_at, y_at = (alignment_test.moved(MOVED, MEAN) / 4).T
    rows = np.exp(-((cells[:, np.newaxis] - y_at) ** 2) / 2)
    columns = np.exp(-((cells[:, np.newaxis] - x_at) ** 2) / 2)
    maps = rows[:, np.newaxis] * columns[np.newaxis]
    maps = np.concatenate([maps, maps[..., :1]], axis=-1)[np.newaxis].astype(np.float32)
    return maps * tf.cast(tf.reduce_max(x, axis=(1, 2, 3), keepdims=True) > 0.1, tf.float32)


class AlignTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.photo, self.out = self.root / "face.png", self.root / "out.png"
        dots = alignment_test.moved(MOVED, MEAN[SHOWN]) * 2
        wide = np.zeros((512, 700, 3), np.uint8)  # the face is in the centred square of 512
        wide[:, 94:606] = alignment_test.dots(dots, 512)
        Image.fromarray(wide).save(self.photo)
        (self.root / "wing.npz").write_bytes(b"weights")
        np.savez(self.root / "mean.npz", mean=MEAN)

    def _command(self, *arguments, **flags):
        flags = {"wing": str(self.root / "wing.npz"), "mean": str(self.root / "mean.npz"), **flags}
        with (
            commands.given("align", **flags),
            mock.patch("stargan_tf.landmarks.weights.load", return_value=_network),
        ):
            return commands.load("align").main(*map(str, arguments))

    @parameterized.parameters(256, 128)
    def test_the_face_lies_as_the_mean_does(self, size):
        self.assertEqual(self._command(self.photo, self.out, image_size=size), 0)
        found = np.asarray(Image.open(self.out))
        self.assertEqual(found.shape, (size, size, 3))
        for point in MEAN[SHOWN] * size / 256:
            # A landmark is known to about an eighth of a cell of 4 pixels.
            self.assertLess(np.abs(alignment_test.dot_near(found, point) - point).max(), size / 256)

    def test_in_a_folder_what_has_no_face_is_named_and_the_rest_is_aligned(self):
        folder, output = self.root / "in", self.root / "aligned"
        folder.mkdir()
        Image.open(self.photo).save(folder / "c.png")
        Image.new("RGB", (300, 300)).save(folder / "b.png")
        (folder / "a.jpg").write_text("no image")
        (folder / "notes.txt").write_text("no image")
        with mock.patch("stargan_tf.cli.command_line.fail") as fail:
            status = self._command(folder, output)
        self.assertEqual(status, 1)
        said = [call.args[0] for call in fail.call_args_list]
        self.assertRegex(said[0], "a.jpg.*not an image")
        self.assertRegex(said[1], r"in/b.png: No face was found \(confidence 0.00, below 0.2\)")
        self.assertEqual(said[2], "2 of 3 photos could not be aligned.")
        self.assertEqual([path.name for path in output.iterdir()], ["c.png"])
        alone = self.root / "alone.png"
        self._command(self.photo, alone)
        self.assertEqual(alone.read_bytes(), (output / "c.png").read_bytes())

    @parameterized.named_parameters(
        ("no_wing", {"wing": ""}, "--wing must name the file wing.ckpt; received nothing.*authors"),
        ("wing", {"wing": "/w.ckpt"}, "received /w.ckpt, which is no file; download.*--wing=PATH"),
        ("no_mean", {"mean": ""}, "--mean must name the file celeba_lm_mean.npz; received nothing"),
        ("mean", {"mean": __file__}, "align_test.py is not a NumPy archive"),
        ("confidence", {"min_confidence": 2.0}, r"face.png: No face was found \(confidence 0.9"),
    )
    def test_mistakes(self, flags, message):
        with self.assertRaisesRegex(errors.UserError, message):
            self._command(self.photo, self.out, **flags)
        self.assertFalse(self.out.exists())

    def test_mistakes_in_the_paths(self):
        for arguments, message in (
            ((self.root / "no.png", self.out), "IN=.*no.png does not exist"),
            ((self.photo, self.root / "out.jpg"), "OUT is written as PNG; received .*out.jpg"),
            ((self.photo, self.photo), "OUT would overwrite the photo"),
        ):
            with self.assertRaisesRegex(errors.UserError, message):
                self._command(*arguments)

    def test_without_opencv_nothing_is_begun(self):
        with (
            mock.patch.dict(sys.modules, {"cv2": None}),
            self.assertRaisesRegex(errors.UserError, r"pip install .*align\]"),
        ):
            self._command(self.photo, self.root / "folder" / "out.png")
        self.assertFalse((self.root / "folder").exists())


class ProcessTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        ("none", [], "Expected IN OUT; received none"),
        ("one", ["a.png"], "Expected IN OUT; received a.png"),
        ("three", ["a.png", "b.png", "c.png"], "Unexpected argument 'c.png'"),
    )
    def test_the_arguments_are_two(self, arguments, message):
        result = commands.run("stargan_tf.align", *arguments)
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, rf"^error: {message}.*\n$")

    def test_missing_weights_need_no_tensorflow(self):
        code = (
            "import runpy, sys; sys.argv = ['align', 'a.png', 'b.png']\n"
            "try: runpy.run_module('stargan_tf.align', run_name='__main__')\n"
            "finally: print('HEAVY', [m for m in ('tensorflow', 'keras') if m in sys.modules])"
        )
        result = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        self.assertEqual(result.returncode, 2)
        self.assertIn("--wing must name the file wing.ckpt", result.stderr)
        self.assertIn("HEAVY []", result.stdout)


if __name__ == "__main__":
    tf.test.main()
