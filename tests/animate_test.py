"""The command that makes videos: what it writes, decoded, and what it says of mistakes."""

import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile
from unittest import mock

import av
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.pictures import photos
from stargan_tf.runs import runs
from tests import commands, picture_files, shared, tiny
from tests.inference import animation_test

SIZE = 32  # pixels, shown as 96


def _photo(path, seed):
    """Writes a photo that its seed decides, smooth, not square; returns what a network sees."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), np.uint8)
    Image.fromarray(noise).resize((48, 36), Image.Resampling.BICUBIC).save(path)
    return photos.to_array(photos.fit(photos.read_photo(str(path)), SIZE))


class AnimateTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.enterClassContext(shared.in_runs())
        _, cls.algorithm = animation_test.styled_run(cls.root / "run")
        plain = tiny.config(cls.root / "plain")
        runs.Run(cls.root / "plain", plain, tiny.LABELS["stargan_v1"]).create()
        folder = cls.root / "photos"
        cls.sources = np.stack([_photo(folder / f"{i}.png", i) for i in range(10)])
        (cls.root / "folder" / "Blond_Hair").mkdir(parents=True)

    def setUp(self):
        super().setUp()
        self.out = pathlib.Path(self.create_tempdir().full_path)

    def _command(self, **flags):
        """Runs the command; returns what it printed."""
        flags = {
            "run": str(self.root / "run"),
            "image": str(self.root / "photos" / "0.png"),
            "output": str(self.out / "out.mp4"),
            "seconds": 0.1,
            **flags,
        }
        with commands.given("animate", **flags), contextlib.redirect_stdout(io.StringIO()) as said:
            commands.load("animate").main()
        return said.getvalue()

    def _outputs(self, sources, style):
        """Returns the lower row of a frame, not enlarged."""
        outputs = self.algorithm.render(sources, np.stack([style] * len(sources)))
        return np.concatenate(list(photos.to_uint8(outputs)), axis=1)

    def assertShows(self, found, wanted, other):
        """Asserts that what was decoded is `wanted`, within compression, and not `other`."""
        error, apart = (np.abs(found.astype(int) - image).mean() for image in (wanted, other))
        self.assertLess(error, 12)
        self.assertGreater(apart, 2 * error)

    def _label(self, domain):
        return np.eye(3, dtype=np.float32)[[domain]]

    def _latent(self, seed):
        return np.random.default_rng(seed).standard_normal((1, 16), np.float32)

    def test_latent_styles_as_mp4(self):
        said = self._command(image=str(self.root / "photos"), seeds="5,0-1", psi=0.8,
                             to="Brown_Hair,Black_Hair")  # fmt: skip
        self.assertRegex(said, r"^8 of 10 photos, 6 styles, 16 frames, 0.5 s\n"
                         r"frame 2/16  \d+:\d\d left\nframe 4/16")  # fmt: skip
        with av.open(str(self.out / "out.mp4")) as container:
            stream = container.streams.video[0]
            self.assertEqual(stream.average_rate, 30)
            found = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        self.assertLen(found, 16)
        styles = [self.algorithm.map_latents(self._latent(seed), self._label(domain), 0.8)[0]
                  for domain in (2, 0) for seed in (5, 0, 1)]  # fmt: skip
        expected = [self._outputs(self.sources[:8], style) for style in styles]
        for frame in found:
            self.assertEqual(frame.shape, (192, 8 * 96, 3))
        for number in range(6):
            below = found[3 * number][97::3, 1::3]
            self.assertShows(below, expected[number], expected[(number + 1) % 6])
        top = np.concatenate(list(photos.to_uint8(self.sources[:8])), axis=1)
        self.assertLess(np.abs(found[0][1:96:3, 1::3].astype(int) - top).mean(), 4)

    def test_photos_are_cut_as_asked(self):
        said = self._command(output=str(self.out / "out.gif"), to="Black_Hair", seeds="5", psi=0.8,
                             crop_size=20)  # fmt: skip
        self.assertIn(" s; cut to its central 20 x 20 px (--crop_size=0: the largest", said)
        shown = np.asarray(Image.open(self.root / "photos" / "0.png"))
        with Image.open(self.out / "out.gif") as image:
            found = np.asarray(image.convert("RGB"))[1:96:3, 1::3]
        expected, other = (picture_files.square(shown, SIZE, crop).astype(int) for crop in (20, 0))
        self.assertShows(found, expected, other)

    def test_references_as_gif_and_back(self):
        folder = self.root / "references"
        black = [_photo(folder / "Black_Hair" / f"{i}.png", 20 + i) for i in range(2)]
        blond = _photo(folder / "Blond_Hair" / "0.png", 30)
        said = self._command(references=str(folder), output=str(self.out / "new" / "out.gif"),
                             loop=True, fps=20)  # fmt: skip
        self.assertIn("1 of 1 photos, 4 styles, 7 frames, 0.3 s", said)
        pictures = [*black, blond, black[0]]
        with Image.open(self.out / "new" / "out.gif") as image:
            self.assertEqual((image.n_frames, image.size), (7, (192, 192)))
            for number, (picture, domain) in enumerate(zip(pictures, (0, 0, 1, 0), strict=True)):
                image.seek(2 * number)
                frame = np.asarray(image.convert("RGB"))[::3, ::3]
                self.assertAllInRange(frame[:32, :32], 240, 255)
                self.assertShows(frame[:32, 32:], photos.to_uint8(self.sources[0]), 255)
                self.assertShows(frame[32:, :32], photos.to_uint8(picture), 255)
                own, other = (
                    self._outputs(self.sources[:1], self.algorithm.encode(picture[None], y)[0])
                    for y in (self._label(domain), self._label(2))
                )
                self.assertShows(frame[32:, 32:], own, other)
                self.assertEqual(image.info["duration"], 50)

    def test_one_reference_with_its_domain(self):
        reference = _photo(self.root / "one.png", 40)
        said = self._command(references=str(self.root / "one.png"), to="Blond_Hair",
                             output=str(self.out / "out.gif"), fps=10)  # fmt: skip
        self.assertIn("3 styles, 3 frames", said)
        style = self.algorithm.encode(reference[np.newaxis], self._label(1))[0]
        mean = self.algorithm.map_latents(self._latent(0), self._label(1), psi=0.0)[0]
        seen, typical = (self._outputs(self.sources[:1], s) for s in (style, mean))
        with Image.open(self.out / "out.gif") as image:
            for number, (own, other) in enumerate(
                [(typical, seen), (seen, typical), (typical, seen)]
            ):
                image.seek(number)
                self.assertShows(np.asarray(image.convert("RGB"))[96::3, 96::3], own, other)

    @parameterized.named_parameters(
        ("no_run", {"run": "/nowhere"}, "run=/nowhere is not the folder of a run"),
        ("no_styles", {"run": "plain"}, "plain have no styles; translate to its labels"),
        ("checkpoint", {"checkpoint": "9"}, "no checkpoint '9'; it has 1"),
        ("domain", {"to": "Blond"}, "Unknown domain 'Blond'; the known ones are Black_Hair, Blond"),
        ("no_image", {"image": "no.png"}, "no.png.*; "),
        ("no_photo", {"image": "run/model.json"}, "photo '.*model.json': it is not an image of a"),
        ("empty", {"image": "folder"}, "folder holds no photo"),
        ("references", {"references": "no"}, "`references`=.*no does not exist"),
        ("reference", {"references": "bad"}, "the photo '.*bad/Black_Hair/a.jpg': it is not an"),
        ("empty_reference", {"references": "folder"}, "folder.*Blond_Hair holds no photo"),
        ("untold", {"references": "photos/1.png"}, "is one photo, so say with `to`=NAME"),
        ("both", {"references": "folder", "seeds": "1"}, "--seeds and --psi.*received both"),
        ("suffix", {"output": "out.avi"}, "MP4 or GIF; received .*out.avi"),
        ("itself", {"image": "bad/x.gif", "output": "bad/x.gif"}, "overwrite the photo"),
        ("psi", {"psi": -0.1}, "`psi` is a finite number from 0 on; received -0.1"),
        ("psi_nan", {"psi": float("nan")}, "`psi` is a finite number from 0 on; received nan"),
        ("seconds", {"seconds": 0.0}, "--seconds is above 0 and at most 3600; received 0"),
        ("fps", {"output": "out.gif", "fps": 60}, "of .gif files go from 1 to 50; received 60"),
    )
    def test_mistakes(self, flags, message):
        bad = self.root / "bad" / "Black_Hair" / "a.jpg"
        bad.parent.mkdir(parents=True, exist_ok=True)
        bad.write_text("no image")
        (self.root / "bad" / "x.gif").write_text("no image")
        before = sorted(self.root.rglob("*"))
        flags = {
            name: str(self.root / value)
            if name in ("run", "image", "references", "output")
            else value
            for name, value in flags.items()
        }
        with self.assertRaisesRegex(errors.UserError, message):
            self._command(**flags)
        self.assertEmpty(list(self.out.iterdir()))
        self.assertEqual(sorted(self.root.rglob("*")), before)

    def test_without_pyav(self):
        with (
            mock.patch.dict(sys.modules, {"av": None}),
            self.assertRaisesRegex(errors.UserError, r'pip install -e "\.\[video\]"'),
        ):
            self._command(run="/nowhere")  # said before anything else


class SeedsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ("0-9", list(range(10))),
        ("1,5,7", [1, 5, 7]),
        (" 3 - 5, 0 ,3", [3, 4, 5, 0, 3]),
        ("7", [7]),
    )
    def test_seeds(self, text, expected):
        self.assertEqual(commands.load("animate").parse_seeds(text), expected)

    @parameterized.parameters(
        "a", "1,", "-1", "3-", "5-4", "1-2-3", "1.5", "0-1000", "0-99999999999999999999", "²"
    )
    def test_mistakes(self, text):
        with self.assertRaisesRegex(errors.UserError, f"such as 0-9 or 1,5,7; received '{text}'"):
            commands.load("animate").parse_seeds(text)


class ProcessTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        ("suffix", ["--run=r", "--image=i", "--output=o.avi"], "error: A video is written as"),
        ("seeds", ["--run=r", "--image=i", "--output=o.gif", "--seeds=x"], "received 'x'."),
    )
    def test_bad_flags_need_no_tensorflow(self, arguments, message):
        code = (
            f"import runpy, sys; sys.argv = ['animate', *{arguments}]\n"
            "try: runpy.run_module('stargan_tf.animate', run_name='__main__')\n"
            "finally: print('HEAVY', [m for m in ('tensorflow', 'av') if m in sys.modules])"
        )
        result = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        self.assertEqual(result.returncode, 2)
        self.assertIn(message, result.stderr)
        self.assertIn("HEAVY []", result.stdout)
        self.assertLessEqual(result.stderr.count("\n"), 1)  # one sentence, no traceback


if __name__ == "__main__":
    tf.test.main()
