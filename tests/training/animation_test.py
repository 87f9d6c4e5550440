"""Frames from style to style: easing, the order of styles, what is shown where, few at a time."""

import inspect
import math
import pathlib
import tempfile

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.pictures import photos
from stargan_tf.runs import checkpoints, runs
from stargan_tf.training import animation
from tests import tiny

SPACE = labels_lib.LabelSpace("domains", ("Black_Hair", "Blond_Hair", "Brown_Hair"))


def styled_run(directory):
    """Makes a run with styles, of random weights; returns it and the algorithm that has them."""
    run = runs.Run(directory, tiny.config(directory, algorithm="stargan_v2"), SPACE)
    run.create()
    tf.keras.utils.set_random_seed(1)
    algorithm = run.build(training=False)
    checkpoints.Checkpoints(run.checkpoint_dir, algorithm.weights()).save(1)
    return run, algorithm


def colour_render(calls):
    """Stands for a network: the whole output is the style, as a colour; it keeps its calls."""

    def render(images, styles):
        calls.append(len(images))
        return np.broadcast_to(styles[:, None, None], images.shape) + 0 * images

    return render


def waypoints(*colours, references=None):
    references = references or [None] * len(colours)
    return [
        animation.Waypoint(np.float32(colour), reference)
        for colour, reference in zip(colours, references, strict=True)
    ]


class EaseTest(tf.test.TestCase):
    def test_from_exactly_0_to_exactly_1_always_rising_and_symmetric(self):
        t = np.linspace(0, 1, 201)
        found = animation.ease(t)
        self.assertEqual((found[0], found[-1], found[100]), (0.0, 1.0, 0.5))
        self.assertAllGreater(np.diff(found), 0)
        self.assertAllClose(found + found[::-1], np.ones(201), rtol=0, atol=1e-12)

    def test_it_is_the_logistic_function_rescaled(self):
        def sigma(u):
            return 1 / (1 + math.exp(-u))

        for t in (0.1, 0.3, 0.55, 0.9):
            expected = (sigma(10 * t - 5) - sigma(-5)) / (sigma(5) - sigma(-5))
            self.assertAlmostEqual(animation.ease(t), expected, places=12)
        self.assertBetween(animation.ease(0.2), 0.0, 0.05)


class FramesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters((1, 96, 1), (3, 128, 1), (2, 40, 3))
    def test_sources_above_and_below_the_styles_between(self, count, size, factor):
        sources = np.random.default_rng(0).uniform(-1, 1, (count, size, size, 3))
        sources, calls = sources.astype(np.float32), []
        a, b, c = (-1, -1, 1), (1, -1, 0), (1, 1, -1)
        frames = list(animation.frames(colour_render(calls), sources, waypoints(a, b, c), 10))
        self.assertLen(frames, 21)
        self.assertLen(frames, animation.frame_count(3, 10))
        top = np.concatenate(list(photos.to_uint8(sources)), axis=1)
        for number, frame in enumerate(frames):
            self.assertEqual(frame.dtype, np.uint8)
            self.assertEqual(frame.shape, (2 * size * factor, count * size * factor, 3))
            frame = frame[::factor, ::factor]
            self.assertAllEqual(frame[:size], top)
            one, other = (a, b) if number < 10 else (b, c)
            weight = animation.ease(number % 10 / 10) if number < 20 else 1.0
            colour = (np.array(one) + weight * np.subtract(other, one) + 1) * 127.5
            self.assertAllInRange(frame[size:] - colour, -0.51, 0.51)
        for number, ends in ((0, a), (10, b), (20, c)):  # no rounding there
            self.assertAllEqual(frames[number][-1, -1], photos.to_uint8(np.array(ends)))
        self.assertLessEqual(max(calls), 16)
        self.assertEqual(sum(calls), 21 * count)

    def test_the_reference_that_is_nearer_is_at_the_left(self):
        red, blue = (np.full((96, 96, 3), c, np.uint8) for c in ((200, 0, 0), (0, 0, 200)))
        sources = np.zeros((2, 96, 96, 3), np.float32)
        route = waypoints((0, 0, 0), (1, 1, 1), references=[red, blue])
        frames = list(animation.frames(colour_render([]), sources, route, 4))
        for number, expected in enumerate([red, red, blue, blue, blue]):
            self.assertEqual(frames[number].shape, (192, 288, 3))
            self.assertAllEqual(frames[number][96:, :96], expected)
            self.assertAllEqual(frames[number][:96, :96], np.full((96, 96, 3), 255))
            self.assertAllEqual(frames[number][:96, 96:], np.full((96, 192, 3), 128))

    def test_frames_are_rendered_when_they_are_asked_for(self):
        calls = []
        sources = np.zeros((8, 32, 32, 3), np.float32)
        route = waypoints(*[(x / 50, 0, 0) for x in range(50)])
        frames = animation.frames(colour_render(calls), sources, route, 60)
        self.assertTrue(inspect.isgenerator(frames))
        self.assertEmpty(calls)
        for taken, batches in ((1, 1), (1, 1), (1, 2), (1, 2), (1, 3)):
            for _ in range(taken):
                next(frames)
            self.assertEqual(calls, [16] * batches)

    @parameterized.parameters(
        (32, False, 8), (256, True, 8), (512, False, 8), (512, True, 7), (1024, True, 3)
    )
    def test_no_wider_than_decoders_take(self, size, with_references, expected):
        count = animation.max_sources(size, with_references)
        self.assertEqual(count, expected)
        width = (count + with_references) * animation.cell_size(size)
        self.assertBetween(width, 96, 4096)


class ReferencesTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        for name in ("Brown_Hair/b.png", "Brown_Hair/a.jpg", "Black_Hair/c.png", ".hidden/d.png"):
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text("x")
        (self.root / "Brown_Hair" / ".thumbs").write_text("x")
        (self.root / "readme.txt").write_text("x")

    @parameterized.parameters(
        ((), ["Black_Hair/c.png", "Brown_Hair/a.jpg", "Brown_Hair/b.png"]),
        (("Brown_Hair",), ["Brown_Hair/a.jpg", "Brown_Hair/b.png"]),
        (
            ("Brown_Hair", "Black_Hair"),
            ["Brown_Hair/a.jpg", "Brown_Hair/b.png", "Black_Hair/c.png"],
        ),
    )
    def test_the_order_is_that_of_the_domains_then_of_the_names(self, names, expected):
        found = animation.reference_files(SPACE, self.root, names)
        self.assertEqual([str(path.relative_to(self.root)) for _, path in found], expected)
        self.assertEqual([domain for domain, _ in found], [e.split("/")[0] for e in expected])

    def test_folders_as_macos_spells_them(self):
        decomposed, composed = "cafe\u0301", "caf\u00e9"
        (self.root / "other" / decomposed).mkdir(parents=True)
        (self.root / "other" / decomposed / "0.png").touch()
        space = labels_lib.LabelSpace("domains", (composed, "dog"))
        for names in ((), (composed,)):
            found = animation.reference_files(space, self.root / "other", names)
            self.assertEqual(found, [(composed, self.root / "other" / decomposed / "0.png")])

    def test_one_photo_is_of_the_one_domain(self):
        photo = self.root / "readme.txt"
        found = animation.reference_files(SPACE, photo, ("Blond_Hair",))
        self.assertEqual(found, [("Blond_Hair", photo)])

    @parameterized.named_parameters(
        ("none", "no", (), "--references=.*no does not exist; expected FOLDER/<domain>/PHOTOS"),
        ("empty", "Blond_Hair", (), "holds no folder of a domain; expected.*Black_Hair, Blond_"),
        ("lacks", "", ("Blond_Hair",), "holds no folder Blond_Hair; expected FOLDER/<domain>"),
        ("unknown", "", ("Blond",), "Unknown domain 'Blond'; the known ones are Black_Hair, Blond"),
        ("photo", "readme.txt", (), "is one photo, so say with --to=NAME.*; received --to=\\."),
        ("two", "readme.txt", ("Black_Hair", "Blond_Hair"), "received --to=Black_Hair,Blond_Hair"),
    )
    def test_mistakes(self, path, names, message):
        if path == "Blond_Hair":
            (self.root / path).mkdir()
        with self.assertRaisesRegex(errors.UserError, message):
            animation.reference_files(SPACE, self.root / path, names)

    def test_folders_that_are_empty_or_of_no_domain(self):
        (self.root / "Blond_Hair").mkdir()
        with self.assertRaisesRegex(errors.UserError, "folder .*Blond_Hair holds no photo"):
            animation.reference_files(SPACE, self.root, ())
        (self.root / "Blond").mkdir()
        with self.assertRaisesRegex(errors.UserError, "Unknown domain 'Blond'.*Blond_Hair"):
            animation.reference_files(SPACE, self.root, ())


class AnimatorTest(tf.test.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        run, cls.algorithm = styled_run(cls.root / "run")
        cls.animator = animation.Animator(run)  # its weights are those of the checkpoint
        cls.pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)

    def _label(self, *domains):
        return np.eye(3, dtype=np.float32)[list(domains)]

    def _latent(self, seed):
        return np.random.default_rng(seed).standard_normal((1, 16), np.float32)

    def test_latent_styles_are_each_seeds_domain_after_domain(self):
        found = self.animator.latent_styles(("Brown_Hair", "Black_Hair"), (4, 0), 0.5)
        expected = [
            self.algorithm.map_latents(self._latent(seed), self._label(domain), 0.5)[0]
            for domain in (2, 0)
            for seed in (4, 0)
        ]
        self.assertAllClose([w.style for w in found], expected, atol=1e-6)
        self.assertGreater(np.abs(np.subtract(expected[0], expected[1])).max(), 1e-3)
        self.assertTrue(all(w.reference is None for w in found))

    def test_reference_styles_are_seen_as_of_their_domains(self):
        names = ("Black_Hair", "Blond_Hair", "Blond_Hair")
        found = self.animator.reference_styles(names, self.pictures)
        images = self.pictures / np.float32(127.5) - 1
        expected = self.algorithm.encode(images.astype(np.float32), self._label(0, 1, 1))
        self.assertAllClose([w.style for w in found], expected, atol=1e-5)
        self.assertAllEqual([w.reference for w in found], self.pictures)

    def test_a_single_style_comes_from_the_mean_and_goes_back(self):
        mean = self.algorithm.map_latents(self._latent(9), self._label(1), psi=0.0)[0]
        found = self.animator.reference_styles(("Blond_Hair",), self.pictures[:1])
        self.assertAllEqual([w.reference for w in found], self.pictures[[0, 0, 0]])
        latent = self.animator.latent_styles(("Blond_Hair",), (5,))
        for route in (found, latent):
            self.assertLen(route, 3)
            self.assertAllClose(route[0].style, mean, atol=1e-5)
            self.assertAllClose(route[2].style, mean, atol=1e-5)
            self.assertGreater(np.abs(route[1].style - mean).max(), 1e-3)

    def test_frames_are_the_runs_renders(self):
        route = self.animator.latent_styles(("Black_Hair", "Blond_Hair"), (0,))
        frames = list(self.animator.frames(self.pictures, route, 2))
        images = self.pictures / np.float32(127.5) - 1
        styles = [route[0].style, (route[0].style + route[1].style) / 2, route[1].style]
        for frame, style in zip(frames, styles, strict=True):
            outputs = self.algorithm.render(images.astype(np.float32), np.stack([style] * 3))
            expected = np.concatenate(list(photos.to_uint8(outputs)), axis=1)
            # One level: batches of other sizes are summed in other orders.
            self.assertAllClose(frame[96::3, ::3].astype(int), expected, rtol=0, atol=1)
        self.assertGreater(np.abs(frames[0].astype(int) - frames[2]).max(), 10)

    def test_a_run_without_styles(self):
        run = runs.Run(
            self.root / "plain", tiny.config(self.root / "plain"), tiny.LABELS["stargan_v1"]
        )
        with self.assertRaisesRegex(errors.UserError, "plain .stargan_v1. have no styles"):
            animation.Animator(run)


if __name__ == "__main__":
    tf.test.main()
